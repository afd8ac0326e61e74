"""The checks on reading: a ledger that breaks a rule is refused whole, with its rows named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from features.errors import LedgerError
from features.ledger.columns import NULL_TYPE
from features.ledger.files import TableFiles
from features.ledger.rules import row_rules
from features.ledger.tables import SHOWN_ROWS, TABLES


@dataclass(frozen=True)
class Problem:
    """A broken rule: where, how many rows, and a message that says the mend."""

    table: str
    column: str
    rows: int
    message: str


def row_problems(
    connection: duckdb.DuckDBPyConnection, files: TableFiles, latest: date
) -> list[Problem]:
    """Return the rules of one table that its rows break, each with its first rows.

    Raises
    ------
    LedgerError
        If a file has a sound footer but its rows are damaged.
    """
    rules = list(row_rules(files.table, files.types, latest))
    counts = ", ".join(f"count(CASE WHEN {rule.breach} THEN 1 END)" for rule in rules)
    try:
        found = _one(connection, f"SELECT {counts} FROM {files.source}")
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        message = (
            f"Table {files.table.name}: the rows cannot be read from "
            f"{', '.join(path.name for path in files.paths[:SHOWN_ROWS])} "
            f"({str(error).splitlines()[0][:120]}). Write the files again."
        )
        raise LedgerError(message) from error
    problems = []
    for rule, rows in zip(rules, found, strict=True):
        if rows:
            key = files.table.key[0]
            # A plain WHERE would be answered from the file's statistics, which know no NaN.
            shown = connection.execute(
                f'SELECT {files.place}, "{key}", CAST("{rule.column}" AS VARCHAR) '
                f"FROM {files.source} WHERE CASE WHEN {rule.breach} THEN 1 ELSE 0 END = 1 "
                f"LIMIT {SHOWN_ROWS}"
            ).fetchall()
            where = "; ".join(f"{place} ({_short(k)}): {_short(v)}" for place, k, v in shown)
            message = (
                f"Table {files.table.name}, column {rule.column}: the value {rule.fault} in {rows} "
                f"row(s) — {where}. {rule.mend}."
            )
            problems.append(Problem(files.table.name, rule.column, rows, message))
    return problems


def key_problems(connection: duckdb.DuckDBPyConnection, name: str) -> list[Problem]:
    """Return the ids of a normalised table that stand twice, differing, with one known day.

    The table ``led_<name>`` has distinct rows, so two rows of one (key, row_from) differ.
    """
    key = ", ".join(f'"{column}"' for column in TABLES[name].key)
    twice = (
        f"SELECT {key}, row_from, count(*) AS n FROM led_{name} "
        f"GROUP BY {key}, row_from HAVING count(*) > 1"
    )
    rows = int(_one(connection, f"SELECT coalesce(sum(n), 0) FROM ({twice})")[0])
    if not rows:
        return []
    shown = connection.execute(
        f"SELECT CAST({_text_key(name)} AS VARCHAR), DATE '1970-01-01' + row_from FROM ({twice}) "
        f"ORDER BY 1 LIMIT {SHOWN_ROWS}"
    ).fetchall()
    where = "; ".join(f"{_short(k)} known on {day}" for k, day in shown)
    column = TABLES[name].key[0]
    message = (
        f"Table {name}, column {column}: the same id and known_on stand in {rows} rows with "
        f"different content — {where}. Give the correction a later known_on, or drop the wrong row."
    )
    return [Problem(name, column, rows, message)]


def customer_problems(connection: duckdb.DuckDBPyConnection, files: TableFiles) -> list[Problem]:
    """Return the rows that speak of a customer who is not in the table customers."""
    name = files.table.name
    if name == "customers" or files.types.get("customer_id", NULL_TYPE) == NULL_TYPE:
        return []
    unknown = (
        f"FROM {files.source} AS t WHERE customer_id IS NOT NULL AND customer_id NOT IN "
        "(SELECT customer_id FROM led_customers)"
    )
    rows = int(_one(connection, f"SELECT count(*) {unknown}")[0])
    if not rows:
        return []
    shown = connection.execute(
        f"SELECT {files.place}, customer_id {unknown} LIMIT {SHOWN_ROWS}"
    ).fetchall()
    where = "; ".join(f"{place}: {_short(customer)}" for place, customer in shown)
    message = (
        f"Table {name}, column customer_id: {rows} row(s) name a customer that the table customers "
        f"does not have — {where}. Add the customer, or correct the id."
    )
    return [Problem(name, "customer_id", rows, message)]


def refuse(problems: list[Problem]) -> None:
    """Raise one error that tells every problem found, or return when there is none."""
    if problems:
        raise LedgerError("\n".join(problem.message for problem in problems))


def _text_key(name: str) -> str:
    return " || '/' || ".join(f"""coalesce(CAST("{c}" AS VARCHAR), '')""" for c in TABLES[name].key)


def _short(value: object) -> str:
    text = "(empty)" if value is None else str(value).replace("\0", "\\0")
    return text if len(text) <= 40 else text[:37] + "…"


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, ...]:
    return tuple(connection.execute(sql).fetchall()[0])
