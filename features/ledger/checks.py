"""The checks on reading: a ledger that breaks a rule is refused whole, with its rows named."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb

from features.errors import LedgerError
from features.ledger.columns import NULL_TYPE, cast
from features.ledger.files import TableFault, TableFiles, printable
from features.ledger.rules import row_rules
from features.ledger.tables import SHOWN_ROWS

LARGEST_TOTAL = 4e16  # of a table, so that what is owed and paid fits 63 bits of minor units


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
    TableFault
        If a file has a sound footer but its rows are damaged.
    """
    rules = list(row_rules(files.table, files.types, latest))
    counts = [f"count(CASE WHEN {rule.breach} THEN 1 END)" for rule in rules]
    # what no rule asks for is read too: a damaged page is found here and not later
    unasked = files.types.keys() - {rule.column for rule in rules}
    counts += [f'max(hash("{column}"))' for column in sorted(unasked)]
    added = [c.name for c in files.table.columns if c.kind == "money" and c.name in files.types
             and files.types[c.name] != NULL_TYPE]  # fmt: skip
    counts += [f'sum(abs(CAST("{column}" AS DOUBLE)))' for column in added]
    try:
        found = _one(connection, f"SELECT {', '.join(counts)} FROM {files.source}")
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        raise _damaged(connection, files, error) from error
    problems = []
    for rule, rows in zip(rules, found, strict=False):  # what follows was read for other ends
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
    if not problems:
        for column, total in zip(added, found[len(found) - len(added) :], strict=True):
            problems += total_problem(files, column, total)
    return problems


def _damaged(
    connection: duckdb.DuckDBPyConnection, files: TableFiles, error: duckdb.Error
) -> TableFault:
    """Return the fault of a table whose rows cannot be read, with the file and column to blame."""
    blamed, at, told = _first_damaged(connection, files) or (files.paths[0], "", error)
    where = f"Table {files.table.name}" + (f", column {at}" if at else "")
    message = (
        f"{where}: the rows cannot be read from {blamed.name} ({printable(told)}). "
        "Write the file again."
    )
    return TableFault(message, files.table.name, at)


def _first_damaged(
    connection: duckdb.DuckDBPyConnection, files: TableFiles
) -> tuple[Path, str, duckdb.Error] | None:
    for path in files.paths:
        source = replace(files, paths=(path,)).source
        for column in files.types:
            try:
                _one(connection, f'SELECT max(hash("{column}")) FROM {source}')
            except duckdb.BinderException:  # not a column of this file
                continue
            except duckdb.Error as error:
                return path, column, error
    return None


def total_problem(files: TableFiles, column: str, total: float | None) -> list[Problem]:
    """Return the problem of amounts whose sum would not fit the integers they are counted in."""
    if total is None or total <= LARGEST_TOTAL:
        return []
    message = (
        f"Table {files.table.name}, column {column}: the amounts add up to {total:.3g} in "
        f"{files.paths[0].name}, beyond {LARGEST_TOTAL:.1g}. Check the unit: amounts are in whole "
        "units of the currency, with two places."
    )
    return [Problem(files.table.name, column, 0, message)]


def key_problems(connection: duckdb.DuckDBPyConnection, files: TableFiles) -> list[Problem]:
    """Return the ids of a normalised table that stand twice, differing, with one known day.

    The table ``led_<name>`` has distinct rows, so two rows of one (key, row_from) differ.
    """
    name, columns = files.table.name, files.table.key
    key = ", ".join(f'"{column}"' for column in columns)
    twice = (
        f"SELECT {key}, row_from, count(*) AS n FROM led_{name} "
        f"GROUP BY {key}, row_from HAVING count(*) > 1"
    )
    rows = int(_one(connection, f"SELECT coalesce(sum(n), 0) FROM ({twice})")[0])
    if not rows:
        return []
    same = " AND ".join(f't."{column}" = {_own(files, column)}' for column in columns)
    known = f"coalesce({_own(files, 'known_on')}, {_own(files, files.table.own_date)}, t.row_from)"
    shown = connection.execute(
        f"SELECT {files.place}, {_text_key(files)}, DATE '1970-01-01' + t.row_from "
        f"FROM {files.source} AS s JOIN ({twice}) AS t ON {same} AND t.row_from = {known} "
        f"ORDER BY 2, 3, 1 LIMIT {SHOWN_ROWS}"
    ).fetchall()
    where = "; ".join(f"{place} ({_short(k)}): known on {day}" for place, k, day in shown)
    column = columns[0]
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


def _text_key(files: TableFiles) -> str:
    parts = [f"""coalesce(CAST(s."{c}" AS VARCHAR), '')""" for c in files.table.key
             if c in files.types]  # fmt: skip
    return " || '/' || ".join(parts)


def _own(files: TableFiles, column: str | None) -> str:
    """Return the SQL of a column of the files ``s`` as the loaded table ``led_<name>`` has it."""
    if column is None or column not in files.types:
        return "CAST(NULL AS INTEGER)" if column in (None, "known_on") else "''"
    kind = files.table.column(column)
    value = cast(kind, files.types[column]).replace(f'"{column}"', f's."{column}"')
    return f"coalesce({value}, '')" if kind.kind == "text" else value


def _short(value: object) -> str:
    text = "(empty)" if value is None else str(value).replace("\0", "\\0")
    return text if len(text) <= 40 else text[:37] + "…"


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, ...]:
    return tuple(connection.execute(sql).fetchall()[0])
