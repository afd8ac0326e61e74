"""The first page: the book by grade, who moved, and the bars that show both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Engine

from models.summary import GradeLine
from serving.grades.book import BookRow, BookSummary, Wanted, book_rows, book_summary

SHOWN_DOWNGRADES = 10


@dataclass(frozen=True)
class Slice:
    """The part of a bar that a grade takes, in per cent; ``middle`` is where its letter stands."""

    grade: str
    left: float
    width: float
    middle: float


@dataclass(frozen=True)
class Totals:
    """All grades together; the probability is the mean over customers."""

    customers: int
    default_probability: float | None
    exposure: Decimal
    amount_at_risk: Decimal


@dataclass(frozen=True)
class BookShown:
    """What the first page tells.

    Attributes
    ----------
    bars : list of (str, list of Slice)
        Customers, exposure and amount at risk by grade.
    downgrades : list of BookRow
        Worse than the prior grade, the largest exposure first.
    """

    summary: BookSummary
    totals: Totals
    bars: list[tuple[str, list[Slice]]]
    downgrades: list[BookRow]


def book_shown(engine: Engine) -> BookShown | None:
    """Return the current book as the first page shows it, None while nothing is stored."""
    summary = book_summary(engine)
    if summary is None:
        return None
    bars = [
        ("customers", slices(summary.lines, lambda line: line.customers)),
        ("exposure", slices(summary.lines, lambda line: line.exposure)),
        ("at_risk", slices(summary.lines, lambda line: line.amount_at_risk)),
    ]
    worse = Wanted(moved="down", order="exposure")
    downgrades = book_rows(engine, worse, at_most=SHOWN_DOWNGRADES)
    return BookShown(summary, _totals(summary.lines), bars, downgrades)


def slices(
    lines: Sequence[GradeLine], measure: Callable[[GradeLine], int | Decimal]
) -> list[Slice]:
    """Return how a bar is shared among the grades; a book without the measure has none.

    Parameters
    ----------
    lines : sequence of GradeLine
        By grade.
    measure : callable
        What is shared; what is not above zero takes no room.
    """
    sizes = [max(float(measure(line)), 0.0) for line in lines]
    whole, found, left = sum(sizes), [], 0.0
    for line, size in zip(lines, sizes, strict=True):
        if size > 0:
            width = 100 * size / whole
            middle = round(left + width / 2, 3)
            found.append(Slice(line.grade, round(left, 3), round(width, 3), middle))
            left += width
    return found


def _totals(lines: Sequence[GradeLine]) -> Totals:
    customers = sum(line.customers for line in lines)
    weighted = sum(line.customers * (line.default_probability or 0.0) for line in lines)
    return Totals(
        customers,
        weighted / customers if customers else None,
        sum((line.exposure for line in lines), Decimal(0)),
        sum((line.amount_at_risk for line in lines), Decimal(0)),
    )
