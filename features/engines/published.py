"""A ledger's facts kept in PostgreSQL: published whole, and looked up for one customer at once.

Each publication is a schema of its own, ``tradegrade_facts_<n>``; one row of
``tradegrade_facts.current`` names the one that holds. Facts and name appear in one
transaction, so a reader sees a publication whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from features.engines.connecting import Purpose, connected, told
from features.engines.fold import Rows
from features.engines.indexed import LookedUp, in_order, looked_up
from features.engines.rows import Columns, lookups
from features.engines.transfer import copy_in
from features.errors import UnavailableError
from features.ledger.open import Ledger
from features.relations import RELATIONS
from features.render import present_relations
from features.settings import FACTS_VERSION, SETTINGS

if TYPE_CHECKING:
    import psycopg

_HOME = "tradegrade_facts"
_CURRENT = f"{_HOME}.current"
_LOCK = 0x7472_6164_6566_6163  # of publishers among each other
_BATCH_ROWS = 100_000
# of a reader: a look-up is planned once, whoever is asked for
_SETTINGS = ("plan_cache_mode = force_generic_plan", "jit = off")
_PUBLISHING = Purpose(
    refused="did not take the facts",
    needs="create schemas",
    mend="or set TRADEGRADE_DATABASE_URL to another",
)
_READING = Purpose(
    refused="did not tell the facts",
    needs=f"read the schema {_HOME}",
    mend="or publish them again with `tradegrade publish`",
)
_UNPUBLISHED = (
    "The database holds no facts of a ledger as this version reads them. Publish them with "
    "`tradegrade publish --ledger LEDGER`."
)


@dataclass(frozen=True)
class Published:
    """A publication.

    Attributes
    ----------
    schema : str
        That holds the tables ``led_<table>`` and ``fact_items``.
    fingerprint : str
        Of the ledger; see `features.ledger.open.Ledger`.
    currency : str
        Of every amount.
    stamp : str
        Of what facts mean: version, settings and what relations read of them.
    tables : tuple of str
        Tables that the ledger has.
    """

    schema: str
    fingerprint: str
    currency: str
    stamp: str
    tables: tuple[str, ...]

    def holds(self, ledger: Ledger) -> bool:
        """Tell whether these are the facts of a ledger as this version reads it."""
        return (self.fingerprint, self.currency, self.stamp) == (
            ledger.fingerprint,
            ledger.currency,
            facts_stamp(),
        )


def facts_stamp() -> str:
    """Return the sha256 of what facts mean: equal stamps read facts alike."""
    relations = {name: base.lookup_sql for name, base in RELATIONS.items()}
    text = json.dumps([FACTS_VERSION, asdict(SETTINGS), relations], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def publish_facts(ledger: Ledger, url: str) -> Published:
    """Write a ledger's facts into PostgreSQL, in the place of those published before.

    What is there already is not written again. Readers go on with the former facts until the
    new ones are whole; those are then removed.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger.
    url : str
        Address of a database whose user may create schemas.

    Returns
    -------
    Published
        The publication that holds now.

    Raises
    ------
    UnavailableError
        If psycopg is not installed, or the database cannot be reached or refuses the work.
    LedgerError
        If PostgreSQL cannot hold a value of the ledger.
    """
    with connected(url, _PUBLISHING) as connection:
        _prepare_home(connection)
        found = published_facts(connection)
        if found is None or not found.holds(ledger):
            found = _write(connection, ledger)
            connection.commit()
        _drop_others(connection, found.schema)
    return found


def published_facts(connection: psycopg.Connection) -> Published | None:
    """Return the publication that a database holds, None where its user sees none."""
    seen = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM pg_class AS c JOIN pg_namespace AS n "
        "ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relname = 'current' "
        "AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))",
        [_HOME],
    ).fetchone()
    if seen is None or not seen[0]:
        return None
    row = connection.execute(
        f"SELECT schema, fingerprint, currency, stamp, tables FROM {_CURRENT}".encode()
    ).fetchone()
    return None if row is None else Published(row[0], row[1], row[2], row[3], tuple(row[4]))


def _prepare_home(connection: psycopg.Connection) -> None:
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    connection.execute("SET LOCAL client_min_messages = warning")
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_HOME}".encode())
    connection.execute(f"CREATE SEQUENCE IF NOT EXISTS {_HOME}.number".encode())
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {_CURRENT} (only_one BOOLEAN PRIMARY KEY DEFAULT TRUE "
        "CHECK (only_one), schema TEXT NOT NULL, fingerprint TEXT NOT NULL, currency TEXT NOT "
        "NULL, stamp TEXT NOT NULL, tables TEXT[] NOT NULL, "
        "published_at TIMESTAMPTZ NOT NULL DEFAULT now())".encode()
    )


def _write(connection: psycopg.Connection, ledger: Ledger) -> Published:
    (number,) = connection.execute(f"SELECT nextval('{_HOME}.number')".encode()).fetchone() or (0,)
    facts = Published(
        f"{_HOME}_{number}",
        ledger.fingerprint,
        ledger.currency,
        facts_stamp(),
        tuple(sorted(ledger.files)),
    )
    connection.execute(f"CREATE SCHEMA {facts.schema}".encode())
    for table in looked_up(ledger):
        _write_table(connection, ledger, facts.schema, table)
        _index(connection, facts.schema, table)
    connection.execute(
        f"INSERT INTO {_CURRENT} (schema, fingerprint, currency, stamp, tables) "
        "VALUES (%s, %s, %s, %s, %s) ON CONFLICT (only_one) DO UPDATE SET "
        "schema = excluded.schema, fingerprint = excluded.fingerprint, "
        "currency = excluded.currency, stamp = excluded.stamp, tables = excluded.tables, "
        "published_at = now()".encode(),
        [facts.schema, facts.fingerprint, facts.currency, facts.stamp, list(facts.tables)],
    )
    return facts


def _write_table(
    connection: psycopg.Connection, ledger: Ledger, schema: str, table: LookedUp
) -> None:
    # a customer's rows side by side: a look-up then reads few pages
    rows = ledger.connection.sql(in_order(table))
    copy_in(connection, f"{schema}.{table.name}", rows.to_arrow_reader(_BATCH_ROWS), lasts=True)


def _index(connection: psycopg.Connection, schema: str, table: LookedUp) -> None:
    for key in table.keys:
        connection.execute(
            f"CREATE INDEX ON {schema}.{table.name} ({key}) WHERE {key} IS NOT NULL".encode()
        )


def _drop_others(connection: psycopg.Connection, kept: str) -> None:
    """Remove former publications; a reader of one is waited for."""
    found = connection.execute(
        "SELECT nspname FROM pg_namespace WHERE nspname ~ %s AND nspname <> %s",
        [f"^{_HOME}_[0-9]+$", kept],
    ).fetchall()
    for (schema,) in found:
        connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())


class PublishedRows:
    """The rows of the facts published in a database, in one round trip.

    One thread may ask at a time. A new publication is taken up at the next question.
    """

    def __init__(self, connection: psycopg.Connection, columns: Columns) -> None:
        """Find the publication that holds.

        Parameters
        ----------
        connection : psycopg.Connection
            In autocommit mode, for this alone.
        columns : mapping of str to tuple of str
            The relations to tell, and the columns wanted of each.

        Raises
        ------
        UnavailableError
            If nothing is published as this version reads it.
        """
        self._connection = connection
        self._columns = columns
        self._published, self._queries = self._current()

    @property
    def published(self) -> Published:
        """The publication that answered last."""
        return self._published

    def rows(self, customer_id: str, as_of: int) -> Mapping[str, Rows]:
        """Return the rows of each relation that the publication can tell.

        Raises
        ------
        UnavailableError
            If the database cannot be reached, or nothing is published any more.
        """
        with told(_READING):
            found = self._asked(customer_id, as_of)
            if found is None:
                self._published, self._queries = self._current()
                found = self._asked(customer_id, as_of)
        if found is None:
            message = "The facts are being published anew, again and again. Try again."
            raise UnavailableError(message)
        return found

    def _asked(self, customer_id: str, as_of: int) -> dict[str, Rows] | None:
        """Return the rows, None where another publication holds by now."""
        from psycopg import RawCursor, errors  # noqa: PLC0415 - optional

        cursors: dict[str, psycopg.RawCursor[tuple[object, ...]]] = {}
        asked = [customer_id, as_of]
        try:
            with self._connection.pipeline():
                holds = self._connection.execute(f"SELECT schema FROM {_CURRENT}".encode())
                for name, query in self._queries.items():
                    cursors[name] = RawCursor(self._connection)
                    cursors[name].execute(query.encode(), asked, prepare=True, binary=True)
        except (errors.UndefinedTable, errors.InvalidSchemaName):
            return None  # removed since
        if holds.fetchone() != (self._published.schema,):
            return None
        return {name: cursor.fetchall() for name, cursor in cursors.items()}

    def _current(self) -> tuple[Published, dict[str, str]]:
        found = published_facts(self._connection)
        if found is None or found.stamp != facts_stamp():
            raise UnavailableError(_UNPUBLISHED)
        for setting in (f"search_path = {found.schema}", *_SETTINGS):
            self._connection.execute(f"SET {setting}".encode())
        return found, lookups(self._columns, present_relations(found.tables))


@contextmanager
def reading(url: str, columns: Columns) -> Iterator[PublishedRows]:
    """Yield the rows of the facts published in a database.

    Parameters
    ----------
    url : str
        Address of the database.
    columns : mapping of str to tuple of str
        The relations to tell, and the columns wanted of each.

    Raises
    ------
    UnavailableError
        If psycopg is not installed, the database cannot be reached, or nothing is published.
    """
    with connected(url, _READING, autocommit=True) as connection:
        yield PublishedRows(connection, columns)
