"""Baseline Shapley values of the rules against brute force over all coalitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.matrix import Floats
from models.explain import rule_shares
from models.explain.rule_coalitions import nodes
from models.explain.rule_shares import rule_values as values_of_pairs
from models.explain.shapley import moved
from models.rules import RULE_INPUTS, rule_score
from tests.models.bundles import BOOK, POLICY, policy_with, random_snapshots
from tests.models.explain.brute import brute_force


def rule_values(x: Floats, z: Floats, book=BOOK, policy=POLICY) -> Floats:
    return values_of_pairs(x, z, book, policy)


def scores(rows: Floats, policy=POLICY) -> Floats:
    return np.array([rule_score(row, BOOK, policy).score for row in rows.tolist()])


def rule_rows(count: int, seed: int) -> Floats:
    return random_snapshots(count, seed).select(RULE_INPUTS).values


@pytest.mark.parametrize("seed", range(8))
def test_rule_values_equal_brute_force(seed: int):
    x, z = rule_rows(2, seed)
    still = np.random.default_rng(seed).choice(len(RULE_INPUTS), size=5, replace=False)
    z[still] = x[still]
    expected = brute_force(lambda row: float(scores(row[None, :])[0]), x, z)
    found = rule_values(x[None, :], z[None, :], BOOK, POLICY)[0]
    assert np.abs(found - expected).max() <= 1e-10


def test_rule_values_equal_brute_force_from_nothing_known_to_all_known():
    x, z = rule_rows(2, 100)
    x, z = np.nan_to_num(x, nan=1.0), np.full_like(z, np.nan)
    x[len(RULE_INPUTS) // 2 :] = np.nan  # half of the inputs appear
    expected = brute_force(lambda row: float(scores(row[None, :])[0]), x, z)
    found = rule_values(x[None, :], z[None, :], BOOK, POLICY)[0]
    assert np.abs(found - expected).max() <= 1e-10


@pytest.mark.parametrize("hidden", [RULE_INPUTS[:3], RULE_INPUTS[6:8], RULE_INPUTS[8:]])
def test_rule_values_equal_brute_force_where_an_indicator_becomes_unknown(hidden):
    x, z = np.nan_to_num(rule_rows(2, 101), nan=1.0)
    x[[RULE_INPUTS.index(name) for name in hidden]] = np.nan
    expected = brute_force(lambda row: float(scores(row[None, :])[0]), x, z)
    for one, other, sign in ((x, z, 1), (z, x, -1)):
        found = rule_values(one[None, :], other[None, :])[0]
        assert np.abs(found - sign * expected).max() <= 1e-10


def test_rule_values_add_up_and_what_did_not_move_is_exactly_nothing():
    x, z = rule_rows(296, 1), rule_rows(296, 2)
    still = np.random.default_rng(0).random(x.shape) < 0.3
    z[still] = x[still]
    found = rule_values(x, z, BOOK, POLICY)
    assert np.abs(found.sum(axis=1) - (scores(x) - scores(z))).max() <= 1e-9
    assert (found[~moved(x, z)] == 0).all()


def test_rule_values_of_a_pair_do_not_depend_on_the_other_pairs():
    x, z = rule_rows(40, 3), rule_rows(40, 4)
    together = rule_values(x, z, BOOK, POLICY)
    alone = [rule_values(x[[i]], z[[i]], BOOK, POLICY)[0] for i in range(40)]
    assert together.tolist() == np.array(alone).tolist()


def test_rule_values_follow_the_policys_weights():
    policy = policy_with(
        ("industry_score = 0.15\n", "industry_score = 0.0\n"),
        ("litigation = 0.15", "litigation = 0.3"),
    )
    x, z = rule_rows(20, 5), rule_rows(20, 6)
    found = rule_values(x, z, BOOK, policy)
    places = [RULE_INPUTS.index(n) for n in ("external_score", "industry_score")]
    assert np.abs(found[:, places]).max() <= 1e-12
    expected = scores(x, policy) - scores(z, policy)
    assert np.abs(found.sum(axis=1) - expected).max() <= 1e-9


def test_no_pairs_have_no_rule_values():
    nobody = np.empty((0, len(RULE_INPUTS)))
    assert rule_values(nobody, nobody, BOOK, POLICY).shape == (0, len(RULE_INPUTS))


def both_ways(x: Floats, z: Floats, policy=POLICY) -> tuple[bytes, bytes]:
    """Return the values of pairs as the compiled functions give them, and the plain ones."""
    out = []
    for least in (0, len(x) + 1):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rule_shares, "FEW", least - 1)
            patch.setattr(rule_shares, "MANY", least)
            out.append(rule_values(x, z, policy=policy).tobytes())
    return out[0], out[1]


# where curves bend and indicators turn unknown
NAMED = (np.nan, 0.0, 1.0, 2.0, 3.0, 10.0, 0.6, 0.95, 85.0, 365.0, 730.0, 1e6, -5.0)
VALUES = st.one_of(st.sampled_from(NAMED), st.floats(-1e7, 1e7), st.floats(0.0, 1.0))
PAIR = st.lists(
    VALUES.flatmap(lambda x: st.tuples(st.just(x), st.one_of(st.just(x), VALUES))),
    min_size=len(RULE_INPUTS),
    max_size=len(RULE_INPUTS),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PAIR, min_size=1, max_size=10))
def test_compiled_values_are_the_plain_ones_to_the_last_bit(pairs):
    x, z = np.moveaxis(np.array(pairs), -1, 0)
    one, other = both_ways(x, z)
    assert one == other


def test_values_of_made_up_customers_are_the_plain_ones_to_the_last_bit():
    x, z = rule_rows(1_500, 7), rule_rows(1_500, 8)
    still = np.random.default_rng(1).random(x.shape) < 0.4
    z[still] = x[still]
    one, other = both_ways(x, z)
    assert one == other


@settings(max_examples=25, deadline=None)
@given(PAIR)
def test_rule_values_of_any_pair_equal_brute_force(pair):
    x, z = np.moveaxis(np.array(pair), -1, 0)
    expected = brute_force(lambda row: float(scores(row[None, :])[0]), x, z)
    found = rule_values(x[None, :], z[None, :])[0]
    assert np.abs(found - expected).max() <= 1e-9


def test_each_number_of_nodes_integrates_the_powers_that_it_should():
    for number in range(1, 7):
        used = nodes()[number - 1, :number]
        for a in range(5):
            for b in range(5):
                if a + b <= 2 * number - 1:
                    # t^a from m = a, t^b from m = b
                    found = (used[:, 25] * used[:, 6 * a] * used[:, 6 * b]).sum()
                    assert found == pytest.approx(1 / (a + b + 1), rel=1e-14)
