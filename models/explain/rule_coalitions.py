"""Shapley values of the rules where the coalition of inputs decides what is known.

The values are the integral over t, 0 to 1, of what an input adds where every other is in the
coalition with probability t by itself (Owen 1972). For a given t the blocks of
`models.explain.rule_corners` are independent, so that the expected score comes from each block's
chance and mean of every set of known indicators; and the integrand is a polynomial in t, so that
a few Gauss–Legendre nodes give the integral exactly.

Plain functions, compiled for many pairs as `models.indicators` has it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from features.matrix import Floats
from models.explain.rule_corners import BITS, CORNER, FIRST, SIZE


def over_coalitions(neutral: Any, turning: Any, nodes: Any, scratch: Any, out: Any) -> None:
    """Write the values where the coalition decides what is known."""
    points, kind, slope, shift = scratch[2], scratch[4], scratch[11], scratch[12]
    sort_corners(scratch)
    number = nodes_needed(turning, scratch[5])
    for place in range(number):
        at_node(neutral, nodes[number - 1][place], scratch)
    for block in range(4):
        start = CORNER[block]
        for place in range(SIZE[block]):
            if turning >> (FIRST[block] + place) & 1:
                bit, value = 1 << place, 0.0
                for corner in range(1 << SIZE[block]):
                    if not corner & bit:
                        size, a, b = BITS[corner], start + corner + bit, start + corner
                        to, of = kind[a] * 5 + size, kind[b] * 5 + size
                        value += (points[a] * slope[to] + shift[to]) - (
                            points[b] * slope[of] + shift[of]
                        )
                out[FIRST[block] + place] = value + 0.0


def nodes_needed(turning: Any, many: Any) -> int:
    """Return how many nodes integrate exactly: n of them do so up to degree 2n − 1."""
    varying = others = 0
    for block in range(4):
        moved = BITS[turning >> FIRST[block] & (1 << SIZE[block]) - 1]
        if many[block] > 1:
            varying += moved
        elif moved > others:
            others = moved
    # a block's points meet the chances of the blocks that vary, less the input itself
    return (varying + others + 1) // 2


def sort_corners(scratch: Any) -> None:
    """Sort each block's corners by what they know, and within by how many inputs are x's."""
    points, known, kind, many, weight = (
        scratch[2], scratch[3], scratch[4], scratch[5], scratch[6],
    )  # fmt: skip
    count, total, slope, shift = scratch[7], scratch[8], scratch[11], scratch[12]
    for block in range(4):
        start, kinds = CORNER[block], 0
        for corner in range(1 << SIZE[block]):
            place = 0
            while place < kinds and weight[4 * block + place] != known[start + corner]:
                place += 1
            if place == kinds:
                weight[4 * block + place] = known[start + corner]
                kinds += 1
                for cell in range(5 * (4 * block + place), 5 * (4 * block + place + 1)):
                    count[cell] = total[cell] = slope[cell] = shift[cell] = 0.0
            kind[start + corner] = 4 * block + place
            cell = 5 * (4 * block + place) + BITS[corner]
            count[cell] += 1.0
            total[cell] += points[start + corner]
        many[block] = kinds


def at_node(neutral: Any, node: Any, scratch: Any) -> None:
    """Add one node's part to the slope and the shift that points have by kind and size."""
    many, slope, shift, level, lift = (
        scratch[5], scratch[11], scratch[12], scratch[13], scratch[14],
    )  # fmt: skip
    means(node, scratch)
    for i in range(many[0]):
        for j in range(4, 4 + many[1]):
            for k in range(8, 8 + many[2]):
                for m in range(12, 12 + many[3]):
                    known_sets(neutral, i, j, k, m, scratch)
    for block in range(4):
        size = SIZE[block] - 1
        for kind in range(4 * block, 4 * block + many[block]):
            for k in range(size + 1):
                share = node[25] * node[5 * size + k]
                slope[5 * kind + k] += share * level[kind]
                if many[block] > 1:  # else what the other blocks give is the same at each corner
                    shift[5 * kind + k] += share * lift[kind]


def means(node: Any, scratch: Any) -> None:
    """Write the chance of each kind at a node, and its points times that chance."""
    many, count, total = scratch[5], scratch[7], scratch[8]
    chance, mean, level, lift = scratch[9], scratch[10], scratch[13], scratch[14]
    for block in range(4):
        size = SIZE[block]
        for kind in range(4 * block, 4 * block + many[block]):
            chance[kind] = mean[kind] = level[kind] = lift[kind] = 0.0
            for k in range(size + 1):
                share = node[5 * size + k]
                chance[kind] += count[5 * kind + k] * share
                mean[kind] += total[5 * kind + k] * share


def known_sets(neutral: Any, i: Any, j: Any, k: Any, m: Any, scratch: Any) -> None:
    """Add what one choice of known indicators means for the points of each block."""
    weight, chance, mean = scratch[6], scratch[9], scratch[10]
    level, lift = scratch[13], scratch[14]
    whole = weight[i] + weight[j] + weight[k] + weight[m]
    a, b, c, d = chance[i], chance[j], chance[k], chance[m]
    if not whole > 0:
        lift[i] += neutral * (b * c * d)
        lift[j] += neutral * (a * c * d)
        lift[k] += neutral * (a * b * d)
        lift[m] += neutral * (a * b * c)
        return
    ab, cd = a * b / whole, c * d / whole
    first, last = mean[i] * b + a * mean[j], mean[k] * d + c * mean[m]
    level[i] += b * cd
    level[j] += a * cd
    level[k] += ab * d
    level[m] += ab * c
    lift[i] += mean[j] * cd + b * last / whole
    lift[j] += mean[i] * cd + a * last / whole
    lift[k] += first * d / whole + ab * mean[m]
    lift[m] += first * c / whole + ab * mean[k]


@cache
def nodes() -> Floats:
    """Return by half the number of moved inputs, less one, the nodes of the integral over t.

    Returns
    -------
    ndarray of float64, shape (6, 6, 26)
        Of a node, t^k · (1 − t)^(m − k) at 5·m + k for m ≤ 4, and its weight at 25.
    """
    found = np.zeros((6, 6, 26))
    for number in range(1, 7):
        places, weights = np.polynomial.legendre.leggauss(number)
        for row, (place, weight) in enumerate(zip(places, weights, strict=True)):
            t, node = (1 + place) / 2, found[number - 1, row]
            node[25] = weight / 2
            for m in range(5):
                for k in range(m + 1):
                    node[5 * m + k] = t**k * (1 - t) ** (m - k)
    return found


COALITION_PARTS = (nodes_needed, sort_corners, means, known_sets, at_node, over_coalitions)
