"""The waterfall from the reference customer to the score: geometry, and points that add up."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from models.explain.rounding import adding_up

SHOWN_DRIVERS = 10
_LEAST_SPAN = 20.0  # points: a narrower axis would blow up what hardly counts
_MARGIN = 0.06  # of the span, on either side
_CENT = Decimal("0.01")
_FINE = Decimal("1E-10")  # below it a number is rounding error


@dataclass(frozen=True)
class Part:
    """Something that moves the points: a feature, or an adjustment by its kind and reason."""

    name: str
    points: float


@dataclass(frozen=True)
class Account:
    """What a waterfall draws: ``score = reference + Σ drivers + Σ adjustments``.

    Attributes
    ----------
    drivers : sequence of Part
        The largest first.
    adjustments : sequence of Part
        In the order in which they apply.
    """

    reference: float
    drivers: Sequence[Part]
    adjustments: Sequence[Part]
    score: float


@dataclass(frozen=True)
class Bar:
    """One row of the waterfall.

    Attributes
    ----------
    kind : str
        ``reference``, ``driver``, ``others``, ``adjustment`` or ``score``.
    start, end : float
        Points before and after it; equal for the reference and the score.
    told : Decimal
        Its points to two places, so that the rows add up: the others take what rounding
        leaves; of the reference and the score their own.
    left, width, from_x, to_x : float
        Per cent of the axis.
    """

    kind: str
    name: str
    start: float
    end: float
    told: Decimal
    left: float
    width: float
    from_x: float
    to_x: float

    @property
    def points(self) -> float:
        """What it adds."""
        return self.end - self.start


@dataclass(frozen=True)
class Zone:
    """Where a grade lies on the axis, in per cent; ``floor`` is None where it is not in view."""

    grade: str
    left: float
    width: float
    floor: float | None


@dataclass(frozen=True)
class Waterfall:
    """The rows from the top, and the grades behind them.

    Attributes
    ----------
    others : int
        Drivers that share one row.
    """

    bars: tuple[Bar, ...]
    zones: tuple[Zone, ...]
    others: int


def waterfall(
    account: Account, floors: Mapping[str, float], *, most: int = SHOWN_DRIVERS
) -> Waterfall:
    """Return the rows that lead from the reference customer to the score.

    Parameters
    ----------
    account : Account
        What adds up.
    floors : mapping of str to float
        The floor of each grade, as in `models.bands.Edges`.
    most : int
        Drivers with a row of their own; the rest share one.
    """
    shown, rest = list(account.drivers[:most]), account.drivers[most:]
    if rest:
        shown.append(Part("others", math.fsum(part.points for part in rest)))
    parts = [*shown, *account.adjustments]
    kinds = ["driver"] * len(shown) + ["adjustment"] * len(account.adjustments)
    if rest:
        kinds[len(shown) - 1] = "others"
    levels = _levels(account.reference, parts)
    told = told_points(
        account.reference,
        [part.points for part in parts],
        account.score,
        slack=len(shown) - 1 if rest else None,
    )
    axis = Axis.over([*levels, account.score])
    reference = axis.bar("reference", "", (levels[0], levels[0]), told[0])
    score = axis.bar("score", "", (account.score, account.score), told[-1])
    steps = zip(kinds, parts, zip(levels, levels[1:], strict=False), told[1:-1], strict=True)
    moved = [axis.bar(kind, part.name, ends, points) for kind, part, ends, points in steps]
    return Waterfall((reference, *moved, score), zones(floors, axis), len(rest))


@dataclass(frozen=True)
class Axis:
    """The points that are in view."""

    low: float
    high: float

    @classmethod
    def over(cls, levels: Sequence[float]) -> Axis:
        """Return an axis that shows all levels with a margin, and no fewer than 20 points."""
        low, high = min(levels), max(levels)
        missing = max(_LEAST_SPAN - (high - low), 0.0) / 2
        margin = _MARGIN * (high - low + 2 * missing)
        return cls(low - missing - margin, high + missing + margin)

    def place(self, points: float) -> float:
        """Return where points lie, in per cent."""
        return round(100 * (points - self.low) / (self.high - self.low), 3)

    def bar(self, kind: str, name: str, ends: tuple[float, float], told: Decimal) -> Bar:
        """Return a row between two levels."""
        start, end = map(self.place, ends)
        return Bar(kind, name, *ends, told, min(start, end), round(abs(end - start), 3), start, end)


def zones(floors: Mapping[str, float], axis: Axis) -> tuple[Zone, ...]:
    """Return the part of the axis that each grade takes, the worst first; none that is hidden."""
    found, top = [], math.inf
    worst = min(floors, key=lambda grade: floors[grade])
    for grade, floor in sorted(floors.items(), key=lambda item: -item[1]):
        bottom = -math.inf if grade == worst else floor
        low, high = max(bottom, axis.low), min(top, axis.high)
        if high > low:
            left, right = axis.place(low), axis.place(high)
            edge = floor if bottom > axis.low else None
            found.append(Zone(grade, left, round(right - left, 3), edge))
        top = floor
    return tuple(reversed(found))


def told_points(
    reference: float, parts: Sequence[float], score: float, *, slack: int | None = None
) -> list[Decimal]:
    """Return reference, parts and score to two places, so that the rounded ones add up too.

    Parameters
    ----------
    reference, score : float
        Told as they are.
    parts : sequence of float
        What leads from the one to the other.
    slack : int, optional
        The part that takes what rounding leaves: the many that share a row. Without it each
        part is rounded down or up to a neighbouring hundredth, those with the largest
        remainders up, as many as it takes (Hare's method).

    Examples
    --------
    >>> [str(points) for points in told_points(80.0, [-0.014, -0.014, -0.014], 79.958)]
    ['80.00', '-0.01', '-0.01', '-0.02', '79.96']
    >>> [str(points) for points in told_points(80.0, [-0.014, -0.1, -0.014], 79.872, slack=1)]
    ['80.00', '-0.01', '-0.11', '-0.01', '79.87']
    """
    first, last = (_exact(x).quantize(_CENT, ROUND_HALF_EVEN) for x in (reference, score))
    if slack is None:
        hundredths = adding_up(parts, int((last - first) / _CENT), units=100)
        return [first, *(unit * _CENT for unit in hundredths), last]
    told = [_exact(points).quantize(_CENT, ROUND_HALF_EVEN) for points in parts]
    told[slack] = last - first - sum(told[:slack] + told[slack + 1 :], Decimal(0))
    return [first, *told, last]


def _levels(reference: float, parts: Sequence[Part]) -> list[float]:
    """Return the points before the first part and after each, summed without drift."""
    points = [reference, *(part.points for part in parts)]
    return [math.fsum(points[:end]) for end in range(1, len(points) + 1)]


def _exact(value: float) -> Decimal:
    return Decimal(repr(float(value))).quantize(_FINE, ROUND_HALF_EVEN)
