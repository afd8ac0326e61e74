"""Expected losses: the product, what is at risk, sums to the cent, and the provision matrix."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.ledger.open import open_ledger
from features.ledger.simulate import simulate
from features.snapshot import all_pairs, snapshots
from models.bundle import Bundle
from models.losses.ageing import Buckets
from models.losses.expected import LossBook, divided
from models.losses.words import bucket_text, difference_text, history_text, horizon_text
from models.policy.sections import ProvisionSection, Steps
from tests.drawn import invoice, payment, write_ledger
from tests.models.bundles import POLICY, bundle_in, bundle_parts, certain
from tests.models.losses.books import D, bad_debt, losses_of, with_loss

CENTS = Decimal("0.01")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop") / "ledger"
    simulate(60, 24, 3, folder)
    return folder


@pytest.fixture(scope="module")
def shop_losses(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> LossBook:
    bundle = bundle_in(tmp_path_factory.mktemp("b"), bundle_parts(horizon_days=180))
    return losses_of(shop, bundle, date(2025, 12, 31))


def test_sums_agree_to_the_cent(shop_losses: LossBook) -> None:
    book = shop_losses
    total = book.total("expected_loss")
    assert total > 0
    assert sum(cell.expected_loss for cell in book.cells) == total == book.by_model.total
    assert sum(line.outstanding for line in book.by_policy.lines) == book.outstanding
    for line in book.customers:
        assert sum(line.bucket_losses) == line.expected_loss == line.expected_loss.quantize(CENTS)
        told = Decimal(line.default_probability) * line.exposure * Decimal(line.lgd)
        assert abs(told - line.expected_loss) <= CENTS
    for place, code in enumerate(book.facts.buckets.codes):
        of_bucket = [cell for cell in book.cells if cell.bucket == code]
        owed = sum(line.outstanding[place] for line in book.customers)
        assert sum(cell.outstanding for cell in of_bucket) == owed


def test_every_open_invoice_is_outstanding_or_written_off(
    shop: Path, shop_losses: LossBook
) -> None:
    with open_ledger(shop) as ledger:
        found = snapshots(ledger, all_pairs(ledger, [shop_losses.facts.as_of]))
    assert shop_losses.total("written_off") > 0
    for line, balance in zip(shop_losses.customers, found.column("open_balance"), strict=True):
        assert float(sum(line.outstanding) + line.written_off) == pytest.approx(balance, abs=1e-6)


def test_who_is_in_default_has_probability_1(shop: Path, shop_losses: LossBook) -> None:
    with open_ledger(shop) as ledger:
        found = snapshots(ledger, all_pairs(ledger, [shop_losses.facts.as_of]))
    flags = (found.column("in_default") == 1).tolist()
    assert any(flags)
    assert [line.in_default for line in shop_losses.customers] == flags
    for line in shop_losses.customers:
        assert (line.default_probability == 1) == line.in_default


def test_the_loss_is_probability_times_exposure_times_loss_given_default(
    tmp_path: Path, bundle: Bundle
) -> None:
    folder = write_ledger(
        tmp_path / "l",
        invoices=[
            invoice("I1", "2025-06-01", "2025-07-01", 900),
            invoice("I2", "2025-05-01", "2025-06-10", 100.01),
        ],
    )
    book = losses_of(folder, certain(bundle, 0.05))
    (line,) = book.customers
    assert line.exposure == Decimal("1000.01")
    assert line.expected_loss == Decimal("20.00")  # 5 % · 1,000.01 · 40 %
    assert line.bucket_losses == tuple(map(Decimal, ("18.00", "2.00", "0.00", "0.00", "0.00")))


def test_a_guarantee_takes_its_recognised_share_off_the_exposure(
    tmp_path: Path, bundle: Bundle
) -> None:
    guarantee = {"guarantee_id": "G", "customer_id": "c1", "amount": 50_000,
                 "valid_from": "2025-01-01", "valid_to": "2026-01-01"}  # fmt: skip
    owed = invoice("I1", "2025-06-01", "2025-07-01", 125_000)
    folder = write_ledger(tmp_path / "l", invoices=[owed], guarantees=[guarantee])
    assert losses_of(folder, bundle).customers[0].exposure == Decimal("100000.00")
    small = write_ledger(
        tmp_path / "s",
        invoices=[invoice("I1", "2025-06-01", "2025-07-01", 10)],
        guarantees=[guarantee],
    )
    assert losses_of(small, bundle).customers[0].expected_loss == Decimal("0.00")


def test_orders_and_the_unused_limit_count_by_the_policy_alone(
    tmp_path: Path, bundle: Bundle
) -> None:
    folder = write_ledger(
        tmp_path / "l",
        customers=[{"customer_id": "c1", "credit_limit": 1000, "customer_since": "2025-01-01"}],
        orders=[{"order_id": "O1", "customer_id": "c1", "ordered_on": "2025-06-20",
                 "amount": 300, "status": "open"}],
    )  # fmt: skip
    assert losses_of(folder, bundle).customers[0].exposure == Decimal("0.00")
    policy = with_loss(order_share=0.5, undrawn_share=0.1)
    (line,) = losses_of(folder, certain(bundle, 0.5), policy=policy).customers
    assert line.exposure == Decimal("220.00")  # ½ · 300 + 10 % · (1,000 − 300)
    assert line.bucket_losses[0] == line.expected_loss == Decimal("44.00")


def test_the_buckets_begin_on_the_day_after_the_due_date(tmp_path: Path, bundle: Bundle) -> None:
    due = ("2025-06-30", "2025-06-29", "2025-05-31", "2025-05-30", "2025-04-01", "2025-03-31")
    rows = [invoice(f"I{n}", "2025-03-01", day, 10**n) for n, day in enumerate(due)]
    (line,) = losses_of(write_ledger(tmp_path / "l", invoices=rows), bundle).customers
    assert list(map(int, line.outstanding)) == [1, 110, 1000, 10_000, 100_000]


def test_the_policys_rates_give_the_known_provision_exactly(tmp_path: Path, bundle: Bundle) -> None:
    amounts = {"2025-06-10": 7_000_000, "2025-05-15": 4_000_000, "2025-04-15": 2_500_000,
               "2025-03-15": 1_000_000}  # fmt: skip
    rows = [invoice(day, "2025-01-01", day, amount) for day, amount in amounts.items()]
    book = losses_of(write_ledger(tmp_path / "l", invoices=rows), bundle)
    assert book.by_policy.total == Decimal("526500.00")
    assert [str(line.rate) for line in book.by_policy.lines] == [
        "0.003", "0.015", "0.034", "0.071", "0.108",
    ]  # fmt: skip


def test_historical_rates_are_of_what_stood_and_was_lost(tmp_path: Path, bundle: Bundle) -> None:
    rows = [
        invoice("I1", "2024-01-05", "2024-02-10", 1000),
        invoice("I2", "2024-01-05", "2024-02-10", 3000, customer_id="c2"),
    ]
    folder = write_ledger(
        tmp_path / "l",
        invoices=rows,
        payments=[payment("P2", "2024-03-15", 3000, customer_id="c2", invoice_id="I2")],
        bad_debts=[bad_debt("B1", "2024-04-15", 1000)],
    )
    book = losses_of(folder, bundle)
    history = book.facts.history
    assert (history.months, history.left_out) == (6, 12)  # January to June 2024, and since
    shares = [bucket.lost_share for bucket in history.buckets]
    assert shares == [0.25, 0.25, 1.0, None, None]  # not due, then both, then c1 alone
    assert book.by_history.lines[3].amount == Decimal("0.00")  # unknown rate of nothing is nothing
    assert "6 month-ends" in history_text(book, POLICY.loss).en


def test_an_unknown_historical_rate_makes_an_unknown_provision(
    tmp_path: Path, bundle: Bundle
) -> None:
    owed = invoice("I1", "2025-06-01", "2025-07-01", 10)
    book = losses_of(write_ledger(tmp_path / "l", invoices=[owed]), bundle)
    assert book.by_history.lines[0].amount is None
    assert book.by_history.total is None
    assert "no historical rates" in history_text(book, POLICY.loss).en


def test_the_bucket_that_differs_most_is_told(shop_losses: LossBook) -> None:
    told = difference_text(shop_losses)
    pairs = zip(shop_losses.by_model.lines, shop_losses.by_policy.lines, strict=True)
    gaps = {a.code: a.amount - b.amount for a, b in pairs}
    code = max(gaps, key=lambda name: abs(gaps[name]))
    assert f"{bucket_text(code).en} ({gaps[code]:+,.2f})" in told.en
    assert f"{bucket_text(code).zh}（{gaps[code]:+,.2f}）" in told.zh


def test_the_share_that_can_default_within_the_horizon_is_told(
    tmp_path: Path, bundle: Bundle
) -> None:
    rows = [
        invoice("I1", "2025-06-01", "2026-04-01", 250),  # in default on day 365
        invoice("I2", "2025-06-01", "2026-04-02", 750),
    ]
    book = losses_of(write_ledger(tmp_path / "l", invoices=rows), bundle)
    assert book.within_horizon == 0.25
    assert "25.0% of the outstanding" in horizon_text(book).en
    assert "25.0%" in horizon_text(book).zh


def test_buckets_follow_the_policy(tmp_path: Path, bundle: Bundle) -> None:
    policy = with_loss(provision=ProvisionSection(Steps(((0, 0.01), (45, 0.1))), 0.5))
    rows = [invoice("I1", "2025-04-01", "2025-05-16", 100)]
    book = losses_of(write_ledger(tmp_path / "l", invoices=rows), bundle, policy=policy)
    assert Buckets((0, 45)).codes == book.facts.buckets.codes == ("not_due", "1-45", ">45")
    assert book.by_policy.total == Decimal("10.00")


def test_a_book_that_owes_nothing_expects_no_loss(tmp_path: Path, bundle: Bundle) -> None:
    folder = write_ledger(
        tmp_path / "l", customers=[{"customer_id": "c1", "customer_since": "2025-01-01"}]
    )
    book = losses_of(folder, bundle)
    assert book.total("expected_loss") == book.by_policy.total == book.outstanding == 0
    assert book.within_horizon is None
    assert replace(book.facts, as_of=D) == book.facts


@given(
    whole=st.integers(0, 10**15),
    parts=st.lists(st.integers(0, 10**13), min_size=1, max_size=6),
)
def test_a_division_adds_up_and_no_part_is_off_by_a_cent(whole: int, parts: list[int]) -> None:
    shares = divided(whole, parts)
    assert sum(shares) == whole
    if sum(parts):
        for share, part in zip(shares, parts, strict=True):
            assert abs(share * sum(parts) - whole * part) < sum(parts)
