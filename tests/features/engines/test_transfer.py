"""Tables into PostgreSQL and matrices out of it: nothing is lost on the way."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from features.engines.transfer import copy_in, copy_out

psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")

ROWS = pa.table(
    {
        "i": pa.array([0, -(2**31), None], pa.int32()),
        "b": pa.array([2**63 - 1, -(2**63), None], pa.int64()),
        "d": pa.array([0.1, 5e-324, None], pa.float64()),
        "t": pa.array(['"\n,\\.', "", None], pa.string()),
    }
)


@pytest.fixture
def connection(postgres_url: str) -> Iterator[Any]:
    with psycopg.connect(postgres_url) as opened:
        yield opened


def test_what_is_copied_in_is_there_and_null_is_not_empty(connection: Any) -> None:
    copy_in(connection, "carried", ROWS.to_reader())
    found = connection.execute("SELECT * FROM carried").fetchall()
    assert found == [tuple(row.values()) for row in ROWS.to_pylist()]


def test_many_batches_are_one_table(connection: Any) -> None:
    numbers = pa.table({"n": np.arange(1000)})
    copy_in(connection, "many", numbers.to_reader(max_chunksize=7))
    assert connection.execute("SELECT count(*), sum(n) FROM many").fetchone() == (1000, 499_500)


def test_text_is_compared_by_its_bytes(connection: Any) -> None:
    copy_in(connection, "carried", ROWS.to_reader())
    found = connection.execute("SELECT DISTINCT pg_collation_for(t) FROM carried").fetchall()
    assert found == [('"C"',)]


def test_a_copied_table_ends_with_its_transaction(connection: Any) -> None:
    copy_in(connection, "carried", ROWS.to_reader())
    connection.commit()
    with pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("SELECT * FROM carried")


def test_a_matrix_keeps_order_bits_and_nulls(connection: Any) -> None:
    copy_in(connection, "carried", ROWS.to_reader())
    found = copy_out(connection, "FROM carried AS c ORDER BY c.i NULLS FIRST", ["c.d", "-c.d"])
    wanted = [[np.nan, np.nan], [5e-324, -5e-324], [0.1, -0.1]]
    np.testing.assert_array_equal(found, wanted)
    assert found.dtype == np.float64


def test_no_rows_are_an_empty_matrix(connection: Any) -> None:
    copy_in(connection, "carried", ROWS.to_reader())
    assert copy_out(connection, "FROM carried AS c WHERE c.i = 7", ["c.d"]).shape == (0, 1)
