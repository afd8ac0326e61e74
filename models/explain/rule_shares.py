"""Baseline Shapley values of the rules: how the difference of two rule scores divides.

Where the same indicators are known for every coalition of inputs, the rule score is a sum over
indicators and each one's points divide among its own inputs. Where moving an input makes an
indicator known or unknown, its weight is shared anew and every coalition is scored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import comb, isnan
from operator import itemgetter

import numpy as np

from features.matrix import Floats
from models.policy.sections import Policy, Weights
from models.rules import INDICATORS, RULE_INPUTS, Book, Indicator

_INPUTS = len(RULE_INPUTS)
# a coalition is a set of the first inputs and a set of the others; no indicator reads both
_HALF = 6
_REST = _INPUTS - _HALF


def rule_values(
    x: Sequence[Sequence[float]], z: Sequence[Sequence[float]], book: Book, policy: Policy
) -> Floats:
    """Return what each rule input adds to the rule score of x over that of z.

    Every coalition of inputs counts, the sharing of unknown weights included.

    Parameters
    ----------
    x, z : sequence of sequence of float
        Values of ``RULE_INPUTS`` of n pairs; NaN is unknown.
    book : Book
        Quantiles and on-time rate.
    policy : Policy
        Weights and curves.

    Returns
    -------
    ndarray of float64, shape (n, len(RULE_INPUTS))
        Rows add up to the difference of the rule scores; what did not move is exactly 0.
    """
    out = np.zeros((len(x), _INPUTS))
    for place, (one, other) in enumerate(zip(x, z, strict=True)):
        moved = [not (a == b or (isnan(a) and isnan(b))) for a, b in zip(one, other, strict=True)]
        if any(moved):
            values = _values([*other, *one], moved, book, policy)
            # adding zero turns −0.0 into 0.0
            out[place] = np.where(moved, values, 0.0) + 0.0
    return out


@dataclass(frozen=True)
class _Corners:
    """An indicator with its inputs at z or x: bit b of a corner says where its input b is."""

    indicator: Indicator
    places: tuple[int, ...]
    values_of: tuple[Callable[[Sequence[float]], tuple[float, ...]], ...]


def _corners(indicator: Indicator) -> _Corners:
    places = tuple(RULE_INPUTS.index(name) for name in indicator.inputs)
    chosen = [
        [place + _INPUTS * (corner >> bit & 1) for bit, place in enumerate(places)]
        for corner in range(1 << len(places))
    ]
    return _Corners(indicator, places, tuple(itemgetter(*c) for c in chosen))


_ALL = tuple(_corners(indicator) for indicator in INDICATORS)


def _values(pair: list[float], moved: list[bool], book: Book, policy: Policy) -> Floats:
    """Return the values of one pair, given as z's inputs and then x's."""
    points: list[float] = []
    for one in _ALL:
        points += _points(one, pair, moved, book, policy)
    values, weight = np.array(points), _corner_weights(policy.weights)
    is_known = values == values  # noqa: PLR0124 - an unknown value does not equal itself
    if is_known.all():
        own: Floats = (weight * values) @ _own_shares()
        return own / float(sum(vars(policy.weights).values()))
    summed, known = np.where(is_known, weight * values, 0.0), np.where(is_known, weight, 0.0)
    shares_known = is_known @ _mean_of_corners()
    if ((shares_known > 0) & (shares_known < 1)).any():
        return _over_coalitions(summed, known, policy.rules.neutral)
    whole = float(known @ _mean_of_corners() @ np.ones(len(_ALL)))
    return summed @ _own_shares() / whole if whole > 0 else np.zeros(_INPUTS)


def _points(
    one: _Corners, pair: list[float], moved: list[bool], book: Book, policy: Policy
) -> list[float]:
    turning = sum(1 << bit for bit, place in enumerate(one.places) if moved[place])
    points_of, rules = one.indicator.points, policy.rules
    if turning == len(one.values_of) - 1:
        return [points_of(values_of(pair), book, rules) for values_of in one.values_of]
    found: list[float] = []
    for corner, values_of in enumerate(one.values_of):
        same = corner & turning
        if same != corner:  # as a corner before it: what did not move is the same at z and x
            found.append(found[same])
        else:
            found.append(points_of(values_of(pair), book, rules))
    return found


def _over_coalitions(summed: Floats, known: Floats, neutral: float) -> Floats:
    """Return the values when the coalition decides what is known, from every corner's parts."""
    halves = np.stack([summed, known]) @ _corner_of_coalition()
    first, others = halves[:, : 1 << _HALF], halves[:, 1 << _HALF :]
    total = others[0][:, None] + first[0]
    weight = others[1][:, None] + first[1]
    if first[1].min() + others[1].min() > 0:
        score = total / weight
    else:
        score = np.where(weight > 0, total / np.where(weight > 0, weight, 1.0), neutral)
    gained = score - score[0, 0]
    both, without = _coalition_shares()
    # Σ with · gained over the coalitions that have an input, less Σ without · gained over the rest
    spread = both * gained
    rest = float(np.vdot(without, gained))
    of_first = _ones(1 << _REST) @ spread @ _bits(_HALF)
    of_others = spread @ _ones(1 << _HALF) @ _bits(_REST)
    return np.concatenate([of_first, of_others]) - rest


@lru_cache(maxsize=16)
def _corner_weights(weights: Weights) -> Floats:
    """Return the weight of the indicator of each corner, shape (corners,)."""
    return np.repeat(list(vars(weights).values()), [len(one.values_of) for one in _ALL])


@cache
def _mean_of_corners() -> Floats:
    """Return what takes the mean over each indicator's corners, shape (corners, indicators)."""
    sizes = [len(one.values_of) for one in _ALL]
    return np.repeat(np.eye(len(sizes)) / np.array(sizes)[:, None], sizes, axis=0)


@cache
def _own_shares() -> Floats:
    """Return the Shapley weight of each corner for each input, shape (corners, inputs)."""
    rows = []
    for one in _ALL:
        with_it, without = _shares(len(one.places))
        for corner in range(len(one.values_of)):
            row, size = np.zeros(_INPUTS), corner.bit_count()
            for bit, place in enumerate(one.places):
                row[place] = with_it[size] if corner >> bit & 1 else -without[size]
            rows.append(row)
    return np.array(rows)


@cache
def _corner_of_coalition() -> Floats:
    """Return 1 where a half of a coalition is in a corner, shape (corners, halves)."""
    rows = []
    for one in _ALL:
        if min(one.places) < _HALF <= max(one.places):
            message = f"{one.indicator.name} reads inputs of both halves; choose another half"
            raise AssertionError(message)
        for corner in range(len(one.values_of)):
            row = np.zeros((1 << _HALF) + (1 << _REST))
            is_first = max(one.places) < _HALF
            start, shift = (0, 0) if is_first else (1 << _HALF, _HALF)
            for half in range(1 << (_HALF if is_first else _REST)):
                there = sum((half >> p - shift & 1) << b for b, p in enumerate(one.places))
                row[start + half] = there == corner
            rows.append(row)
    return np.array(rows)


@cache
def _coalition_shares() -> tuple[Floats, Floats]:
    """Return with + without and without by coalition, each of shape (others, first)."""
    sizes = np.array(
        [[o.bit_count() + f.bit_count() for f in range(1 << _HALF)] for o in range(1 << _REST)]
    )
    with_it, without = (np.array(shares) for shares in _shares(_INPUTS))
    return (with_it + without)[sizes], without[sizes]


def _shares(players: int) -> tuple[list[float], list[float]]:
    """Return by a coalition's size the Shapley weight of a player in it, and of one outside."""
    inside = [0.0] + [1 / (players * comb(players - 1, size)) for size in range(players)]
    return inside, inside[1:] + [0.0]


@cache
def _ones(number: int) -> Floats:
    return np.ones(number)


@cache
def _bits(number: int) -> Floats:
    """Return which players each coalition of some has, shape (2^number, number)."""
    coalitions = np.arange(1 << number)
    return (coalitions[:, None] >> np.arange(number) & 1).astype(np.float64)
