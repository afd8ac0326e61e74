"""A features file is read back in pieces, bit for bit, and refused with the row that is wrong."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from features.catalogue import FEATURE_NAMES
from features.errors import LedgerError, UsageError
from features.features_file import open_features
from features.matrix import Snapshots
from tests.models.bundles import random_snapshots
from tradegrade.output import write_table

Change = Callable[[pa.Table], pa.Table]


def column(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)


def value(table: pa.Table, name: str, row: int, new: object) -> pa.Table:
    values = table.column(name).to_pylist()
    values[row] = new
    return column(table, name, pa.array(values, table.column(name).type))


def read(path: Path, size: int = 7) -> list[Snapshots]:
    with open_features(path) as file:
        found = list(file.pieces(size))
        assert file.rows == sum(map(len, found))
    return found


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_what_was_written_is_read_in_pieces_to_the_last_bit(tmp_path: Path, suffix: str):
    written = random_snapshots(5_000, 3)
    path = tmp_path / f"features{suffix}"
    write_table(path, written.to_arrow())
    pieces = read(path, 2_048)
    assert len(pieces) > 1
    assert tuple(c for piece in pieces for c in piece.customer_ids) == written.customer_ids
    assert all(piece.names == FEATURE_NAMES for piece in pieces)
    values = np.concatenate([piece.values for piece in pieces])
    assert np.array_equal(values, written.values, equal_nan=True)
    assert (np.concatenate([piece.as_of for piece in pieces]) == written.as_of).all()


def test_other_columns_are_ignored_and_any_order_is_taken(tmp_path: Path):
    written = random_snapshots(5)
    table = written.to_arrow().append_column("number", pa.array(["x"] * 5))
    path = tmp_path / "features.parquet"
    pq.write_table(table.select(table.column_names[::-1]), path)
    (piece,) = read(path)
    assert piece.names == FEATURE_NAMES
    assert np.array_equal(piece.values, written.values, equal_nan=True)


def test_whole_numbers_and_columns_of_nothing_are_taken(tmp_path: Path):
    table = random_snapshots(3).to_arrow()
    table = column(table, "history_days", pa.array([1, 2, 3], pa.int32()))
    table = column(table, "external_score", pa.nulls(3))
    path = tmp_path / "features.parquet"
    pq.write_table(table, path)
    (piece,) = read(path)
    assert piece.column("history_days").tolist() == [1, 2, 3]
    assert np.isnan(piece.column("external_score")).all()


REFUSED: dict[str, tuple[Change, str]] = {
    "a missing column": (
        lambda t: t.rename_columns({"tenure_days": "tenure_dais"}),
        "lack the column tenure_days; rename tenure_dais",
    ),
    "no row": (lambda t: t.slice(0, 0), "hold no row"),
    "no customer": (lambda t: value(t, "customer_id", 2, None), "nothing for customer_id in row 3"),
    "an empty id": (lambda t: value(t, "customer_id", 1, ""), "nothing for customer_id in row 2"),
    "no day": (lambda t: value(t, "as_of", 3, None), "nothing for as_of in row 4"),
    "no number": (
        lambda t: value(t, "tenure_days", 1, float("nan")),
        "'nan' for tenure_days in row 2. Features are finite numbers; leave empty",
    ),
    "infinity": (lambda t: value(t, "exposure", 4, float("inf")), "'inf' for exposure in row 5"),
    "the same twice": (
        lambda t: pa.concat_tables([t, t.slice(1, 1)]),
        r"two rows of r1 as of 2025-06-30 \(2 and 6\)",
    ),
    "text": (
        lambda t: column(t, "exposure", pa.array(["1", "", None, "much", "2"])),
        "'much' for exposure in row 4",
    ),
    "a day for a number": (
        lambda t: column(t, "exposure", t.column("as_of")),
        "have in exposure the type DATE",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", REFUSED)
def test_what_cannot_be_graded_is_refused_with_its_row(tmp_path: Path, fault: str):
    change, told = REFUSED[fault]
    path = tmp_path / "features.parquet"
    pq.write_table(change(random_snapshots(5).to_arrow()), path)
    with pytest.raises(LedgerError, match=told):
        read(path)


def test_a_csv_is_refused_as_a_parquet_file_is(tmp_path: Path):
    table = random_snapshots(5).to_arrow()
    table = column(table, "exposure", pc.cast(table.column("exposure"), pa.string()))
    path = tmp_path / "features.csv"
    write_table(path, value(table, "exposure", 3, "inf"))
    with pytest.raises(LedgerError, match="'inf' for exposure in row 4"):
        read(path)
    write_table(path, value(random_snapshots(5).to_arrow(), "customer_id", 0, None))
    with pytest.raises(LedgerError, match="nothing for customer_id in row 1"):
        read(path)


def test_a_file_that_cannot_be_read_is_the_callers_fault(tmp_path: Path):
    path = tmp_path / "features.parquet"
    with pytest.raises(UsageError, match=r"do not exist. Give a file with customer_id, as_of, .*…"):
        read(path)
    path.write_bytes(b"no parquet")
    with pytest.raises(UsageError, match="cannot be read"):
        read(path)
    with pytest.raises(UsageError, match="neither .parquet nor .csv"):
        read(tmp_path / "features.json")
