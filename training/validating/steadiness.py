"""Whether the book looks as it did, how grades move, and how they are spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from models.bands import GRADES, NOTCHES
from models.bundle import Bundle
from training.shadow_figures import stability
from training.statistics.concentration import (
    Concentration,
    Rise,
    concentration,
    concentration_rise,
)
from training.statistics.stability import (
    Shift,
    Step,
    bandwidths,
    feature_shift,
    histogram,
    migration_counts,
    neighbour_tests,
    stability_index,
)
from training.validating.judged import JudgedRows
from training.validating.months import Months


@dataclass(frozen=True)
class FeatureShift:
    """How far one feature of the model moved."""

    feature: str
    shift: Shift


@dataclass(frozen=True)
class Migration:
    """Who went from where to where between the first and the last month-end of the path."""

    first: date
    last: date
    customers: int
    matrix: tuple[tuple[int, ...], ...]
    lower: float | None
    upper: float | None
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class FlipFlop:
    """How often a move of a grade was reversed within three month-ends."""

    moves: int
    judged: int
    reversed: int
    share: float | None
    moves_per_customer_year: float | None


@dataclass(frozen=True)
class Steadiness:
    """Whether the book looks as it did, and how grades move."""

    reference: date
    latest: date
    grades: Shift
    notches: Shift
    features: tuple[FeatureShift, ...]
    migration: Migration
    notch_migration: Migration
    flip_flop: FlipFlop


@dataclass(frozen=True)
class Spread:
    """How the latest book is spread over grades or notches, and whether that rose."""

    customers: tuple[int, ...]
    found: Concentration
    rise: Rise


def steadiness(judged: JudgedRows, bundle: Bundle, months: Months) -> Steadiness:
    """Return whether the book looks as it did on the reference day, and how grades move."""
    (before, old), (after, new) = judged.reference, judged.latest
    path = [{c: g.grade_before_override for c, g in m.items()} for m in judged.path]
    found = stability(path)
    return Steadiness(
        reference=months.reference,
        latest=months.judged[-1],
        grades=_shift([g.grade for g in old], [g.grade for g in new], GRADES),
        notches=_shift([g.notch for g in old], [g.notch for g in new], NOTCHES),
        features=tuple(
            FeatureShift(name, feature_shift(before.column(name), after.column(name)))
            for name in bundle.feature_names
        ),
        migration=_migration(judged, months, "grade", GRADES),
        notch_migration=_migration(judged, months, "notch", NOTCHES),
        flip_flop=FlipFlop(
            found.moves,
            found.judged,
            found.reversed,
            found.flip_flop,
            found.moves_per_customer_year,
        ),
    )


def spread(judged: JudgedRows, kind: str) -> Spread:
    """Return how concentrated the latest book is over its ``grade`` or ``notch``."""
    order = {"grade": GRADES, "notch": NOTCHES}[kind]
    before, after = (
        histogram([getattr(g, kind) for g in gradings], order)
        for _, gradings in (judged.reference, judged.latest)
    )
    return Spread(tuple(after.tolist()), concentration(after), concentration_rise(before, after))


def _shift(before: Sequence[str], after: Sequence[str], order: Sequence[str]) -> Shift:
    return stability_index(histogram(before, order), histogram(after, order))


def _migration(judged: JudgedRows, months: Months, kind: str, order: Sequence[str]) -> Migration:
    first, last = judged.path[0], judged.path[-1]
    both = [customer for customer in first if customer in last]
    counts = migration_counts(
        [getattr(first[c], kind) for c in both], [getattr(last[c], kind) for c in both], order
    )
    lower, upper = bandwidths(counts)
    return Migration(
        first=months.path[0],
        last=months.path[-1],
        customers=len(both),
        matrix=tuple(tuple(row) for row in counts.tolist()),
        lower=lower,
        upper=upper,
        steps=tuple(neighbour_tests(counts)),
    )
