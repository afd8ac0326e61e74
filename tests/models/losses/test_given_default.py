"""Loss given default: in the probability's definition, as known on a day, with prior and floor."""

from datetime import date
from pathlib import Path

import pytest

from models.bundle import Bundle
from models.losses.given_default import LossGivenDefault
from models.losses.words import lgd_texts
from tests.drawn import invoice, payment, write_ledger
from tests.models.bundles import POLICY
from tests.models.losses.books import D, bad_debt, facts_of, recovery, with_loss

BARE = with_loss(prior_defaults=0.0, floor=0.0)  # the ledger's own figures and nothing else
LOST = invoice("I1", "2023-01-01", "2023-02-01", 1000)
CURED = invoice("I2", "2023-01-01", "2023-02-01", 3000, customer_id="c2")
CURE = payment("P2", "2023-06-30", 3000, customer_id="c2", invoice_id="I2")
DEBT = bad_debt("B1", "2023-06-01", 1000)


def lgd_of(folder: Path, bundle: Bundle, **given) -> LossGivenDefault:
    return facts_of(folder, bundle, **{"policy": BARE, **given}).lgd


def ledger(folder: Path, **more) -> Path:
    tables = {"invoices": [LOST, CURED], "payments": [CURE], "bad_debts": [DEBT]} | more
    return write_ledger(folder / "l", **tables)


def test_a_default_that_was_paid_after_all_counts_with_no_loss(
    tmp_path: Path, bundle: Bundle
) -> None:
    found = lgd_of(ledger(tmp_path), bundle)
    assert (found.defaults, found.complete, found.paid) == (2, 2, 1)
    assert found.lost_by_amount == found.by_amount == found.estimate == 0.25
    assert found.lost_by_default == 0.5


def test_the_definition_is_that_of_the_probability(tmp_path: Path, bundle: Bundle) -> None:
    found = lgd_of(ledger(tmp_path), bundle, default_on=("bad_debt",))
    assert (found.defaults, found.paid, found.estimate) == (1, 0, 1.0)
    assert found.default_on == ("bad_debt",)


def test_events_of_one_default_count_once(tmp_path: Path, bundle: Bundle) -> None:
    suit = {"event_id": "E1", "customer_id": "c1", "filed_on": "2023-03-01", "kind": "bankruptcy"}
    found = lgd_of(ledger(tmp_path, legal_events=[suit]), bundle)
    assert found.defaults == 2
    assert found.estimate == 0.25


def test_a_default_that_is_neither_paid_nor_given_up_in_time_is_lost(
    tmp_path: Path, bundle: Bundle
) -> None:
    found = lgd_of(ledger(tmp_path, bad_debts=[]), bundle)
    assert found.lost_by_amount == 0.25
    assert found.bad_debts == 0


def test_recoveries_count_within_their_time_and_are_cut_to_the_bad_debt(
    tmp_path: Path, bundle: Bundle
) -> None:
    back = [
        recovery("R1", "B1", "2023-12-01", 200),
        recovery("R2", "B1", "2024-06-02", 500),  # later than 365 days
    ]
    assert lgd_of(ledger(tmp_path / "a", recoveries=back), bundle).severity == 0.8
    much = [recovery("R1", "B1", "2023-12-01", 5000)]
    assert lgd_of(ledger(tmp_path / "b", recoveries=much), bundle).severity == 0.0


def test_recoveries_can_be_discounted_to_the_day_of_the_bad_debt(
    tmp_path: Path, bundle: Bundle
) -> None:
    back = [recovery("R1", "B1", "2024-05-31", 200)]  # 365 days later
    policy = with_loss(prior_defaults=0.0, floor=0.0, discount_rate=0.25)
    found = lgd_of(ledger(tmp_path, recoveries=back), bundle, policy=policy)
    assert found.recovered_by_amount == pytest.approx(0.2 / 1.25)


def test_recent_defaults_and_bad_debts_are_left_out_and_counted(
    tmp_path: Path, bundle: Bundle
) -> None:
    recent = invoice("I3", "2025-01-01", "2025-02-01", 9000, customer_id="c3")
    debt = bad_debt("B3", "2025-06-01", 9000, customer_id="c3")
    folder = ledger(tmp_path, invoices=[LOST, CURED, recent], bad_debts=[DEBT, debt])
    found = lgd_of(folder, bundle)
    assert (found.defaults, found.complete) == (3, 2)
    assert (found.bad_debts, found.complete_bad_debts) == (2, 1)
    assert found.estimate == 0.25


def test_the_own_average_is_drawn_towards_the_prior_by_the_number_of_defaults(
    tmp_path: Path, bundle: Bundle
) -> None:
    policy = with_loss(prior=0.4, prior_defaults=6.0, floor=0.0)
    found = lgd_of(ledger(tmp_path), bundle, policy=policy)
    assert found.own_weight == 0.25
    assert found.estimate == pytest.approx(0.25 * 0.25 + 0.75 * 0.4)
    assert not found.floor_applied


def test_the_floor_holds_and_is_told(tmp_path: Path, bundle: Bundle) -> None:
    policy = with_loss(prior_defaults=0.0, floor=0.3)
    found = lgd_of(ledger(tmp_path), bundle, policy=policy)
    assert (found.estimate, found.floor_applied, found.by_amount) == (0.3, True, 0.25)
    told = list(lgd_texts(found, policy.loss))
    assert "under the floor of 30%" in told[-1].en
    assert "取下限30%" in told[-1].zh


def test_without_a_history_the_prior_holds_and_is_told(tmp_path: Path, bundle: Bundle) -> None:
    found = lgd_of(
        write_ledger(tmp_path / "l", invoices=[invoice("I1", "2025-06-01", "2025-07-01", 5)]),
        bundle,
        policy=POLICY,
    )
    assert found.estimate == POLICY.loss.prior == 0.4
    assert (found.by_amount, found.own_weight, found.complete) == (None, 0.0, 0)
    told = " ".join(text.en for text in lgd_texts(found, POLICY.loss))
    assert "no history of its own: the policy's prior of 40% holds" in told


def test_a_small_remainder_is_no_default(tmp_path: Path, bundle: Bundle) -> None:
    small = invoice("I1", "2023-01-01", "2023-02-01", 99)
    found = lgd_of(write_ledger(tmp_path / "l", invoices=[small]), bundle)
    assert found.defaults == 0


def test_a_balance_given_up_before_the_default_says_nothing_of_its_loss(
    tmp_path: Path, bundle: Bundle
) -> None:
    early = bad_debt("B1", "2023-03-01", 1000)  # before the ninetieth day past due
    found = lgd_of(ledger(tmp_path, bad_debts=[early]), bundle, default_on=("days_past_due",))
    assert (found.defaults, found.complete, found.without_balance) == (2, 1, 1)


def test_nothing_that_became_known_later_counts(tmp_path: Path, bundle: Bundle) -> None:
    later = {
        "payments": [CURE, payment("P1", "2023-05-01", 1000, invoice_id="I1",
                                   known_on="2025-07-01")],
        "bad_debts": [DEBT, bad_debt("B1", "2023-06-01", 10, known_on="2025-07-01"),
                      bad_debt("B2", "2023-06-02", 50, known_on="2025-07-02")],
        "recoveries": [recovery("R1", "B1", "2023-07-01", 400, known_on="2025-07-03")],
        "legal_events": [{"event_id": "E", "customer_id": "c2", "filed_on": "2023-01-10",
                          "kind": "bankruptcy", "known_on": "2025-07-04"}],
    }  # fmt: skip
    before = facts_of(ledger(tmp_path / "a", legal_events=[], recoveries=[]), bundle)
    told_late = ledger(tmp_path / "b", **later)
    assert facts_of(told_late, bundle) == before
    assert facts_of(told_late, bundle, date(2025, 7, 5)).lgd != before.lgd
    assert before.as_of == D
