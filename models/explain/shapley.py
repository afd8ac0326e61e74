"""Baseline Shapley values of the trees: how the difference of two rows' margins divides.

They are a direct sum over leaves. For a row x against a background z, with *a*
features of a leaf's path kept by x only and *b* by z only (a leaf that needs something neither
keeps drops out), a leaf of value v gives v·(a−1)!·b!/(a+b)! to each of the first and
−v·a!·(b−1)!/(a+b)! to each of the second: the Shapley value of the game "x's value where the
feature is in the coalition, z's elsewhere" (Lundberg et al. 2020, interventional with one
background row; Sundararajan & Najmi 2020, baseline Shapley).

Only leaves that count are ever reached: a tree in which x and z turn the same way at every
split gives nothing, and elsewhere the walk goes where x and z go, and parts where they do.

The functions are plain Python over lists, so that a few pairs, and all of the server's, need no
compiler; for many the same source is compiled by numba over arrays, and gives the same bits.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from math import factorial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from features.compile import compiled_module, has_compiler
from features.matrix import Floats
from models.trees import Ensemble

FEW = 8  # pairs that are faster worked out than a compiler is loaded


def moved(x: Floats, z: Floats) -> NDArray[np.bool_]:
    """Return which features differ between two rows; unknown equals unknown."""
    differ: NDArray[np.bool_] = ~((x == z) | (np.isnan(x) & np.isnan(z)))
    return differ


@dataclass(frozen=True)
class PairTrees:
    """Trees laid out for pairs of rows.

    Attributes
    ----------
    features : int
        Number of features of the model.
    columns : tuple of ndarray
        What `add_pairs` takes: of the splits by feature where each feature's begin, threshold,
        whether an unknown value goes left, and tree; of the trees their root; of the nodes
        feature, threshold, whether an unknown value goes left, where left and where right lead
        (a node, or the bitwise complement of a leaf); the leaves' values; and by *a* and *b*
        the share (a−1)!·b!/(a+b)! of a leaf, 0 for a = 0, after the width of that table.
    """

    features: int
    columns: tuple[NDArray[Any], ...]

    @cached_property
    def lists(self) -> tuple[list[Any], ...]:
        """The columns as plain numbers."""
        return tuple(column.tolist() for column in self.columns)


def pair_trees(ensemble: Ensemble) -> PairTrees:
    """Return trees laid out for pairs of rows."""
    trees = ensemble.trees
    sizes = [len(tree.feature) for tree in trees]
    root = np.cumsum([0, *sizes])
    leaf = np.cumsum([0, *(len(tree.value) for tree in trees)])
    feature = _joined((tree.feature for tree in trees), np.int64)
    threshold = _joined((tree.threshold for tree in trees), np.float64)
    null_left = _joined((tree.null_left for tree in trees), np.bool_)
    left, right = (
        _joined(
            (
                [c + root[t] if c >= 0 else c - leaf[t] for c in tree.children[side]]
                for t, tree in enumerate(trees)
            ),
            np.int64,
        )
        for side in (0, 1)
    )
    order = np.argsort(feature, kind="stable")
    starts = np.searchsorted(feature[order], np.arange(ensemble.features + 1))
    most = max((len(set(tree.feature)) for tree in trees), default=0)
    return PairTrees(
        ensemble.features,
        (
            starts.astype(np.int64),
            threshold[order],
            null_left[order],
            np.repeat(np.arange(len(trees)), sizes)[order],
            root[:-1].astype(np.int64),
            feature,
            threshold,
            null_left,
            left,
            right,
            _joined((tree.value for tree in trees), np.float64),
            _shares(most),
        ),
    )


def _joined(parts: Iterable[Sequence[Any]], kind: type) -> NDArray[Any]:
    return np.array([value for part in parts for value in part], dtype=kind)


def _shares(most: int) -> Floats:
    """Return the width most + 1 of the table, then its rows by *a*, each by *b*."""
    shares = [float(most + 1)]
    for a in range(most + 1):
        for b in range(most + 1):
            shares.append(factorial(a - 1) * factorial(b) / factorial(a + b) if a else 0.0)
    return np.array(shares)


def pair_values(trees: PairTrees, x: Floats, z: Floats) -> Floats:
    """Return what each feature adds to the margin of each x over that of its z.

    They add up to the difference of the margins; a feature that did not move gives exactly 0.
    A pair has the same values alone and among a million, to the last bit.

    Parameters
    ----------
    trees : PairTrees
        From `pair_trees`.
    x, z : ndarray of float64, shape (n, features)
        As the trees take them; NaN is unknown. Row i of x is explained against row i of z.

    Returns
    -------
    ndarray of float64, shape (n, features)
    """
    if compiled.cache_info().currsize or (len(x) > FEW and has_compiler()):
        out = np.zeros(x.shape)
        compiled()(trees.columns, np.ascontiguousarray(x), np.ascontiguousarray(z), out)
        return out
    listed = [[0.0] * trees.features for _ in x]
    add_pairs(trees.lists, x.tolist(), z.tolist(), listed)
    return np.array(listed).reshape(x.shape)


def add_pairs(columns: Any, x: Any, z: Any, out: Any) -> None:
    """Add the values of pairs of rows to the rows of an output, pair by pair."""
    trees, width = len(columns[4]), int(columns[11][0])
    touched = [False] * trees
    # of a walk: the features decided on the way and for whom; where it parted, still to be gone
    decided, way = [0] * len(columns[0]), [0] * width
    waiting, held = [0] * width, [0] * width
    for row in range(len(x)):
        if touch(columns, x[row], z[row], touched):
            for tree in range(trees):
                if touched[tree]:
                    touched[tree] = False
                    _add_tree(columns, tree, x[row], z[row], out[row], decided, way, waiting, held)


def touch(columns: Any, x: Any, z: Any, touched: Any) -> bool:
    """Mark the trees in which two rows turn differently at some split; tell whether any is."""
    starts, threshold, null_left, tree_of = columns[0], columns[1], columns[2], columns[3]
    any_is = False
    for feature in range(len(starts) - 1):
        one, other = x[feature], z[feature]
        if one == other:
            continue
        one_null, other_null = one != one, other != other
        if one_null and other_null:
            continue
        for k in range(starts[feature], starts[feature + 1]):
            one_left = null_left[k] if one_null else one <= threshold[k]
            if one_left != (null_left[k] if other_null else other <= threshold[k]):
                touched[tree_of[k]] = True
                any_is = True
    return any_is


def _add_tree(  # noqa: C901 - one walk; a call for each step would cost more than the step
    columns: Any,
    tree: int,
    x: Any,
    z: Any,
    out: Any,
    decided: Any,
    way: Any,
    waiting: Any,
    held: Any,
) -> None:
    """Add the values of one tree: a walk to every leaf that x and z reach between them."""
    feature, threshold, null_left = columns[5], columns[6], columns[7]
    left, right, value, shares = columns[8], columns[9], columns[10], columns[11]
    width = int(shares[0])
    node, deep, ones, left_over = columns[4][tree], 0, 0, 0
    while True:
        while node >= 0:
            place, edge = feature[node], threshold[node]
            one, other = x[place], z[place]
            one_left = null_left[node] if one != one else one <= edge
            other_left = null_left[node] if other != other else other <= edge
            if one_left != other_left:
                if decided[place] == 0:
                    # x's way now; z's, from this depth on, when x's is done
                    waiting[left_over], held[left_over] = node, deep
                    left_over += 1
                    decided[place], way[deep] = 1, place
                    deep += 1
                    ones += 1
                elif decided[place] == 2:
                    one_left = other_left
            node = left[node] if one_left else right[node]
        others = deep - ones
        gain = value[~node] * shares[1 + ones * width + others]
        loss = value[~node] * shares[1 + others * width + ones]
        for k in range(deep):
            if decided[way[k]] == 1:
                out[way[k]] += gain
            else:
                out[way[k]] -= loss
        if left_over == 0:
            break
        left_over -= 1
        parting = waiting[left_over]
        while deep > held[left_over]:
            deep -= 1
            ones -= 2 - decided[way[deep]]
            decided[way[deep]] = 0
        place = feature[parting]
        decided[place], way[deep] = 2, place
        deep += 1
        other = z[place]
        other_left = null_left[parting] if other != other else other <= threshold[parting]
        node = left[parting] if other_left else right[parting]
    for k in range(deep):
        decided[way[k]] = 0


_HEAD = """from __future__ import annotations

from typing import Any

from numba import njit
"""
_PARTS = (touch, _add_tree, add_pairs)
_NAME = "pairs"


@cache
def compiled() -> Callable[[Any, Floats, Floats, Floats], None]:
    """Return `add_pairs` compiled by numba, kept on disk between runs; it frees the lock."""
    parts = [f"@njit(cache=True, nogil=True)\n{inspect.getsource(part)}" for part in _PARTS]
    module = compiled_module(_NAME, "\n\n".join([_HEAD, *parts]))
    return cast("Callable[[Any, Floats, Floats, Floats], None]", module.add_pairs)
