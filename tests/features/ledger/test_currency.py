"""One currency per ledger: what is converted, at which rate, and what lacks one."""

from pathlib import Path

import pytest

from features.errors import LedgerError
from features.ledger.open import open_ledger
from tests.drawn import Rows, features_of, invoice, payment, write_ledger

JAN = ("2025-01-10", "2025-01-31")
HOME = invoice("H", *JAN, 50, customer_id="c2", currency="CNY")
USD = [
    {"currency": "USD", "published_on": "2025-01-01", "rate": 7.0},
    {"currency": "USD", "published_on": "2025-01-08", "rate": 7.2},
    {"currency": "USD", "published_on": "2025-01-20", "rate": 9.0},
]


def amounts(folder: Path, table: str = "invoices", **tables: Rows) -> list[int]:
    """Return minor units in the order of the ids, versions of one id by their known day."""
    with open_ledger(write_ledger(folder, **tables)) as ledger:
        key = {"invoices": "invoice_id", "orders": "order_id", "payments": "payment_id"}[table]
        found = ledger.connection.execute(
            f"SELECT amount FROM led_{table} ORDER BY {key}, row_from"
        ).fetchall()
    return [amount for (amount,) in found]


def test_an_invoice_takes_the_last_rate_published_by_its_day(tmp_path: Path) -> None:
    rows = [HOME, invoice("I", *JAN, 100, currency="USD")]
    assert amounts(tmp_path, invoices=rows, fx_rates=USD) == [5_000, 72_000]


def test_a_rate_known_later_is_not_used(tmp_path: Path) -> None:
    late = [USD[0], USD[1] | {"known_on": "2025-01-11"}]
    rows = [HOME, invoice("I", *JAN, 100, currency="USD")]
    assert amounts(tmp_path, invoices=rows, fx_rates=late) == [5_000, 70_000]


def test_an_invoice_known_late_takes_the_rate_known_by_then(tmp_path: Path) -> None:
    late = [USD[0], USD[1] | {"known_on": "2025-01-11"}]
    rows = [HOME, invoice("I", *JAN, 100, currency="USD", known_on="2025-01-11")]
    assert amounts(tmp_path, invoices=rows, fx_rates=late) == [5_000, 72_000]


def test_a_corrected_rate_does_not_reach_back(tmp_path: Path) -> None:
    rates = [USD[1], USD[1] | {"rate": 5.0, "known_on": "2025-02-01"}]
    rows = [HOME, invoice("I", *JAN, 100, currency="USD")]
    assert amounts(tmp_path, invoices=rows, fx_rates=rates) == [5_000, 72_000]


def test_conversion_is_rounded_half_even(tmp_path: Path) -> None:
    rates = [{"currency": "JPY", "published_on": "2025-01-01", "rate": 0.5}]
    rows = [HOME] + [invoice(f"I{k}", *JAN, f"0.0{k}", currency="JPY") for k in (1, 3, 5)]
    assert amounts(tmp_path, invoices=rows, fx_rates=rates) == [5_000, 0, 2, 2]


def test_orders_are_converted_by_their_own_day(tmp_path: Path) -> None:
    order = {"order_id": "O", "customer_id": "c1", "ordered_on": "2025-01-05", "amount": "10"}
    orders = [order | {"currency": "USD"}]
    assert amounts(tmp_path, "orders", invoices=[HOME], orders=orders, fx_rates=USD) == [7_000]


def test_a_payment_takes_the_rate_of_its_invoice(tmp_path: Path) -> None:
    features = features_of(
        write_ledger(
            tmp_path,
            invoices=[HOME, invoice("I", *JAN, 100, currency="USD")],
            payments=[payment("P", "2025-01-25", 100, invoice_id="I")],
            fx_rates=USD,
        ),
        "2025-01-31",
    )
    assert features["payment_amount_30d"] == 720
    assert features["open_balance"] == 0


def test_a_payment_without_invoice_is_in_the_ledgers_currency(tmp_path: Path) -> None:
    rows = [HOME, invoice("I", *JAN, 100, currency="USD")]
    pay = [payment("P", "2025-01-25", 100)]
    assert amounts(tmp_path, "payments", invoices=rows, payments=pay, fx_rates=USD) == [10_000]


def test_an_advance_is_converted_once_its_invoice_is_known(tmp_path: Path) -> None:
    folder = write_ledger(
        tmp_path,
        invoices=[HOME, invoice("I", *JAN, 100, currency="USD", known_on="2025-01-15")],
        payments=[payment("P", "2025-01-05", 100, invoice_id="I")],
        fx_rates=USD,
    )
    assert features_of(folder, "2025-01-14")["payment_amount_30d"] == 100
    assert features_of(folder, "2025-01-15")["payment_amount_30d"] == 720


def test_a_payment_follows_a_correction_of_its_invoices_currency(tmp_path: Path) -> None:
    first = invoice("I", *JAN, 100, currency="CNY")
    folder = write_ledger(
        tmp_path,
        invoices=[HOME, first, first | {"currency": "USD", "known_on": "2025-02-10"}],
        payments=[payment("P", "2025-01-25", 100, invoice_id="I")],
        fx_rates=USD,
    )
    before, after = features_of(folder, "2025-02-09"), features_of(folder, "2025-02-10")
    assert (before["invoice_amount_90d"], before["payment_amount_90d"]) == (100, 100)
    assert (after["invoice_amount_90d"], after["payment_amount_90d"]) == (720, 720)
    assert (before["open_balance"], after["open_balance"]) == (0, 0)


def test_a_credit_note_takes_the_rate_of_the_invoice_it_names(tmp_path: Path) -> None:
    credit = invoice("K", "2025-01-25", "2025-01-25", -100, currency="USD", credits_invoice_id="I")
    folder = write_ledger(
        tmp_path,
        invoices=[HOME, invoice("I", *JAN, 100, currency="USD"), credit],
        fx_rates=USD,
    )
    features = features_of(folder, "2025-02-28")
    assert (features["open_balance"], features["open_overdue_count"]) == (0, 0)
    assert features["invoice_amount_90d"] == 0


def test_a_credit_note_in_another_currency_takes_its_own_rate(tmp_path: Path) -> None:
    credit = invoice("K", "2025-01-25", "2025-01-25", -10, credits_invoice_id="I")
    folder = write_ledger(
        tmp_path,
        invoices=[HOME, invoice("I", *JAN, 100, currency="USD"), credit],
        fx_rates=USD,
    )
    assert features_of(folder, "2025-02-28")["open_balance"] == 710


def test_a_missing_rate_names_currency_and_date(tmp_path: Path) -> None:
    rows = [HOME, invoice("I", "2025-01-10", "2025-01-31", 100, currency="EUR")]
    with pytest.raises(LedgerError) as caught:
        amounts(tmp_path, invoices=rows, fx_rates=USD)
    assert str(caught.value) == (
        "Table invoices, column currency: 1 row(s) in EUR have no rate to CNY, the first on "
        "2025-01-10 — row 2 of invoices.parquet (I). Add a row to fx_rates for EUR published and "
        "known by 2025-01-10."
    )


def test_a_rate_published_after_the_first_invoice_is_missing_for_it(tmp_path: Path) -> None:
    rows = [HOME, invoice("I", "2024-12-31", "2025-01-31", 100, currency="USD")]
    with pytest.raises(LedgerError, match="in USD have no rate to CNY, the first on 2024-12-31"):
        amounts(tmp_path, invoices=rows, fx_rates=USD)


def test_an_order_without_rate_is_named_as_an_order(tmp_path: Path) -> None:
    order = {"order_id": "O", "customer_id": "c1", "ordered_on": "2025-01-05", "amount": "10"}
    with pytest.raises(LedgerError, match="Table orders, column currency: 1 row.* in USD"):
        amounts(tmp_path, invoices=[HOME], orders=[order | {"currency": "USD"}])


def test_a_single_foreign_currency_needs_no_rate(tmp_path: Path) -> None:
    rows = [invoice("I1", *JAN, 100, currency="USD"), invoice("I2", *JAN, 100)]
    with open_ledger(write_ledger(tmp_path, invoices=rows)) as ledger:
        assert ledger.currency == "USD"
        found = ledger.connection.execute("SELECT sum(amount) FROM led_invoices").fetchall()
        assert found == [(20_000,)]


def test_a_ledger_that_names_no_currency_is_in_the_policys(tmp_path: Path) -> None:
    folder = write_ledger(tmp_path, invoices=[invoice("I", *JAN, 100)])
    with open_ledger(folder, ledger_currency="EUR") as ledger:
        assert ledger.currency == "EUR"


def test_an_empty_currency_beside_several_is_the_ledgers(tmp_path: Path) -> None:
    rows = [HOME, invoice("I1", *JAN, 100, currency="USD"), invoice("I2", *JAN, 100)]
    assert amounts(tmp_path, invoices=rows, fx_rates=USD) == [5_000, 72_000, 10_000]


def test_several_currencies_convert_to_the_one_asked_for(tmp_path: Path) -> None:
    rates = [{"currency": "CNY", "published_on": "2025-01-01", "rate": 0.14}]
    rows = [HOME, invoice("I", *JAN, 100, currency="USD")]
    folder = write_ledger(tmp_path, invoices=rows, fx_rates=rates)
    with open_ledger(folder, ledger_currency="USD") as ledger:
        found = ledger.connection.execute(
            "SELECT amount FROM led_invoices ORDER BY invoice_id"
        ).fetchall()
    assert found == [(700,), (10_000,)]
