"""What was owed at some points, and what became of it: net of bad debts, as known on a day.

A bad debt settles no invoice: the invoice stays open in the ledger, but what was given up is a
loss of its day and is at risk no more. So every figure here is net of it. A bad debt that names
an invoice is laid on that invoice; one that names none on what its customer owed the day
before, oldest due first; one without an amount on all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta

import duckdb
import pyarrow as pa

from features.ledger.open import EPOCH, Ledger

# a bad debt counts from the day on which it is known, and it is not more than is owed
_DEBTS = """
CREATE TEMP TABLE loss_debts AS
WITH first AS (
    SELECT bad_debt_id, min(row_from) AS first_known FROM led_bad_debts
    WHERE row_from <= $day GROUP BY bad_debt_id)
SELECT b.bad_debt_id, b.customer_id, b.invoice_id, b.recognised_on, b.amount,
    greatest(b.recognised_on, f.first_known) AS told_on
FROM led_bad_debts AS b JOIN first AS f USING (bad_debt_id)
WHERE b.row_from <= $day AND $day < b.row_to AND b.recognised_on <= $day
    AND (b.amount IS NULL OR b.amount > 0)
"""
_WRITTEN = """
CREATE TEMP TABLE loss_written AS
WITH standing AS (
    SELECT d.bad_debt_id, d.customer_id, d.told_on, d.recognised_on, d.amount,
        d.invoice_id AS named, f.invoice_id, f.due_on, f.outstanding
    FROM loss_debts AS d JOIN fact_items AS f ON f.customer_id = d.customer_id
        AND f.known_from <= d.told_on - 1 AND d.told_on - 1 < f.known_to
    WHERE f.outstanding > 0 AND f.issued_on <= d.recognised_on
        AND coalesce(d.invoice_id, f.invoice_id) = f.invoice_id),
by_name AS (
    SELECT bad_debt_id, customer_id, invoice_id, told_on,
        least(outstanding, coalesce(amount, outstanding)) AS amount
    FROM standing WHERE named IS NOT NULL),
given AS (
    SELECT bad_debt_id, customer_id, told_on, coalesce(amount, $all) AS amount,
        sum(coalesce(amount, $all)) OVER (
            PARTITION BY customer_id ORDER BY told_on, bad_debt_id) AS upto
    FROM loss_debts WHERE invoice_id IS NULL),
free AS (
    SELECT s.bad_debt_id, s.customer_id, s.invoice_id, s.told_on, s.due_on,
        greatest(s.outstanding - coalesce(sum(n.amount), 0), 0) AS amount
    FROM standing AS s LEFT JOIN by_name AS n ON n.customer_id = s.customer_id
        AND n.invoice_id = s.invoice_id AND n.told_on <= s.told_on
    WHERE s.named IS NULL
    GROUP BY s.bad_debt_id, s.customer_id, s.invoice_id, s.told_on, s.due_on, s.outstanding),
line AS (
    SELECT *, sum(amount) OVER (
        PARTITION BY bad_debt_id ORDER BY due_on, invoice_id) AS upto FROM free),
by_age AS (
    SELECT i.bad_debt_id, i.customer_id, i.invoice_id, i.told_on,
        least(i.upto, g.upto) - greatest(i.upto - i.amount, g.upto - g.amount) AS amount
    FROM line AS i JOIN given AS g USING (bad_debt_id))
SELECT bad_debt_id, customer_id, invoice_id, told_on, CAST(amount AS BIGINT) AS amount
FROM (SELECT * FROM by_name UNION ALL SELECT * FROM by_age) WHERE amount > 0
"""
_ALL = 10**15  # minor units: more than anybody owes, and a few of them still fit
_ITEMS = """
SELECT p.point, f.customer_id, f.invoice_id, f.due_on, p.day, p.since, p.until,
    f.outstanding - least(f.outstanding, coalesce(sum(w.amount)
        FILTER (WHERE w.told_on < p.since), 0)) AS owed,
    least(f.outstanding, coalesce(sum(w.amount) FILTER (WHERE w.told_on < p.since), 0)) AS written,
    coalesce(sum(w.amount) FILTER (
        WHERE w.told_on >= p.since AND w.told_on <= p.until), 0) AS given_up
FROM loss_points AS p JOIN fact_items AS f ON f.customer_id = p.customer_id
    AND f.known_from <= p.day AND p.day < f.known_to AND f.outstanding > 0
LEFT JOIN loss_written AS w ON w.customer_id = f.customer_id AND w.invoice_id = f.invoice_id
GROUP BY p.point, f.customer_id, f.invoice_id, f.due_on, p.day, p.since, p.until, f.outstanding
"""


class Receivables:
    """The receivables of a ledger as known on a day, asked by points of a customer and a day.

    Attributes
    ----------
    day : int
        The day's number; nothing that became known later is seen.
    connection : duckdb.DuckDBPyConnection
        Has the ledger's tables, ``loss_debts`` (the bad debts) and ``loss_written`` (what each
        took of which invoice) as known on the day, amounts in minor units.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, day: int) -> None:
        self.connection, self.day = connection, day
        connection.execute(_DEBTS, {"day": day})
        connection.execute(_WRITTEN, {"all": _ALL})

    def rows(self, sql: str, **parameters: object) -> list[tuple[object, ...]]:
        """Return the rows of a query over the tables."""
        found: list[tuple[object, ...]] = self.connection.execute(sql, parameters).fetchall()
        return found

    def ask(self, points: pa.Table) -> None:
        """Make ``loss_items``: each invoice that a customer owed at a point, and what came of it.

        Parameters
        ----------
        points : pyarrow.Table
            ``point`` (any number), ``customer_id``, and day numbers: ``day`` (the balance of
            its end), ``since`` (bad debts told before it were given up already) and ``until``
            (what is given up by then is an outcome; not after the receivables' day).

        Notes
        -----
        A row of ``loss_items`` has ``point, customer_id, invoice_id, due_on, day, until``, and in
        minor units ``owed`` (net of what was given up already), ``written`` (that) and ``lost``:
        what of ``owed`` is given up, or still unpaid, at the end of ``until``.
        """
        self.connection.register("loss_given_points", points)
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE loss_points AS SELECT * FROM loss_given_points"
        )
        self.connection.unregister("loss_given_points")
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE loss_items AS WITH held AS ({_ITEMS}) "
            "SELECT h.point, h.customer_id, h.invoice_id, h.due_on, h.day, h.until, "
            "CAST(h.owed AS BIGINT) AS owed, CAST(h.written AS BIGINT) AS written, "
            "CAST(least(h.owed, greatest(h.given_up, coalesce(f.outstanding, 0) - h.written)) "
            "AS BIGINT) AS lost, "
            "CAST(least(h.owed, h.given_up) AS BIGINT) AS given_up "
            "FROM held AS h LEFT JOIN fact_items AS f ON f.customer_id = h.customer_id "
            "AND f.invoice_id = h.invoice_id AND f.known_from <= h.until AND h.until < f.known_to"
        )


@contextmanager
def receivables_of(ledger: Ledger, as_of: date) -> Iterator[Receivables]:
    """Yield the receivables of a ledger as known on a day; the tables go with the block."""
    # a cursor has temporary tables of its own: they are gone when it is closed
    with ledger.connection.cursor() as connection:
        yield Receivables(connection, number_of(as_of))


def number_of(day: date) -> int:
    """Return a day's number."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """Return the day of a number."""
    return EPOCH + timedelta(days=number)


def points_table(points: Sequence[tuple[str, int, int, int]]) -> pa.Table:
    """Return points of (customer, day, since, until) as `Receivables.ask` takes, from 0 on."""
    columns = {
        "point": pa.array(range(len(points)), pa.int64()),
        "customer_id": pa.array([point[0] for point in points], pa.string()),
    }
    for place, name in enumerate(("day", "since", "until"), start=1):
        columns[name] = pa.array([point[place] for point in points], pa.int64())
    return pa.table(columns)
