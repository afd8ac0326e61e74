"""The quality of a ledger: what is counted, and that its errors are those of the refusal."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from features.catalogue import FEATURE_NAMES
from features.errors import LedgerError
from features.ledger.checks import Problem
from features.ledger.open import open_ledger
from features.ledger.quality import Quality, ledger_quality
from features.ledger.quality_counts import POINTERS
from features.ledger.tables import TABLES
from features.snapshot import all_pairs, snapshots
from tests.drawn import invoice, payment, write_ledger
from tests.features.ledger.raw import plain, write_tables
from tests.features.ledger.test_refusals import FAULTS

TODAY = date(2025, 12, 31)


def quality(folder: Path, today: date = TODAY) -> Quality:
    return ledger_quality(folder, today=today)


def only(problems: tuple[Problem, ...]) -> Problem:
    """Return the one problem there is."""
    assert len(problems) == 1, problems
    return problems[0]


def refusal(folder: Path) -> str:
    with pytest.raises(LedgerError) as caught, open_ledger(folder):
        pass
    return str(caught.value)


@pytest.mark.parametrize("tables", [tables for tables, _ in FAULTS.values()], ids=FAULTS)
def test_errors_are_told_in_the_words_of_the_refusal(
    tmp_path: Path, tables: dict[str, pa.Table]
) -> None:
    told = refusal(write_tables(tmp_path, **tables))
    found = ledger_quality(tmp_path)
    assert "\n".join(problem.message for problem in found.errors) == told
    assert all(f"{problem.rows} row" in problem.message for problem in found.errors)
    assert {problem.table for problem in found.errors} == set(tables)
    assert set(found.unknown_shares.values()) == {None}


def test_errors_of_every_stage_are_counted_at_once(tmp_path: Path) -> None:
    write_tables(
        tmp_path,
        payments=plain("payments", amount=[float("nan")]),
        orders=plain("orders", customer_id=["c9"]),
        invoices=plain("invoices", invoice_id=["i1", "i1"], issued_on=[date(2025, 1, 1)] * 2),
    )
    assert {(p.table, p.column, p.rows) for p in quality(tmp_path).errors} == {
        ("payments", "amount", 1),
        ("orders", "customer_id", 1),
        ("invoices", "invoice_id", 2),
    }


def test_broken_customers_make_no_stranger_of_anybody(tmp_path: Path) -> None:
    write_tables(tmp_path, customers=plain("customers", customer_id=["", "c2"]))
    found = quality(tmp_path)
    assert only(found.errors).table == "customers"
    assert (found.customers, found.without_history) == (None, None)
    assert [table.rows for table in found.tables] == [2, 2, 1]


@pytest.mark.parametrize("table", ["invoices", "orders"])
def test_a_missing_rate_is_an_error_of_its_rows(tmp_path: Path, table: str) -> None:
    if table == "invoices":
        tables = {"invoices": plain("invoices", currency=["USD", "CNY"])}
    else:
        two = pa.concat_tables([plain("orders"), plain("orders", order_id=["o2"])])
        orders = two.append_column("currency", pa.array(["USD", "USD"]))
        tables = {"orders": orders, "invoices": plain("invoices", currency=["CNY", "CNY"])}
    told = refusal(write_tables(tmp_path, **tables))
    found = quality(tmp_path)
    rows = {"invoices": 1, "orders": 2}[table]
    assert only(found.errors) == Problem(table, "currency", rows, told)
    assert found.currency is None
    assert found.currencies["USD"] == rows


def test_a_broken_table_of_rates_is_told_and_not_the_rates_it_lacks(tmp_path: Path) -> None:
    write_tables(
        tmp_path,
        invoices=plain("invoices", currency=["USD", "CNY"]),
        fx_rates=plain("fx_rates", rate=[0.0]),
    )
    found = quality(tmp_path)
    assert (only(found.errors).table, only(found.errors).column) == ("fx_rates", "rate")
    assert found.currency is None


def test_tables_tell_their_rows_and_the_span_of_their_own_dates(tmp_path: Path) -> None:
    write_tables(tmp_path, orders=plain("orders").slice(0, 0), fx_rates=plain("fx_rates"))
    told = [(t.name, t.rows, t.first, t.last) for t in quality(tmp_path).tables]
    assert told == [
        ("customers", 2, None, None),
        ("orders", 0, None, None),
        ("invoices", 2, date(2025, 1, 1), date(2025, 1, 2)),
        ("payments", 1, date(2025, 1, 20), date(2025, 1, 20)),
        ("fx_rates", 1, date(2025, 1, 1), date(2025, 1, 1)),
    ]


def test_a_year_beyond_the_calendar_is_an_error_and_no_span(tmp_path: Path) -> None:
    far = pa.array([20089, 2**30], pa.int32()).cast(pa.date32())
    write_tables(tmp_path, invoices=plain("invoices", issued_on=far, due_on=far))
    found = quality(tmp_path)
    assert {(p.column, p.rows) for p in found.errors} == {("issued_on", 1), ("due_on", 1)}
    assert found.tables[1].first == found.tables[1].last == date(2025, 1, 1)


def test_late_known_counts_rows_known_after_their_own_date(tmp_path: Path) -> None:
    days = ["2025-01-19", "2025-01-20", "2025-01-21", None]
    write_ledger(
        tmp_path,
        payments=[payment(f"p{k}", "2025-01-20", 1, known_on=day) for k, day in enumerate(days)],
    )
    shares = {table.name: table.late_known_share for table in quality(tmp_path).tables}
    assert shares == {"customers": 0.0, "invoices": None, "payments": 0.25}


def test_copies_are_counted_and_named_apart_from_corrections(tmp_path: Path) -> None:
    twice = payment("p1", "2025-01-20", 1)
    same = payment("p2", "2025-01-20", 1)
    write_ledger(
        tmp_path,
        payments=[twice, twice, twice, same, same | {"known_on": "2025-01-20"}]
        + [payment("p0", "2025-01-20", k, known_on=f"2025-02-0{k}") for k in (1, 2)],
    )
    found = quality(tmp_path)
    problem = only(found.warnings)
    assert (problem.table, problem.column, problem.rows) == ("payments", "payment_id", 3)
    assert "in every column — p1; p2. They count once. Drop the copies." in problem.message
    assert found.corrected == {"customers": 0, "invoices": 0, "payments": 1}
    assert found.tables[-1].rows == 7
    assert found.errors == ()


def test_corrections_are_counted_by_id(tmp_path: Path) -> None:
    drawn = [invoice("i1", "2025-01-01", "2025-01-31", 100 + k) for k in range(3)]
    late = [row | {"known_on": f"2025-02-0{k + 1}"} for k, row in enumerate(drawn)]
    write_ledger(tmp_path, invoices=[*late, invoice("i2", "2025-01-01", "2025-01-31", 5)])
    found = quality(tmp_path)
    assert found.corrected["invoices"] == 1
    assert (found.errors, found.warnings) == ((), ())


SOUND: dict[str, list[dict[str, Any]]] = {
    "customers": [{"customer_id": "c1", "industry": "steel"}],
    "orders": [{"order_id": "o1", "customer_id": "c1", "ordered_on": "2025-01-01", "amount": 9}],
    "invoices": [
        invoice("i1", "2025-01-01", "2025-01-31", 100, order_id="o1"),
        invoice("i2", "2025-02-01", "2025-02-28", -1, credits_invoice_id="i1"),
    ],
    "payments": [payment("p1", "2025-01-20", 50, invoice_id="i1"), payment("p2", "2025-01-20", 5)],
    "external_scores": [
        {"subject": s, "subject_id": n, "published_on": "2025-01-01", "score": 70}
        for s, n in (("customer", "c1"), ("industry", "unheard"))
    ],
    "bad_debts": [
        {"bad_debt_id": "b1", "customer_id": "c1", "recognised_on": "2025-09-01",
         "invoice_id": "i1"},
    ],
    "recoveries": [
        {"recovery_id": "r1", "bad_debt_id": "b1", "recovered_on": "2025-10-01", "amount": 5}
    ],
}  # fmt: skip


def test_ids_that_stand_somewhere_are_no_problem(tmp_path: Path) -> None:
    found = quality(write_ledger(tmp_path, **SOUND))
    assert (found.errors, found.warnings) == ((), ())


@pytest.mark.parametrize("pointer", POINTERS, ids=lambda p: f"{p.table}.{p.column}")
def test_a_row_that_names_something_absent_is_a_warning(tmp_path: Path, pointer: Any) -> None:
    rows = SOUND[pointer.table]
    named = next(k for k, row in enumerate(rows) if row.get(pointer.column))
    lost = rows[named] | {pointer.column: "nowhere"}
    tables = SOUND | {pointer.table: [*rows[:named], lost, *rows[named + 1 :]]}
    found = quality(write_ledger(tmp_path, **tables))
    problem = only(found.warnings)
    assert (problem.table, problem.column, problem.rows) == (pointer.table, pointer.column, 1)
    told = f"1 row(s) name what the table {pointer.target} does not have — row {named + 1} of "
    assert f"{told}{pointer.table}.parquet: nowhere" in problem.message
    assert problem.message.endswith(f"; {pointer.effect}. {pointer.mend}.")
    assert found.errors == ()


def test_a_pointer_into_a_table_that_is_not_there_points_at_nothing(tmp_path: Path) -> None:
    write_tables(tmp_path, recoveries=plain("recoveries"))
    problem = only(quality(tmp_path).warnings)
    told = (
        "the table bad_debts would have; the ledger lacks it — row 1 of recoveries.parquet: nowhere"
    )
    assert told in problem.message


def test_a_pointer_into_a_broken_table_is_not_judged(tmp_path: Path) -> None:
    write_tables(
        tmp_path,
        invoices=plain("invoices", amount=[float("nan"), 1.0]),
        payments=plain("payments", invoice_id=["nowhere"]),
    )
    assert quality(tmp_path).warnings == ()


def test_dates_of_the_future_are_warnings_and_those_beyond_belief_errors(tmp_path: Path) -> None:
    tomorrow, never = "2026-01-01", "2031-06-01"
    write_ledger(
        tmp_path,
        invoices=[invoice("i1", "2025-12-31", "2026-01-30", 100)],
        payments=[
            payment("p1", "2025-12-31", 1, known_on="2025-12-31"),
            payment("p2", tomorrow, 1),
            payment("p3", "2025-12-30", 1, known_on=tomorrow),
            payment("p4", never, 1),
        ],
        guarantees=[
            {"guarantee_id": "g1", "customer_id": "c1", "amount": 1, "valid_from": tomorrow}
        ],
    )
    found = quality(tmp_path)
    assert [(p.table, p.column, p.rows) for p in found.warnings] == [
        ("payments", "paid_on", 1),
        ("payments", "known_on", 1),
    ]
    assert "1 date(s) lie in the future" in found.warnings[0].message
    assert [(p.column, p.rows) for p in found.errors] == [("paid_on", 1)]
    assert quality(tmp_path, date(2026, 1, 1)).warnings == ()


def test_customers_without_an_invoice_have_no_history(tmp_path: Path) -> None:
    write_ledger(
        tmp_path,
        customers=[{"customer_id": c} for c in ("c1", "c2", "c3")],
        invoices=[invoice("i1", "2025-01-01", "2025-01-31", 100)],
        payments=[payment("p1", "2025-01-02", 1, customer_id="c2")],
    )
    found = quality(tmp_path)
    assert (found.customers, found.without_history) == (3, 2)


def test_currencies_are_counted_before_conversion_splits_rows(tmp_path: Path) -> None:
    codes = [("i1", "USD"), ("i2", "CNY"), ("i3", None)]
    drawn = [invoice(i, "2025-01-01", "2025-01-31", 100, currency=c) for i, c in codes]
    corrected = drawn[0] | {"amount": "90", "known_on": "2025-03-01"}
    write_ledger(
        tmp_path,
        invoices=[*drawn, corrected],
        payments=[payment("p1", "2025-01-02", 100, invoice_id="i1")],
        fx_rates=[{"currency": "USD", "published_on": "2025-01-01", "rate": 7}],
    )
    found = quality(tmp_path)
    assert found.currencies == {"CNY": 1, "USD": 2}
    assert found.currency == "CNY"
    assert found.corrected == {"customers": 0, "invoices": 1, "payments": 0, "fx_rates": 0}
    assert (found.errors, found.warnings) == ((), ())


def test_one_foreign_currency_is_the_ledgers(tmp_path: Path) -> None:
    write_tables(tmp_path, invoices=plain("invoices", currency=["EUR", None]))
    assert quality(tmp_path).currency == "EUR"


def test_rounded_values_are_counted_by_column(tmp_path: Path) -> None:
    write_tables(tmp_path, invoices=plain("invoices", amount=[1.005, 2.25]))
    problem = only(quality(tmp_path).warnings)
    assert (problem.table, problem.column, problem.rows) == ("invoices", "amount", 1)
    assert "1 value(s) have more than two places and are rounded half-even" in problem.message


def test_unknown_shares_are_of_the_customers_known_on_the_last_day(tmp_path: Path) -> None:
    write_ledger(
        tmp_path,
        customers=[
            {"customer_id": "c1"},
            {"customer_id": "c2"},
            {"customer_id": "later", "known_on": "2025-12-30"},
        ],
        invoices=[invoice("i1", "2025-01-01", "2025-01-31", 100)],
        payments=[payment("p1", "2025-02-20", 100)],
    )
    found = quality(tmp_path)
    assert found.last_day == date(2025, 2, 20)
    assert tuple(found.unknown_shares) == FEATURE_NAMES
    assert found.unknown_shares["on_time_rate_90d"] == 0.5
    assert found.unknown_shares["invoice_count_90d"] == 0.0
    assert found.unknown_shares["complaint_count_365d"] == 1.0  # no table of signals


def test_unknown_shares_are_those_of_the_features(seller: Path) -> None:
    found = ledger_quality(seller)
    with open_ledger(seller) as ledger:
        assert found.last_day == ledger.last_day
        assert found.last_day is not None
        values = snapshots(ledger, all_pairs(ledger, [found.last_day])).values
    assert list(found.unknown_shares.values()) == np.isnan(values).mean(axis=0).tolist()
    assert 0 < (found.unknown_shares["supplier_review_365d"] or 0) < 1
    assert {table.name for table in found.tables} == set(TABLES)
    assert found.errors == ()


def test_a_ledger_without_events_has_no_last_day(tmp_path: Path) -> None:
    found = quality(write_ledger(tmp_path, customers=[{"customer_id": "c1"}]))
    assert found.last_day is None
    assert tuple(found.unknown_shares) == FEATURE_NAMES
    assert set(found.unknown_shares.values()) == {None}
    assert (found.customers, found.without_history, found.errors) == (1, 1, ())


def test_a_last_day_before_anybody_is_known_has_no_shares(tmp_path: Path) -> None:
    write_ledger(
        tmp_path,
        customers=[{"customer_id": "c1", "known_on": "2025-12-01"}],
        invoices=[invoice("i1", "2025-01-01", "2025-01-31", 100)],
    )
    found = quality(tmp_path)
    assert found.last_day == date(2025, 1, 1)
    assert set(found.unknown_shares.values()) == {None}


def test_a_folder_that_is_no_ledger_is_an_error_and_no_page(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="There is no ledger at .*nothing"):
        quality(tmp_path / "nothing")


def test_a_table_that_cannot_be_read_is_an_error_among_the_others(tmp_path: Path) -> None:
    write_tables(
        tmp_path,
        customers=plain("customers").rename_columns(["customer"]),
        invoices=plain("invoices", amount=["100", "200"], due_on=[date(2020, 1, 1)] * 2),
        orders=plain("orders", amount=[float("nan")]),
    )
    path = tmp_path / "payments.parquet"
    path.write_bytes(path.read_bytes()[:40])
    found = quality(tmp_path)
    assert [(p.table, p.column, p.rows) for p in found.errors] == [
        ("customers", "customer_id", 2),
        ("invoices", "amount", 2),
        ("payments", "", 0),
        ("orders", "amount", 1),
    ]
    assert found.customers is None
    assert found.warnings == ()
    assert [table.name for table in found.tables] == ["orders"]


def test_an_empty_folder_lacks_every_required_table(tmp_path: Path) -> None:
    told = [problem.message for problem in quality(tmp_path).errors]
    assert [text.partition(". ")[0].rpartition(" ")[2] for text in told] == [
        "customers",
        "invoices",
        "payments",
    ]
