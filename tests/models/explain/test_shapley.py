"""Baseline Shapley values of the trees against brute force over coalitions, and against shap."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalogue import FEATURE_NAMES
from features.matrix import Floats
from models.explain.shapley import add_pairs, compiled, moved, pair_trees, pair_values
from models.trees import Ensemble, leaf_boxes, parse_trees
from tests.models.bundles import model_text, random_snapshots
from tests.models.explain.brute import brute_force

ENSEMBLE = parse_trees(model_text())
LEAVES = leaf_boxes(ENSEMBLE)
TREES = pair_trees(ENSEMBLE)


def tree_values(x: Floats, z: Floats) -> Floats:
    """Return the values of one pair, of the plain source."""
    out = [[0.0] * TREES.features]
    add_pairs(TREES.lists, [x.tolist()], [z.tolist()], out)
    return np.array(out[0])


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
    assert np.abs(tree_values(x, z) - expected).max() <= 1e-12


def test_tree_values_equal_brute_force_where_a_feature_becomes_unknown():
    x, z = pair(3, moving=6)
    places = np.flatnonzero(moved(x, z))
    x[places[:3]], z[places[3:]] = np.nan, np.nan
    expected = brute_force(LEAVES.margin, x, z)
    assert np.abs(tree_values(x, z) - expected).max() <= 1e-12


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**31))
def test_tree_values_add_up_to_the_difference_of_the_margins(seed: int):
    x, z = random_snapshots(2, seed).values
    found = tree_values(x, z)
    assert found.sum() == pytest.approx(LEAVES.margin(x) - LEAVES.margin(z), rel=0, abs=1e-10)
    assert (found[~moved(x, z)] == 0).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31))
def test_tree_values_change_sign_when_the_rows_are_swapped(seed: int):
    x, z = random_snapshots(2, seed).values
    there, back = tree_values(x, z), tree_values(z, x)
    assert np.abs(there + back).max() <= 1e-12


def test_a_row_against_itself_is_exactly_nothing():
    x = random_snapshots(1, 9).values[0]
    assert not tree_values(x, x.copy()).any()


def test_trees_that_do_not_split_give_nothing():
    nothing = pair_trees(Ensemble((), -2.5, 6))
    x, z = np.ones((2, 3, 6)) * [[[1.0]], [[2.0]]]
    assert pair_values(nothing, x, z).tolist() == [[0.0] * 6] * 3


@pytest.mark.parametrize("pairs", [0, 1, 8, 9, 60])
def test_a_pair_has_the_same_bits_alone_and_among_many(pairs: int):
    rows = random_snapshots(2 * max(pairs, 1), 31).values
    x, z = rows[:pairs], rows[pairs : 2 * pairs]
    x[::2, :40] = z[::2, :40]  # some features did not move
    many = np.zeros(x.shape)
    compiled()(TREES.columns, x, z, many)
    assert pair_values(TREES, x, z).tolist() == many.tolist()
    assert [tree_values(*pair).tolist() for pair in zip(x, z, strict=True)] == many.tolist()


def test_a_feature_that_no_tree_uses_gives_exactly_nothing():
    x, z = random_snapshots(2, 5).values
    unused = sorted(set(range(len(FEATURE_NAMES))) - set(LEAVES.feature.tolist()))
    assert unused
    assert (tree_values(x, z)[unused] == 0).all()


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
        assert np.abs(tree_values(x, z) - expected).max() <= 1e-6


def test_unknown_has_not_moved_from_unknown():
    x, z = np.array([np.nan, np.nan, 1.0, 0.0]), np.array([np.nan, 1.0, np.nan, -0.0])
    assert moved(x, z).tolist() == [False, True, True, False]
