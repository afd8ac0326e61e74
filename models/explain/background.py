"""Baseline Shapley values of the trees for many rows against one background.

Of a tree only the turns that a row takes at its splits count: eight leaves have seven splits
and so 128 patterns of turns. For a fixed background the values of every pattern are worked out
once; a row then costs one comparison per split and one row of a table per tree. Trees with
more splits are walked pair by pair, as `models.explain.shapley.pair_values` does.

A few rows are looked up by numpy, some dozens at once; many by the same steps compiled, which add
in the same order and so give the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import factorial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from features.compile import has_compiler
from features.matrix import Floats
from models.explain.shapley import FEW, PairTrees, pair_trees, pair_values
from models.indicators import MANY, compiled_parts
from models.trees import Ensemble, Tree

MOST_SPLITS = 8  # of a tree with a table: the turns of a row fit into one byte
_CHUNK = 64  # rows that are looked up at once


class Background(Protocol):
    """What rows are explained against."""

    def values(self, x: Floats) -> Floats:
        """Return what each feature adds to the margin of rows, shape (n, features).

        Parameters
        ----------
        x : ndarray of float64, shape (n, features)
            As the trees take them; NaN is unknown.
        """


def background(ensemble: Ensemble, z: Floats) -> Background:
    """Return a background that is prepared for rows to be explained against it.

    Parameters
    ----------
    ensemble : Ensemble
        The trees.
    z : ndarray of float64, shape (features,)
        As the trees take it; NaN is unknown.
    """
    if ensemble.trees and max(len(tree.feature) for tree in ensemble.trees) <= MOST_SPLITS:
        return tables(ensemble, z)
    return PairByPair(pair_trees(ensemble), z)


@dataclass(frozen=True)
class PairByPair:
    """A background for trees of any size."""

    trees: PairTrees
    z: Floats

    def values(self, x: Floats) -> Floats:
        """Return what each feature adds to the margin of rows, shape (n, features)."""
        return pair_values(self.trees, x, np.broadcast_to(self.z, x.shape))


@dataclass(frozen=True)
class Tables:
    """A background for trees of few splits.

    Attributes
    ----------
    column : ndarray of int64, shape (trees · MOST_SPLITS,)
        What each split looks at: a feature, or that plus the number of features where an
        unknown value goes right.
    threshold : ndarray of float64, shape (trees · MOST_SPLITS,)
        What is no greater goes left; NaN where a tree has fewer splits.
    first : ndarray of int64, shape (trees,)
        Where each tree's patterns begin in the table.
    table : ndarray of float64, shape (patterns, width)
        What a pattern of turns adds to the margin, for each feature of its tree.
    feature : ndarray of int64, shape (trees · width,)
        Which feature that is; the number of features where a tree has fewer.
    features : int
        Number of features of the model.
    """

    column: NDArray[np.int64]
    threshold: Floats
    first: NDArray[np.int64]
    table: Floats
    feature: NDArray[np.int64]
    features: int

    def values(self, x: Floats) -> Floats:
        """Return what each feature adds to the margin of rows, shape (n, features).

        A row has the same values alone and among a million, to the last bit.
        """
        least = FEW + 1 if compiled.cache_info().currsize else MANY
        if len(x) >= least and has_compiler():
            summed = np.zeros((len(x), self.features + 1))
            columns = self.column, self.threshold, self.first, self.table, self.feature
            compiled()(columns, np.ascontiguousarray(x), np.empty(2 * self.features), summed)
            return summed[:, :-1]
        out = np.empty((len(x), self.features))
        for start in range(0, len(x), _CHUNK):
            part = x[start : start + _CHUNK]
            out[start : start + _CHUNK] = self._values(part)
        return out

    def _values(self, x: Floats) -> Floats:
        # an unknown value lies under every threshold in the first half, under none in the second
        either = np.concatenate([np.where(np.isnan(x), -np.inf, x), x], axis=1)
        left = either.take(self.column, axis=1) <= self.threshold
        pattern = self.first + np.packbits(left, axis=1, bitorder="little")
        added = self.table.take(pattern, axis=0)
        bins = self.features + 1
        place = self.feature
        if len(x) > 1:
            place = place + bins * np.arange(len(x))[:, None]
        summed: Floats = np.bincount(place.ravel(), added.ravel(), bins * len(x)).astype(np.float64)
        return summed.reshape(len(x), bins)[:, :-1]


def add_patterns(columns: Any, x: Any, either: Any, out: Any) -> None:
    """Add to rows what `Tables._values` gives them, in its order; made to be compiled."""
    column, threshold, first, table, feature = columns
    features, width = len(either) // 2, len(feature) // len(first)
    for row in range(len(x)):
        values, summed = x[row], out[row]
        for place in range(features):
            value = values[place]
            either[place] = value if value == value else -np.inf  # noqa: PLR0124 - unknown
            either[features + place] = value
        for tree in range(len(first)):
            pattern = first[tree]
            for split in range(8):
                at = 8 * tree + split
                if either[column[at]] <= threshold[at]:
                    pattern += 1 << split
            for place in range(width):
                summed[feature[tree * width + place]] += table[pattern, place]


@cache
def compiled() -> Callable[..., None]:
    """Return `add_patterns` compiled by numba, kept on disk between runs; it frees the lock."""
    found: Callable[..., None] = compiled_parts("tables", [add_patterns]).add_patterns
    return found


def tables(ensemble: Ensemble, z: Floats) -> Tables:
    """Return the tables of trees that split, none of them more than ``MOST_SPLITS`` times."""
    trees, features = ensemble.trees, ensemble.features
    column = np.zeros((len(trees), MOST_SPLITS), dtype=np.int64)
    threshold = np.full((len(trees), MOST_SPLITS), np.nan)
    used = [sorted(set(tree.feature)) for tree in trees]
    width = max(map(len, used))
    feature = np.full((len(trees), width), features, dtype=np.int64)
    parts = []
    for place, tree in enumerate(trees):
        splits = len(tree.feature)
        right = ~np.array(tree.null_left)
        column[place, :splits] = np.array(tree.feature) + features * right
        threshold[place, :splits] = tree.threshold
        feature[place, : len(used[place])] = used[place]
        part = np.zeros((1 << splits, width))
        part[:, : len(used[place])] = _patterns(tree, used[place], z)
        parts.append(part)
    lengths = np.array([len(part) for part in parts])
    return Tables(
        column=column.ravel(),
        threshold=threshold.ravel(),
        first=np.cumsum(lengths) - lengths,
        table=np.concatenate(parts),
        feature=feature.ravel(),
        features=features,
    )


def _patterns(tree: Tree, used: list[int], z: Floats) -> Floats:
    """Return the values of every pattern of turns of a tree, shape (patterns, len(used))."""
    values, starts = [], []
    conditions: list[tuple[int, int, int]] = []  # feature, splits to go left at, and right
    for value, path in tree.paths():
        values.append(value)
        starts.append(len(conditions))
        for feature in sorted({tree.feature[node] for node, _ in path}):
            nodes: tuple[list[int], list[int]] = ([], [])
            for node, side in path:
                if tree.feature[node] == feature:
                    nodes[side].append(node)
            conditions.append((feature, _as_bits(nodes[0]), _as_bits(nodes[1])))
    left, right = (np.array([c[kind] for c in conditions]) for kind in (1, 2))
    patterns = np.arange(1 << len(tree.feature))[:, None]
    own = _pattern_of(tree, z)
    points = _leaf_points(
        ((patterns & left) == left) & ((patterns & right) == 0),
        ((own & left) == left) & ((own & right) == 0),
        np.array(values),
        np.array(starts),
    )
    summed = np.zeros((len(patterns), len(used)))
    for place, (feature, _, _) in enumerate(conditions):
        summed[:, used.index(feature)] += points[:, place]
    return summed


def _pattern_of(tree: Tree, row: Floats) -> int:
    """Return the turns of a row as a number: bit i is set where split i sends it left."""
    values = row[tree.feature]
    left = np.where(np.isnan(values), tree.null_left, values <= tree.threshold)
    return _as_bits(left.nonzero()[0].tolist())


def _as_bits(nodes: list[int]) -> int:
    return sum(1 << node for node in nodes)


def _leaf_points(
    in_x: NDArray[np.bool_], in_z: NDArray[np.bool_], value: Floats, start: NDArray[np.int64]
) -> Floats:
    """Return what each condition of each leaf adds to the margin of x over that of z.

    Parameters
    ----------
    in_x, in_z : ndarray of bool, shape (..., conditions)
        Which conditions x and z keep.
    value : ndarray of float64, shape (leaves,)
        Log-odds of the leaves.
    start : ndarray of int64, shape (leaves,)
        Where each leaf's conditions begin.

    Returns
    -------
    ndarray of float64, shape (..., conditions)
        Exactly 0 where both keep a condition or neither does.
    """
    only_x, only_z = in_x & ~in_z, in_z & ~in_x
    dead = np.logical_or.reduceat(~(in_x | in_z), start, axis=-1)
    a = np.add.reduceat(only_x.astype(np.int64), start, axis=-1)
    b = np.add.reduceat(only_z.astype(np.int64), start, axis=-1)
    alive = np.where(dead, 0.0, value)
    gains, losses = _leaf_weights(int(max(a.max(), b.max())))
    length = np.diff(np.append(start, in_x.shape[-1]))
    gain = np.repeat(alive * gains[a, b], length, axis=-1)
    loss = np.repeat(alive * losses[a, b], length, axis=-1)
    points: Floats = np.where(only_x, gain, 0.0) - np.where(only_z, loss, 0.0)
    return points


@cache
def _leaf_weights(most: int) -> tuple[Floats, Floats]:
    gains, losses = np.zeros((most + 1, most + 1)), np.zeros((most + 1, most + 1))
    for a in range(most + 1):
        for b in range(most + 1):
            whole = factorial(a + b)
            if a:
                gains[a, b] = factorial(a - 1) * factorial(b) / whole
            if b:
                losses[a, b] = factorial(a) * factorial(b - 1) / whole
    return gains, losses
