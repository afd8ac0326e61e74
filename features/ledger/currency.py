"""One currency: invoices and orders in others are converted at the rate then known."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from features.errors import LedgerError
from features.expression import FAR
from features.ledger.files import TableFiles
from features.ledger.tables import SHOWN_ROWS, TABLES

_CONVERTED = {"invoices": "issued_on", "orders": "ordered_on"}
_NAMING = {"payments": "invoice_id", "invoices": "credits_invoice_id"}


def settle_currency(
    connection: duckdb.DuckDBPyConnection, ledger_currency: str, files: Mapping[str, TableFiles]
) -> str:
    """Convert every amount to one currency and return its code.

    A ledger that names one currency only is read in it. Otherwise each invoice and order
    is converted at the latest rate published by its own day and known by its known day. A
    payment that names an invoice is in the currency of that invoice and takes its rate from
    the day that the invoice is known; until then it counts in the ledger's currency. So does
    a credit note in the same currency, so that a full credit leaves nothing open.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Has the tables ``led_<name>``.
    ledger_currency : str
        The currency to convert to.
    files : mapping of str to TableFiles
        The files of the tables, to name the rows of; may be empty.

    Raises
    ------
    LedgerError
        If a currency has no rate on a day that needs one; it names currency, date and rows.
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
    convert(connection, ledger_currency, files)
    return ledger_currency


def convert(
    connection: duckdb.DuckDBPyConnection, ledger_currency: str, files: Mapping[str, TableFiles]
) -> None:
    """Convert every amount of a ledger that names several currencies, or of a part of one.

    Raises
    ------
    LedgerError
        If a currency has no rate on a day that needs one.
    """
    _attach_rates(connection, ledger_currency, files)
    _attach_spans(connection, ledger_currency)
    for table in _CONVERTED:
        connection.execute(
            f"UPDATE led_{table} SET amount = CAST(round_even(amount * r.rate, 0) AS BIGINT) "
            f"FROM rates_{table} AS r WHERE led_{table}.rowid = r.row"
        )
    for table, names in _NAMING.items():
        _follow_invoices(connection, table, names)


def _attach_rates(
    connection: duckdb.DuckDBPyConnection, base: str, files: Mapping[str, TableFiles]
) -> None:
    for table, day in _CONVERTED.items():
        connection.execute(
            f"CREATE TEMP TABLE rates_{table} AS "
            f"SELECT t.rowid AS row, t.currency, t.{day} AS day, "
            "arg_max(f.rate, f.published_on) AS rate "
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
            where = _places(connection, files[table], day, currency, first) if files else ""
            message = (
                f"Table {table}, column currency: {rows} row(s) in {currency} have no rate to "
                f"{base}, the first on {first}{where}. Add a row to fx_rates for {currency} "
                f"published and known by {first}."
            )
            raise LedgerError(message)


def _places(
    connection: duckdb.DuckDBPyConnection, files: TableFiles, day: str, currency: str, first: object
) -> str:
    """Return the first rows in a currency of a day: file, row and id."""
    key = TABLES[files.table.name].key[0]
    shown = connection.execute(
        f'SELECT {files.place}, "{key}" FROM {files.source} WHERE currency = $currency '
        f'AND CAST("{day}" AS DATE) = $first LIMIT {SHOWN_ROWS}',
        {"currency": currency, "first": first},
    ).fetchall()
    return " — " + "; ".join(f"{place} ({name})" for place, name in shown)


def _attach_spans(connection: duckdb.DuckDBPyConnection, base: str) -> None:
    """Note the rate of each foreign invoice from day to day, and the rows that name one."""
    connection.execute(
        "CREATE TEMP TABLE rates_spans AS SELECT *, lead(known_from, 1, $far) OVER "
        "(PARTITION BY invoice_id ORDER BY known_from) AS known_to FROM ("
        "SELECT v.invoice_id, greatest(v.row_from, v.issued_on) AS known_from, "
        "coalesce(v.currency, $base) AS currency, coalesce(r.rate, 1) AS rate "
        "FROM led_invoices AS v LEFT JOIN rates_invoices AS r ON r.row = v.rowid "
        "WHERE greatest(v.row_from, v.issued_on) < v.row_to AND v.invoice_id IN ("
        "SELECT f.invoice_id FROM led_invoices AS f JOIN rates_invoices AS r ON r.row = f.rowid))",
        {"far": FAR, "base": base},
    )
    connection.execute(
        "CREATE TEMP TABLE named_payments AS SELECT p.*, CAST(NULL AS VARCHAR) AS own_currency, "
        "1.0 AS own_rate FROM led_payments AS p WHERE p.invoice_id IN "
        "(SELECT invoice_id FROM rates_spans)"
    )
    connection.execute(
        "CREATE TEMP TABLE named_invoices AS SELECT i.*, coalesce(i.currency, $base) "
        "AS own_currency, coalesce(r.rate, 1) AS own_rate FROM led_invoices AS i "
        "LEFT JOIN rates_invoices AS r ON r.row = i.rowid WHERE i.credits_invoice_id IN "
        "(SELECT invoice_id FROM rates_spans)",
        {"base": base},
    )


def _follow_invoices(connection: duckdb.DuckDBPyConnection, table: str, names: str) -> None:
    """Split rows that name a foreign invoice by what was known of it, and convert each part."""
    of_invoice = (
        "CASE WHEN coalesce(t.own_currency, s.currency) = s.currency THEN s.rate "
        "ELSE t.own_rate END"
    )
    connection.execute(
        f"DELETE FROM led_{table} WHERE {names} IN (SELECT invoice_id FROM rates_spans)"
    )
    connection.execute(
        f"INSERT INTO led_{table} BY NAME SELECT t.* EXCLUDE (own_currency, own_rate) REPLACE ("
        f"CAST(round_even(t.amount * {of_invoice}, 0) AS BIGINT) AS amount, "
        "greatest(t.row_from, s.known_from) AS row_from, least(t.row_to, s.known_to) AS row_to) "
        f"FROM named_{table} AS t JOIN rates_spans AS s ON s.invoice_id = t.{names} "
        "WHERE greatest(t.row_from, s.known_from) < least(t.row_to, s.known_to) "
        "UNION ALL SELECT t.* EXCLUDE (own_currency, own_rate) REPLACE ("
        "CAST(round_even(t.amount * t.own_rate, 0) AS BIGINT) AS amount, "
        f"least(t.row_to, s.first) AS row_to) FROM named_{table} AS t JOIN (SELECT invoice_id, "
        "min(known_from) AS first FROM rates_spans GROUP BY invoice_id) AS s "
        f"ON s.invoice_id = t.{names} WHERE t.row_from < s.first"
    )
