"""The ledger rows whose part in a feature differs between two days, and the points of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import fsum, isclose

from features.behind.difference import STATES, Between, MovedRow, aligned
from features.behind.many import moved_rows_of_many
from features.behind.plan import wanted_by_relation
from features.engines.rows import RowSource

__all__ = ["STATES", "Between", "MovedRow", "moved_rows", "moved_rows_of_many", "share_points"]

_LESS_THAN_A_CENT = 0.001  # a difference of two large values is inexact, but no row is smaller


def moved_rows(
    source: RowSource, between: Between, features: Iterable[str]
) -> dict[str, tuple[MovedRow, ...]]:
    """Return the rows that moved features of one customer between two days.

    A row moved a feature if the catalogue's predicate selects it on one of the days only, or on
    both with something else in what the feature reads of it; that it grows older is no change.
    A feature that is the largest or smallest of its rows was moved by those that attain it.

    Parameters
    ----------
    source : RowSource
        From `features.evidence.evidence_source`.
    between : Between
        Whose rows, on which days.
    features : iterable of str
        Features of the catalogue.

    Returns
    -------
    dict of str to tuple of MovedRow
        By feature, the most telling first: what the row adds more or less, then days late, the
        amount, the latest day, the id. A feature without such rows is absent.

    Raises
    ------
    ValueError
        If the days are in the wrong order.
    """
    days = between.days
    then, now = (source.rows(between.customer_id, day) for day in days)

    def has(relation: str) -> bool:
        return bool(then.get(relation) or now.get(relation))

    found: dict[str, tuple[MovedRow, ...]] = {}
    for plan, names in wanted_by_relation(features, has):
        if has(plan.name):
            found |= aligned(plan, then[plan.name], now[plan.name], days).moved(names)
    return found


def share_points(
    rows: Sequence[MovedRow], *, points: float, value_change: float
) -> tuple[MovedRow, ...]:
    """Return the rows of one feature with what each has of its points, where that can be told.

    It can where the feature is a sum over its rows, the rows make up its whole change, and no
    row alone moved it further than all of them together: 50 points that ten rows took and nine
    gave back cannot be told row by row.

    Parameters
    ----------
    rows : sequence of MovedRow
        All rows that moved the feature.
    points : float
        What the feature's change is worth.
    value_change : float
        The feature's value on the later day less that on the earlier; NaN where one is unknown.

    Returns
    -------
    tuple of MovedRow
        In the same order. Their points add up to ``points`` within 1e-9, or are all None.

    Examples
    --------
    >>> from features.evidence import EvidenceRow
    >>> row = EvidenceRow("invoices", "I1", {})
    >>> moved = [MovedRow("new", row, None, (False, True), adds=(0.0, n)) for n in (30.0, 10.0)]
    >>> [row.points for row in share_points(moved, points=-8.0, value_change=40.0)]
    [-6.0, -2.0]
    """
    changes = [row.adds[1] - row.adds[0] for row in rows if row.adds is not None]
    whole = fsum(changes)
    if (
        not changes
        or len(changes) < len(rows)
        or not isclose(whole, value_change, rel_tol=1e-9, abs_tol=_LESS_THAN_A_CENT)
        or max(map(abs, changes)) > abs(whole) * (1 + 1e-9)
        or whole == 0
    ):
        return tuple(replace(row, points=None) for row in rows)
    return tuple(
        replace(row, points=points * change / whole)
        for row, change in zip(rows, changes, strict=True)
    )
