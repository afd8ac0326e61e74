"""Tables into PostgreSQL and a matrix out of it, by COPY: no row is a Python object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from features.matrix import Floats

if TYPE_CHECKING:
    import psycopg

# Text is compared by its bytes, as DuckDB does, whatever the database's language.
_TYPES = {
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE PRECISION",
    pa.string(): 'TEXT COLLATE "C"',
    pa.large_string(): 'TEXT COLLATE "C"',
}
_HEADER_BYTES = 19  # signature, flags and the length of an extension that there is not
_END_BYTES = 2
_CSV = arrow_csv.WriteOptions(include_header=False)


def copy_in(
    connection: psycopg.Connection, table: str, rows: pa.RecordBatchReader, *, lasts: bool = False
) -> None:
    """Create a table that lasts until the transaction ends, fill it, and count it.

    Parameters
    ----------
    connection : psycopg.Connection
        In a transaction.
    table : str
        Name of the table.
    rows : pyarrow.RecordBatchReader
        Of integers, doubles and text; null stays null, and an empty text stays empty.
    lasts : bool
        Whether the table stays after the transaction.
    """
    columns = ", ".join(f'"{field.name}" {_TYPES[field.type]}' for field in rows.schema)
    kind, end = ("", "") if lasts else ("TEMPORARY ", " ON COMMIT DROP")
    connection.execute(f"CREATE {kind}TABLE {table} ({columns}){end}".encode())
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} FROM STDIN (FORMAT CSV, ENCODING 'UTF8')".encode()) as copy,
    ):
        for batch in rows:
            buffer = pa.BufferOutputStream()
            arrow_csv.write_csv(batch, buffer, _CSV)  # quotes all text: null is what is bare
            copy.write(memoryview(buffer.getvalue()))
    connection.execute(f"ANALYZE {table}".encode())


def copy_out(connection: psycopg.Connection, source: str, columns: Sequence[str]) -> Floats:
    """Return columns of doubles as a matrix in the order of the rows; null is NaN.

    Parameters
    ----------
    connection : psycopg.Connection
        On which the source can be read.
    source : str
        The query from its FROM on.
    columns : sequence of str
        Each an expression in double precision.

    Returns
    -------
    ndarray of float64, shape (rows, len(columns))
    """
    # without a null, every row of the binary format has the same length
    chosen = ", ".join(f"COALESCE({column}, 'NaN')" for column in columns)
    query = f"COPY (SELECT {chosen} {source}) TO STDOUT (FORMAT BINARY)"
    received = bytearray()
    with connection.cursor() as cursor, cursor.copy(query.encode()) as copy:
        for block in copy:
            received += block
    row = np.dtype([("fields", ">i2"), ("cells", [("bytes", ">i4"), ("value", ">f8")],
                    (len(columns),))])  # fmt: skip
    rows = (len(received) - _HEADER_BYTES - _END_BYTES) // row.itemsize
    table = np.frombuffer(received, row, count=rows, offset=_HEADER_BYTES)
    return table["cells"]["value"].astype(np.float64)
