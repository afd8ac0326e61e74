"""A ledger that breaks a rule is refused whole, and the message tells where and the mend."""

import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import LedgerError
from features.ledger.open import open_ledger
from tests.features.ledger.raw import plain, write_tables


def refusal(folder: Path, **tables: pa.Table | None) -> str:
    """Return what is said when a ledger is refused, after checking the kind of error."""
    with pytest.raises(LedgerError) as caught, open_ledger(write_tables(folder, **tables)):
        pass
    assert caught.value.exit_code == 3
    return str(caught.value)


def invoices(**columns: Any) -> dict[str, pa.Table]:
    return {"invoices": plain("invoices", **columns)}


FAULTS: dict[str, tuple[dict[str, pa.Table], str]] = {
    "due before issued": (
        invoices(due_on=[date(2024, 12, 31), date(2025, 2, 1)]),
        r"Table invoices, column due_on: .*due before it is issued in 1 row\(s\) — "
        r"row 1 of \S+ \(i1\): 2024-12-31\. Correct due_on or issued_on\.",
    ),
    "an amount that is not a number": (
        invoices(amount=[float("nan"), 1.0]),
        r"Table invoices, column amount: .*not a finite.*row 1 of \S+ \(i1\): nan\. Write the num",
    ),
    "an infinite amount": (
        invoices(amount=[1.0, float("-inf")]),
        r"column amount: .*not a finite number.*row 2 of \S+ \(i2\): -inf",
    ),
    "an amount beyond 10^15": (
        invoices(amount=[1, -(10**15) - 1]),
        r"Table invoices, column amount: .*beyond 10\^15.*"
        r"row 2 of \S+ \(i2\): -1000000000000001\. Check",
    ),
    "an issue day before 1990": (
        invoices(issued_on=[date(1989, 12, 31), date(2025, 1, 2)]),
        r"column issued_on: .*outside 1990-01-01 to .*"
        r"row 1 of \S+ \(i1\): 1989-12-31\. Correct the date",
    ),
    "a due day far ahead": (
        invoices(due_on=[date(2025, 1, 31), date(2999, 1, 1)]),
        r"column due_on: .*lies outside 1990-01-01 to .*row 2 of \S+ \(i2\): 2999-01-01",
    ),
    "a known day far ahead": (
        invoices(known_on=[None, date(2999, 1, 1)]),
        r"Table invoices, column known_on: .*row 2 of \S+ \(i2\): 2999-01-01",
    ),
    "a company registered before 1850": (
        {"customers": plain("customers", registered_on=[date(1849, 12, 31), None])},
        r"Table customers, column registered_on: .*1850-01-01.*row 1 of \S+ \(c1\): 1849-12-31",
    ),
    "a time of day": (
        invoices(issued_on=[datetime(2025, 1, 1, 8, 30), datetime(2025, 1, 2)]),  # noqa: DTZ001
        r"column issued_on: .*carries a time of day.*"
        r"row 1 of \S+ \(i1\): 2025-01-01 08:30:00\. Store",
    ),
    "an id that is too long": (
        invoices(invoice_id=["i" * 129, "i2"]),
        r"column invoice_id: .*not an identifier of 1 to 128 chara.*"
        r"row 1 of \S+ \(i{37}…\).*Shorten",
    ),
    "an id with a NUL": (
        invoices(invoice_id=["i\0x", "i2"]),
        r"column invoice_id: .*without NUL in 1 row\(s\) — row 1 of \S+ \(i\\0x\)",
    ),
    "an empty id": (
        invoices(order_id=["", None]),
        r"Table invoices, column order_id: .*not an identifier .* in 1 row\(s\) — "
        r"row 1 of \S+ \(i1\): \.",
    ),
    "a required value that is empty": (
        invoices(amount=pa.array([None, 2], pa.int64())),
        r"column amount: .*empty but required in 1 row\(s\) — "
        r"row 1 of \S+ \(i1\): \(empty\)\. Fill it",
    ),
    "a required column that is all empty": (
        invoices(customer_id=pa.nulls(2)),
        r"Table invoices, column customer_id: .*empty but required in 2 row\(s\)",
    ),
    "an unknown code word": (
        {"legal_events": plain("legal_events", kind=["parking ticket"])},
        r"Table legal_events, column kind: .*not a known word.*"
        r"row 1 of \S+ \(e1\): parking ticket\. "
        r"Use one of lawsuit, judgment, enforcement, dishonest, bankruptcy\.",
    ),
    "a status outside the words": (
        {"orders": plain("orders", status=["lost"])},
        r"Table orders, column status: .*Use one of open, fulfilled, cancelled, returned\.",
    ),
    "a score outside 0 to 100": (
        {"external_scores": plain("external_scores", score=[100.5])},
        r"Table external_scores, column score: .*not a score from 0 to 100.*100\.5\. Bring",
    ),
    "a rate of zero": (
        {"fx_rates": plain("fx_rates", rate=[0.0])},
        r"Table fx_rates, column rate: .*not a rate above zero.*row 1 of \S+ \(USD\): 0\.0",
    ),
    "an unknown customer": (
        {"payments": plain("payments", customer_id=["c9"])},
        r"Table payments, column customer_id: 1 row\(s\) name a customer that the table customers "
        r"does not have — row 1 of payments.parquet: c9\. Add the customer, or correct the id\.",
    ),
    "one id twice with one known day": (
        invoices(invoice_id=["i1", "i1"], issued_on=[date(2025, 1, 1)] * 2),
        r"Table invoices, column invoice_id: the same id and known_on stand in 2 rows with "
        r"different content — row 1 of invoices.parquet \(i1\): known on 2025-01-01; "
        r"row 2 of invoices.parquet \(i1\): known on 2025-01-01\. Give the correction a later",
    ),
    "one key of several columns twice": (
        {"fx_rates": pa.concat_tables([plain("fx_rates"), plain("fx_rates", rate=[7.5])])},
        r"Table fx_rates, column currency: the same id and known_on stand in 2 rows",
    ),
    "a type that cannot be money": (
        invoices(amount=["100", "200"]),
        r"Table invoices, column amount: the file \S+ holds VARCHAR, w"
        r"hich cannot be an amount in 2 "
        r"row\(s\) — row 1: 100; row 2: 200\. Store",
    ),
    "a number for an id": (
        invoices(invoice_id=[611365, 2]),
        r"Table invoices, column invoice_id: .*BIGINT.* Store identifiers as text, so that leading",
    ),
    "a number for a date": (
        invoices(issued_on=[20250101, 20250102]),
        r"column issued_on: the file \S+ holds BIGINT.*Store it as a date",
    ),
    "a time with a zone": (
        invoices(issued_on=pa.array([0, 0], pa.timestamp("us", "UTC"))),
        r"column issued_on: the file \S+ holds TIMESTAMP WITH TIME ZONE.*without a time zone",
    ),
}


@pytest.mark.parametrize(("tables", "told"), FAULTS.values(), ids=FAULTS)
def test_a_broken_rule_names_table_column_rows_and_mend(
    tmp_path: Path, tables: dict[str, pa.Table], told: str
) -> None:
    assert re.search(told, refusal(tmp_path, **tables))


@pytest.mark.parametrize("table", ["customers", "invoices", "payments"])
def test_a_missing_table_is_named(tmp_path: Path, table: str) -> None:
    told = refusal(tmp_path, **{table: None})
    assert f"lacks the table {table}. Add {table}.parquet, or a folder {table}/" in told


def test_a_missing_column_lists_the_near_names(tmp_path: Path) -> None:
    table = plain("invoices").rename_columns(
        ["invoice_id", "customer_id", "issue_on", "due_on", "amount"]
    )
    told = refusal(tmp_path, invoices=table)
    assert "Table invoices lacks the required column issued_on in invoices.parquet." in told
    assert "Near names in the file: issue_on" in told


def test_a_missing_column_without_near_names_lists_none(tmp_path: Path) -> None:
    told = refusal(tmp_path, customers=pa.table({"x": ["c1"]}))
    assert told == (
        "Table customers lacks the required column customer_id in customers.parquet. "
        "Rename or add the column."
    )


def test_a_folder_that_is_not_there_is_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="There is no ledger at .*nothing. Give the folder"):
        with open_ledger(tmp_path / "nothing"):
            pass


def test_a_file_in_place_of_the_folder_is_no_ledger(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("")
    with pytest.raises(LedgerError, match="There is no ledger at"):
        with open_ledger(tmp_path / "ledger"):
            pass


def test_a_table_that_stands_twice_is_refused(tmp_path: Path) -> None:
    folder = write_tables(tmp_path)
    (folder / "payments").mkdir()
    pq.write_table(plain("payments"), folder / "payments" / "a.parquet")
    told = refusal(folder)
    assert "The table payments stands twice" in told
    assert "Keep one of them." in told


@pytest.mark.parametrize("kept", [0, 3, 400])
def test_a_truncated_file_is_named(tmp_path: Path, kept: int) -> None:
    path = write_tables(tmp_path) / "payments.parquet"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(LedgerError, match=r"payments.parquet is not a readable Parquet file"):
        with open_ledger(tmp_path):
            pass


def test_a_file_damaged_inside_is_named(tmp_path: Path) -> None:
    table = plain("invoices", invoice_id=["i1", "i2"])
    path = write_tables(tmp_path, invoices=table) / "invoices.parquet"
    content = bytearray(path.read_bytes())
    content[4:200] = b"\xff" * 196
    path.write_bytes(bytes(content))
    with pytest.raises(LedgerError, match="Table invoices, column invoice_id: the rows cannot"):
        with open_ledger(tmp_path):
            pass


def test_all_broken_rules_are_told_at_once(tmp_path: Path) -> None:
    told = refusal(
        tmp_path,
        **invoices(amount=[float("nan"), 1.0], due_on=[date(2024, 1, 1), date(2025, 2, 1)]),
        payments=plain("payments", paid_on=[date(1980, 1, 1)]),
    )
    assert [line.split(":")[0] for line in told.splitlines()] == [
        "Table invoices, column amount",
        "Table invoices, column due_on",
        "Table payments, column paid_on",
    ]


def test_the_first_five_rows_stand_for_all(tmp_path: Path) -> None:
    n = 40
    table = pa.table(
        {
            "payment_id": [f"p{k}" for k in range(n)],
            "customer_id": ["c1"] * n,
            "paid_on": [date(2025, 1, 1)] * n,
            "amount": np.full(n, np.nan),
        }
    )
    told = refusal(tmp_path, payments=table)
    assert "in 40 row(s)" in told
    assert [f"row {k} " in told for k in (1, 5, 6)] == [True, True, False]


def test_money_as_decimal_beyond_the_bound_is_refused(tmp_path: Path) -> None:
    amount = pa.array([Decimal("1000000000000001.00"), Decimal("1")], pa.decimal128(20, 2))
    assert "beyond 10^15" in refusal(tmp_path, **invoices(amount=amount))


def test_every_file_of_a_table_must_have_a_fitting_type(tmp_path: Path) -> None:
    folder = write_tables(tmp_path, payments=None)
    (folder / "payments").mkdir()
    pq.write_table(plain("payments"), folder / "payments" / "a.parquet")
    pq.write_table(plain("payments", amount=["100"]), folder / "payments" / "b.parquet")
    told = refusal(folder, payments=None)
    assert "Table payments, column amount: the file b.parquet holds VARCHAR" in told


def test_of_several_files_the_one_with_the_bad_row_is_named(tmp_path: Path) -> None:
    folder = write_tables(tmp_path, invoices=None)
    (folder / "invoices").mkdir()
    pq.write_table(plain("invoices"), folder / "invoices" / "part-0.parquet")
    bad = plain("invoices", invoice_id=["i3", "i4"], amount=[1.0, 1e16])
    pq.write_table(bad, folder / "invoices" / "part-1.parquet")
    told = refusal(folder, invoices=None)
    assert "in 1 row(s) — row 2 of part-1.parquet (i4): 1e+16" in told
    strange = plain("invoices", invoice_id=["i3", "i4"], customer_id=["nobody", "c1"])
    pq.write_table(strange, folder / "invoices" / "part-1.parquet")
    assert "row 1 of part-1.parquet: nobody" in refusal(folder, invoices=None)


def test_a_file_may_have_columns_called_as_duckdbs_own(tmp_path: Path) -> None:
    own = dict.fromkeys(("file_row_number", "filename", "file_index"), [7, 7])
    with open_ledger(write_tables(tmp_path, **invoices(**own))) as opened:
        assert opened.has("invoices")
    told = refusal(tmp_path, **invoices(**own, amount=[1e16, 1.0]))
    assert "beyond 10^15 in 1 row(s) — a row of invoices.parquet (i1)" in told
