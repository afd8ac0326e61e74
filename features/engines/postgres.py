"""PostgreSQL: the same features over the same facts, for an estate that lives on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.catalogue import CATALOGUE, FEATURE_NAMES
from features.engines.connecting import Purpose, connected
from features.engines.facts import facts_named
from features.engines.published import published_facts
from features.engines.transfer import copy_in, copy_out
from features.ledger.open import Ledger
from features.matrix import Floats, Snapshots
from features.render import Dialect, present_relations, snapshot_query
from features.snapshot import Pairs, pairs_table

if TYPE_CHECKING:
    import psycopg

POSTGRES = Dialect(
    double="DOUBLE PRECISION",
    median=lambda value: f"PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY {value})",
    floor_divide=lambda value, divisor: f"({value} / {divisor})",  # whole between integers
)

# For the one transaction. The folds' row counts are guessed far too low, so that loops over
# them would be chosen; compiling the query costs more than it saves. All is read once and
# hashed: an index would cost more than it saves too.
_SETTINGS = (
    "SET LOCAL jit = off",
    "SET LOCAL enable_nestloop = off",
    "SET LOCAL work_mem = '256MB'",
)
_BATCH_ROWS = 100_000
_PURPOSE = Purpose(
    refused="did not compute the features",
    needs="create temporary tables",
    mend="or leave `--engine postgres` out",
)


def snapshots_on_postgres(ledger: Ledger, pairs: Pairs, url: str) -> Snapshots:
    """Return one row of features per (customer, as-of date), computed by PostgreSQL.

    Where the ledger's facts are published in the database (`features.engines.published`) they
    are read there. Else what the features read is copied into temporary tables of one
    transaction: nothing stays in the database, even if this process is killed.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger; DuckDB has read, checked and settled it.
    pairs : tuple of (sequence of str, ndarray of datetime64[D])
        Customers and the day of each, the same length.
    url : str
        Address of a database whose user may create temporary tables; see
        `features.engines.private.database_url_or_private`.

    Returns
    -------
    Snapshots
        Every feature of the catalogue, in the order of the pairs; what cannot be known is NaN.

    Raises
    ------
    UnavailableError
        If psycopg is not installed, or the database cannot be reached or refuses the work.
    LedgerError
        If PostgreSQL cannot hold a value of the ledger.
    """
    customer_ids, as_of = pairs
    values = _values(ledger, pairs, url)
    return Snapshots(tuple(customer_ids), as_of.astype("datetime64[D]"), FEATURE_NAMES, values)


def _values(ledger: Ledger, pairs: Pairs, url: str) -> Floats:
    with connected(url, _PURPOSE) as connection:
        return _computed(connection, ledger, pairs)


def _computed(connection: psycopg.Connection, ledger: Ledger, pairs: Pairs) -> Floats:
    query = snapshot_query(CATALOGUE, present_relations(ledger.files), POSTGRES)
    for setting in _SETTINGS:
        connection.execute(setting.encode())
    published = published_facts(connection)
    if published is not None and published.holds(ledger):
        connection.execute(f"SET LOCAL search_path = {published.schema}".encode())
    else:
        _copy_facts(connection, ledger, query)
    copy_in(connection, "pairs_in", pairs_table(pairs).to_reader())
    connection.execute(
        b"CREATE TEMPORARY TABLE pairs ON COMMIT DROP AS "
        b"SELECT DISTINCT customer_id, as_of FROM pairs_in"
    )
    connection.execute(b"ANALYZE pairs")
    return copy_out(
        connection,
        f"FROM ({query}) AS q JOIN pairs_in AS i ON i.customer_id = q.customer_id "
        "AND i.as_of = q.as_of ORDER BY i.place",
        [f"q.{name}" for name in FEATURE_NAMES],
    )


def _copy_facts(connection: psycopg.Connection, ledger: Ledger, query: str) -> None:
    """Copy the tables and columns that the query names: no more of a customer than is needed."""
    for table, kept in facts_named(ledger, query).items():
        chosen = ", ".join(f'"{column}"' for column in kept)
        rows = ledger.connection.sql(f"SELECT {chosen} FROM {table}")  # noqa: S608 - own names
        copy_in(connection, table, rows.to_arrow_reader(_BATCH_ROWS))
