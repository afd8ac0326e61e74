"""Rules against model: who disagrees, and two accounts that are exact."""

import re

import pytest

from models.bands import edges_of
from models.book import Grader, graded
from models.bundle import Bundle
from models.conflicts import (
    Conflict,
    bands_between,
    conflict_document,
    conflict_sentence,
    conflicts_of,
)
from models.explain.words import label
from tests.models.bundles import certain, policy_with, random_snapshots, snapshots_of


def found_among(bundle: Bundle, rows: int = 300, bands: int = 2) -> list[Conflict]:
    grader = Grader(bundle, policy_with())
    explanations = graded(random_snapshots(rows, 5), grader, prior_grades={}, overrides={})
    return conflicts_of(explanations, grader, bands=bands)


def test_both_accounts_add_up(bundle: Bundle) -> None:
    found = found_among(bundle)
    assert found, "no two scores of the made-up customers are two bands apart"
    for conflict in found:
        for account in (conflict.rules, conflict.model):
            total = account.reference + sum(part.points for part in account.parts)
            assert total == pytest.approx(account.score, abs=1e-9)
        assert conflict.rules.score == conflict.grading.rule_score
        assert conflict.model.score == conflict.grading.model_score


def test_only_who_is_so_far_apart_is_told_and_the_furthest_first(bundle: Bundle) -> None:
    edges = edges_of(policy_with().bands)
    grader = Grader(bundle, policy_with())
    explanations = graded(random_snapshots(300, 5), grader, prior_grades={}, overrides={})
    apart = {
        e.grading.customer_id
        for e in explanations
        if bands_between(edges.grade(e.grading.rule_score), edges.grade(e.grading.model_score)) >= 2
    }
    found = conflicts_of(explanations, grader)
    assert {conflict.grading.customer_id for conflict in found} == apart
    assert 0 < len(apart) < 300
    bands = [conflict.bands for conflict in found]
    assert bands == sorted(bands, reverse=True)
    assert len(conflicts_of(explanations, grader, bands=3)) < len(found)


def test_rules_that_know_nothing_are_no_opinion(bundle: Bundle) -> None:
    nothing = {
        "invoices_due_365d": 0, "on_time_rate_365d": None, "history_days": 0,
        "external_score": None, "industry_score": None, "legal_count_730d": None,
        "legal_open_count": None, "is_dishonest": 0,
    }  # fmt: skip
    grader = Grader(certain(bundle, 0.9), policy_with())
    explanations = graded(snapshots_of(nothing, {}), grader, prior_grades={}, overrides={})
    assert [e.grading.known_weight for e in explanations][0] == 0
    found = conflicts_of(explanations, grader)
    assert [conflict.grading.customer_id for conflict in found] == ["c2"]


def test_the_better_side_is_told_by_what_lifts_it_and_the_worse_by_what_lowers_it(
    bundle: Bundle,
) -> None:
    for conflict in found_among(bundle):
        told = conflict_sentence(conflict)
        better_first = conflict.rules.score >= conflict.model.score
        sides = re.split(r"; the model says ", told.en)
        signs = ("+", "\N{MINUS SIGN}") if better_first else ("\N{MINUS SIGN}", "+")
        for side, sign in zip(sides, signs, strict=True):
            named = [mark for mark in re.findall(r"\(([+\N{MINUS SIGN}])[\d.]+\)", side)]
            assert set(named) <= {sign}
        assert f"规则为{conflict.rules.grade}级" in told.zh
        assert f"模型为{conflict.model.grade}级" in told.zh


def test_no_sentence_names_a_feature_by_its_code(bundle: Bundle) -> None:
    for conflict in found_among(bundle):
        told = conflict_sentence(conflict)
        assert "_" not in told.zh + told.en
        first = conflict.model.parts[0].feature
        assert label(first).zh not in told.en


@pytest.mark.parametrize(("share", "silent"), [("0.0", "rules"), ("1.0", "model")])
def test_a_score_without_a_part_in_the_blend_has_no_parts(
    bundle: Bundle, share: str, silent: str
) -> None:
    policy = policy_with(("rule_weight = 0.4 ", f"rule_weight = {share} "))
    grader = Grader(bundle, policy)
    explanations = graded(random_snapshots(200, 5), grader, prior_grades={}, overrides={})
    found = conflicts_of(explanations, grader)
    assert found
    assert all(getattr(conflict, silent).parts == () for conflict in found)


def test_the_document_is_unrounded_and_unknown_is_null(bundle: Bundle) -> None:
    for conflict in found_among(bundle):
        document = conflict_document(conflict)
        assert document["rules"]["score"] == conflict.grading.rule_score
        assert document["bands"] >= 2
        values = [part["value"] for part in document["model"]["parts"]]
        assert all(value is None or value == value for value in values)  # noqa: PLR0124
