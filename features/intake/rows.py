"""The rows of an import: the good ones as ``in_<table>``, the bad ones one by one aside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import duckdb

from features.errors import LedgerError
from features.intake.sources import Source
from features.ledger.columns import KIND_WORDS, is_rounded
from features.ledger.normalise import ALWAYS
from features.ledger.rules import Rule, row_rules
from features.ledger.tables import TABLES, Table

_LONGEST_VALUE = 120  # characters of a bad value that are repeated


def start_rejects(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the empty table ``rejects``."""
    connection.execute(
        'CREATE TEMP TABLE rejects ("table" VARCHAR, file VARCHAR, row BIGINT, "column" VARCHAR, '
        "value VARCHAR, reason VARCHAR)"
    )


def read_rows(
    connection: duckdb.DuckDBPyConnection, table: Table, sources: Iterable[Source], latest: date
) -> None:
    """Create ``in_<table>``: the rows that keep every rule of a row, once each.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Has ``rejects``, and ``led_customers`` and ``in_customers`` for the other tables.
    table : Table
        What is read.
    sources : iterable of Source
        Its files.
    latest : date
        The latest event date that is believed.

    Raises
    ------
    LedgerError
        If the rows of a file cannot be read.
    """
    columns = [c.name for c in table.columns if c.name != "known_on"]
    for place, source in enumerate(sources):
        try:
            query = _good_rows(connection, source, columns, latest)
            if place == 0:
                connection.execute(f"CREATE TEMP TABLE in_{table.name} AS {query}")
            else:
                connection.execute(f"INSERT INTO in_{table.name} {query}")
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            message = (
                f"Table {table.name}: the rows of {source.path.name} cannot be read "
                f"({str(error).splitlines()[0][:160]}). Write the file again."
            )
            raise LedgerError(message) from error
    _reject_strangers(connection, table)
    _reject_twins(connection, table)


def reject(
    connection: duckdb.DuckDBPyConnection, name: str, column: str, reason: str, which: str
) -> None:
    """Move the rows of ``in_<name>`` that a test selects to the rejects."""
    connection.execute(
        f"INSERT INTO rejects SELECT '{name}', file, row, '{column}', "
        f'left(CAST("{column}" AS VARCHAR), {_LONGEST_VALUE}), $reason FROM in_{name} '
        f"WHERE {which}",
        {"reason": reason},
    )
    connection.execute(f"DELETE FROM in_{name} WHERE {which}")


def rounded_values(
    connection: duckdb.DuckDBPyConnection, sources: Iterable[Source]
) -> dict[str, int]:
    """Return how many values of each money column have more than two places."""
    found: dict[str, int] = {}
    for source in sources:
        for column in source.table.columns:
            kind = source.read_type(column)
            test = None if kind is None else is_rounded(column, kind)
            if test is not None:
                rows = connection.execute(
                    f"SELECT count(*) FROM {source.typed} WHERE {test}"
                ).fetchall()[0][0]
                if rows:
                    found[column.name] = found.get(column.name, 0) + int(rows)
    return found


def _good_rows(
    connection: duckdb.DuckDBPyConnection, source: Source, columns: list[str], latest: date
) -> str:
    """Note the rows that break a rule, and return the SQL of the others."""
    table = source.table
    read = {c.name: kind for c in table.columns if (kind := source.read_type(c)) is not None}
    rules = [*_unreadable(source), *row_rules(table, read, latest)]
    counts = ", ".join(f"count(CASE WHEN {rule.breach} THEN 1 END)" for rule in rules)
    found = connection.execute(f"SELECT {counts} FROM {source.typed}").fetchall()[0]
    broken = [rule for rule, rows in zip(rules, found, strict=True) if rows]
    _note_breaches(connection, source, broken)
    known = source.own("known_on")
    own_day = source.own(table.own_date) if table.own_date else str(ALWAYS)
    chosen = [f'{source.own(name)} AS "{name}"' for name in columns]
    good = " AND ".join(f"NOT coalesce({rule.breach}, false)" for rule in broken) or "true"
    return (
        f"SELECT {', '.join(chosen)}, coalesce({known}, {own_day}, {ALWAYS}) AS row_from, "
        f"{known} IS NOT NULL AS given, '{_quoted(source.path.name)}' AS file, row "
        f"FROM {source.typed} WHERE {good}"
    )


def _unreadable(source: Source) -> Iterator[Rule]:
    for column in source.table.columns:
        if column.name in source.types and source.is_text(column):
            yield Rule(
                column.name,
                f'"raw {column.name}" IS NOT NULL AND "{column.name}" IS NULL',
                f"is not {KIND_WORDS[column.kind]}",
                "Write dates as 2025-12-31 and numbers with a point and no separators",
            )


def _note_breaches(
    connection: duckdb.DuckDBPyConnection, source: Source, broken: list[Rule]
) -> None:
    noted: dict[str, list[str]] = {}
    for rule in broken:
        earlier = noted.setdefault(rule.column, [])
        fresh = "".join(f" AND NOT coalesce({breach}, false)" for breach in earlier)
        earlier.append(rule.breach)
        text = source.is_text(source.table.column(rule.column))
        value = f'"raw {rule.column}"' if text else f'"{rule.column}"'
        connection.execute(
            f"INSERT INTO rejects SELECT $table, $file, row, $column, "
            f"left(CAST({value} AS VARCHAR), {_LONGEST_VALUE}), $reason FROM {source.typed} "
            f"WHERE CASE WHEN {rule.breach} THEN 1 ELSE 0 END = 1{fresh}",
            {
                "table": source.table.name,
                "file": source.path.name,
                "column": rule.column,
                "reason": f"{rule.fault}. {rule.mend}.",
            },
        )


def _reject_strangers(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    if table.name == "customers" or "customer_id" not in {c.name for c in table.columns}:
        return
    reject(
        connection,
        table.name,
        "customer_id",
        "names a customer that neither the ledger nor the import has. Add the customer, or correct "
        "the id.",
        f"NOT EXISTS (SELECT 1 FROM known_customers AS c WHERE c.customer_id = "
        f"in_{table.name}.customer_id)",
    )


def _reject_twins(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Reject rows of one id and known day that differ; of equal ones keep the first."""
    name = table.name
    key = ", ".join(f'"{column}"' for column in TABLES[name].key)
    connection.execute(
        f"CREATE TEMP TABLE twins_{name} AS SELECT {key}, row_from FROM in_{name} "
        f"GROUP BY {key}, row_from HAVING count(*) > 1"
    )
    if not connection.execute(f"SELECT 1 FROM twins_{name} LIMIT 1").fetchall():
        return
    same = " AND ".join(f't."{column}" = i."{column}"' for column in TABLES[name].key)
    content = ", ".join(f'"{c.name}"' for c in table.columns if c.name != "known_on")
    connection.execute(
        f"CREATE TEMP TABLE differing_{name} AS SELECT {key}, row_from FROM ("
        f"SELECT DISTINCT {content}, row_from FROM in_{name} SEMI JOIN twins_{name} "
        f"USING ({key}, row_from)) GROUP BY {key}, row_from HAVING count(*) > 1"
    )
    match = f"t.row_from = i.row_from AND {same}".replace("i.", f"in_{name}.")
    reject(
        connection,
        name,
        table.key[0],
        "stands several times with one known_on and different content. Give the correction a later "
        "known_on, or drop the wrong row.",
        f"EXISTS (SELECT 1 FROM differing_{name} AS t WHERE {match})",
    )
    connection.execute(
        f"DELETE FROM in_{name} WHERE rowid IN (SELECT rowid FROM (SELECT rowid, row_number() OVER "
        f"(PARTITION BY {key}, row_from ORDER BY given DESC, row) AS n FROM in_{name} "
        f"SEMI JOIN twins_{name} USING ({key}, row_from)) WHERE n > 1)"
    )


def _quoted(text: str) -> str:
    return text.replace("'", "''")
