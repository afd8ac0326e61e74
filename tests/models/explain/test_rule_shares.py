"""Baseline Shapley values of the rules against brute force over all coalitions."""

import numpy as np
import pytest

from features.matrix import Floats
from models.explain.rule_shares import rule_values as values_of_lists
from models.explain.shapley import moved
from models.rules import RULE_INPUTS, rule_score
from tests.models.bundles import BOOK, POLICY, policy_with, random_snapshots
from tests.models.explain.brute import brute_force


def rule_values(x: Floats, z: Floats, book=BOOK, policy=POLICY) -> Floats:
    return values_of_lists(x.tolist(), z.tolist(), book, policy)


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
