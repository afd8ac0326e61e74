from datetime import date

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from features.errors import LedgerError, UsageError
from features.ledger.open import open_ledger
from tests.drawn import invoice, write_ledger
from training.given import given_rows

LEDGER = {
    "customers": [{"customer_id": c} for c in ("0001", "c1", "c2", "c3")],
    "invoices": [invoice("I1", "2025-01-02", "2025-02-01", 1000)],
}
PAIRS = {
    "customer_id": ["c2", "c1", "0001"],
    "as_of": [date(2025, 3, 31), date(2025, 3, 31), date(2025, 1, 31)],
    "defaulted": [True, False, True],
}


@pytest.fixture
def read(tmp_path):
    """Return a function that reads outcomes, given as a table or as a file."""

    def rows(table=None, *, path=None, suffix=".parquet"):
        path = path or tmp_path / f"outcomes{suffix}"
        if isinstance(table, str):
            path.write_text(table, encoding="utf-8")
        elif table is not None:
            write = pq.write_table if suffix == ".parquet" else pc.write_csv
            write(pa.table(table), path)
        with open_ledger(write_ledger(tmp_path / "ledger", **LEDGER)) as ledger:
            return given_rows(ledger, path)

    return rows


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_file_fixes_the_rows_by_day_and_customer(read, suffix):
    rows = read(PAIRS, suffix=suffix)

    assert rows.snapshots.customer_ids == ("0001", "c1", "c2")
    assert rows.snapshots.as_of.astype(str).tolist() == ["2025-01-31", "2025-03-31", "2025-03-31"]
    assert rows.defaulted.tolist() == [True, False, True]
    assert rows.snapshots.column("open_overdue_count").tolist() == [0, 1, 0]


def test_nobody_in_the_file_is_left_out(read):
    rows = read(PAIRS)

    assert rows.snapshots.column("is_exposed").tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1, 0, 1]),
        pa.array([1.0, 0.0, 1.0]),
        pa.array(["true", "false", "true"]),
        pa.array(["1", "0", "1"]),
    ],
    ids=["integers", "floats", "words", "digits"],
)
def test_defaulted_may_be_told_in_several_ways(read, column):
    assert read(PAIRS | {"defaulted": column}).defaulted.tolist() == [True, False, True]


def test_midnight_timestamps_are_days(read):
    days = pa.array(PAIRS["as_of"], pa.date32()).cast(pa.timestamp("us"))

    assert str(read(PAIRS | {"as_of": days}).snapshots.as_of[0]) == "2025-01-31"


def test_missing_column_names_the_near_ones(read):
    table = {"customer": ["c1"], "as_of": [date(2025, 1, 31)], "defaulted": [True]}

    with pytest.raises(LedgerError, match="lack the column customer_id; rename customer"):
        read(table)


@pytest.mark.parametrize("defaulted", [pa.array([1, None, 0]), pa.array([1, 2, 0])])
def test_empty_or_unreadable_value_is_refused(read, defaulted):
    with pytest.raises(LedgerError, match=r"unreadable value in row 2 \(c1, 2025-03-31, \?\)"):
        read(PAIRS | {"defaulted": defaulted})


def test_unreadable_date_is_refused(read):
    with pytest.raises(LedgerError, match="as_of a date such as 2025-09-30"):
        read("customer_id,as_of,defaulted\nc1,31.01.2025,1\n", suffix=".csv")


def test_customer_twice_on_a_day_is_refused(read):
    table = {name: [*values, values[0]] for name, values in PAIRS.items()}

    with pytest.raises(LedgerError, match="a customer twice on one day"):
        read(table)


def test_unknown_customer_is_named(read):
    with pytest.raises(LedgerError, match="1 customers that the ledger does not have, such as c9"):
        read(PAIRS | {"customer_id": ["c9", "c1", "c2"]})


def test_no_row_is_refused(read):
    with pytest.raises(LedgerError, match="hold no row"):
        read("customer_id,as_of,defaulted\n", suffix=".csv")


def test_other_suffix_is_refused(read, tmp_path):
    with pytest.raises(UsageError, match=r"neither \.parquet nor \.csv"):
        read(path=tmp_path / "outcomes.xlsx")


def test_absent_file_is_refused(read, tmp_path):
    with pytest.raises(UsageError, match="do not exist"):
        read(path=tmp_path / "nowhere.csv")


def test_file_that_is_no_parquet_is_refused(read):
    with pytest.raises(UsageError, match="cannot be read"):
        read("hello", suffix=".parquet")


@pytest.mark.parametrize("day", ["2025-01-31 15:00", "2025-01-31 00:00:00+08"])
def test_a_time_of_day_or_a_zone_is_refused(read, day):
    with pytest.raises(LedgerError, match="unreadable value in row 1"):
        read(f"customer_id,as_of,defaulted\nc1,{day},1\n", suffix=".csv")
