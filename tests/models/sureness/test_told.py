"""The interval of a probability, the chance of each grade, and the fact to look up."""

import json
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from models.bands import GRADES
from models.bundle import Bundle
from models.grading import grade_snapshots, grades_at, in_catalogue_order
from models.scale import log_odds
from models.sureness.document import sureness_document
from models.sureness.told import HowSure, how_sure, probability_interval
from models.sureness.words import sureness_sentence
from tests.models.bundles import POLICY, bundle_in, bundle_parts, random_snapshots, snapshots_of
from tests.models.sureness.conftest import SURENESS

Z = NormalDist().inv_cdf(0.95)


def told(bundle: Bundle, **customer: float | None) -> HowSure:
    row = snapshots_of(customer)
    grading = grade_snapshots(row, bundle, POLICY)[0]
    found = how_sure(row, grading, bundle, POLICY)
    assert found is not None
    return found


def test_with_every_fact_known_the_interval_is_that_of_the_error(sure: Bundle) -> None:
    found = told(sure)
    assert sure.sureness is not None
    level = log_odds(found.probability)
    half = Z * sure.sureness.error.at(level)
    assert log_odds(found.low) == pytest.approx(level - half)
    assert log_odds(found.high) == pytest.approx(level + half)
    assert found.missing == ()
    assert found.confidence == 0.9


def test_chances_add_up_and_the_grade_given_is_the_likeliest_where_nothing_is_missing(
    sure: Bundle,
) -> None:
    rows = random_snapshots(40, 8)
    for place, grading in enumerate(grade_snapshots(rows, sure, POLICY)):
        found = how_sure(rows.take(np.array([place])), grading, sure, POLICY)
        assert found is not None
        assert list(found.chances) == list(GRADES)
        assert sum(found.chances.values()) == pytest.approx(1)
        assert found.low <= found.probability <= found.high
        if not found.missing:
            # below and above the probability told lie equal chances
            assert found.chances[grading.grade] > 0


def test_a_model_without_error_is_sure_of_the_grade(tmp_path: Path) -> None:
    error = replace(SURENESS.error, sd=np.zeros(4))
    certain = bundle_in(tmp_path, replace(bundle_parts(), sureness=replace(SURENESS, error=error)))
    row = snapshots_of({})
    grading = grade_snapshots(row, certain, POLICY)[0]
    found = how_sure(row, grading, certain, POLICY)
    assert found is not None
    assert found.low == pytest.approx(found.high)
    assert found.chances[grading.grade] == 1


def test_a_missing_fact_widens_the_interval_and_is_named(sure: Bundle) -> None:
    with_score, without = told(sure), told(sure, external_score_source=2, external_score=80)
    width = [log_odds(one.high) - log_odds(one.low) for one in (with_score, without)]
    assert width[1] > width[0]
    assert [missing.fact.code for missing in without.missing] == ["own_score"]
    narrows = without.missing[0].narrows_by
    assert 0 < narrows < 1
    assert without.missing[0].low < without.missing[0].high


def test_of_several_missing_facts_the_one_that_narrows_most_comes_first(sure: Bundle) -> None:
    nothing = dict.fromkeys(
        ("external_score_source", "external_score", "legal_count_730d", "legal_open_count")
    )
    found = told(sure, **nothing)
    assert {missing.fact.code for missing in found.missing} == {"own_score", "litigation"}
    shares = [missing.narrows_by for missing in found.missing]
    assert shares == sorted(shares, reverse=True)
    one = told(sure, legal_count_730d=None, legal_open_count=None)
    assert log_odds(found.high) - log_odds(found.low) > log_odds(one.high) - log_odds(one.low)


def test_a_listing_holds_the_grade_whatever_the_probability(sure: Bundle) -> None:
    found = told(sure, is_dishonest=1)
    assert found.chances == {"A": 0, "B": 0, "C": 0, "D": 1}


def test_a_grade_by_the_model_s_own_log_odds_is_the_grade_given(sure: Bundle) -> None:
    rows = random_snapshots(60, 2)
    for place, grading in enumerate(grade_snapshots(rows, sure, POLICY)):
        values = in_catalogue_order(rows.take(np.array([place])))
        own = sure.probability.log_odds(values[:, sure.places])
        assert grades_at(values, own[:, None], grading, (sure, POLICY)) == [[grading.grade]]


def test_a_worse_probability_never_gives_a_better_grade(sure: Bundle) -> None:
    rows = random_snapshots(30, 4)
    steps = np.linspace(-8, 3, 60)[None, :]
    for place, grading in enumerate(grade_snapshots(rows, sure, POLICY)):
        values = in_catalogue_order(rows.take(np.array([place])))
        found = grades_at(values, steps, grading, (sure, POLICY))[0]
        assert found == sorted(found)


def test_a_bundle_that_does_not_keep_its_error_tells_nothing(tmp_path: Path) -> None:
    plain = bundle_in(tmp_path, bundle_parts())
    row = snapshots_of({})
    assert how_sure(row, grade_snapshots(row, plain, POLICY)[0], plain, POLICY) is None
    assert probability_interval(row, plain) is None


def test_the_interval_alone_is_the_same(sure: Bundle) -> None:
    for customer in ({}, {"external_score_source": 2, "external_score": 80}):
        found = told(sure, **customer)
        assert probability_interval(snapshots_of(customer), sure) == pytest.approx(
            (found.low, found.high)
        )


def test_the_document_says_it_in_both_languages(sure: Bundle) -> None:
    found = told(sure, external_score_source=2, external_score=80)
    document = sureness_document(found, "B")
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["missing"][0]["fact"] == "own_score"
    assert document["zh"] == sureness_sentence(found, "B").zh
    for text, words in ((document["zh"], "置信区间"), (document["en"], "interval from")):
        assert words in text
        assert f"{found.low:.1%}" in text or f"{found.low:.2%}" in text


def test_sentences_say_when_a_grade_holds_and_when_a_fact_brings_nothing(sure: Bundle) -> None:
    found = told(sure, external_score_source=2, external_score=80)
    held = replace(found, chances={"A": 0.0, "B": 0.995, "C": 0.005, "D": 0.0})
    useless = replace(held, missing=(replace(found.missing[0], narrows_by=0.001),))
    english = sureness_sentence(useless, "B").en
    assert "Grade B holds throughout" in english
    assert "would hardly narrow" in english
    assert "基本不变" in sureness_sentence(useless, "B").zh
    shared = replace(found, chances={"A": 0.1, "B": 0.7, "C": 0.2, "D": 0.0})
    assert (
        "The chance of grade B is 70%, 10% of A and 20% of C." in sureness_sentence(shared, "B").en
    )
