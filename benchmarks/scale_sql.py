"""The features of the large benchmark by hand: one DuckDB query over the raw files.

Written for speed, as somebody who knows DuckDB well would: days are integers, payments are joined
to invoices once and settled by a running sum over row numbers, and an invoice meets only the
month-ends that can still see it. It reads each row as it stands and knows nothing of known days,
corrections, credit notes, bounced or unallocated payments.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

_EPOCH = date(1970, 1, 1)
_FAR = 2_000_000  # a day that never comes

# the materiality floor is 1.00 or 0.5 % of the invoice, whichever is larger
_ITEMS = f"""
days AS (SELECT unnest($days) AS as_of),
inv AS MATERIALIZED (
    SELECT file_row_number AS row, invoice_id, customer_id,
        CAST(issued_on - DATE '1970-01-01' AS INTEGER) AS issued,
        CAST(due_on - DATE '1970-01-01' AS INTEGER) AS due,
        CAST(amount * 100 AS BIGINT) AS amount
    FROM read_parquet($invoices, file_row_number = true) WHERE amount > 0),
pay AS MATERIALIZED (
    SELECT row, enough, day, paid,
        sum(paid) OVER (PARTITION BY row ORDER BY day) AS so_far
    FROM (
        SELECT row, CAST(p.amount * 100 AS BIGINT) AS paid,
            i.amount - greatest(100, i.amount * 5 // 1000) AS enough,
            greatest(CAST(paid_on - DATE '1970-01-01' AS INTEGER), issued) AS day
        FROM read_parquet($payments) AS p JOIN inv AS i USING (invoice_id))),
sums AS MATERIALIZED (
    SELECT row, max(day) AS last_day, CAST(sum(paid) AS BIGINT) AS total,
        min(CASE WHEN so_far >= enough THEN day END) AS settled, count(*) AS n
    FROM pay GROUP BY row),
items AS MATERIALIZED (
    SELECT row, customer_id, issued, due, amount, coalesce(n, 0) AS n,
        coalesce(settled, {_FAR}) AS settled, coalesce(last_day, {_FAR}) AS last_day,
        amount - coalesce(total, 0) AS rest
    FROM inv LEFT JOIN sums USING (row))"""

# an invoice with several payments counts whole until the last of them, less those before it
_FOLDS = """
seen AS (
    SELECT customer_id, as_of, issued, due, amount, settled,
        CASE WHEN as_of >= last_day THEN rest ELSE amount END AS open,
        due > as_of - 365 AND due <= as_of AS due_365, due > as_of - 90 AND due <= as_of AS due_90,
        issued > as_of - 365 AS issued_365, issued > as_of - 90 AS issued_90,
        settled <= as_of AS done, settled > as_of AND due < as_of AS overdue,
        least(settled, as_of) - due AS late
    FROM items, days WHERE issued <= as_of
    AND (due > as_of - 365 OR issued > as_of - 365 OR settled > as_of OR rest <> 0)),
folded AS (
    SELECT customer_id, as_of,
        count(*) FILTER (due_90) AS n_90,
        count(*) FILTER (due_365) AS n_365,
        count(*) FILTER (due_90 AND done AND late <= 0) AS on_time_90,
        count(*) FILTER (due_365 AND done AND late <= 0) AS on_time_365,
        count(*) FILTER (due_90 AND late > 0) AS late_90,
        count(*) FILTER (due_365 AND late > 0) AS late_365,
        sum(amount) FILTER (due_90) AS amount_90,
        sum(amount) FILTER (due_365) AS amount_365,
        sum(amount) FILTER (due_365 AND done AND late <= 0) AS on_time_amount,
        sum(amount * late) FILTER (due_90 AND late > 0) AS beyond_90,
        sum(amount * late) FILTER (due_365 AND late > 0) AS beyond_365,
        max(greatest(late, 0)) FILTER (due_365) AS worst,
        median(settled - issued) FILTER (due_365 AND done) AS payment_days,
        sum(open) AS open,
        sum(open) FILTER (overdue) AS overdue,
        count(*) FILTER (overdue) AS overdue_n,
        min(due) FILTER (overdue) AS oldest,
        sum(amount) FILTER (issued_90) AS sales_90,
        sum(amount) FILTER (issued_365) AS sales_365,
        count(*) FILTER (issued_90) AS sales_n_90,
        count(*) FILTER (issued_365) AS sales_n_365,
        max(issued) AS last_issued
    FROM seen GROUP BY customer_id, as_of),
parts AS (
    SELECT customer_id, as_of, sum(paid) AS paid,
        sum(paid) FILTER (settled > as_of AND due < as_of) AS overdue
    FROM (SELECT i.*, p.day, p.paid FROM pay AS p JOIN items AS i USING (row) WHERE i.n > 1), days
    WHERE day <= as_of AND as_of < last_day GROUP BY customer_id, as_of),
customers AS (
    SELECT customer_id, min(issued) AS first_issued,
        max(issued) FILTER (issued <= $days[1]) AS issued_before
    FROM items GROUP BY customer_id),
rows AS (
    SELECT customer_id, as_of, first_issued, f.* EXCLUDE (customer_id, as_of, open, overdue),
        coalesce(f.open, 0) - coalesce(p.paid, 0) AS open,
        coalesce(f.overdue, 0) - coalesce(p.overdue, 0) AS overdue,
        greatest(issued_before, max(last_issued) OVER (PARTITION BY customer_id ORDER BY as_of))
            AS last_seen
    FROM customers JOIN days ON first_issued <= as_of
    LEFT JOIN folded AS f USING (customer_id, as_of)
    LEFT JOIN parts AS p USING (customer_id, as_of))"""

_QUERY = f"""WITH {_ITEMS.strip()},{_FOLDS}
SELECT customer_id, as_of,
    on_time_90 / nullif(n_90, 0) AS on_time_rate_90d,
    on_time_365 / nullif(n_365, 0) AS on_time_rate_365d,
    coalesce(on_time_amount, 0) / amount_365 AS on_time_amount_share_365d,
    coalesce(beyond_90, 0) / amount_90 AS days_beyond_terms_90d,
    coalesce(beyond_365, 0) / amount_365 AS days_beyond_terms_365d,
    worst AS worst_days_late_365d,
    payment_days AS payment_days_median_365d,
    coalesce(late_90, 0) AS overdue_count_90d,
    coalesce(late_365, 0) AS overdue_count_365d,
    late_365 / nullif(n_365, 0) AS overdue_share_365d,
    overdue / 100 AS open_overdue_amount,
    CASE WHEN open = 0 THEN 0 ELSE overdue / open END AS open_overdue_share,
    coalesce(as_of - oldest, 0) AS oldest_overdue_days,
    coalesce(overdue_n, 0) AS open_overdue_count,
    coalesce(sales_90, 0) / 100 AS invoice_amount_90d,
    coalesce(sales_365, 0) / 100 AS invoice_amount_365d,
    coalesce(sales_n_90, 0) AS invoice_count_90d,
    coalesce(sales_n_365, 0) AS invoice_count_365d,
    coalesce(sales_90, 0) * 365 / nullif(sales_365 * 90, 0) AS amount_trend,
    as_of - last_seen AS days_since_last_invoice,
    as_of - first_issued AS history_days,
    open / 100 AS open_balance,
    open * 90 / nullif(sales_90, 0) AS dso_90d
FROM rows"""


def sql_features(ledger: Path, days: Sequence[date]) -> pa.Table:
    """Return the features of every customer invoiced by each day, days ascending."""
    given = {
        "days": [(day - _EPOCH).days for day in days],
        "invoices": str(ledger / "invoices.parquet"),
        "payments": str(ledger / "payments.parquet"),
    }
    with duckdb.connect() as connection:
        return connection.sql(_QUERY, params=given).to_arrow_table()
