"""What a ledger may look like: layouts, types, what is rounded, what is absent or empty."""

import shutil
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import LedgerError
from features.ledger.open import EPOCH, open_ledger
from features.ledger.tables import TABLES
from tests.features.ledger.raw import LATEST, opened, plain, rows, write_tables

DAY = (date(2025, 1, 1) - EPOCH).days


def in_folders(folder: Path) -> Path:
    """Move each table's file into a folder of its own."""
    for path in list(folder.glob("*.parquet")):
        (folder / path.stem).mkdir()
        shutil.move(path, folder / path.stem / "part-0.parquet")
    return folder


def test_both_layouts_hold_the_same_facts(tmp_path: Path) -> None:
    with opened(tmp_path / "files") as one:
        first, mark = rows(one, "invoices", "*"), one.fingerprint
    with open_ledger(in_folders(write_tables(tmp_path / "folders"))) as other:
        assert rows(other, "invoices", "*") == first
        assert other.fingerprint == mark


def test_a_table_may_lie_in_several_files_of_differing_types(tmp_path: Path) -> None:
    folder = write_tables(tmp_path, invoices=None)
    (folder / "invoices").mkdir()
    for number, amount in enumerate([[100, 200], [10.55, 7.0], pa.nulls(2, pa.int8())]):
        table = plain("invoices", invoice_id=[f"i{number}1", f"i{number}2"], amount=amount)
        if number == 2:
            table = table.set_column(4, "amount", pa.array([Decimal("0.01"), Decimal("3")]))
        pq.write_table(table, folder / "invoices" / f"{number}.parquet")
    with open_ledger(folder) as ledger:
        assert [a for _, a in rows(ledger, "invoices", "invoice_id", "amount")] == [
            10_000, 20_000, 1_055, 700, 1, 300,
        ]  # fmt: skip


def test_one_file_may_lack_an_optional_column(tmp_path: Path) -> None:
    folder = write_tables(tmp_path, payments=None)
    (folder / "payments").mkdir()
    pq.write_table(plain("payments"), folder / "payments" / "a.parquet")
    named = plain("payments", payment_id=["p2"], invoice_id=["i1"])
    pq.write_table(named, folder / "payments" / "b.parquet")
    with open_ledger(folder) as ledger:
        found = rows(ledger, "payments", "payment_id", "invoice_id")
        assert found == [("p1", None), ("p2", "i1")]


MONEY: dict[str, tuple[Any, list[int]]] = {
    "integers": ([100, -2], [10_000, -200]),
    "small integers": (pa.array([100, -2], pa.int8()), [10_000, -200]),
    "unsigned integers": (pa.array([100, 2], pa.uint64()), [10_000, 200]),
    "floats": ([100.1, 0.29], [10_010, 29]),
    "short floats": (pa.array([100.25, 1234.5], pa.float32()), [10_025, 123_450]),
    "decimals": ([Decimal("100.10"), Decimal("0.29")], [10_010, 29]),
    "wide decimals": (
        pa.array([Decimal("100.1"), Decimal("1e15")], pa.decimal128(38, 10)),
        [10_010, 10**17],
    ),
    "whole decimals": (pa.array([Decimal("7"), Decimal("8")], pa.decimal128(5, 0)), [700, 800]),
    "the largest": ([10**15, -(10**15)], [10**17, -(10**17)]),
}


@pytest.mark.parametrize(("amounts", "minor"), MONEY.values(), ids=MONEY)
def test_numbers_become_minor_units(tmp_path: Path, amounts: Any, minor: list[int]) -> None:
    with opened(tmp_path, invoices=plain("invoices", amount=amounts)) as ledger:
        assert [a for _, a in rows(ledger, "invoices", "invoice_id", "amount")] == minor
        assert ledger.rounded == {}


TIES = ["10.005", "10.015", "10.0251", "-10.025"]
EVEN = [1_000, 1_002, 1_003, -1_002]


@pytest.mark.parametrize(
    "amounts",
    [[float(t) for t in TIES], pa.array([Decimal(t) for t in TIES], pa.decimal128(12, 4))],
    ids=["floats", "decimals"],
)
def test_more_than_two_places_are_rounded_half_even_and_counted(
    tmp_path: Path, amounts: Any
) -> None:
    table = pa.table(
        {
            "payment_id": ["p1", "p2", "p3", "p4"],
            "customer_id": ["c1"] * 4,
            "paid_on": [date(2025, 1, 1)] * 4,
            "amount": amounts,
        }
    )
    limits = plain("customers", credit_limit=[Decimal("5.001"), Decimal("6.00")])
    with opened(tmp_path, payments=table, customers=limits) as ledger:
        assert [a for _, a in rows(ledger, "payments", "payment_id", "amount")] == EVEN
        assert ledger.rounded == {"payments": {"amount": 4}, "customers": {"credit_limit": 1}}


def test_scores_keep_four_places(tmp_path: Path) -> None:
    table = plain("external_scores", score=[Decimal("70.123449")])
    with opened(tmp_path, external_scores=table) as ledger:
        assert rows(ledger, "external_scores", "score") == [(701_234,)]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_timestamp_at_midnight_is_a_date(tmp_path: Path, unit: str) -> None:
    stamps = pa.array(
        [datetime(2025, 1, 1), datetime(2025, 1, 2)],  # noqa: DTZ001 - no zone is the point
        pa.timestamp(unit),
    )
    with opened(tmp_path, invoices=plain("invoices", issued_on=stamps)) as ledger:
        assert rows(ledger, "invoices", "issued_on") == [(DAY,), (DAY + 1,)]


def test_columns_of_the_null_type_count_as_absent(tmp_path: Path) -> None:
    invoices = plain(
        "invoices", disputed_on=pa.nulls(2), currency=pa.nulls(2), order_id=pa.nulls(2)
    )
    customers = plain("customers", credit_limit=pa.nulls(2), customer_since=pa.nulls(2))
    legal = plain("legal_events", amount=pa.nulls(1), closed_on=pa.nulls(1))
    with opened(tmp_path, invoices=invoices, customers=customers, legal_events=legal) as ledger:
        assert rows(ledger, "invoices", "disputed_on", "currency") == [(None, None)] * 2
        assert rows(ledger, "customers", "credit_limit") == [(None,)] * 2
        assert rows(ledger, "legal_events", "amount", "closed_on") == [(None, None)]


def test_extra_columns_are_ignored(tmp_path: Path) -> None:
    table = plain("invoices", row_from=["x", "y"], colour=[1, 2])
    with opened(tmp_path, invoices=table) as ledger:
        assert rows(ledger, "invoices", "invoice_id", "row_from") == [("i1", DAY), ("i2", DAY + 1)]


def test_empty_tables_are_present_and_absent_ones_are_not(tmp_path: Path) -> None:
    empty = {name: plain(name).slice(0, 0) for name in ("customers", "invoices", "payments")}
    with opened(tmp_path, **empty, legal_events=plain("legal_events").slice(0, 0)) as ledger:
        assert [ledger.has(t) for t in ("invoices", "legal_events", "orders")] == [
            True,
            True,
            False,
        ]
        assert ledger.first_day is None
        assert ledger.last_day is None
        assert rows(ledger, "orders", "*") == []


def test_every_table_that_is_absent_is_read_as_empty(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        for name, table in TABLES.items():
            assert len(
                rows(ledger, name, *(c.name for c in table.columns if c.name != "known_on"))
            ) == ({"customers": 2, "invoices": 2, "payments": 1}.get(name, 0))


def test_an_id_keeps_its_zeros_and_may_have_128_characters(tmp_path: Path) -> None:
    longest = "长" * 128
    customers = pa.table({"customer_id": ["0000611365", longest]})
    invoices = plain("invoices", customer_id=["0000611365", longest])
    payments = plain("payments", customer_id=["0000611365"])
    with opened(tmp_path, customers=customers, invoices=invoices, payments=payments) as ledger:
        assert rows(ledger, "customers", "customer_id") == [("0000611365",), (longest,)]


def test_a_company_may_be_registered_from_1850(tmp_path: Path) -> None:
    table = plain("customers", registered_on=[date(1850, 1, 1), None])
    with opened(tmp_path, customers=table) as ledger:
        assert rows(ledger, "customers", "registered_on")[0] == ((date(1850, 1, 1) - EPOCH).days,)


def test_an_event_may_lie_five_years_beyond_the_latest_as_of_date(tmp_path: Path) -> None:
    folder = write_tables(
        tmp_path, invoices=plain("invoices", due_on=[date(2104, 12, 31), date(2025, 2, 1)])
    )
    with open_ledger(folder, latest=date(2099, 12, 31)) as ledger:
        assert ledger.last_day == date(2025, 1, 20)


def test_an_open_end_may_lie_beyond_every_ledger(tmp_path: Path) -> None:
    table = plain("guarantees", valid_to=[date(9999, 12, 31)])
    with opened(tmp_path, guarantees=table) as ledger:
        assert len(rows(ledger, "guarantees", "valid_to")) == 1


def test_identical_rows_count_once(tmp_path: Path) -> None:
    twice = pa.concat_tables([plain("payments", known_on=[date(2025, 1, 20)])] * 2)
    with opened(tmp_path, payments=twice) as ledger:
        assert len(rows(ledger, "payments", "*")) == 1


def test_rows_that_differ_in_an_ignored_column_only_are_identical(tmp_path: Path) -> None:
    twice = pa.concat_tables([plain("payments", note=["a"]), plain("payments", note=["b"])])
    with opened(tmp_path, payments=twice) as ledger:
        assert len(rows(ledger, "payments", "*")) == 1


def test_a_known_day_that_is_empty_falls_back_to_the_rows_own(tmp_path: Path) -> None:
    twice = pa.concat_tables(
        [
            plain("payments", known_on=pa.nulls(1, pa.date32())),
            plain("payments", known_on=[date(2025, 1, 20)]),
        ]
    )
    with opened(tmp_path, payments=twice) as ledger:
        assert rows(ledger, "payments", "row_from") == [((date(2025, 1, 20) - EPOCH).days,)]


def test_a_later_known_row_of_an_id_supersedes_the_earlier(tmp_path: Path) -> None:
    days = [date(2025, 1, 20), date(2025, 2, 1), date(2025, 3, 1)]
    amounts = [100, 90, 80]
    versions = [
        plain("payments", known_on=[day], amount=[amount])
        for day, amount in zip(days, amounts, strict=True)
    ]
    with opened(
        tmp_path, payments=pa.concat_tables([versions[2], versions[0], versions[1]])
    ) as led:
        found = rows(led, "payments", "row_from", "row_to", "amount")
    numbers = [(day - EPOCH).days for day in days]
    assert found == [
        (numbers[0], numbers[1], 10_000),
        (numbers[1], numbers[2], 9_000),
        (numbers[2], 2_000_000, 8_000),
    ]


def test_a_score_without_source_can_be_corrected(tmp_path: Path) -> None:
    first = plain("external_scores", known_on=[date(2025, 1, 1)])
    second = plain("external_scores", known_on=[date(2025, 2, 1)], score=[40.0])
    with opened(tmp_path, external_scores=pa.concat_tables([first, second])) as ledger:
        found = rows(ledger, "external_scores", "row_from", "row_to", "score")
    assert [(b, s) for _, b, s in found] == [
        ((date(2025, 2, 1) - EPOCH).days, 705_000),
        (2_000_000, 400_000),
    ]


def test_a_recovery_may_name_a_bad_debt_that_is_not_there(tmp_path: Path) -> None:
    with opened(tmp_path, recoveries=plain("recoveries")) as ledger:
        assert rows(ledger, "recoveries", "bad_debt_id") == [("nowhere",)]


def test_a_score_may_name_a_customer_that_is_not_there(tmp_path: Path) -> None:
    with opened(tmp_path, external_scores=plain("external_scores", subject_id=["c9"])) as ledger:
        assert rows(ledger, "external_scores", "subject_id") == [("c9",)]


def test_a_payment_before_its_invoice_is_no_error(tmp_path: Path) -> None:
    table = plain("payments", paid_on=[date(2024, 6, 1)], invoice_id=["i1"])
    with opened(tmp_path, payments=table) as ledger:
        assert rows(ledger, "payments", "paid_on") == [((date(2024, 6, 1) - EPOCH).days,)]


def test_a_folder_name_with_signs_of_a_pattern_is_read_as_it_is(tmp_path: Path) -> None:
    write_tables(tmp_path / "book1", invoices=plain("invoices", amount=[1, 1]))
    with opened(tmp_path / "book[1]") as ledger:
        assert rows(ledger, "invoices", "amount") == [(10_000,), (20_000,)]
    with opened(tmp_path / "the seller's") as ledger:
        assert ledger.currency == "CNY"


def test_the_days_of_a_ledger_are_those_of_its_events(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        assert (ledger.first_day, ledger.last_day) == (date(2025, 1, 1), date(2025, 1, 20))


def test_the_fingerprint_follows_the_content(tmp_path: Path) -> None:
    with opened(tmp_path / "a") as one, opened(tmp_path / "b") as same:
        assert one.fingerprint == same.fingerprint
    with opened(tmp_path / "c", payments=plain("payments", amount=[101])) as other:
        assert other.fingerprint != one.fingerprint


def test_latest_is_no_bound_below_today(tmp_path: Path) -> None:
    with open_ledger(write_tables(tmp_path), latest=date(2000, 1, 1)) as ledger:
        assert ledger.last_day is not None
        assert ledger.last_day < LATEST


def test_a_column_without_any_value_is_absent_whatever_its_type(tmp_path: Path) -> None:
    """A column of nothing but NaN is written as floats by the common tools."""
    nothing = pa.nulls(2, pa.float64())
    invoices = plain("invoices", known_on=nothing, order_id=nothing, disputed_on=nothing)
    with opened(tmp_path, invoices=invoices) as ledger:
        assert rows(ledger, "invoices", "order_id", "disputed_on") == [(None, None)] * 2


def test_a_column_of_a_wrong_type_is_shown_by_its_first_values(tmp_path: Path) -> None:
    invoices = plain("invoices", disputed_on=pa.array([None, 7.5]))
    with (
        pytest.raises(LedgerError, match=r"column disputed_on: .*DOUBLE.* a date .* — row 2: 7\.5"),
        opened(tmp_path, invoices=invoices),
    ):
        pass


def test_a_folder_that_looks_like_a_partition_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "currency=USD" / "amount=5" / "ledger"
    with opened(folder) as ledger, opened(tmp_path / "plain") as same:
        assert ledger.currency == same.currency
        assert rows(ledger, "invoices", "amount") == rows(same, "invoices", "amount")


def test_rows_of_the_future_are_no_observation(tmp_path: Path) -> None:
    from datetime import UTC, datetime, timedelta

    soon = (datetime.now(UTC) + timedelta(days=200)).date()
    payments = plain("payments", paid_on=pa.array([soon], pa.date32()))
    with opened(tmp_path, payments=payments) as ledger:
        assert ledger.last_day is not None
        assert ledger.last_day < soon
        assert ledger.notes() == ["payments: 1 rows are dated in the future and wait for it"]


def test_an_empty_optional_table_is_present_whatever_its_types(tmp_path: Path) -> None:
    names = ("order_id", "customer_id", "ordered_on", "amount")
    nothing = pa.table({name: pa.array([], pa.float64()) for name in names})
    with opened(tmp_path, orders=nothing) as ledger:
        assert ledger.has("orders")
