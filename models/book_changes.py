"""Changes of a seller's book: every customer's account between two days, with rows and words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from features.errors import UsageError
from features.evidence import evidence_source
from features.ledger.open import Ledger
from features.moved_rows import Between, MovedRow, moved_rows, moved_rows_of_many, share_points
from features.online import snapshots_of_few
from models.book import Grader, asked_pairs
from models.explain.change import Change, Side, changes
from models.explain.told import FindMoved, ToldChange, told_changes
from models.grading import grade_snapshots

_AT_ONCE = 500  # customers whose accounts and rows are held in memory
_FEW = 8  # up to so many customers are looked up one by one
Moved = Mapping[str, tuple[MovedRow, ...]]


def changes_between(
    ledger: Ledger,
    days: tuple[date, date],
    graders: tuple[Grader, Grader],
    *,
    customer_ids: Sequence[str],
    prior_grades: Mapping[str, str] | None = None,
) -> Iterator[ToldChange]:
    """Yield the account of each customer's change between two days, in order.

    The grades before override on the earlier day are the prior grades of the later one. Some
    hundred customers are in memory at a time, however many are asked for.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger.
    days : tuple of date
        The earlier and the later day.
    graders : tuple of Grader
        What grades on each.
    customer_ids : sequence of str
        Customers known on both days.
    prior_grades : mapping of str to str, optional
        Of the earlier day.

    Raises
    ------
    UsageError
        If the days run backward, or a customer is not known on one of them.
    """
    if days[0] > days[1]:
        message = f"A change runs forward in time, but {days[0]} is after {days[1]}. Swap them."
        raise UsageError(message)
    pairs = [asked_pairs(ledger, day, customer_ids) for day in days]
    for start in range(0, len(customer_ids), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        before, after = (
            Side(snapshots_of_few(ledger, (ids[part], of[part])), grader.bundle, grader.policy)
            for (ids, of), grader in zip(pairs, graders, strict=True)
        )
        yield from told_between(before, after, prior_grades or {}, find_moved_in(ledger))


def told_between(
    before: Side, after: Side, prior_grades: Mapping[str, str], find: FindMoved | None
) -> list[ToldChange]:
    """Return the account of each change between two sides of the same customers.

    Parameters
    ----------
    before, after : Side
        What was known on either day, and what grades it.
    prior_grades : mapping of str to str
        Of the earlier day; the grades that come of it are those of the later one.
    find : callable or None
        Finds the ledger rows behind the features that moved; None without a ledger.
    """
    first = grade_snapshots(
        before.snapshots, before.bundle, before.policy, prior_grades=prior_grades
    )
    second = grade_snapshots(
        after.snapshots,
        after.bundle,
        after.policy,
        prior_grades={grading.customer_id: grading.grade_before_override for grading in first},
    )
    return told_changes(changes(before, after, (first, second)), find or _no_rows)


def find_moved_in(ledger: Ledger) -> FindMoved:
    """Return what finds the rows behind the features that moved the points, in a ledger."""

    def find(found: Sequence[Change]) -> Sequence[Moved]:
        wanted = [(_between(change), _names(change)) for change in found]
        rows: Iterable[Moved]
        if len(found) <= _FEW:
            source = evidence_source(ledger)
            rows = (moved_rows(source, between, names) for between, names in wanted)
        else:
            rows = moved_rows_of_many(ledger, wanted)
        return [_shared(change, moved) for change, moved in zip(found, rows, strict=True)]

    return find


def _between(change: Change) -> Between:
    return Between(change.after.customer_id, change.before.as_of, change.after.as_of)


def _names(change: Change) -> list[str]:
    return [moved.feature for moved in change.features if moved.points != 0]


def _shared(change: Change, rows: Moved) -> Moved:
    """Return the rows with their share of the points of each feature that adds them up."""
    return {
        moved.feature: share_points(
            rows[moved.feature], points=moved.points, value_change=moved.after - moved.before
        )
        for moved in change.features
        if moved.feature in rows
    }


def _no_rows(found: Sequence[Change]) -> Sequence[Moved]:
    return [{} for _ in found]
