"""Outcomes: who defaulted when. The only room that reads the future.

Events come from the whole ledger with its final knowledge: the last version of every row,
whenever it became known. Features never see any of this.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from features.expression import FAR
from features.ledger.open import EPOCH, Ledger
from features.matrix import Floats
from features.snapshot import Pairs, snapshots

Flags = NDArray[np.bool_]
_MINOR = 100  # minor units in one unit of the currency


@dataclass(frozen=True)
class Event:
    """A default: whose, on which day, and the day from which the ledger tells of it.

    Attributes
    ----------
    customer_id : str
        The customer.
    day : date
        The day of the default itself.
    known_on : date
        The first day on which the ledger tells of it, not before ``day``.
    """

    customer_id: str
    day: date
    known_on: date


def default_events(ledger: Ledger, default_on: Sequence[str]) -> tuple[Event, ...]:
    """Return every default that the ledger tells of, by the chosen criteria.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger.
    default_on : sequence of str
        Some of ``bad_debt`` (the day it is recognised; corrected to zero it was withdrawn),
        ``bankruptcy`` (the day it is filed) and ``days_past_due`` (the day an invoice reaches
        90 days past due and is owed over both floors of the feature settings).

    Returns
    -------
    tuple of Event
        By customer, then day; a customer can have many.
    """
    found = {event for name in default_on for event in _CRITERIA[name](ledger)}
    return tuple(sorted(found, key=lambda e: (e.customer_id, e.day, e.known_on)))


def defaulted_within(
    events: Sequence[Event], customer_ids: Sequence[str], *, as_of: date, horizon_days: int
) -> Flags:
    """Return whether each customer defaults in (as_of, as_of + horizon_days].

    Parameters
    ----------
    events : sequence of Event
        From `default_events`.
    customer_ids : sequence of str
        Customers to tell of.
    as_of : date
        A default on this day is past, not future.
    horizon_days : int
        A default exactly this many days later counts.

    Returns
    -------
    ndarray of bool, shape (n,)

    Examples
    --------
    >>> event = Event("c1", date(2025, 7, 30), date(2025, 7, 30))
    >>> january = date(2025, 1, 31)
    >>> defaulted_within([event], ["c1", "c2"], as_of=january, horizon_days=180).tolist()
    [True, False]
    """
    last = as_of + timedelta(days=horizon_days)
    return _among(customer_ids, {e.customer_id for e in events if as_of < e.day <= last})


def in_default_unknown(
    events: Sequence[Event], customer_ids: Sequence[str], *, as_of: date
) -> Flags:
    """Return whether each customer had defaulted by a day on which nobody knew it yet.

    Such a row is neither a good customer nor a default still to come.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    return _among(customer_ids, {e.customer_id for e in events if e.day <= as_of < e.known_on})


def _among(customer_ids: Sequence[str], chosen: set[str]) -> Flags:
    return np.fromiter((c in chosen for c in customer_ids), dtype=bool, count=len(customer_ids))


def _bad_debts(ledger: Ledger) -> list[Event]:
    owed = "(amount IS NULL OR amount > 0)"
    return _final_rows(ledger, "led_bad_debts", "bad_debt_id", "recognised_on", owed)


def _bankruptcies(ledger: Ledger) -> list[Event]:
    return _final_rows(ledger, "led_legal_events", "event_id", "filed_on", "kind = 'bankruptcy'")


def _final_rows(ledger: Ledger, table: str, key: str, day: str, chosen: str) -> list[Event]:
    # known since the first version that tells it of this customer: a lawsuit that was corrected
    # to a bankruptcy was not known as one before
    rows = ledger.connection.execute(
        f"WITH told AS (SELECT {key}, customer_id, {day}, row_from, row_to FROM {table} "
        f"WHERE {chosen}) SELECT t.customer_id, t.{day}, greatest(t.{day}, f.first_known) "
        f"FROM told AS t JOIN (SELECT {key}, customer_id, min(row_from) AS first_known FROM told "
        f"GROUP BY ALL) AS f USING ({key}, customer_id) WHERE t.row_to = {FAR}"
    ).fetchall()
    return [Event(customer, _date(on), _date(known)) for customer, on, known in rows]


def _days_past_due(ledger: Ledger) -> list[Event]:
    rows = _reached(ledger)
    if not rows:
        return []
    # what is owed and the exposure that it is a share of are both of the day it was seen
    days = np.array([_date(row[2]) for row in rows], dtype="datetime64[D]")
    floor = _exposure(ledger, ([row[0] for row in rows], days))
    permille = ledger.settings.default_floor_permille
    return [
        Event(customer, _date(day), _date(seen))
        for (customer, day, seen, outstanding), exposure in zip(rows, floor, strict=True)
        if outstanding * 1000 > max(exposure * permille, 1)
    ]


def _reached(ledger: Ledger) -> list[tuple[str, int, int, int]]:
    """Return (customer, day of default, day seen, largest outstanding in minor units).

    What was owed is what the ledger told on the day seen. An invoice that, by final knowledge,
    was settled by its ninetieth day does not count even if that was told later. One that was
    told late counts from that ninetieth day; one that looked paid, until the payment bounced
    or was taken back, from the day on which the ledger told so.
    """
    if ledger.last_day is None:
        return []
    settings = ledger.settings
    last = (ledger.last_day - EPOCH).days
    reached = f"due_on + {settings.default_days}"
    rows: list[tuple[str, int, int, int]] = ledger.connection.execute(
        "WITH first AS (SELECT customer_id, invoice_id, min(known_from) AS first_known "
        "FROM fact_items GROUP BY customer_id, invoice_id), "
        f"late AS (SELECT i.customer_id, i.invoice_id, i.{reached} AS day, f.first_known "
        "FROM fact_items AS i JOIN first AS f USING (customer_id, invoice_id) "
        f"WHERE i.known_to = {FAR} AND i.amount > 0 AND i.settled_on > i.{reached} "
        f"AND i.{reached} <= {last}), "
        "seen AS (SELECT l.customer_id, l.day, l.first_known, "
        "min(greatest(l.day, v.known_from)) AS seen, arg_min(v.outstanding, v.known_from) AS owed "
        "FROM late AS l JOIN fact_items AS v ON v.customer_id = l.customer_id "
        "AND v.invoice_id = l.invoice_id AND v.known_to > l.day "
        f"WHERE v.outstanding > {settings.default_floor_minor} "
        "GROUP BY l.customer_id, l.invoice_id, l.day, l.first_known) "
        "SELECT customer_id, CASE WHEN first_known > day THEN day ELSE seen END AS day, seen, "
        "CAST(max(owed) AS BIGINT) FROM seen GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return rows


def _exposure(ledger: Ledger, pairs: Pairs) -> list[int]:
    """Return the catalogue's exposure of each pair in minor units."""
    units: Floats = snapshots(ledger, pairs).column("exposure")
    return [int(value) for value in np.rint(units * _MINOR)]


def _date(day: int) -> date:
    return EPOCH + timedelta(days=int(day))


_CRITERIA: dict[str, Callable[[Ledger], list[Event]]] = {
    "bad_debt": _bad_debts,
    "bankruptcy": _bankruptcies,
    "days_past_due": _days_past_due,
}
