"""The leaves read from a model's text give what LightGBM gives."""

import lightgbm
import numpy as np
import pytest

from features.catalogue import FEATURE_NAMES
from features.errors import ModelError
from models.trees import parse_model
from tests.models.bundles import model_text, random_snapshots

QUIET = {"verbosity": -1, "num_threads": 1, "deterministic": True, "min_data_in_leaf": 5}


def trained(values: np.ndarray, target: np.ndarray, trees: int = 15, **settings: object) -> str:
    data = lightgbm.Dataset(values, target)
    given = {"objective": "binary", "num_leaves": 7} | QUIET | settings
    return str(lightgbm.train(given, data, trees).model_to_string())


def strange_rows(columns: int, rows: int = 400, seed: int = 3) -> np.ndarray:
    generator = np.random.default_rng(seed)
    values = generator.normal(0, 1, (rows, columns)) * 10.0 ** generator.integers(-40, 300)
    kinds = generator.integers(0, 8, values.shape)
    values = np.where(kinds == 0, np.nan, values)
    values = np.where(kinds == 1, 0.0, values)
    values = np.where(kinds == 2, -0.0, values)
    values = np.where(kinds == 3, 1e308, values)
    values = np.where(kinds == 4, -1e308, values)
    values = np.where(kinds == 5, generator.exponential(100.0, values.shape), values)
    return np.where(kinds == 6, generator.random(values.shape), values)


def assert_equal_margins(text: str, values: np.ndarray) -> None:
    leaves = parse_model(text)
    booster = lightgbm.Booster(model_str=text)
    expected = booster.predict(values, raw_score=True, num_threads=1)
    found = [leaves.margin(row) for row in values]
    assert found == pytest.approx(expected.tolist(), rel=0, abs=1e-12)


def test_margins_equal_lightgbms_on_made_up_customers():
    assert_equal_margins(model_text(), random_snapshots(400, seed=7).values)


def test_margins_equal_lightgbms_on_unknown_zero_and_huge_values():
    assert_equal_margins(model_text(), strange_rows(len(FEATURE_NAMES)))


def test_a_value_on_a_threshold_goes_where_lightgbm_sends_it():
    text = model_text()
    leaves = parse_model(text)
    rows = random_snapshots(len(leaves.feature), seed=8).values
    edges = np.where(np.isfinite(leaves.low), leaves.low, leaves.high)
    rows[np.arange(len(rows)), leaves.feature] = edges
    assert_equal_margins(text, rows)


@pytest.mark.parametrize("shift", [-5.0, 0.0, 5.0])
def test_where_training_saw_no_unknown_an_unknown_value_counts_as_zero(shift):
    generator = np.random.default_rng(1)
    values = generator.normal(shift, 1, (500, 4))
    target = (values.sum(axis=1) + generator.normal(0, 1, 500) > 4 * shift).astype(float)
    text = trained(values, target)
    assert_equal_margins(text, strange_rows(4))
    nulls = np.full((1, 4), np.nan)
    assert parse_model(text).margin(nulls[0]) == parse_model(text).margin(np.zeros(4))


def test_trees_that_do_not_split_add_their_constant():
    values = np.zeros((100, 3))
    target = np.repeat([0.0, 1.0], [80, 20])
    text = trained(values, target, trees=2)
    leaves = parse_model(text)
    assert len(leaves.value) == 0
    assert_equal_margins(text, strange_rows(3))


def test_split_and_constant_trees_may_be_mixed():
    text = model_text()
    constant = "\nTree=25\nnum_leaves=1\nnum_cat=0\nsplit_feature=\nleaf_value=0.25\nshrinkage=1\n"
    mixed = text.replace("\nend of trees", constant + "\n\nend of trees")
    plain, more = parse_model(text), parse_model(mixed)
    row = random_snapshots(1).values[0]
    assert more.constant == 0.25
    assert more.margin(row) == pytest.approx(plain.margin(row) + 0.25)


def test_a_leaf_has_at_most_one_condition_per_feature():
    leaves = parse_model(model_text())
    ends = np.append(leaves.start[1:], len(leaves.feature))
    for start, end in zip(leaves.start, ends, strict=True):
        assert len(set(leaves.feature[start:end])) == end - start


def test_each_row_is_in_exactly_one_leaf_of_each_tree():
    leaves = parse_model(model_text())
    trees = model_text().count("\nTree=")
    for row in random_snapshots(50, seed=11).values:
        inside = np.logical_and.reduceat(leaves.holds(row), leaves.start)
        assert inside.sum() == trees


def test_categorical_splits_are_refused():
    generator = np.random.default_rng(2)
    values = generator.integers(0, 6, (600, 1)).astype(float)
    target = np.isin(values[:, 0], [1, 4]).astype(float)
    data = lightgbm.Dataset(values, target, categorical_feature=[0])
    settings = QUIET | {"objective": "binary", "cat_smooth": 1.0, "max_cat_to_onehot": 1}
    text = lightgbm.train(settings, data, 2).model_to_string()
    with pytest.raises(ModelError, match="categorical split") as caught:
        parse_model(text)
    assert caught.value.exit_code == 4


def test_zero_taken_as_missing_is_refused():
    generator = np.random.default_rng(2)
    values = np.where(generator.random((500, 2)) < 0.4, 0.0, generator.normal(0, 1, (500, 2)))
    target = (values[:, 0] > 0.3).astype(float)
    text = trained(values, target, zero_as_missing=True)
    with pytest.raises(ModelError, match="takes zero as missing"):
        parse_model(text)


def test_a_random_forest_is_refused_because_its_trees_do_not_add_up():
    generator = np.random.default_rng(2)
    values = generator.normal(0, 1, (300, 2))
    text = trained(
        values,
        (values[:, 0] > 0).astype(float),
        boosting="rf",
        bagging_freq=1,
        bagging_fraction=0.7,
    )
    with pytest.raises(ModelError, match="add up to one log-odds"):
        parse_model(text)


def test_linear_leaves_are_refused():
    text = model_text().replace("is_linear=0", "is_linear=1")
    with pytest.raises(ModelError, match="linear leaves"):
        parse_model(text)


@pytest.mark.parametrize("text", ["", "no model", "tree\nversion=v4\n"])
def test_what_is_no_model_is_refused(text):
    with pytest.raises(ModelError, match="no LightGBM text model"):
        parse_model(text)
