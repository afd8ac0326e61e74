"""Receivables by days past due, as known on a day: the buckets, and what each customer owes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from models.losses.owed import Receivables, day_of, points_table


@dataclass(frozen=True)
class Buckets:
    """Spans of days past due: not due, then up to each edge, then beyond the last.

    Attributes
    ----------
    edges : tuple of int
        The last day past due of each bucket but the last; begins with 0, what is not due.

    Examples
    --------
    >>> Buckets((0, 30, 60, 90)).codes
    ('not_due', '1-30', '31-60', '61-90', '>90')
    """

    edges: tuple[int, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """What each bucket is called by programs."""
        spans = zip(self.edges, self.edges[1:], strict=False)
        return ("not_due", *(f"{a + 1}-{b}" for a, b in spans), f">{self.edges[-1]}")

    def place_sql(self, days_past_due: str) -> str:
        """Return the SQL of a bucket's place for an expression of days past due."""
        return " + ".join(f"CAST({days_past_due} > {edge} AS INTEGER)" for edge in self.edges)


@dataclass(frozen=True)
class Owed:
    """What a customer owes on a day, in minor units.

    Attributes
    ----------
    by_bucket : tuple of int
        Outstanding of each bucket, net of bad debts.
    written_off : int
        What of its invoices stands open and was given up before: a loss already.
    unallocated : int
        Money and credit notes that no invoice has used yet; not set off against what is owed.
    """

    by_bucket: tuple[int, ...]
    written_off: int
    unallocated: int

    @property
    def outstanding(self) -> int:
        """The sum over the buckets."""
        return sum(self.by_bucket)


@dataclass(frozen=True)
class BucketHistory:
    """What stood in a bucket at past month-ends and what came of it, summed, in minor units.

    ``given_up`` was written off within the time, ``unpaid`` was not but stood open at its end.
    """

    code: str
    stood: int
    given_up: int
    unpaid: int

    @property
    def lost_share(self) -> float | None:
        """The share given up or unpaid; None where nothing ever stood in the bucket."""
        return (self.given_up + self.unpaid) / self.stood if self.stood else None


@dataclass(frozen=True)
class History:
    """The buckets over past month-ends.

    Attributes
    ----------
    months, left_out : int
        Month-ends that have had their time, and those that have not yet.
    """

    months: int
    left_out: int
    buckets: tuple[BucketHistory, ...]


def owed_by_customer(
    receivables: Receivables, buckets: Buckets, *, default_days: int, horizon_days: int
) -> tuple[dict[str, Owed], int]:
    """Return what each customer owes, and how much of it could default within a horizon.

    Parameters
    ----------
    receivables : Receivables
        As known on a day.
    buckets : Buckets
        Spans of days past due.
    default_days : int
        Days past due at which an unpaid invoice is a default.
    horizon_days : int
        Of the probability.

    Returns
    -------
    dict of str to Owed
        Customers that owe anything, had something given up or have money unused.
    int
        Minor units of what would, unpaid, be in default by its days past due within the horizon.
    """
    day, width = receivables.day, len(buckets.codes)
    customers = receivables.rows("SELECT DISTINCT customer_id FROM fact_items ORDER BY ALL")
    receivables.ask(points_table([(str(c), day, day + 1, day) for (c,) in customers]))
    sums: dict[str, list[int]] = {}
    for customer, place, owed, written in receivables.rows(
        f"SELECT customer_id, {buckets.place_sql('(day - due_on)')} AS place, sum(owed), "
        "sum(written) FROM loss_items GROUP BY ALL"
    ):
        line = sums.setdefault(str(customer), [0] * (width + 1))
        line[int(str(place))] += int(str(owed))
        line[width] += int(str(written))
    credit = _unallocated(receivables)
    nothing = [0] * (width + 1)
    found = {
        customer: Owed(tuple((line := sums.get(customer, nothing))[:width]), line[width],
                       credit.get(customer, 0))
        for customer in sorted({*sums, *credit})
    }  # fmt: skip
    rows = receivables.rows(
        "SELECT coalesce(sum(owed), 0) FROM loss_items WHERE due_on + $days <= day + $horizon",
        days=default_days,
        horizon=horizon_days,
    )
    return found, int(str(rows[0][0]))


def history_of(
    receivables: Receivables, buckets: Buckets, *, first_day: int | None, resolved_days: int
) -> History:
    """Return what stood in each bucket at every past month-end, and what came of it.

    A month-end counts once ``resolved_days`` have passed since it; of what stood then, net of what
    had been given up, the share is taken that was given up by their end or was still unpaid.

    Parameters
    ----------
    receivables : Receivables
        As known on a day; month-ends up to it.
    buckets : Buckets
        Spans of days past due.
    first_day : int or None
        The ledger's first day; None in an empty one.
    resolved_days : int
        Days that an amount has to be paid or given up.
    """
    ends = [] if first_day is None else _month_ends(first_day, receivables.day)
    over = [end for end in ends if end + resolved_days <= receivables.day]
    customers = receivables.rows("SELECT DISTINCT customer_id FROM fact_items ORDER BY ALL")
    points = [(str(c), end, end + 1, end + resolved_days) for (c,) in customers for end in over]
    receivables.ask(points_table(points))
    sums = {
        int(str(place)): tuple(int(str(value)) for value in values)
        for place, *values in receivables.rows(
            f"SELECT {buckets.place_sql('(day - due_on)')} AS place, sum(owed), sum(given_up), "
            "sum(lost - given_up) FROM loss_items GROUP BY ALL"
        )
    }
    lines = [
        BucketHistory(code, *sums.get(place, (0, 0, 0))) for place, code in enumerate(buckets.codes)
    ]
    return History(len(over), len(ends) - len(over), tuple(lines))


def _month_ends(first: int, last: int) -> Sequence[int]:
    days = range(first, last + 1)
    return [day for day in days if (day_of(day) + timedelta(days=1)).day == 1]


def _unallocated(receivables: Receivables) -> dict[str, int]:
    """Return the money of each customer that no invoice has used, in minor units.

    What came in (payments and credit notes, of whom an invoice names if it does) less what the
    settlement used of it.
    """
    rows = receivables.rows(
        "WITH mine AS (SELECT customer_id, invoice_id, amount, outstanding FROM fact_items "
        "WHERE known_from <= $day AND $day < known_to AND amount >= 0), "
        "money AS (SELECT coalesce(m.customer_id, p.customer_id) AS customer_id, p.amount "
        "FROM led_payments AS p LEFT JOIN mine AS m USING (invoice_id) "
        "WHERE p.row_from <= $day AND $day < p.row_to AND p.paid_on <= $day "
        "UNION ALL SELECT coalesce(m.customer_id, c.customer_id), -c.amount FROM led_invoices AS c "
        "LEFT JOIN mine AS m ON m.invoice_id = c.credits_invoice_id "
        "WHERE c.amount < 0 AND c.row_from <= $day AND $day < c.row_to AND c.issued_on <= $day "
        "UNION ALL SELECT customer_id, outstanding - amount FROM mine) "
        "SELECT customer_id, sum(amount) FROM money GROUP BY customer_id HAVING sum(amount) > 0",
        day=receivables.day,
    )
    return {str(customer): int(str(amount)) for customer, amount in rows}
