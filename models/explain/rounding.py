"""Rounding that still adds up: scores and points as they are told, in parts of a point."""

from __future__ import annotations

import math
from collections.abc import Sequence

TENTHS = 10  # units in a point
_NOISE = 1e-6  # of a unit: a score that should be a round one may miss it by rounding


def tenths_of_score(score: float) -> int:
    """Return a score in whole tenths, cut and not rounded.

    A ceiling stops at 0.01 under a floor: 79.99 told as 80.0 would contradict its grade.

    Examples
    --------
    >>> tenths_of_score(79.99), tenths_of_score(80.0 - 1e-12), tenths_of_score(80.05)
    (799, 800, 800)
    """
    return math.floor(score * TENTHS + _NOISE)


def adding_up(parts: Sequence[float], total: int, *, units: int = TENTHS) -> list[int]:
    """Return parts in whole tenths that add up to a total, by the largest remainder.

    Every part becomes one of its two neighbouring whole tenths: it is off by less than one of
    them, keeps its sign, and stays what it is if it is whole (Hare's method).

    Parameters
    ----------
    parts : sequence of float
        In points.
    total : int
        In tenths; less than one tenth from the sum of the parts.
    units : int
        In a point, where they are others than tenths: 100 for hundredths.

    Raises
    ------
    ValueError
        If the parts do not add up to the total: one is missing, or counted twice.

    Examples
    --------
    >>> adding_up([-14.25, 0.0, 3.15, 0.1], -110)
    [-142, 0, 31, 1]
    """
    scaled = [part * units for part in parts]
    told = [math.floor(unit) for unit in scaled]
    missing = total - sum(told)
    loose = [place for place, unit in enumerate(scaled) if unit != told[place]]
    loose.sort(key=lambda place: (told[place] - scaled[place], place))
    if 0 <= missing <= len(loose):
        for place in loose[:missing]:
            told[place] += 1
        return told
    return _settled(scaled, told, missing, loose, units)


def _settled(
    scaled: list[float], told: list[int], missing: int, loose: list[int], units: int
) -> list[int]:
    """Return the parts where the noise of a float left one unit too few or too many."""
    if abs(sum(scaled) - (sum(told) + missing)) >= 1 + _NOISE or not any(scaled):
        message = (
            f"The parts add up to {sum(scaled) / units:.4f} points and not to "
            f"{(sum(told) + missing) / units:.2f}. Give every part of the difference, once."
        )
        raise ValueError(message)
    up = [t + (place in loose) for place, t in enumerate(told)]
    told = up if missing > 0 else told
    largest = max(range(len(scaled)), key=lambda place: abs(scaled[place]))
    told[largest] += missing - (len(loose) if missing > 0 else 0)
    return told
