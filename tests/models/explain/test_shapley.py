"""Baseline Shapley values against brute force over all coalitions, and against shap."""

from collections.abc import Callable
from itertools import combinations
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalogue import FEATURE_NAMES
from features.matrix import Floats
from models.explain.shapley import CHUNK, moved, rule_values, tree_values
from models.rules import RULE_INPUTS, rule_scores
from models.trees import parse_model
from tests.models.bundles import BOOK, POLICY, model_text, policy_with, random_snapshots

LEAVES = parse_model(model_text())


def brute_force(value: Callable[[Floats], float], x: Floats, z: Floats) -> Floats:
    """Return the Shapley values by the definition, over the features that moved."""
    players = np.flatnonzero(moved(x, z)).tolist()
    n = len(players)
    found = np.zeros(len(x))
    known: dict[tuple[int, ...], float] = {}

    def worth(coalition: tuple[int, ...]) -> float:
        if coalition not in known:
            row = z.copy()
            row[list(coalition)] = x[list(coalition)]
            known[coalition] = value(row)
        return known[coalition]

    for player in players:
        others = [p for p in players if p != player]
        for size in range(n):
            share = factorial(size) * factorial(n - size - 1) / factorial(n)
            for coalition in combinations(others, size):
                joined = tuple(sorted((*coalition, player)))
                found[player] += share * (worth(joined) - worth(coalition))
    return found


def pair(seed: int, moving: int) -> tuple[Floats, Floats]:
    """Return two rows that differ in at most so many features, chosen among those of the trees."""
    x, z = random_snapshots(2, seed).values
    generator = np.random.default_rng(seed)
    used = np.unique(LEAVES.feature)
    kept = generator.choice(used, size=moving, replace=False)
    still = np.ones(len(x), dtype=bool)
    still[kept] = False
    z[still] = x[still]
    return x, z


@pytest.mark.parametrize("seed", range(12))
def test_tree_values_equal_brute_force(seed: int):
    x, z = pair(seed, moving=1 + seed % 8)
    expected = brute_force(LEAVES.margin, x, z)
    assert np.abs(tree_values(LEAVES, x, z) - expected).max() <= 1e-12


def test_tree_values_equal_brute_force_where_a_feature_becomes_unknown():
    x, z = pair(3, moving=6)
    places = np.flatnonzero(moved(x, z))
    x[places[:3]], z[places[3:]] = np.nan, np.nan
    expected = brute_force(LEAVES.margin, x, z)
    assert np.abs(tree_values(LEAVES, x, z) - expected).max() <= 1e-12


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**31))
def test_tree_values_add_up_to_the_difference_of_the_margins(seed: int):
    x, z = random_snapshots(2, seed).values
    found = tree_values(LEAVES, x, z)
    assert found.sum() == pytest.approx(LEAVES.margin(x) - LEAVES.margin(z), rel=0, abs=1e-10)
    assert (found[~moved(x, z)] == 0).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31))
def test_tree_values_change_sign_when_the_rows_are_swapped(seed: int):
    x, z = random_snapshots(2, seed).values
    there, back = tree_values(LEAVES, x, z), tree_values(LEAVES, z, x)
    assert np.abs(there + back).max() <= 1e-12


def test_a_row_against_itself_is_exactly_nothing():
    x = random_snapshots(1, 9).values[0]
    assert not tree_values(LEAVES, x, x.copy()).any()


def test_trees_that_do_not_split_give_nothing():
    text = model_text().split("\nTree=")[0]
    leaf = "\nTree=0\nnum_leaves=1\nleaf_value=-2.5\n\nend of trees\n"
    leaves = parse_model(text + leaf)
    x, z = random_snapshots(2).values
    assert (leaves.margin(x), tree_values(leaves, x, z).tolist()) == (-2.5, [0.0] * len(x))


def test_a_feature_that_no_tree_uses_gives_exactly_nothing():
    x, z = random_snapshots(2, 5).values
    unused = sorted(set(range(len(FEATURE_NAMES))) - set(LEAVES.feature.tolist()))
    assert unused
    assert (tree_values(LEAVES, x, z)[unused] == 0).all()


def test_tree_values_agree_with_shaps_interventional_explainer():
    shap = pytest.importorskip("shap", reason="shap is not installed: no second opinion")
    import lightgbm

    booster = lightgbm.Booster(model_str=model_text())
    rows = random_snapshots(12, 77).values
    for x, z in zip(rows[::2], rows[1::2], strict=True):
        explainer = shap.TreeExplainer(
            booster, data=z[None, :], feature_perturbation="interventional"
        )
        expected = np.asarray(explainer.shap_values(x[None, :]))[0]
        assert np.abs(tree_values(LEAVES, x, z) - expected).max() <= 1e-6


def columns(rows: Floats) -> dict[str, Floats]:
    return {name: rows[:, place] for place, name in enumerate(RULE_INPUTS)}


def scores(rows: Floats, policy=POLICY) -> Floats:
    return rule_scores(columns(rows), BOOK, policy).score


def rule_rows(count: int, seed: int) -> Floats:
    return random_snapshots(count, seed).select(RULE_INPUTS).values


@pytest.mark.parametrize("seed", range(8))
def test_rule_values_equal_brute_force(seed: int):
    x, z = rule_rows(2, seed)
    still = np.random.default_rng(seed).choice(len(RULE_INPUTS), size=5, replace=False)
    z[still] = x[still]
    expected = brute_force(lambda row: float(scores(row[None, :])[0]), x, z)
    found = rule_values(columns(x[None, :]), columns(z[None, :]), BOOK, POLICY)[0]
    assert np.abs(found - expected).max() <= 1e-10


def test_rule_values_equal_brute_force_from_nothing_known_to_all_known():
    x, z = rule_rows(2, 100)
    x, z = np.nan_to_num(x, nan=1.0), np.full_like(z, np.nan)
    x[len(RULE_INPUTS) // 2 :] = np.nan  # half of the inputs appear
    expected = brute_force(lambda row: float(scores(row[None, :])[0]), x, z)
    found = rule_values(columns(x[None, :]), columns(z[None, :]), BOOK, POLICY)[0]
    assert np.abs(found - expected).max() <= 1e-10


def test_rule_values_add_up_and_what_did_not_move_is_exactly_nothing():
    x, z = rule_rows(CHUNK + 40, 1), rule_rows(CHUNK + 40, 2)
    still = np.random.default_rng(0).random(x.shape) < 0.3
    z[still] = x[still]
    found = rule_values(columns(x), columns(z), BOOK, POLICY)
    assert np.abs(found.sum(axis=1) - (scores(x) - scores(z))).max() <= 1e-9
    assert (found[~moved(x, z)] == 0).all()


def test_rule_values_of_a_pair_do_not_depend_on_the_other_pairs():
    x, z = rule_rows(40, 3), rule_rows(40, 4)
    together = rule_values(columns(x), columns(z), BOOK, POLICY)
    alone = [rule_values(columns(x[[i]]), columns(z[[i]]), BOOK, POLICY)[0] for i in range(40)]
    assert together.tolist() == np.array(alone).tolist()


def test_rule_values_follow_the_policys_weights():
    policy = policy_with(
        ("industry_score = 0.15\n", "industry_score = 0.0\n"),
        ("litigation = 0.15", "litigation = 0.3"),
    )
    x, z = rule_rows(20, 5), rule_rows(20, 6)
    found = rule_values(columns(x), columns(z), BOOK, policy)
    places = [RULE_INPUTS.index(n) for n in ("external_score", "industry_score")]
    assert np.abs(found[:, places]).max() <= 1e-12
    expected = scores(x, policy) - scores(z, policy)
    assert np.abs(found.sum(axis=1) - expected).max() <= 1e-9


def test_no_pairs_have_no_rule_values():
    nobody = columns(np.empty((0, len(RULE_INPUTS))))
    assert rule_values(nobody, nobody, BOOK, POLICY).shape == (0, len(RULE_INPUTS))


def test_unknown_has_not_moved_from_unknown():
    x, z = np.array([np.nan, np.nan, 1.0, 0.0]), np.array([np.nan, 1.0, np.nan, -0.0])
    assert moved(x, z).tolist() == [False, True, True, False]
