"""What an import changes in one table: rows in, the new rows of the owners it touches out.

The key of a row is (id, known day). A row that the ledger has already is nothing new. A row
with a known day of its own is taken as it says. A row that says something else than the
ledger's last word of that id, without a known day that the ledger lacks, is a correction known
from the import's day: what was known before stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from features.expression import FAR
from features.ledger.tables import TABLES
from features.ledger.versions.parts import owner_of, stored_types

REWRITES = (
    "differs from what was known on its known day, and a later row of the same id is in the "
    "file. History is not rewritten: give the change a known_on of its own, or leave the row out."
)


@dataclass(frozen=True)
class Merged:
    """What the rows of one table were.

    Attributes
    ----------
    new : int
        Rows of an id that the ledger did not have.
    versions : int
        Rows of a known id with a known day of their own that the ledger did not have.
    corrections : int
        Changed rows, known from the import's day.
    unchanged : int
        Rows that the ledger has already.
    backdated : int
        Of the versions those that say they were known before the import's day.
    """

    new: int
    versions: int
    corrections: int
    unchanged: int
    backdated: int

    @property
    def taken(self) -> int:
        """Rows that the ledger gains."""
        return self.new + self.versions + self.corrections


def classify(connection: duckdb.DuckDBPyConnection, name: str, day: int) -> None:
    """Create ``judged_<name>``: every row of ``in_<name>`` with its ``fate`` and known day.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Has ``led_<name>`` with the rows of the ledger and ``in_<name>`` with the good rows
        of the import, distinct, with ``row_from`` and ``given``: whether a row came with a
        known day.
    name : str
        The table.
    day : int
        The import's day.
    """
    if _is_empty(connection, name):
        connection.execute(
            f"CREATE TEMP VIEW judged_{name} AS SELECT *, 'new' AS fate, "
            f"row_from AS corrected_from FROM in_{name}"
        )
        return
    key = _key(name)
    connection.execute(
        f"CREATE TEMP TABLE judged_{name} AS WITH i AS (SELECT *, row_number() OVER ("
        f"PARTITION BY {key} ORDER BY row_from DESC) = 1 AS last_in FROM in_{name}), "
        f"k AS (SELECT l.* FROM led_{name} AS l SEMI JOIN in_{name} USING ({key})), "
        f"latest AS (SELECT * FROM k WHERE row_to = {FAR}) "
        "SELECT i.* EXCLUDE (last_in), CASE "
        "WHEN l.row_from IS NULL THEN 'new' "
        f"WHEN {_same(name, 'i', 's')} AND (i.given OR NOT i.last_in) THEN 'unchanged' "
        f"WHEN s.row_from IS NULL AND i.given AND NOT ({_same(name, 'i', 'l')} "
        "AND i.row_from >= l.row_from) THEN 'version' "
        f"WHEN {_same(name, 'i', 'l')} THEN 'unchanged' "
        "WHEN i.last_in THEN 'correction' ELSE 'rewrites' END AS fate, "
        f"greatest({day}, l.row_from) AS corrected_from "
        f"FROM i LEFT JOIN latest AS l ON {_on(name, 'i', 'l')} "
        f"LEFT JOIN k AS s ON {_on(name, 'i', 's')} AND s.row_from = i.row_from"
    )


def counted(connection: duckdb.DuckDBPyConnection, name: str, day: int) -> Merged:
    """Return how many rows of ``judged_<name>`` met which fate."""
    row = connection.execute(
        "SELECT "
        + ", ".join(
            f"count(CASE WHEN fate = '{fate}' THEN 1 END)"
            for fate in ("new", "version", "correction", "unchanged")
        )
        + f", count(CASE WHEN fate = 'version' AND row_from < {day} THEN 1 END) "
        f"FROM judged_{name}"
    ).fetchall()[0]
    return Merged(*(int(n) for n in row))


def merge(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Create ``next_<name>``: all rows of the owners touched, as they are to be stored.

    And ``owners_<name>``, these owners, and ``old_<name>``, the stored rows of the ids taken.
    `classify` has to be done.
    """
    key, owner = _key(name), owner_of(name)
    columns = ", ".join(f'"{c}"' for c in stored_types(name) if c not in ("row_from", "row_to"))
    taken = (
        f"SELECT {columns}, "
        "CASE WHEN fate = 'correction' THEN corrected_from ELSE row_from END AS row_from "
        f"FROM judged_{name} WHERE fate IN ('new', 'version', 'correction')"
    )
    if _is_empty(connection, name):
        connection.execute(
            f"CREATE TEMP VIEW owners_{name} AS SELECT {owner} AS owner FROM in_{name}"
        )
        connection.execute(f"CREATE TEMP TABLE old_{name} AS SELECT * FROM led_{name} LIMIT 0")
        connection.execute(f"CREATE TEMP VIEW next_{name} AS {_closed(taken, key)}")
        return
    connection.execute(
        f"CREATE TEMP TABLE taken_{name} AS {taken} QUALIFY row_number() OVER ("
        f"PARTITION BY {key}, row_from ORDER BY fate) = 1"
    )
    connection.execute(
        f"CREATE TEMP TABLE old_{name} AS SELECT l.* FROM led_{name} AS l "
        f"SEMI JOIN taken_{name} USING ({key})"
    )
    connection.execute(
        f"CREATE TEMP TABLE owners_{name} AS SELECT DISTINCT {owner} AS owner FROM "
        f"(SELECT {owner} FROM taken_{name} UNION ALL SELECT {owner} FROM old_{name})"
    )
    # a second correction of one day stands for the first: a day knows one row of an id
    versions = (
        f"SELECT {columns}, row_from FROM taken_{name} UNION ALL "
        f"SELECT {columns}, row_from FROM old_{name} ANTI JOIN taken_{name} USING ({key}, row_from)"
    )
    connection.execute(
        f"CREATE TEMP TABLE next_{name} AS {_closed(versions, key)} "
        f"UNION ALL SELECT {columns}, row_from, row_to FROM led_{name} AS l "
        f"SEMI JOIN owners_{name} AS o ON o.owner = l.{owner} ANTI JOIN taken_{name} USING ({key})"
    )


def _closed(versions: str, key: str) -> str:
    """Return the SQL of versions with ``row_to``; only ids of several are sorted."""
    several = f"SELECT {key} FROM ({versions}) GROUP BY {key} HAVING count(*) > 1"
    return (
        f"SELECT *, {FAR} AS row_to FROM ({versions}) ANTI JOIN ({several}) USING ({key}) "
        f"UNION ALL SELECT *, coalesce(lead(row_from) OVER (PARTITION BY {key} ORDER BY row_from), "
        f"{FAR}) AS row_to FROM ({versions}) SEMI JOIN ({several}) USING ({key})"
    )


def _is_empty(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    return not connection.execute(f"SELECT 1 FROM led_{name} LIMIT 1").fetchall()


def _key(name: str) -> str:
    return ", ".join(f'"{column}"' for column in TABLES[name].key)


def _on(name: str, left: str, right: str) -> str:
    return " AND ".join(f'{left}."{c}" = {right}."{c}"' for c in TABLES[name].key)


def _same(name: str, left: str, right: str) -> str:
    columns = [c.name for c in TABLES[name].columns if c.name != "known_on"]
    return (
        f"({right}.row_from IS NOT NULL AND "
        + " AND ".join(f'{left}."{c}" IS NOT DISTINCT FROM {right}."{c}"' for c in columns)
        + ")"
    )
