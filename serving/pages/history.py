"""A customer's scores over time as a line, with the bands of the grades behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from serving.grades.records import StoredGrade

_LOW, _HIGH = 0.0, 100.0
_LEFT, _RIGHT = 9.0, 96.0  # per cent of the width that days take; letters stand left of them


@dataclass(frozen=True)
class Dot:
    """One grade: where it lies in per cent of width and height, and what is told of it."""

    x: float
    y: float
    as_of: date
    grade: str
    notch: str
    score: float


@dataclass(frozen=True)
class Band:
    """A grade's stripe, in per cent of the height; ``middle`` is where its letter stands."""

    grade: str
    top: float
    height: float
    middle: float


@dataclass(frozen=True)
class Line:
    """Scores from the oldest to the newest.

    Attributes
    ----------
    segments : tuple of (Dot, Dot)
        What joins neighbours.
    """

    dots: tuple[Dot, ...]
    segments: tuple[tuple[Dot, Dot], ...]
    bands: tuple[Band, ...]


def score_line(newest_first: Sequence[StoredGrade], floors: Mapping[str, float]) -> Line:
    """Return the line of a customer's scores; of several grades of a day the last one told.

    Parameters
    ----------
    newest_first : sequence of StoredGrade
        From `GradeStore.history`.
    floors : mapping of str to float
        The floor of each grade; empty draws no bands.
    """
    by_day: dict[date, StoredGrade] = {}
    for stored in newest_first:
        by_day.setdefault(stored.as_of, stored)
    days = sorted(by_day)
    dots = tuple(_dot(by_day[day], days[0], days[-1]) for day in days)
    return Line(dots, tuple(zip(dots, dots[1:], strict=False)), _bands(floors))


def _dot(stored: StoredGrade, first: date, last: date) -> Dot:
    span = (last - first).days
    place = (stored.as_of - first).days / span if span else 0.5
    told = stored.document
    x = round(_LEFT + (_RIGHT - _LEFT) * place, 2)
    return Dot(x, height_of(told["score"]), stored.as_of, told["grade"], told["notch"],
               told["score"])  # fmt: skip


def height_of(score: float) -> float:
    """Return how far from the top a score lies, in per cent; beyond the scale is its end.

    Examples
    --------
    >>> height_of(100.0), height_of(25.0), height_of(-7.0)
    (0.0, 75.0, 100.0)
    """
    return round(100 * (_HIGH - min(max(score, _LOW), _HIGH)) / (_HIGH - _LOW), 2)


def _bands(floors: Mapping[str, float]) -> tuple[Band, ...]:
    found, top = [], 0.0
    for grade, floor in sorted(floors.items(), key=lambda item: -item[1]):
        bottom = height_of(floor)
        height = round(bottom - top, 2)
        found.append(Band(grade, top, height, round(top + height / 2, 2)))
        top = bottom
    return tuple(found)
