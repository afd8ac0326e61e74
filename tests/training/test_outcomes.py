from datetime import date, timedelta

import pytest

from features.ledger.open import open_ledger
from tests.drawn import invoice, payment, write_ledger
from training.outcomes import default_events, defaulted_within, in_default_unknown

DAY = date(2025, 5, 1)  # ninety days after DUE
DUE = "2025-01-31"
LATER = invoice("later", "2025-12-01", "2025-12-31", 10, customer_id="c2")  # the ledger goes on
OWED = invoice("I1", "2025-01-01", DUE, 5000)


def events_of(folder, criterion, **tables):
    tables["invoices"] = [*tables.get("invoices", ()), LATER]
    with open_ledger(write_ledger(folder / "ledger", **tables)) as ledger:
        return default_events(ledger, (criterion,))


def told(events):
    return [(event.customer_id, event.day, event.known_on) for event in events]


DRAWN = {
    "bad_debt": {
        "bad_debts": [{"bad_debt_id": "B1", "customer_id": "c1", "recognised_on": str(DAY)}]
    },
    "bankruptcy": {
        "legal_events": [
            {"event_id": "E1", "customer_id": "c1", "filed_on": str(DAY), "kind": "bankruptcy"}
        ]
    },
    "days_past_due": {"invoices": [OWED]},
}


@pytest.mark.parametrize("criterion", DRAWN)
def test_each_criterion_gives_its_day(tmp_path, criterion):
    assert told(events_of(tmp_path, criterion, **DRAWN[criterion])) == [("c1", DAY, DAY)]


@pytest.mark.parametrize("criterion", DRAWN)
def test_each_criterion_is_blind_to_the_others(tmp_path, criterion):
    for other in set(DRAWN) - {criterion}:
        assert events_of(tmp_path / other, criterion, **DRAWN[other]) == ()


@pytest.mark.parametrize("criterion", DRAWN)
@pytest.mark.parametrize(
    ("days_before", "defaulted"),
    [(0, False), (1, True), (180, True), (181, False), (-1, False)],
    ids=["on the as-of date", "the day after", "on the last day", "a day too late", "before"],
)
def test_default_counts_after_the_as_of_date_and_to_the_end_of_the_horizon(
    tmp_path, criterion, days_before, defaulted
):
    events = events_of(tmp_path, criterion, **DRAWN[criterion])

    as_of = DAY - timedelta(days=days_before)
    found = defaulted_within(events, ["c1", "c2"], as_of=as_of, horizon_days=180)

    assert found.tolist() == [defaulted, False]


def test_no_table_and_no_rows_give_no_default(tmp_path):
    for criterion in DRAWN:
        assert events_of(tmp_path / criterion, criterion) == ()


@pytest.mark.parametrize("kind", ["lawsuit", "judgment", "enforcement", "dishonest"])
def test_only_a_bankruptcy_is_a_default_in_court(tmp_path, kind):
    event = {"event_id": "E1", "customer_id": "c1", "filed_on": str(DAY), "kind": kind}

    assert events_of(tmp_path, "bankruptcy", legal_events=[event]) == ()


@pytest.mark.parametrize(("owed", "defaults"), [("100.00", 0), ("100.01", 1)])
def test_owed_amount_must_exceed_the_absolute_floor(tmp_path, owed, defaults):
    drawn = [invoice("I1", "2025-01-01", DUE, owed)]

    assert len(events_of(tmp_path, "days_past_due", invoices=drawn)) == defaults


@pytest.mark.parametrize(("owed", "defaults"), [(200, 0), (300, 1)])
def test_owed_amount_must_exceed_its_share_of_the_exposure(tmp_path, owed, defaults):
    large = invoice("I2", "2025-04-01", "2025-06-30", 20_000)
    drawn = [invoice("I1", "2025-01-01", DUE, owed), large]
    paid = payment("P2", "2025-06-30", 20_000, invoice_id="I2")

    events = events_of(tmp_path, "days_past_due", invoices=drawn, payments=[paid])

    assert len(events) == defaults


def test_what_was_paid_off_before_the_ninetieth_day_does_not_count_towards_the_floor(tmp_path):
    paid = payment("P1", "2025-04-30", 4950, invoice_id="I1")

    assert events_of(tmp_path, "days_past_due", invoices=[OWED], payments=[paid]) == ()


@pytest.mark.parametrize(("paid_on", "defaults"), [("2025-05-01", 0), ("2025-05-02", 1)])
def test_payment_on_the_ninetieth_day_is_in_time(tmp_path, paid_on, defaults):
    paid = payment("P1", paid_on, 5000, invoice_id="I1")

    events = events_of(tmp_path, "days_past_due", invoices=[OWED], payments=[paid])

    assert len(events) == defaults


def test_invoice_that_reaches_ninety_days_after_the_ledger_ends_is_no_default(tmp_path):
    late = invoice("I1", "2025-09-01", "2025-09-30", 5000)

    assert events_of(tmp_path, "days_past_due", invoices=[late]) == ()


def test_payment_that_was_told_late_still_settles(tmp_path):
    paid = payment("P1", "2025-04-01", 5000, invoice_id="I1", known_on="2025-09-01")

    assert events_of(tmp_path, "days_past_due", invoices=[OWED], payments=[paid]) == ()


def test_invoice_that_was_withdrawn_later_is_no_default(tmp_path):
    withdrawn = OWED | {"amount": "0", "known_on": "2025-08-01"}

    assert events_of(tmp_path, "days_past_due", invoices=[OWED, withdrawn]) == ()


def test_invoice_whose_due_date_was_corrected_counts_by_the_last_word(tmp_path):
    corrected = OWED | {"due_on": "2025-03-31", "known_on": "2025-02-15"}

    events = events_of(tmp_path, "days_past_due", invoices=[OWED, corrected])

    assert told(events) == [("c1", date(2025, 6, 29), date(2025, 6, 29))]


def test_invoice_told_late_is_a_default_of_its_day_known_when_told(tmp_path):
    late = OWED | {"known_on": "2025-07-01"}

    events = events_of(tmp_path, "days_past_due", invoices=[late])

    assert told(events) == [("c1", DAY, date(2025, 7, 1))]


def test_invoice_told_late_is_measured_against_the_exposure_of_the_day_it_was_told(tmp_path):
    late = invoice("I1", "2025-01-01", DUE, 200, known_on="2025-07-01")
    large = invoice("I2", "2025-06-01", "2025-08-30", 20_000)
    paid = payment("P2", "2025-08-30", 20_000, invoice_id="I2")

    assert events_of(tmp_path, "days_past_due", invoices=[late, large], payments=[paid]) == ()


def test_payment_that_bounced_is_a_default_from_the_day_it_bounced(tmp_path):
    moves = [
        payment("P1", "2025-02-10", 5000, invoice_id="I1"),
        payment("P2", "2025-06-15", -5000, invoice_id="I1"),
    ]

    events = events_of(tmp_path, "days_past_due", invoices=[OWED], payments=moves)

    assert told(events) == [("c1", date(2025, 6, 15), date(2025, 6, 15))]


def test_bad_debt_corrected_to_another_day_counts_by_the_last_word(tmp_path):
    first = DRAWN["bad_debt"]["bad_debts"][0]
    corrected = first | {"recognised_on": "2025-06-01", "known_on": "2025-07-01"}

    events = events_of(tmp_path, "bad_debt", bad_debts=[first, corrected])

    assert told(events) == [("c1", date(2025, 6, 1), date(2025, 6, 1))]


def test_bad_debt_corrected_to_nothing_was_withdrawn(tmp_path):
    first = DRAWN["bad_debt"]["bad_debts"][0] | {"amount": "700.00"}
    withdrawn = first | {"amount": "0.00", "known_on": "2025-07-01"}

    assert events_of(tmp_path, "bad_debt", bad_debts=[first, withdrawn]) == ()


def test_bad_debt_that_was_another_customers_is_known_since_the_correction(tmp_path):
    first = DRAWN["bad_debt"]["bad_debts"][0] | {"customer_id": "c2"}
    corrected = first | {"customer_id": "c1", "known_on": "2025-07-01"}

    events = events_of(tmp_path, "bad_debt", bad_debts=[first, corrected])

    assert told(events) == [("c1", DAY, date(2025, 7, 1))]


def test_lawsuit_corrected_to_a_bankruptcy_is_known_since_the_correction(tmp_path):
    first = DRAWN["bankruptcy"]["legal_events"][0] | {"kind": "lawsuit"}
    corrected = first | {"kind": "bankruptcy", "known_on": "2025-07-01"}

    events = events_of(tmp_path, "bankruptcy", legal_events=[first, corrected])

    assert told(events) == [("c1", DAY, date(2025, 7, 1))]


@pytest.mark.parametrize(
    ("as_of", "unknown"),
    [("2025-04-30", False), ("2025-05-01", True), ("2025-06-30", True), ("2025-07-01", False)],
)
def test_default_is_unknown_from_its_day_until_it_is_told(tmp_path, as_of, unknown):
    late = DRAWN["bad_debt"]["bad_debts"][0] | {"known_on": "2025-07-01"}
    events = events_of(tmp_path, "bad_debt", bad_debts=[late])

    found = in_default_unknown(events, ["c1", "c2"], as_of=date.fromisoformat(as_of))

    assert found.tolist() == [unknown, False]


def test_events_of_several_criteria_stand_side_by_side(tmp_path):
    folder = write_ledger(
        tmp_path / "ledger",
        invoices=[OWED, LATER],
        bad_debts=[{"bad_debt_id": "B1", "customer_id": "c1", "recognised_on": "2025-06-30"}],
    )

    with open_ledger(folder) as ledger:
        events = default_events(ledger, ("bad_debt", "days_past_due"))

    assert [event.day for event in events] == [DAY, date(2025, 6, 30)]
