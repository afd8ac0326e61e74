"""One currency: invoices and orders in others are converted at the rate then known."""

from __future__ import annotations

import duckdb

from features.errors import LedgerError

_CONVERTED = {"invoices": "issued_on", "orders": "ordered_on"}


def settle_currency(connection: duckdb.DuckDBPyConnection, ledger_currency: str) -> str:
    """Convert every amount to one currency and return its code.

    A ledger that names one currency only is read in it. Otherwise each invoice and order
    is converted at the latest rate published by its own day and known by its known day; a
    payment that names an invoice is in that invoice's currency.

    Raises
    ------
    LedgerError
        If a currency has no rate on a day that needs one; it names currency and date.
    """
    named = {
        row[0]
        for table in _CONVERTED
        for row in connection.execute(
            f"SELECT DISTINCT currency FROM led_{table} WHERE currency IS NOT NULL"
        ).fetchall()
    }
    if len(named) <= 1:
        return named.pop() if named else ledger_currency
    _attach_rates(connection, ledger_currency)
    _convert_payments(connection)
    for table in _CONVERTED:
        connection.execute(
            f"UPDATE led_{table} SET amount = CAST(round_even(amount * r.rate, 0) AS BIGINT) "
            f"FROM rates_{table} AS r WHERE led_{table}.rowid = r.row"
        )
    return ledger_currency


def _attach_rates(connection: duckdb.DuckDBPyConnection, base: str) -> None:
    for table, day in _CONVERTED.items():
        connection.execute(
            f"CREATE TEMP TABLE rates_{table} AS "
            f"SELECT t.rowid AS row, t.currency, t.{day} AS day, "
            "arg_max(f.rate, f.published_on * 10000000 + f.row_from) AS rate "
            f"FROM led_{table} AS t LEFT JOIN led_fx_rates AS f ON f.currency = t.currency "
            f"AND f.published_on <= t.{day} AND f.row_from <= greatest(t.row_from, t.{day}) "
            f"AND greatest(t.row_from, t.{day}) < f.row_to "
            "WHERE t.currency IS NOT NULL AND t.currency <> $base GROUP BY ALL",
            {"base": base},
        )
        unrated = connection.execute(
            f"SELECT currency, min(DATE '1970-01-01' + day), count(*) FROM rates_{table} "
            "WHERE rate IS NULL GROUP BY currency ORDER BY currency LIMIT 1"
        ).fetchall()
        for currency, first, rows in unrated:
            message = (
                f"Table {table}, column currency: {rows} row(s) in {currency} have no rate to "
                f"{base}, the first on {first}. Add a row to fx_rates for {currency} published "
                f"and known by {first}."
            )
            raise LedgerError(message)


def _convert_payments(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "UPDATE led_payments SET amount = CAST(round_even(amount * i.rate, 0) AS BIGINT) FROM ("
        "SELECT v.invoice_id, arg_min(r.rate, v.row_from) AS rate FROM led_invoices AS v "
        "JOIN rates_invoices AS r ON r.row = v.rowid GROUP BY v.invoice_id) AS i "
        "WHERE led_payments.invoice_id = i.invoice_id"
    )
