"""Values against one background are those of the pair kernel, whatever the trees' size."""

from functools import cache

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.matrix import Floats
from models.explain.background import PairByPair, Tables, background
from models.explain.shapley import moved, pair_trees, pair_values
from models.trees import Ensemble, leaf_boxes, parse_trees
from tests.models.bundles import model_text, random_snapshots
from tests.models.explain.brute import brute_force

ENSEMBLE = parse_trees(model_text())
LEAVES = leaf_boxes(ENSEMBLE)


@cache
def grown(leaves: int) -> Ensemble:
    """Return trees of another size on six features, with unknown values."""
    generator = np.random.default_rng(leaves)
    values = generator.normal(0, 1, (800, 6))
    values[generator.random(values.shape) < 0.15] = np.nan
    target = np.nan_to_num(values) @ [1, -1, 0.5, 2, 0, 0] + generator.normal(0, 1, 800) > 0
    given = {
        "objective": "binary",
        "num_leaves": leaves,
        "min_data_in_leaf": 5,
        "verbosity": -1,
        "num_threads": 1,
        "deterministic": True,
    }
    data = lightgbm.Dataset(values, target.astype(float))
    return parse_trees(lightgbm.train(given, data, 12).model_to_string())


def rows(seed: int, count: int) -> Floats:
    generator = np.random.default_rng(seed)
    values = generator.normal(0, 1, (count, 6))
    values[generator.random(values.shape) < 0.2] = np.nan
    return values


def pairs(ensemble: Ensemble, x: Floats, z: Floats) -> Floats:
    return pair_values(pair_trees(ensemble), x, np.broadcast_to(z, x.shape))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31))
def test_they_equal_the_pair_kernel(seed: int):
    *x, z = random_snapshots(100, seed).values
    found = background(ENSEMBLE, z)
    assert isinstance(found, Tables)
    values = found.values(np.array(x))
    assert np.abs(values - pairs(ENSEMBLE, np.array(x), z)).max() <= 1e-12
    still = ~np.array([moved(row, z) for row in x])
    assert (values[still] == 0).all()


@pytest.mark.parametrize(
    ("leaves", "kind"), [(2, Tables), (5, Tables), (9, Tables), (10, PairByPair), (31, PairByPair)]
)
def test_trees_of_any_size_equal_brute_force(leaves: int, kind: type):
    ensemble = grown(leaves)
    boxes = leaf_boxes(ensemble)
    assert max(len(tree.feature) for tree in ensemble.trees) == leaves - 1
    z = rows(1, 1)[0]
    found = background(ensemble, z)
    assert isinstance(found, kind)
    x = rows(2, 12)
    expected = np.array([brute_force(boxes.margin, row, z) for row in x])
    assert np.abs(found.values(x) - expected).max() <= 1e-12


def test_values_on_thresholds_and_at_the_ends_go_where_the_trees_send_them():
    ensemble, z = grown(8), rows(3, 1)[0]
    splits = [pair for t in ensemble.trees for pair in zip(t.feature, t.threshold, strict=True)]
    x = rows(4, len(splits))
    for row, (feature, threshold) in zip(x, splits, strict=True):
        row[feature] = threshold
    ends = np.array([np.full(6, value) for value in (np.inf, np.nan, 0.0, 1e308, -1e308)])
    x = np.concatenate([x, ends])
    assert np.abs(background(ensemble, z).values(x) - pairs(ensemble, x, z)).max() <= 1e-12


def test_an_unknown_value_at_a_split_at_infinity_goes_its_own_way():
    assert any(np.isinf(t) for tree in ENSEMBLE.trees for t in tree.threshold)
    x = random_snapshots(50, 6).values
    x[:, np.unique(LEAVES.feature[np.isposinf(LEAVES.high)])] = np.nan
    z = random_snapshots(1, 7).values[0]
    assert np.abs(background(ENSEMBLE, z).values(x) - pairs(ENSEMBLE, x, z)).max() <= 1e-12


def test_a_row_has_the_same_values_alone_as_among_others():
    x, z = random_snapshots(200, 8).values, random_snapshots(1, 9).values[0]
    found = background(ENSEMBLE, z)
    alone = np.concatenate([found.values(x[[place]]) for place in range(len(x))])
    assert found.values(x).tolist() == alone.tolist()


@pytest.mark.parametrize("leaves", [2, 5, 8])
def test_compiled_values_are_those_of_numpy_to_the_last_bit(
    leaves: int, monkeypatch: pytest.MonkeyPatch
):
    ensemble = grown(leaves)
    found = background(ensemble, rows(1, 1)[0])
    assert isinstance(found, Tables)
    x = rows(2, 500)
    ends = [edge for tree in ensemble.trees for edge in tree.threshold]
    x[:50] = np.random.default_rng(3).choice([*ends, np.nan, np.inf, -np.inf], (50, 6))
    by_numpy = np.concatenate([found.values(x[start : start + 8]) for start in range(0, 500, 8)])
    monkeypatch.setattr("models.explain.background.MANY", 1)
    assert found.values(x).tobytes() == by_numpy.tobytes()


def test_the_background_against_itself_is_exactly_nothing():
    z = random_snapshots(1, 9).values
    assert not background(ENSEMBLE, z[0]).values(z).any()


def test_no_rows_have_no_values():
    z = random_snapshots(1, 9).values
    assert background(ENSEMBLE, z[0]).values(z[:0]).shape == (0, ENSEMBLE.features)


def test_trees_that_do_not_split_give_nothing():
    nothing = Ensemble((), -2.5, 6)
    assert background(nothing, np.zeros(6)).values(rows(1, 3)).tolist() == [[0.0] * 6] * 3
