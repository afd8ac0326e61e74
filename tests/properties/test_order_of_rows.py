"""The order in which rows stand in the files, and how many files there are, change no feature."""

import random
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.ledger.open import open_ledger
from features.snapshot import snapshots
from tests.drawn import write_ledger
from tests.properties.ledgers import Tables, days, ledgers

CUSTOMERS = ["c1", "c2", "c3"]


def features_of(folder: Path, chosen: list[str]) -> np.ndarray:
    as_of = np.repeat(np.array(chosen, dtype="datetime64[D]"), len(CUSTOMERS))
    with open_ledger(folder) as ledger:
        return snapshots(ledger, (CUSTOMERS * len(chosen), as_of)).values


def in_two_files(folder: Path) -> Path:
    """Split every table of a ledger into a folder of two files, the second half first."""
    for file in list(folder.glob("*.parquet")):
        table = pq.read_table(file)
        file.unlink()
        (folder / file.stem).mkdir()
        half = len(table) // 2
        pq.write_table(table.slice(half), folder / file.stem / "a.parquet")
        pq.write_table(table.slice(0, half), folder / file.stem / "b.parquet")
    return folder


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    tables=ledgers(),
    chosen=st.lists(days, min_size=1, max_size=3, unique=True),
    seed=st.integers(0, 2**31),
)
def test_the_order_of_rows_and_files_changes_nothing(
    tables: Tables, chosen: list[str], seed: int
) -> None:
    mixed = {name: random.Random(seed).sample(rows, len(rows)) for name, rows in tables.items()}  # noqa: S311
    with tempfile.TemporaryDirectory() as folder:
        first = features_of(write_ledger(Path(folder) / "first", **tables), chosen)
        again = in_two_files(write_ledger(Path(folder) / "again", **mixed))
        np.testing.assert_array_equal(features_of(again, chosen), first)
