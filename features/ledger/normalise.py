"""Files into the ledger's own tables ``led_<name>``: types, known days, versions, one currency."""

from __future__ import annotations

import duckdb

from features.expression import FAR
from features.ledger.columns import cast, is_rounded, own_type
from features.ledger.files import TableFiles
from features.ledger.tables import TABLES, Table

ALWAYS = -200_000  # the day number of what was known from the start


def load(connection: duckdb.DuckDBPyConnection, files: TableFiles) -> None:
    """Create ``led_<table>`` with own types, ``row_from`` and ``row_to`` of each row.

    A row holds from its known day until the next known day of the same id; identical rows
    count once.
    """
    table = files.table
    columns = [
        f'{_value(files, column.name)} AS "{column.name}"'
        for column in table.columns
        if column.name != "known_on"
    ]
    known = _value(files, "known_on")
    own = _value(files, table.own_date) if table.own_date else str(ALWAYS)
    columns.append(f"coalesce({known}, {own}, {ALWAYS}) AS row_from")
    connection.execute(
        f"CREATE TABLE led_{table.name} AS SELECT DISTINCT {', '.join(columns)} FROM {files.source}"
    )
    _close_versions(connection, table)


def load_absent(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Create an empty ``led_<table>`` for a table that the ledger does not have."""
    columns = [f'"{c.name}" {own_type(c)}' for c in table.columns if c.name != "known_on"]
    columns += ["row_from INTEGER", "row_to INTEGER"]
    connection.execute(f"CREATE TABLE led_{table.name} ({', '.join(columns)})")


def rounded_values(connection: duckdb.DuckDBPyConnection, files: TableFiles) -> dict[str, int]:
    """Return how many values of each money column had more than two places."""
    tests = {
        column.name: test
        for column in files.table.columns
        if column.name in files.types
        and (test := is_rounded(column, files.types[column.name])) is not None
    }
    if not tests:
        return {}
    counts = ", ".join(f"count(CASE WHEN {test} THEN 1 END)" for test in tests.values())
    row = connection.execute(f"SELECT {counts} FROM {files.source}").fetchall()[0]
    return {name: int(n) for name, n in zip(tests, row, strict=True) if n}


def _value(files: TableFiles, name: str) -> str:
    column = files.table.column(name)
    if name not in files.types:
        value = f"CAST(NULL AS {own_type(column)})"
    else:
        value = cast(column, files.types[name])
    if column.kind == "text" and name in files.table.key:
        return f"coalesce({value}, '')"
    return value


def _close_versions(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    name = f"led_{table.name}"
    key = ", ".join(f'"{column}"' for column in TABLES[table.name].key)
    connection.execute(f"ALTER TABLE {name} ADD COLUMN row_to INTEGER DEFAULT {FAR}")
    same = " AND ".join(
        f'{name}."{column}" IS NOT DISTINCT FROM v."{column}"' for column in table.key
    )
    connection.execute(
        f"UPDATE {name} SET row_to = v.next_from FROM ("
        f"SELECT {key}, row_from, lead(row_from) OVER (PARTITION BY {key} ORDER BY row_from) "
        f"AS next_from FROM {name} SEMI JOIN ("
        f"SELECT {key} FROM {name} GROUP BY {key} HAVING count(*) > 1) USING ({key})"
        f") AS v WHERE v.next_from IS NOT NULL AND {name}.row_from = v.row_from AND {same}"
    )
