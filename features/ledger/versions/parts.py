"""The parts of a table: how their rows are read together, and how a part is written.

A part holds all rows of its owners (for most tables: customers). A later part replaces the
rows of its owners in every earlier one, so an import writes the customers that it touches and
no other; now and then the parts are written together into one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from uuid import uuid4

import duckdb
import pyarrow as pa

from features.ledger.columns import own_type
from features.ledger.files import as_it_is
from features.ledger.tables import TABLES, Table
from features.ledger.versions.manifest import FILES, Part, to_disk

ITEMS = "items"
ITEM_TYPES = {
    "customer_id": "VARCHAR",
    "invoice_id": "VARCHAR",
    "order_id": "VARCHAR",
    "issued_on": "INTEGER",
    "due_on": "INTEGER",
    "amount": "BIGINT",
    "disputed_on": "INTEGER",
    "known_from": "INTEGER",
    "known_to": "INTEGER",
    "settled_on": "INTEGER",
    "outstanding": "BIGINT",
}
ROW_GROUP = 60_000  # rows; one customer is found by reading one or two groups
_OWNERS = {"external_scores": "subject_id", "recoveries": "bad_debt_id", "fx_rates": "currency"}


def owner_of(name: str) -> str:
    """Return the column by which the rows of a table belong together."""
    return _OWNERS.get(name, "customer_id")


def stored_types(name: str) -> dict[str, str]:
    """Return the columns of a stored table and their types."""
    if name == ITEMS:
        return ITEM_TYPES
    columns = {c.name: own_type(c) for c in TABLES[name].columns if c.name != "known_on"}
    return columns | {"row_from": "INTEGER", "row_to": "INTEGER"}


def rows_sql(folder: Path, name: str, parts: Sequence[Part]) -> str:
    """Return the SQL of all rows of a table: of each owner those of the last part that has it."""
    owner = owner_of(name)
    pieces = []
    for place, part in enumerate(parts):
        if not part.rows:
            continue
        later = [str(p.owners) for p in parts[place + 1 :]]
        replaced = (
            f" ANTI JOIN {_reader(folder, later)} AS o ON o.owner = p.{owner}" if later else ""
        )
        pieces.append(f"SELECT p.* FROM {_reader(folder, part.rows)} AS p{replaced}")
    if not pieces:
        nothing = ", ".join(
            f'CAST(NULL AS {kind}) AS "{column}"' for column, kind in stored_types(name).items()
        )
        return f"SELECT {nothing} WHERE false"
    return " UNION ALL ".join(pieces)


def order_of(name: str) -> str:
    """Return the columns by which the rows of a part are sorted."""
    if name == ITEMS:
        return "customer_id, invoice_id, known_from"
    table: Table = TABLES[name]
    columns = dict.fromkeys((owner_of(name), *table.key, "row_from"))
    return ", ".join(f'"{column}"' for column in columns)


class PartWriter:
    """Writes the files of one state; none of them has a meaning before the manifest names it.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the queries run.
    folder : Path
        The ledger's folder.
    number : int
        Of the state being made.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path, number: int) -> None:
        self._connection = connection
        self._folder = folder / FILES
        self._folder.mkdir(parents=True, exist_ok=True)
        self._stem = f"{number:06d}-{uuid4().hex[:8]}"
        self._written = 0

    def write(self, name: str, query: str, owners: str | None) -> Part:
        """Write the rows of a query as a part.

        Parameters
        ----------
        name : str
            The table.
        query : str
            Yields its columns and the two days of each row.
        owners : str, optional
            A query of the owners that the part speaks of; without it, of all.
        """
        file = self._path(name)
        count = self._copy(f"{query} ORDER BY {order_of(name)}", file)
        return self._part((file,), name, owners, count)

    def write_batches(self, name: str, batches: Iterable[pa.Table], owners: str | None) -> Part:
        """Write sorted tables as the files of one part, each as it comes."""
        files, count = [], 0
        for batch in batches:
            file = self._path(name)
            self._connection.register("part_batch", batch)
            count += self._copy("SELECT * FROM part_batch", file)
            self._connection.unregister("part_batch")
            files.append(file)
        return self._part(tuple(files), name, owners, count)

    def finish(self) -> None:
        """Wait until the names of the files have reached the disk."""
        to_disk(self._folder)

    def _part(self, files: tuple[Path, ...], name: str, owners: str | None, count: int) -> Part:
        listed = None
        if owners is not None:
            listed = self._path(f"{name}-owners")
            self._copy(f"SELECT DISTINCT owner FROM ({owners}) ORDER BY owner", listed)
        written = (*files, listed) if listed else files
        return Part(
            tuple(file.name for file in files),
            listed.name if listed else None,
            count,
            _digest(written),
        )

    def _path(self, name: str) -> Path:
        self._written += 1
        return self._folder / f"{self._stem}-{self._written:03d}-{name}.parquet"

    def _copy(self, query: str, file: Path) -> int:
        place = str(file).replace("'", "''")
        found = self._connection.execute(
            f"COPY ({query}) TO '{place}' (FORMAT parquet, COMPRESSION zstd, "
            f"ROW_GROUP_SIZE {ROW_GROUP})"
        ).fetchall()
        to_disk(file)
        return int(found[0][0])


def _reader(folder: Path, names: Sequence[str]) -> str:
    paths = ", ".join(
        "'" + as_it_is(folder / FILES / name).replace("'", "''") + "'" for name in names
    )
    return f"read_parquet([{paths}], hive_partitioning = false)"


def _digest(files: Sequence[Path]) -> str:
    total = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            total.update(hashlib.file_digest(stream, "sha256").digest())
    return total.hexdigest()
