"""Baseline Shapley values of the trees: how the difference of two rows' margins divides.

They are a direct sum over leaves. For a row x against a background z, with *a*
conditions of a leaf kept by x only and *b* by z only (a leaf with a condition that neither
keeps drops out), a leaf of value v gives v·(a−1)!·b!/(a+b)! to each of the first and
−v·a!·(b−1)!/(a+b)! to each of the second: the Shapley value of the game "x's value where the
feature is in the coalition, z's elsewhere" (Lundberg et al. 2020, interventional with one
background row; Sundararajan & Najmi 2020, baseline Shapley).
"""

from __future__ import annotations

from functools import cache
from math import factorial

import numpy as np
from numpy.typing import NDArray

from features.matrix import Floats
from models.trees import LeafBoxes


def moved(x: Floats, z: Floats) -> NDArray[np.bool_]:
    """Return which features differ between two rows; unknown equals unknown."""
    differ: NDArray[np.bool_] = ~((x == z) | (np.isnan(x) & np.isnan(z)))
    return differ


def tree_values(leaves: LeafBoxes, x: Floats, z: Floats) -> Floats:
    """Return what each feature adds to the margin of x over that of z, shape (features,).

    They add up to the difference of the margins; a feature that did not move gives exactly 0.

    Parameters
    ----------
    leaves : LeafBoxes
        The ensemble.
    x, z : ndarray of float64, shape (features,)
        As the trees take them; NaN is unknown.
    """
    if not len(leaves.value):
        return np.zeros(leaves.features)
    points = leaf_points(leaves.holds(x), leaves.holds(z), leaves.value, leaves.start)
    summed = np.bincount(leaves.feature, weights=points, minlength=leaves.features)
    return np.asarray(summed, dtype=np.float64)


def leaf_points(
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
