"""The rows of one customer from an indexed file: the facts of a ledger, in the order of look-ups.

DuckDB is made to read columns of many rows: to find the rows of one customer in thirteen
relations it plans thirteen queries and reads whole blocks. The same facts in SQLite, each
table a tree in the order of its customers, answer the same thirteen queries of
`features.relations` from a few pages.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from features.engines.facts import facts_named
from features.engines.fold import Rows
from features.engines.rows import Columns, lookups
from features.engines.vectors import TOO_LARGE
from features.errors import LedgerError, UnavailableError
from features.ledger.open import Ledger
from features.relations import RELATIONS

_TYPES = {"INTEGER": "INTEGER", "BIGINT": "INTEGER", "DOUBLE": "REAL", "VARCHAR": "TEXT"}
_KEYS = {
    "led_external_scores": ("subject_id",),
    "led_recoveries": ("bad_debt_id",),
    "led_customers": ("customer_id", "group_id"),
}
_OWNER = ("customer_id",)
_BATCH_ROWS = 20_000


@dataclass(frozen=True)
class LookedUp:
    """A table of facts that relations look up.

    Attributes
    ----------
    name : str
        Of the table.
    columns : tuple of str
        Those that any relation names.
    keys : tuple of str
        Those that it is looked up by; its rows lie in the order of the first.
    """

    name: str
    columns: tuple[str, ...]
    keys: tuple[str, ...]


def looked_up(ledger: Ledger) -> list[LookedUp]:
    """Return the tables of a ledger that the relations look up."""
    text = " ".join(base.lookup_sql for base in RELATIONS.values())
    return [
        LookedUp(name, tuple(columns), _KEYS.get(name, _OWNER))
        for name, columns in facts_named(ledger, text).items()
    ]


def write_index(ledger: Ledger, path: Path) -> None:
    """Write the facts that relations look up as an indexed file.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger.
    path : Path
        File to make; nothing may be there.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as index:
            index.execute("PRAGMA journal_mode = OFF")  # a half-written file is never read
            index.execute("PRAGMA synchronous = OFF")
            index.execute("BEGIN")
            for table in looked_up(ledger):
                _write_table(ledger.connection, index, table)
            index.execute("COMMIT")
    except sqlite3.OperationalError as error:
        message = f"{path} cannot be written: {error}"
        raise OSError(message) from error


@contextmanager
def open_index(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a file written by :func:`write_index`; any thread may ask, one at a time.

    Raises
    ------
    UnavailableError
        If it cannot be opened.
    """
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"  # nobody writes: no locks
    try:
        index = sqlite3.connect(address, uri=True, check_same_thread=False)
    except sqlite3.OperationalError as error:
        message = f"The indexed facts {path} cannot be opened: {error}. Open the ledger again."
        raise UnavailableError(message) from error
    with closing(index):
        yield index


class IndexedRows:
    """The rows of an indexed file."""

    def __init__(
        self, index: sqlite3.Connection, columns: Columns, present: Collection[str]
    ) -> None:
        """Look at a file; nothing is read before a customer is asked for.

        Parameters
        ----------
        index : sqlite3.Connection
            From :func:`open_index`.
        columns : mapping of str to tuple of str
            The relations to tell, and the columns wanted of each.
        present : collection of str
            Relations that the ledger can tell.
        """
        self._queries = lookups(columns, present)
        self._index = index

    def rows(self, customer_id: str, as_of: int) -> Mapping[str, Rows]:
        """Return the rows of each relation that the ledger can tell.

        Raises
        ------
        LedgerError
            If a sum leaves 64 bits.
        """
        asked = {"1": customer_id, "2": as_of}
        try:
            return {
                name: self._index.execute(query, asked).fetchall()
                for name, query in self._queries.items()
            }
        except sqlite3.OperationalError as error:
            if "integer overflow" not in str(error):
                raise
            raise LedgerError(TOO_LARGE) from error


def _write_table(
    connection: duckdb.DuckDBPyConnection, index: sqlite3.Connection, table: LookedUp
) -> None:
    described = connection.execute(f"DESCRIBE {table.name}").fetchall()
    types = {row[0]: _TYPES[row[1]] for row in described}
    declared = ", ".join(f'"{column}" {types[column]}' for column in table.columns)
    tree = f"PRIMARY KEY ({table.keys[0]}, place)"
    index.execute(f"CREATE TABLE {table.name} ({declared}, place INTEGER, {tree}) WITHOUT ROWID")
    marks = ", ".join("?" * (len(table.columns) + 1))
    for batch in _sorted_rows(connection, table):
        index.executemany(f"INSERT INTO {table.name} VALUES ({marks})", batch)
    for key in table.keys[1:]:
        index.execute(
            f"CREATE INDEX {table.name}_by_{key} ON {table.name} ({key}) WHERE {key} IS NOT NULL"
        )


def _sorted_rows(connection: duckdb.DuckDBPyConnection, table: LookedUp) -> Iterator[Rows]:
    # in the order of the tree it is filled page after page
    found = connection.execute(in_order(table, "place"))
    while batch := found.fetchmany(_BATCH_ROWS):
        yield batch


def in_order(table: LookedUp, *more: str) -> str:
    """Return the query of a table's rows by key, and of one key in the order of the table.

    Parameters
    ----------
    table : LookedUp
        A table, or a view of files.
    more : str
        ``place``: the number of the row in the table, after the columns.
    """
    chosen = ", ".join(f'"{column}"' for column in (*table.columns, *more))
    columns = ", ".join(f'"{column}"' for column in table.columns)
    return (
        f"SELECT {chosen} FROM (SELECT {columns}, row_number() OVER () AS place "
        f"FROM {table.name}) ORDER BY {table.keys[0]}, place"
    )
