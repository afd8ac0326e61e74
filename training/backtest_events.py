"""The events of a span by which training knows a default, with kind and amount."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from features.expression import FAR
from features.ledger.open import EPOCH, Ledger
from training.outcomes import Event, default_events

_Amounts = dict[tuple[str, date], Decimal]


@dataclass(frozen=True)
class CreditEvent:
    """A bad debt, a bankruptcy, or invoices that reached 90 days past due: one default event.

    Attributes
    ----------
    customer_id : str
        The customer.
    kind : str
        ``bad_debt``, ``bankruptcy`` or ``days_past_due``.
    day : date
        The day of the event; rows of one kind, customer and day are one event.
    known_on : date
        The first day on which the ledger tells of it.
    amount : Decimal or None
        Of a bad debt what was written off, of invoices what was owed when the ledger told of
        it; None where the ledger has none, as of every bankruptcy.
    """

    customer_id: str
    kind: str
    day: date
    known_on: date
    amount: Decimal | None


def events_between(
    ledger: Ledger, kinds: Sequence[str], first: date, last: date
) -> tuple[CreditEvent, ...]:
    """Return the events of some kinds in [first, last], by day, customer and kind.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger, read with its final knowledge.
    kinds : sequence of str
        As `training.outcomes.default_events` takes them.
    first, last : date
        Both days belong to the span.
    """
    found = []
    for kind in kinds:
        within = [e for e in default_events(ledger, (kind,)) if first <= e.day <= last]
        amounts = _AMOUNTS[kind](ledger, within)
        known: dict[tuple[str, date], date] = {}
        for event in within:  # sorted: of one day the earliest known comes first
            known.setdefault((event.customer_id, event.day), event.known_on)
        found += [
            CreditEvent(customer, kind, day, known_on, amounts.get((customer, day)))
            for (customer, day), known_on in known.items()
        ]
    return tuple(sorted(found, key=lambda e: (e.day, e.customer_id, e.kind)))


def _written_off(ledger: Ledger, events: Sequence[Event]) -> _Amounts:
    rows = ledger.connection.execute(
        "SELECT customer_id, recognised_on, sum(amount) FROM led_bad_debts "
        f"WHERE row_to = {FAR} AND amount > 0 GROUP BY ALL"
    ).fetchall()
    return _as_amounts(rows)


def _owed(ledger: Ledger, events: Sequence[Event]) -> _Amounts:
    """Return what the invoices behind each event owed on the day the ledger told of it.

    They are those that reach their ninetieth day on the event's; where there is none, a late
    invoice had looked paid until that day, and is the one that changed on it.
    """
    settings = ledger.settings
    reached = f"f.due_on + {settings.default_days}"  # by the final due date, as in outcomes
    rows = ledger.connection.execute(
        "WITH e AS (SELECT unnest($customers) AS customer_id, unnest($days) AS day, "
        "unnest($known) AS known_on), "
        "behind AS (SELECT e.customer_id, e.day, v.invoice_id, max(v.outstanding) AS owed, "
        f"bool_or({reached} = e.day) AS on_the_day "
        "FROM e JOIN fact_items AS v ON v.customer_id = e.customer_id "
        "AND v.known_from <= e.known_on AND e.known_on < v.known_to "
        "JOIN fact_items AS f ON f.customer_id = v.customer_id AND f.invoice_id = v.invoice_id "
        f"WHERE f.known_to = {FAR} AND f.settled_on > {reached} AND {reached} <= e.day "
        f"AND ({reached} = e.day OR v.known_from = e.known_on) "
        f"AND v.outstanding > {settings.default_floor_minor} GROUP BY ALL) "
        "SELECT customer_id, day, "
        "coalesce(sum(owed) FILTER (on_the_day), sum(owed)) FROM behind GROUP BY ALL",
        {
            "customers": [event.customer_id for event in events],
            "days": [(event.day - EPOCH).days for event in events],
            "known": [(event.known_on - EPOCH).days for event in events],
        },
    ).fetchall()
    return _as_amounts(rows)


def _none(ledger: Ledger, events: Sequence[Event]) -> _Amounts:
    return {}


def _as_amounts(rows: Sequence[tuple[str, int, int]]) -> _Amounts:
    return {
        (customer, EPOCH + timedelta(days=int(day))): Decimal(int(minor)).scaleb(-2)
        for customer, day, minor in rows
    }


_AMOUNTS: dict[str, Callable[[Ledger, Sequence[Event]], _Amounts]] = {
    "bad_debt": _written_off,
    "bankruptcy": _none,
    "days_past_due": _owed,
}
