"""An exported ledger is a ledger: the current facts, to the cent and the day."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import LedgerError, UsageError
from features.ledger.export import export_ledger
from features.ledger.open import open_ledger
from features.ledger.simulate import simulate
from features.snapshot import all_pairs, snapshots
from tests.features.ledger.raw import plain, write_tables

LATE = date(2026, 1, 31)


def test_features_of_today_are_the_same(tmp_path: Path) -> None:
    simulate(60, 24, 3, tmp_path / "ledger")
    found = export_ledger(tmp_path / "ledger", tmp_path / "out")
    with open_ledger(tmp_path / "ledger") as one, open_ledger(tmp_path / "out") as other:
        assert set(found.rows) == set(one.files) == set(other.files)
        pairs = all_pairs(one, [LATE])
        assert pairs[0] == all_pairs(other, [LATE])[0]
        np.testing.assert_array_equal(snapshots(one, pairs).values, snapshots(other, pairs).values)


def test_exporting_an_export_changes_no_byte(tmp_path: Path) -> None:
    simulate(20, 12, 3, tmp_path / "ledger")
    export_ledger(tmp_path / "ledger", tmp_path / "one")
    export_ledger(tmp_path / "one", tmp_path / "two")
    for path in sorted((tmp_path / "one").iterdir()):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_of_a_corrected_row_the_last_version_is_written(tmp_path: Path) -> None:
    corrected = plain(
        "invoices",
        invoice_id=["i1", "i1"],
        customer_id=["c1", "c1"],
        amount=[100, 80],
        known_on=[date(2025, 1, 1), date(2025, 3, 1)],
    )
    found = export_ledger(write_tables(tmp_path / "ledger", invoices=corrected), tmp_path / "out")
    assert found.rows["invoices"] == 1
    (row,) = pq.read_table(tmp_path / "out" / "invoices.parquet").to_pylist()
    assert (row["amount"], row["known_on"]) == (Decimal("80.00"), date(2025, 3, 1))


def test_amounts_are_exact_and_stay_in_their_currency(tmp_path: Path) -> None:
    large = Decimal("900000000000000.01")
    invoices = plain(
        "invoices",
        amount=pa.array([large, Decimal("-0.01")], pa.decimal128(20, 2)),
        currency=["USD", "CNY"],
    )
    rates = plain("fx_rates")
    folder = write_tables(tmp_path / "ledger", invoices=invoices, fx_rates=rates)
    export_ledger(folder, tmp_path / "out")
    rows = pq.read_table(tmp_path / "out" / "invoices.parquet").to_pylist()
    assert [(r["amount"], r["currency"]) for r in rows] == [
        (large, "USD"),
        (Decimal("-0.01"), "CNY"),
    ]


def test_a_table_that_is_absent_stays_absent_and_an_empty_one_empty(tmp_path: Path) -> None:
    empty = plain("orders").slice(0, 0)
    export_ledger(write_tables(tmp_path / "ledger", orders=empty), tmp_path / "out")
    assert sorted(path.stem for path in (tmp_path / "out").iterdir()) == [
        "customers", "invoices", "orders", "payments",
    ]  # fmt: skip
    assert pq.read_table(tmp_path / "out" / "orders.parquet").num_rows == 0


def test_nothing_is_written_over_and_nothing_half(tmp_path: Path) -> None:
    folder = write_tables(tmp_path / "ledger")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("kept")
    with pytest.raises(UsageError, match="stands there already"):
        export_ledger(folder, tmp_path / "out")
    bad = write_tables(tmp_path / "bad", invoices=plain("invoices", amount=[1e16, 1.0]))
    with pytest.raises(LedgerError, match=r"beyond 10\^15"):
        export_ledger(bad, tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad", "ledger", "out"]
