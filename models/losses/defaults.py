"""Defaults as they were known on a day: the events of a probability, not its future.

Training reads outcomes with final knowledge; a loss given default is measured on a day, so the
same three criteria are read here as known by that day, and a customer's events are put together
to defaults: an event within the days that a default has to be paid or given up belongs to the one
before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from features.settings import FeatureSettings
from models.losses.owed import Receivables, points_table

CRITERIA = ("bad_debt", "bankruptcy", "days_past_due")


@dataclass(frozen=True)
class Default:
    """A customer's default: whose, and the number of the day on which it began."""

    customer_id: str
    day: int


def defaults_known(
    receivables: Receivables,
    settings: FeatureSettings,
    *,
    default_on: Sequence[str],
    resolved_days: int,
) -> list[Default]:
    """Return every default that began by the receivables' day and was known on it.

    Parameters
    ----------
    receivables : Receivables
        As known on a day.
    settings : FeatureSettings
        When an unpaid invoice is a default.
    default_on : sequence of str
        Some of ``bad_debt``, ``bankruptcy`` and ``days_past_due``: what the probability is of.
    resolved_days : int
        Days within which later events of a customer belong to the same default.
    """
    events: set[tuple[str, int]] = set()
    if "bad_debt" in default_on:
        events |= _events(receivables, "SELECT customer_id, recognised_on FROM loss_debts")
    if "bankruptcy" in default_on:
        events |= _bankruptcies(receivables)
    if "days_past_due" in default_on:
        events |= _days_past_due(receivables, settings)
    return _together(sorted(events), resolved_days)


def _together(events: Sequence[tuple[str, int]], resolved_days: int) -> list[Default]:
    found: list[Default] = []
    for customer, day in events:
        last = found[-1] if found else None
        if last is None or last.customer_id != customer or day > last.day + resolved_days:
            found.append(Default(customer, day))
    return found


def _events(receivables: Receivables, sql: str, **parameters: object) -> set[tuple[str, int]]:
    rows = receivables.rows(sql, **parameters)
    return {(str(customer), int(str(day))) for customer, day in rows}


def _bankruptcies(receivables: Receivables) -> set[tuple[str, int]]:
    return _events(
        receivables,
        "SELECT customer_id, filed_on FROM led_legal_events WHERE kind = 'bankruptcy' "
        "AND filed_on <= $day AND row_from <= $day AND $day < row_to",
        day=receivables.day,
    )


def _days_past_due(receivables: Receivables, settings: FeatureSettings) -> set[tuple[str, int]]:
    """Return the days on which invoices reached the limit, owed over both floors.

    What was owed, and the balance that it is a share of, are of that day, or of the first day
    on which the invoice was known; the balance leaves out orders not yet invoiced.
    """
    rows = receivables.rows(
        "WITH late AS (SELECT customer_id, invoice_id, due_on + $days AS day FROM fact_items "
        "WHERE known_from <= $day AND $day < known_to AND amount > 0 AND due_on + $days <= $day "
        "AND settled_on > due_on + $days), "
        "first AS (SELECT customer_id, invoice_id, min(known_from) AS known FROM fact_items "
        "GROUP BY customer_id, invoice_id) "
        "SELECT l.customer_id, l.day, greatest(l.day, f.known) AS seen, v.outstanding "
        "FROM late AS l JOIN first AS f USING (customer_id, invoice_id) "
        "JOIN fact_items AS v ON v.customer_id = l.customer_id AND v.invoice_id = l.invoice_id "
        "AND v.known_from <= greatest(l.day, f.known) AND greatest(l.day, f.known) < v.known_to "
        "WHERE v.outstanding > $floor",
        days=settings.default_days,
        day=receivables.day,
        floor=settings.default_floor_minor,
    )
    seen = [(str(c), int(str(day)), int(str(seen)), int(str(owed))) for c, day, seen, owed in rows]
    balance = _balances(receivables, {(customer, day) for customer, _, day, _ in seen})
    permille = settings.default_floor_permille
    return {
        (customer, day)
        for customer, day, on, owed in seen
        if owed * 1000 > max(balance[customer, on] * permille, 1)
    }


def _balances(receivables: Receivables, asked: set[tuple[str, int]]) -> dict[tuple[str, int], int]:
    points = [(customer, day, day, day) for customer, day in sorted(asked)]
    receivables.ask(points_table(points))
    rows = receivables.rows(
        "SELECT customer_id, day, sum(owed + written) FROM loss_items GROUP BY customer_id, day"
    )
    return {(str(c), int(str(day))): int(str(balance)) for c, day, balance in rows}
