"""Baseline Shapley values: how a difference between two rows divides among the features.

The trees' part is the direct sum over leaves. For a row x against a background z, with *a*
conditions of a leaf kept by x only and *b* by z only (a leaf with a condition that neither
keeps drops out), a leaf of value v gives v·(a−1)!·b!/(a+b)! to each of the first and
−v·a!·(b−1)!/(a+b)! to each of the second: the Shapley value of the game "x's value where the
feature is in the coalition, z's elsewhere" (Lundberg et al. 2020, interventional with one
background row; Sundararajan & Najmi 2020, baseline Shapley).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import comb, factorial

import numpy as np
from numpy.typing import NDArray

from features.matrix import Floats
from models.policy.sections import Policy
from models.rules import INDICATORS, RULE_INPUTS, Book, combined
from models.trees import LeafBoxes

CHUNK = 256  # customers whose coalitions are held in memory at once


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
    in_x, in_z = leaves.holds(x), leaves.holds(z)
    only_x, only_z = in_x & ~in_z, in_z & ~in_x
    dead = np.logical_or.reduceat(~(in_x | in_z), leaves.start)
    a = np.add.reduceat(only_x.astype(np.int64), leaves.start)
    b = np.add.reduceat(only_z.astype(np.int64), leaves.start)
    value = np.where(dead, 0.0, leaves.value)
    gains, losses = _leaf_weights(int(max(a.max(), b.max())))
    length = np.diff(np.append(leaves.start, len(leaves.feature)))
    gain = np.repeat(value * gains[a, b], length)
    loss = np.repeat(value * losses[a, b], length)
    points = np.where(only_x, gain, 0.0) - np.where(only_z, loss, 0.0)
    summed = np.bincount(leaves.feature, weights=points, minlength=leaves.features)
    return np.asarray(summed, dtype=np.float64)


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


def rule_values(
    x: Mapping[str, Floats], z: Mapping[str, Floats], book: Book, policy: Policy
) -> Floats:
    """Return what each rule input adds to the rule score of x over that of z.

    Every coalition of inputs is scored, the sharing of unknown weights included.

    Parameters
    ----------
    x, z : mapping of str to ndarray of float64, shape (n,)
        ``RULE_INPUTS`` of n pairs; NaN is unknown.
    book : Book
        Quantiles and on-time rate.
    policy : Policy
        Weights and curves.

    Returns
    -------
    ndarray of float64, shape (n, len(RULE_INPUTS))
        Rows add up to the difference of the rule scores.
    """
    n = len(next(iter(x.values())))
    out = np.empty((n, len(RULE_INPUTS)))
    for first in range(0, n, CHUNK):
        part = slice(first, min(first + CHUNK, n))
        xs = {name: x[name][part] for name in RULE_INPUTS}
        zs = {name: z[name][part] for name in RULE_INPUTS}
        out[part] = np.einsum("nm,mj->nj", _coalition_scores(xs, zs, book, policy), _shares())
        still = ~moved(
            np.stack([xs[n] for n in RULE_INPUTS], 1), np.stack([zs[n] for n in RULE_INPUTS], 1)
        )
        out[part][still] = 0.0
    return out


def _coalition_scores(
    x: Mapping[str, Floats], z: Mapping[str, Floats], book: Book, policy: Policy
) -> Floats:
    masks = np.arange(2 ** len(RULE_INPUTS))
    n = len(x[RULE_INPUTS[0]])
    summed, known = np.zeros((n, len(masks))), np.zeros((n, len(masks)))
    for indicator in INDICATORS:
        weight = vars(policy.weights)[indicator.name]
        corners = [
            indicator.points(_corner(x, z, indicator.inputs, corner), book, policy.rules)
            for corner in range(2 ** len(indicator.inputs))
        ]
        points = np.stack(corners, axis=1)
        is_known = ~np.isnan(points)
        corner_of = _corner_of(indicator.inputs)
        summed += np.where(is_known, weight * points, 0.0)[:, corner_of]
        known += np.where(is_known, weight, 0.0)[:, corner_of]
    return combined(summed, known, policy.rules.neutral)


def _corner(
    x: Mapping[str, Floats], z: Mapping[str, Floats], inputs: tuple[str, ...], corner: int
) -> dict[str, Floats]:
    return {name: (x if corner >> bit & 1 else z)[name] for bit, name in enumerate(inputs)}


@cache
def _corner_of(inputs: tuple[str, ...]) -> NDArray[np.int64]:
    masks = np.arange(2 ** len(RULE_INPUTS))
    places = [RULE_INPUTS.index(name) for name in inputs]
    corner: NDArray[np.int64] = np.sum(
        [(masks >> place & 1) << bit for bit, place in enumerate(places)], axis=0
    )
    return corner


@cache
def _shares() -> Floats:
    """Return the Shapley weight of each coalition for each input, shape (2^k, k)."""
    k = len(RULE_INPUTS)
    masks = np.arange(2**k)
    sizes = np.sum([masks >> bit & 1 for bit in range(k)], axis=0)
    shares = np.empty((2**k, k))
    for bit in range(k):
        inside = (masks >> bit & 1).astype(bool)
        with_it = np.array([1 / (k * comb(k - 1, size - 1)) if size else 0.0 for size in sizes])
        without = np.array([1 / (k * comb(k - 1, size)) if size < k else 0.0 for size in sizes])
        shares[:, bit] = np.where(inside, with_it, -without)
    return shares
