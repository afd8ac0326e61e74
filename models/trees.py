"""A LightGBM text model as flat arrays: each leaf a box of conditions, one per feature."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.errors import ModelError
from features.matrix import Floats

_CATEGORICAL, _DEFAULT_LEFT, _MISSING_SHIFT = 1, 2, 2
_MISSING_NONE, _MISSING_NAN = 0, 2


@dataclass(frozen=True)
class LeafBoxes:
    """All leaves of an ensemble; a row is in a leaf where it keeps every condition of its box.

    Attributes
    ----------
    value : ndarray of float64, shape (leaves,)
        Log-odds that a leaf adds.
    start : ndarray of int64, shape (leaves,)
        Where each leaf's conditions begin; they run to the next start.
    feature : ndarray of int64, shape (conditions,)
        Feature of a condition; a leaf has at most one per feature.
    low, high : ndarray of float64, shape (conditions,)
        The condition holds where low < x <= high.
    takes_null : ndarray of bool, shape (conditions,)
        Whether the condition holds for an unknown value.
    constant : float
        Sum of the trees that do not split.
    features : int
        Number of features of the model.
    """

    value: Floats
    start: NDArray[np.int64]
    feature: NDArray[np.int64]
    low: Floats
    high: Floats
    takes_null: NDArray[np.bool_]
    constant: float
    features: int

    def holds(self, row: Floats) -> NDArray[np.bool_]:
        """Return which conditions a row keeps, shape (conditions,)."""
        x = row[self.feature]
        return np.where(np.isnan(x), self.takes_null, (self.low < x) & (x <= self.high))

    def margin(self, row: Floats) -> float:
        """Return the log-odds of a row: the sum of the leaves that it is in."""
        if not len(self.value):
            return self.constant
        inside = np.logical_and.reduceat(self.holds(row), self.start)
        return self.constant + math.fsum(self.value[inside])


@dataclass(frozen=True)
class _Condition:
    low: float = -math.inf
    high: float = math.inf
    takes_null: bool = True


@dataclass(frozen=True)
class Tree:
    """One tree that splits; node 0 is its root.

    Attributes
    ----------
    feature : list of int, length nodes
        Feature of each split.
    threshold : list of float, length nodes
        What is no greater goes left.
    null_left : list of bool, length nodes
        Whether an unknown value goes left.
    children : tuple of two lists of int, length nodes
        Where left and right lead: a node, or the bitwise complement of a leaf.
    value : list of float, length leaves
        Log-odds that each leaf adds.
    """

    feature: list[int]
    threshold: list[float]
    null_left: list[bool]
    children: tuple[list[int], list[int]]
    value: list[float]

    def paths(self) -> Iterator[tuple[float, list[tuple[int, int]]]]:
        """Yield each leaf's value and its path: (node, 0 for left or 1 for right) from the root."""
        stack: list[tuple[int, list[tuple[int, int]]]] = [(0, [])]
        while stack:
            node, path = stack.pop()
            if node < 0:
                yield self.value[~node], path
                continue
            for side in (0, 1):
                stack.append((self.children[side][node], [*path, (node, side)]))


@dataclass(frozen=True)
class Ensemble:
    """The trees of a model that split, the sum of those that do not, the number of features."""

    trees: tuple[Tree, ...]
    constant: float
    features: int


def parse_trees(text: str) -> Ensemble:
    """Return the trees of a LightGBM text model.

    Raises
    ------
    ModelError
        If a split is categorical or treats zero as missing, if the leaves do not simply add
        up, or if the text is no model.
    """
    _additive(text.split("\nTree=")[0])
    trees: list[Tree] = []
    constant = 0.0
    for tree in text.split("\nTree=")[1:]:
        part = _fields(tree.split("\nend of trees")[0])
        if part.get("is_linear", "0") != "0":
            message = "The model has linear leaves, which cannot be explained. Train anew."
            raise ModelError(message)
        if int(part["num_leaves"]) == 1:
            constant += float(part["leaf_value"])
        else:
            trees.append(_tree(part))
    features = text.split("\nmax_feature_idx=")
    if len(features) != 2:
        message = "The file is no LightGBM text model: max_feature_idx is missing. Train again."
        raise ModelError(message)
    return Ensemble(tuple(trees), constant, int(features[1].split("\n")[0]) + 1)


def parse_model(text: str) -> LeafBoxes:
    """Return the leaves of a LightGBM text model; raises as `parse_trees` does."""
    return leaf_boxes(parse_trees(text))


def leaf_boxes(ensemble: Ensemble) -> LeafBoxes:
    """Return the leaves of trees as boxes."""
    leaves = [(value, _box(tree, path)) for tree in ensemble.trees for value, path in tree.paths()]
    return _flat(leaves, ensemble.constant, ensemble.features)


def _additive(header: str) -> None:
    if "\naverage_output" in header or "\nnum_tree_per_iteration=1\n" not in header + "\n":
        message = (
            "The file is no LightGBM text model whose trees add up to one log-odds (a random "
            "forest, several classes, or no model). Train with `tradegrade train`."
        )
        raise ModelError(message)


def _fields(tree: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in tree.splitlines() if "=" in line)


def _tree(part: dict[str, str]) -> Tree:
    threshold = _floats(part["threshold"])
    return Tree(
        feature=_ints(part["split_feature"]),
        threshold=threshold,
        null_left=list(map(_null_left, threshold, _ints(part["decision_type"]))),
        children=(_ints(part["left_child"]), _ints(part["right_child"])),
        value=_floats(part["leaf_value"]),
    )


def _ints(listed: str) -> list[int]:
    return [int(v) for v in listed.split()]


def _floats(listed: str) -> list[float]:
    return [float(v) for v in listed.split()]


def _null_left(threshold: float, decision: int) -> bool:
    missing = (decision >> _MISSING_SHIFT) & 3
    if decision & _CATEGORICAL or missing not in (_MISSING_NONE, _MISSING_NAN):
        message = (
            "The model has a categorical split or takes zero as missing, which cannot be "
            "explained exactly. Train with `tradegrade train`."
        )
        raise ModelError(message)
    # where training saw no null, LightGBM takes an unknown value as 0
    return bool(decision & _DEFAULT_LEFT) if missing == _MISSING_NAN else threshold >= 0


def _box(tree: Tree, path: list[tuple[int, int]]) -> dict[int, _Condition]:
    box: dict[int, _Condition] = {}
    for node, side in path:
        held = box.get(tree.feature[node], _Condition())
        edge, left = tree.threshold[node], side == 0
        box[tree.feature[node]] = _Condition(
            held.low if left else max(held.low, edge),
            min(held.high, edge) if left else held.high,
            held.takes_null and tree.null_left[node] == left,
        )
    return box


def _flat(
    leaves: list[tuple[float, dict[int, _Condition]]], constant: float, features: int
) -> LeafBoxes:
    conditions = [(f, c) for _, box in leaves for f, c in sorted(box.items())]
    lengths = np.array([len(box) for _, box in leaves], dtype=np.int64)
    return LeafBoxes(
        value=np.array([value for value, _ in leaves]),
        start=np.concatenate(([0], np.cumsum(lengths)[:-1])).astype(np.int64)
        if leaves
        else np.empty(0, dtype=np.int64),
        feature=np.array([f for f, _ in conditions], dtype=np.int64),
        low=np.array([c.low for _, c in conditions]),
        high=np.array([c.high for _, c in conditions]),
        takes_null=np.array([c.takes_null for _, c in conditions], dtype=bool),
        constant=constant,
        features=features,
    )
