"""Rows of one relation on two days, side by side, and which of them moved a feature."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.behind.one import computed
from features.behind.plan import FeaturePlan, RelationPlan, getter
from features.behind.shown import EvidenceRow, evidence_row, known_on
from features.engines.fold import Rows
from features.ledger.open import EPOCH

STATES = ("new", "newly_known", "changed", "aged_in", "aged_out")
Sides = tuple[NDArray[Any], NDArray[Any]]  # of each row on the earlier day and on the later
Given = tuple[Any, ...] | None  # a row as known on a day, None where it was not


class Between(NamedTuple):
    """Whose rows, on which two days.

    Attributes
    ----------
    customer_id : str
        The customer.
    earlier, later : date
        What was known on each.
    """

    customer_id: str
    earlier: date
    later: date

    @property
    def days(self) -> tuple[int, int]:
        """The days' numbers.

        Raises
        ------
        ValueError
            If the later day is the earlier one.
        """
        first, last = (self.earlier - EPOCH).days, (self.later - EPOCH).days
        if first > last:
            message = (
                f"Rows move from an earlier day to a later one, not from {self.earlier} to "
                f"{self.later}. Turn the days round."
            )
            raise ValueError(message)
        return first, last


@dataclass(frozen=True)
class MovedRow:
    """A ledger row whose part in a feature differs between two days.

    Attributes
    ----------
    state : str
        ``new``: it happened after the earlier day, and counts now.
        ``newly_known``: it had happened by then, and became known only later; it counts now.
        ``changed``: known on both days, and the ledger says something else of it now (paid,
        corrected, closed, withdrawn), whether it counts on both days or on one.
        ``aged_in``, ``aged_out``: what the feature selects it by is the same on both days;
        time alone brought it in, or took it out.
    row : EvidenceRow
        As known on the later day; a row that is not known there any more, as it was.
    before : EvidenceRow or None
        As known on the earlier day; None if it was not.
    counts : tuple of (bool, bool)
        Whether the feature's predicate selects it on the earlier and on the later day.
    points : float or None
        Its share of the feature's points, from `features.moved_rows.share_points`.
    adds : tuple of (float, float) or None
        What it adds to the feature on the earlier and on the later day, in the feature's unit;
        None where the feature is no sum over its rows.
    """

    state: str
    row: EvidenceRow
    before: EvidenceRow | None
    counts: tuple[bool, bool]
    points: float | None = None
    adds: tuple[float, float] | None = None


@dataclass(frozen=True)
class Aligned:
    """The rows of a relation that are known on either of two days, each row once.

    Attributes
    ----------
    plan : RelationPlan
        Of the relation.
    days : tuple of (int, int)
        The two days' numbers.
    then, now : sequence of tuple or None
        Each row as known on the earlier day and on the later, in the order of
        ``plan.columns``.
    values : mapping of int to pair of ndarray
        What is told of them on both days, by its place in ``plan.told``; nothing where a row
        is not known.
    """

    plan: RelationPlan
    days: tuple[int, int]
    then: Sequence[Given]
    now: Sequence[Given]
    values: Mapping[int, Sides]

    def moved(self, features: Iterable[str]) -> dict[str, tuple[MovedRow, ...]]:
        """Return the rows that moved each feature, the most telling first; none is absent."""
        found = {}
        for name in features:
            plan = self.plan.features[name]
            if rows := [self._row(plan, place) for place in self._places(plan)]:
                found[name] = tuple(sorted(rows, key=self._telling))
        return found

    def _places(self, plan: FeaturePlan) -> list[int]:
        then, now = self.values[plan.where]
        touched = (self._differing & plan.reading) != 0
        moved = (then != now) | (then & now & touched)
        if plan.deciding:
            first, last = (
                np.logical_or.reduce([self.values[place][side] for place in plan.deciding])
                for side in (0, 1)
            )
            moved = moved & ((then & first) | (now & last))
        places: list[int] = np.flatnonzero(moved).tolist()
        return places

    def _row(self, plan: FeaturePlan, place: int) -> MovedRow:
        counts = tuple(bool(side[place]) for side in self.values[plan.where])
        before = self._shown(0, place)
        adds = None
        if plan.added is not None:
            adds = tuple(int(side[place]) / plan.per for side in self.values[plan.added])
        return MovedRow(
            self._state(plan, place, counts),
            self._shown(1, place) or before,  # type: ignore[arg-type]  # one of them is known
            before,
            counts,  # type: ignore[arg-type]
            adds=adds,  # type: ignore[arg-type]
        )

    def _state(self, plan: FeaturePlan, place: int, counts: tuple[bool, ...]) -> str:
        now = self.now[place]
        if self.then[place] is None:
            assert now is not None  # noqa: S101 - or it would not stand here
            happened = now[self.plan.columns.index(self.plan.shown.own_date)]
            return "new" if happened > self.days[0] else "newly_known"
        same = not self._differing[place] & plan.selecting
        if now is None or counts[0] == counts[1] or not same:
            return "changed"
        return "aged_in" if counts[1] else "aged_out"

    def _shown(self, side: int, place: int) -> EvidenceRow | None:
        if (side, place) not in self._made:
            row = (self.then, self.now)[side][place]
            self._made[side, place] = None if row is None else self._evidence(row, side)
        return self._made[side, place]

    def _evidence(self, row: tuple[Any, ...], side: int) -> EvidenceRow:
        row_id, told = self._told
        return evidence_row(self.plan.shown, row[row_id], told(row), self.days[side])

    def _telling(self, moved: MovedRow) -> tuple[Any, ...]:
        fields = moved.row.fields
        by = 0.0 if moved.adds is None else abs(moved.adds[1] - moved.adds[0])
        happened = fields[self.plan.shown.own_date].toordinal()
        late, amount = fields.get("days_late", 0), fields.get("amount") or 0
        return -by, -late, -abs(amount), -happened, moved.row.row_id, fields.get("source") or ""

    @cached_property
    def _made(self) -> dict[tuple[int, int], EvidenceRow | None]:
        return {}

    @cached_property
    def _told(self) -> tuple[int, Any]:
        shown = self.plan.shown
        told = getter(self.plan.places(name for name, _ in shown.columns))
        return self.plan.columns.index(shown.key), told

    @cached_property
    def _differing(self) -> NDArray[np.int64]:
        """For each row a bit per column that is known otherwise on the later day."""
        ends = self.plan.places(self.plan.ends)
        found = np.zeros(len(self.then), dtype=np.int64)
        for place, (then, now) in enumerate(zip(self.then, self.now, strict=True)):
            if then is None or now is None:
                continue
            if then != now or any(self._ended(now[end]) for end in ends):
                found[place] = self._difference(then, now)
        return found

    def _ended(self, day: int | None) -> bool:
        return day is not None and self.days[0] < day <= self.days[1]

    def _difference(self, then: tuple[Any, ...], now: tuple[Any, ...]) -> int:
        columns = self.plan.columns
        sides = (
            known_on(columns, row, day) for row, day in zip((then, now), self.days, strict=True)
        )
        return sum(1 << k for k, (a, b) in enumerate(zip(*sides, strict=True)) if a != b)


def aligned(plan: RelationPlan, then: Rows, now: Rows, days: tuple[int, int]) -> Aligned:
    """Return the rows of a relation on two days, side by side.

    Parameters
    ----------
    plan : RelationPlan
        Of the relation.
    then, now : sequence of tuple
        What was known on the earlier day and on the later, in the order of ``plan.columns``.
    days : tuple of (int, int)
        The days' numbers.
    """
    identity = getter(plan.places(plan.identity))
    held = [{identity(row): place for place, row in enumerate(rows)} for rows in (then, now)]
    keys = list(dict.fromkeys((*held[0], *held[1])))
    places = [np.array([at.get(key, -1) for key in keys], dtype=np.intp) for at in held]
    values = [computed(plan, rows, day) for rows, day in zip((then, now), days, strict=True)]
    sides = {
        node: (_taken(first, places[0]), _taken(last, places[1]))
        for node, (first, last) in enumerate(zip(*values, strict=True))
    }
    given: list[list[Given]] = [
        [None if place < 0 else rows[place] for place in at.tolist()]
        for rows, at in zip((then, now), places, strict=True)
    ]
    return Aligned(plan, days, given[0], given[1], sides)


def _taken(values: NDArray[Any], places: NDArray[np.intp]) -> NDArray[Any]:
    """Return values at places; nothing at −1, where a row is not known."""
    return np.append(values, values.dtype.type(0))[places]
