"""Places in a book, and the same points from the plain functions and the compiled ones."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.matrix import Floats
from models import rules
from models.indicators import COLUMNS, MEASURES, as_arrays, compiled, quantile_of, score_into
from models.policy.sections import Policy
from models.rules import RULE_INPUTS, rule_score, rule_scores
from tests.models.bundles import BOOK, POLICY, policy_with, random_snapshots

NAN = math.nan
# where curves bend and indicators turn unknown
NAMED = (NAN, 0.0, 1.0, 2.0, 3.0, 10.0, 0.6, 0.95, 85.0, 90.0, 365.0, 730.0, 1e6, -5.0)
VALUES = st.one_of(st.sampled_from(NAMED), st.floats(-1e7, 1e7), st.floats(0.0, 1.0))
ROWS = st.lists(
    st.lists(VALUES, min_size=len(RULE_INPUTS), max_size=len(RULE_INPUTS)), min_size=1, max_size=20
)
UNWEIGHTED = policy_with(
    ("industry_score = 0.15\n", "industry_score = 0.0\n"), ("litigation = 0.15", "litigation = 0.3")
)


def plain_scores(rows: Floats, policy: Policy) -> Floats:
    out = np.empty((len(rows), COLUMNS))
    for place, row in enumerate(rows.tolist()):
        found = [0.0] * COLUMNS
        score_into(policy.law, BOOK.quantiles, row, [0.0] * MEASURES, found)
        out[place] = found
    return out


def compiled_scores(rows: Floats, policy: Policy) -> Floats:
    out = np.empty((len(rows), COLUMNS))
    law, book = as_arrays(policy.law), as_arrays(BOOK.quantiles)
    compiled()(law, book, rows, np.empty(MEASURES), out)
    return out


@settings(max_examples=150, deadline=None)
@given(ROWS, st.sampled_from([POLICY, UNWEIGHTED]))
def test_compiled_scores_are_the_plain_ones_to_the_last_bit(rows, policy):
    values = np.array(rows)
    assert compiled_scores(values, policy).tobytes() == plain_scores(values, policy).tobytes()


def test_scores_of_made_up_customers_are_the_plain_ones_to_the_last_bit():
    rows = np.ascontiguousarray(random_snapshots(3_000, 11).select(RULE_INPUTS).values)
    assert compiled_scores(rows, POLICY).tobytes() == plain_scores(rows, POLICY).tobytes()


def test_many_customers_have_the_scores_that_each_has_alone(monkeypatch):
    rows = random_snapshots(200, 12).select(RULE_INPUTS).values
    alone = [rule_score(row, BOOK, POLICY) for row in rows.tolist()]
    assert repr(rule_scores(rows, BOOK, POLICY)) == repr(alone)
    monkeypatch.setattr(rules, "MANY", 1)
    assert repr(rule_scores(rows, BOOK, POLICY)) == repr(alone)


def test_quantiles_place_a_value_between_its_neighbours():
    quantiles = np.linspace(0.0, 1000.0, 101).tolist()
    values = (-math.inf, -1.0, 0.0, 5.0, 10.0, 555.0, 1000.0, 9999.0, math.inf, NAN)
    found = [quantile_of(value, quantiles) for value in values]
    assert found == pytest.approx([0, 0, 0, 0.005, 0.01, 0.555, 1, 1, 1, NAN], nan_ok=True)


def test_a_value_that_many_share_takes_the_middle_of_its_place():
    quantiles = [0.0] * 41 + np.linspace(1.0, 60.0, 60).tolist()
    found = [quantile_of(value, quantiles) for value in (0.0, 0.5, 1.0)]
    assert found == pytest.approx([0.20, 0.405, 0.41])


def test_in_a_book_of_equals_everybody_stands_in_the_middle():
    found = [quantile_of(value, [5.0] * 101) for value in (4.0, 5.0, 6.0)]
    assert found == [0.0, 0.5, 1.0]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31))
def test_a_larger_value_never_stands_lower(seed):
    generator = np.random.default_rng(seed)
    quantiles = sorted(map(float, generator.poisson(3.0, 101)))
    places = [quantile_of(value, quantiles) for value in np.linspace(-1.0, 12.0, 200).tolist()]
    assert places == sorted(places)
    assert places[0] >= 0
    assert places[-1] <= 1
