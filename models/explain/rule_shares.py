"""Baseline Shapley values of the rules: how the difference of two rule scores divides.

A coalition of inputs has x's values in it and z's elsewhere; its score is Σ weight · points over
Σ weight of the indicators that are known. As no two blocks of indicators share an input, a
coalition is a corner of each block.

Where every coalition knows the same indicators the score is a sum over blocks, and each block's
points divide among its own inputs. Where moving an input makes an indicator known or unknown, the
weight is shared anew, as `models.explain.rule_coalitions` works out.

The functions are plain Python over lists, so that a few pairs, and all of the server's, need no
compiler; for many the same source is compiled by numba over arrays, and gives the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.compile import has_compiler
from features.matrix import Floats
from models.explain.rule_coalitions import COALITION_PARTS, nodes, over_coalitions
from models.explain.rule_corners import (
    BITS,
    CORNER,
    CORNER_PARTS,
    FIRST,
    SIZE,
    varies,
    write_corners,
)
from models.explain.shapley import FEW
from models.indicators import MANY, MEASURES, PARTS, as_arrays, compiled_parts
from models.policy.sections import Policy
from models.rules import RULE_INPUTS, Book

_INPUTS = len(RULE_INPUTS)
# by a block's inputs and how many others are x's, the Shapley weight
_SHARES = tuple(
    tuple(factorial(s) * factorial(m - 1 - s) / factorial(m) if s < m else 0.0 for s in range(4))
    for m in range(5)
)
# see _scratch; two of them hold whole numbers
_ROOM = (MEASURES, MEASURES, 36, 36, 36, 4, 16, 80, 80, 16, 16, 80, 80, 16, 16)
_WHOLE = (4, 5)


def rule_values(x: Floats, z: Floats, book: Book, policy: Policy) -> Floats:
    """Return what each rule input adds to the rule score of x over that of z.

    Every coalition of inputs counts, the sharing of unknown weights included. A pair has the
    same values alone and among a million, to the last bit.

    Parameters
    ----------
    x, z : ndarray of float64, shape (n, len(RULE_INPUTS))
        Values of ``RULE_INPUTS``; NaN is unknown. Row i of x is explained against row i of z.
    book : Book
        Quantiles and on-time rate.
    policy : Policy
        Weights and curves.

    Returns
    -------
    ndarray of float64, shape (n, len(RULE_INPUTS))
        Rows add up to the difference of the rule scores; what did not move is exactly 0.
    """
    law, quantiles = policy.law, book.quantiles
    least = FEW + 1 if compiled.cache_info().currsize else MANY
    if len(x) >= least and has_compiler():
        out = np.zeros(x.shape)
        pairs = np.ascontiguousarray(x), np.ascontiguousarray(z)
        compiled()(as_arrays(law), as_arrays(quantiles), pairs, nodes(), _scratch(), out)
        return out
    listed = [[0.0] * _INPUTS for _ in x]
    scratch = [[0] * size for size in _ROOM]
    add_values(law, quantiles, (x.tolist(), z.tolist()), _plain_nodes(), scratch, listed)
    return np.array(listed).reshape(x.shape)


def add_values(law: Any, book: Any, pairs: Any, nodes: Any, scratch: Any, out: Any) -> None:
    """Write the values of pairs of rows, pair by pair."""
    rows, points, known = (scratch[0], scratch[1]), scratch[2], scratch[3]
    for row in range(len(out)):
        x, z = pairs[0][row], pairs[1][row]
        turning = 0
        for place in range(12):
            a, b = x[place], z[place]
            if a != b and (a == a or b == b):  # noqa: PLR0124 - unknown equals unknown
                turning |= 1 << place
        if turning == 0:
            continue
        write_corners(law, book, (x, z), turning, rows, (points, known))
        if varies(known):
            over_coalitions(law.neutral, turning, nodes, scratch, out[row])
        else:
            over_blocks(turning, points, known, out[row])


def over_blocks(turning: Any, points: Any, known: Any, out: Any) -> None:
    """Write the values where every coalition knows the same: blocks divide by themselves."""
    whole = known[CORNER[0]] + known[CORNER[1]] + known[CORNER[2]] + known[CORNER[3]]
    if not whole > 0:
        return
    for block in range(4):
        start, shares = CORNER[block], _SHARES[SIZE[block]]
        for place in range(SIZE[block]):
            if turning >> (FIRST[block] + place) & 1:
                bit, value = 1 << place, 0.0
                for corner in range(1 << SIZE[block]):
                    if not corner & bit:
                        gained = points[start + corner + bit] - points[start + corner]
                        value += shares[BITS[corner]] * gained
                out[FIRST[block] + place] = value / whole + 0.0  # −0.0 becomes 0.0


@cache
def _plain_nodes() -> list[list[list[float]]]:
    listed: list[list[list[float]]] = nodes().tolist()
    return listed


def _scratch() -> tuple[NDArray[Any], ...]:
    """Return room for one pair's work.

    Measures of x and z; of the corners weighted points, known weight and kind; of the blocks
    how many kinds; of the kinds known weight; by kind and size how many corners and their
    points; of the kinds chance and mean at a node; by kind and size slope and shift; of the
    kinds level and lift at a node.
    """
    return tuple(
        np.zeros(size, dtype=np.int64 if place in _WHOLE else np.float64)
        for place, size in enumerate(_ROOM)
    )


@cache
def compiled() -> Callable[..., None]:
    """Return `add_values` compiled by numba, kept on disk between runs; it frees the lock."""
    constants = {
        "FIRST": FIRST, "SIZE": SIZE, "CORNER": CORNER, "BITS": BITS, "_SHARES": _SHARES,
    }  # fmt: skip
    parts: tuple[Callable[..., Any], ...] = (
        *PARTS, *CORNER_PARTS, *COALITION_PARTS, over_blocks, add_values,
    )  # fmt: skip
    found: Callable[..., None] = compiled_parts("rules", parts, constants).add_values
    return found
