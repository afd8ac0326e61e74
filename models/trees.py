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


def parse_model(text: str) -> LeafBoxes:
    """Return the leaves of a LightGBM text model.

    Raises
    ------
    ModelError
        If a split is categorical or treats zero as missing, if the leaves do not simply add
        up, or if the text is no model.
    """
    _additive(text.split("\nTree=")[0])
    leaves: list[tuple[float, dict[int, _Condition]]] = []
    constant = 0.0
    for tree in text.split("\nTree=")[1:]:
        part = _fields(tree.split("\nend of trees")[0])
        if part.get("is_linear", "0") != "0":
            message = "The model has linear leaves, which cannot be explained. Train anew."
            raise ModelError(message)
        if int(part["num_leaves"]) == 1:
            constant += float(part["leaf_value"])
        else:
            leaves.extend(_leaves(part))
    features = text.split("\nmax_feature_idx=")
    if len(features) != 2:
        message = "The file is no LightGBM text model: max_feature_idx is missing. Train again."
        raise ModelError(message)
    return _flat(leaves, constant, int(features[1].split("\n")[0]) + 1)


def _additive(header: str) -> None:
    if "\naverage_output" in header or "\nnum_tree_per_iteration=1\n" not in header + "\n":
        message = (
            "The file is no LightGBM text model whose trees add up to one log-odds (a random "
            "forest, several classes, or no model). Train with `tradegrade train`."
        )
        raise ModelError(message)


def _fields(tree: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in tree.splitlines() if "=" in line)


def _leaves(part: dict[str, str]) -> Iterator[tuple[float, dict[int, _Condition]]]:
    split = [int(v) for v in part["split_feature"].split()]
    threshold = [float(v) for v in part["threshold"].split()]
    decision = [int(v) for v in part["decision_type"].split()]
    children = [
        [int(v) for v in part["left_child"].split()],
        [int(v) for v in part["right_child"].split()],
    ]
    values = [float(v) for v in part["leaf_value"].split()]
    stack: list[tuple[int, dict[int, _Condition]]] = [(0, {})]
    while stack:
        node, box = stack.pop()
        if node < 0:
            yield values[~node], box
            continue
        for side, goes in enumerate(_sides(threshold[node], decision[node])):
            held = box.get(split[node], _Condition())
            narrowed = _Condition(
                max(held.low, goes.low),
                min(held.high, goes.high),
                held.takes_null and goes.takes_null,
            )
            stack.append((children[side][node], box | {split[node]: narrowed}))


def _sides(threshold: float, decision: int) -> tuple[_Condition, _Condition]:
    missing = (decision >> _MISSING_SHIFT) & 3
    if decision & _CATEGORICAL or missing not in (_MISSING_NONE, _MISSING_NAN):
        message = (
            "The model has a categorical split or takes zero as missing, which cannot be "
            "explained exactly. Train with `tradegrade train`."
        )
        raise ModelError(message)
    # where training saw no null, LightGBM takes an unknown value as 0
    null_left = bool(decision & _DEFAULT_LEFT) if missing == _MISSING_NAN else threshold >= 0
    return _Condition(high=threshold, takes_null=null_left), _Condition(
        low=threshold, takes_null=not null_left
    )


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
