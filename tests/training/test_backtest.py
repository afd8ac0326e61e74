"""A quarter looked back on: its events, the grades held before them, and what they came to."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from features.errors import LedgerError, ModelError, UsageError
from features.ledger.open import Ledger, open_ledger
from features.snapshot import all_pairs
from models.book import Grader, book_of_day
from tests.drawn import invoice, payment, write_ledger
from tests.models.bundles import POLICY, bundle_in, bundle_parts
from training.backtest import Backtest, backtest, quarter_of
from training.backtest_document import (
    EVENT_SCHEMA,
    backtest_document,
    event_rows,
    reason_label,
)
from training.backtest_events import events_between
from training.config import load_config

CONFIG = load_config()
DAY = date(2025, 11, 10)
LAST = date(2026, 1, 20)
TOLD = 0.005  # the probability that the drawn bundle tells of everybody


def monthly(customer: str, months: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return invoices every 30 days from 2023-01-10, each paid on its due date until the last."""
    invoices, payments = [], []
    for number in range(months):
        issued = date(2023, 1, 10) + timedelta(days=30 * number)
        due = issued + timedelta(days=30)
        key = f"{customer}-{number}"
        invoices.append(invoice(key, str(issued), str(due), 60000, customer_id=customer))
        if due <= LAST:
            payments.append(payment(key, str(due), 60000, customer_id=customer))
    return invoices, payments


def bad_debt(number: str, customer: str, day: str, amount: str | None) -> dict[str, Any]:
    return {"bad_debt_id": number, "customer_id": customer, "recognised_on": day, "amount": amount}


def draw(folder: Path) -> Path:
    """Draw five customers that default in November 2025, each with another past.

    ``fine`` always paid; ``listed`` did so too, but was listed as dishonest 120 days before;
    ``before`` was in default already 90 days before; ``gone`` bought nothing for a year; ``new``
    is known since 2025-07-20 and owes its only invoice.
    """
    invoices, payments = [], []
    for customer, months in (("fine", 37), ("listed", 37), ("before", 37), ("gone", 21)):
        more = monthly(customer, months)
        invoices += more[0]
        payments += more[1]
    invoices.append(invoice("n1", "2025-08-01", "2025-08-13", 700, customer_id="new"))
    invoices.append(invoice("n2", "2025-08-02", "2025-08-13", 300, customer_id="new"))
    invoices.append(invoice("last", str(LAST), "2026-02-20", 10, customer_id="other"))
    return write_ledger(
        folder,
        customers=[{"customer_id": "new", "known_on": "2025-07-20"}],
        invoices=invoices,
        payments=payments,
        bad_debts=[
            bad_debt("B1", "fine", str(DAY), "100.50"),
            bad_debt("B2", "fine", str(DAY), "0.25"),
            bad_debt("B3", "listed", str(DAY), None),
            bad_debt("B4", "before", str(DAY), "40"),
            bad_debt("B5", "before", "2025-07-01", "5"),
            bad_debt("B6", "fine", "2025-11-12", "0"),
        ],
        legal_events=[
            {"event_id": "E1", "customer_id": "gone", "filed_on": str(DAY), "kind": "bankruptcy"},
            {
                "event_id": "E2",
                "customer_id": "listed",
                "filed_on": str(DAY - timedelta(days=120)),
                "kind": "dishonest",
            },
        ],
    )


@pytest.fixture(scope="module")
def grader(tmp_path_factory: pytest.TempPathFactory) -> Grader:
    parts = bundle_parts(horizon_days=180, default_probability=TOLD)
    return Grader(bundle_in(tmp_path_factory.mktemp("bundles"), parts), POLICY)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(draw(tmp_path_factory.mktemp("drawn") / "ledger"), latest=LAST) as opened:
        yield opened


@pytest.fixture(scope="module")
def found(ledger: Ledger, grader: Grader) -> Backtest:
    return backtest(ledger, grader, quarter_of("2025Q4"), config=CONFIG, record={})


@pytest.fixture(scope="module")
def document(found: Backtest) -> dict[str, Any]:
    return backtest_document(found)


def by_customer(found: Backtest) -> dict[str, Any]:
    return {traced.event.customer_id: traced for traced in found.events}


def grades_held(traced: Any) -> list[str]:
    """Return the grade, or why there is none, at 90, 180 and 365 days before."""
    return [held.grading.grade if held.grading else held.why_none for held in traced.held.values()]


def test_every_event_of_the_quarter_is_told_once_with_what_was_lost(found):
    told = [(t.event.customer_id, t.event.kind, t.event.day, t.event.amount) for t in found.events]

    assert [(c, k, d, None if a is None else str(a)) for c, k, d, a in told] == [
        ("before", "bad_debt", DAY, "40.00"),
        ("fine", "bad_debt", DAY, "100.75"),  # two on one day are one event
        ("gone", "bankruptcy", DAY, None),
        ("listed", "bad_debt", DAY, None),
        ("new", "days_past_due", DAY + timedelta(days=1), "1000.00"),
    ]


def test_each_customer_held_the_grade_that_was_drawn_or_none_with_its_reason(found):
    held = {customer: grades_held(traced) for customer, traced in by_customer(found).items()}

    assert held == {
        "fine": ["A", "A", "A"],
        "listed": ["D", "A", "A"],
        "before": ["in_default", "A", "A"],
        "gone": ["no_exposure", "no_exposure", "A"],
        "new": ["C", "not_known", "not_known"],
    }


def test_a_verdict_is_that_of_the_grade_at_90_days_with_its_strongest_reason(found):
    told = {c: (traced.verdict, traced.reason) for c, traced in by_customer(found).items()}

    assert told["listed"] == ("warned", "ceiling.dishonest")
    assert told["new"] == ("warned", "provisional.no_history")
    assert told["before"] == told["gone"] == ("not_gradable", None)
    missed = by_customer(found)["fine"]
    assert missed.verdict == "missed"
    points = {reason.code: reason.points for reason in missed.reasons}
    assert points[missed.reason] == max(points.values()) > 0


def test_a_grade_held_is_that_of_the_book_of_its_day_without_prior_grade(ledger, grader, found):
    for traced in found.events:
        for held in traced.held.values():
            if held.grading is not None:
                book = book_of_day(
                    ledger, held.as_of, grader, customer_ids=[traced.event.customer_id]
                )
                assert held.grading == book.gradings[0]


def test_the_summary_counts_by_lag_in_number_share_and_money(document):
    summary = document["summary"]
    lines = {line["days_before"]: line for line in summary["lags"]}

    assert (summary["events"], summary["customers"], summary["amount"]) == (5, 5, "1140.75")
    assert lines[90]["warned"] == {"events": 2, "share": 0.4, "amount": "1000.00"}
    assert lines[90]["missed"] == {"events": 1, "share": 0.2, "amount": "100.75"}
    assert lines[90]["not_gradable"] == {"events": 2, "share": 0.4, "amount": "40.00"}
    assert lines[90]["why_none"] == {"not_known": 0, "no_exposure": 1, "in_default": 1}
    assert lines[180]["missed"]["events"] == 3
    assert lines[365]["missed"]["events"] == 4
    kinds = {kind["kind"]: (kind["events"], kind["amount"]) for kind in summary["kinds"]}
    assert kinds == {
        "bad_debt": (3, "140.75"), "bankruptcy": (1, "0.00"), "days_past_due": (1, "1000.00"),
    }  # fmt: skip
    counted = {line["reason"]: (line["warned"], line["missed"]) for line in summary["reasons"]}
    assert counted["ceiling.dishonest"] == counted["provisional.no_history"] == (1, 0)
    assert sum(warned for warned, _ in counted.values()) == 2
    assert sum(missed for _, missed in counted.values()) == 1


def test_a_customer_that_defaults_often_is_one_among_first_events(tmp_path, grader):
    bad = [bad_debt(f"B{n}", "fine", f"2025-11-{n}", "10") for n in (20, 10, 15)]
    invoices, payments = monthly("fine", 40)
    path = write_ledger(tmp_path / "ledger", invoices=invoices, payments=payments, bad_debts=bad)
    with open_ledger(path, latest=LAST + timedelta(days=60)) as ledger:
        document = backtest_document(
            backtest(ledger, grader, quarter_of("2025Q4"), config=CONFIG, record={})
        )

    assert document["summary"]["events"] == 3
    assert document["summary"]["customers"] == 1
    first = document["summary"]["first_events"][0]
    assert first["missed"] == {"events": 1, "share": 1.0, "amount": "10.00"}


def test_default_rates_stand_beside_the_probability_told_a_horizon_before(ledger, document):
    day = date(2025, 12, 31) - timedelta(days=180)
    lines = {line["grade"]: line for line in document["grades"]}

    assert document["graded_on"] == str(day)
    # fine and listed; before is in default, gone is not exposed, new and other not gradable yet
    assert {"fine", "listed"} < set(all_pairs(ledger, [day])[0])
    assert (lines["A"]["customers"], lines["A"]["defaults"]) == (2, 2)
    assert lines["A"]["default_rate"] == 1.0
    assert lines["A"]["default_probability"] == pytest.approx(TOLD)
    assert lines["D"] == {
        "grade": "D", "customers": 0, "defaults": 0,
        "default_rate": None, "default_probability": None,
    }  # fmt: skip


def test_an_event_outside_the_quarter_is_not_told(ledger, grader):
    found = backtest(ledger, grader, quarter_of("2025Q3"), config=CONFIG, record={})

    assert [(t.event.customer_id, t.event.day) for t in found.events] == [
        ("before", date(2025, 7, 1))
    ]
    assert found.reported


def test_a_quarter_without_event_has_no_share_and_no_reason(ledger, grader):
    found = backtest(ledger, grader, quarter_of("2024Q4"), config=CONFIG, record={})
    document = backtest_document(found)

    assert document["events"] == []
    assert document["summary"]["reasons"] == []
    assert document["summary"]["lags"][0]["missed"] == {
        "events": 0, "share": None, "amount": "0.00",
    }  # fmt: skip
    assert sum(line["customers"] for line in document["grades"]) == 4


def test_only_the_events_of_the_definition_are_told(ledger, grader):
    config = replace(CONFIG, default=replace(CONFIG.default, on=("bankruptcy",)))
    found = backtest(ledger, grader, quarter_of("2025Q4"), config=config, record={})

    assert [traced.event.customer_id for traced in found.events] == ["gone"]


def test_customers_without_exposure_are_graded_where_training_kept_them(ledger, grader):
    config = replace(CONFIG, default=replace(CONFIG.default, keep_unexposed=True))
    found = backtest(ledger, grader, quarter_of("2025Q4"), config=config, record={})

    assert "no_exposure" not in grades_held(by_customer(found)["gone"])


@pytest.mark.parametrize(
    ("drawn", "moves", "told"),
    [
        ({"amount": "5000"}, [("P1", "2025-03-01", 1200)], ("2025-05-01", "3800.00")),
        ({"amount": "5000", "known_on": "2025-05-20"}, [], ("2025-05-01", "5000.00")),
        (
            {"amount": "5000"},
            [("P1", "2025-02-10", 5000), ("P2", "2025-06-15", -4000)],
            ("2025-06-15", "4000.00"),
        ),
    ],
    ids=["paid in part", "told late", "bounced in part"],
)
def test_invoices_past_due_have_the_amount_owed_when_the_ledger_told(tmp_path, drawn, moves, told):
    path = write_ledger(
        tmp_path / "ledger",
        invoices=[
            invoice("I1", "2025-01-01", "2025-01-31", 0) | drawn,
            invoice("I2", "2025-01-02", "2025-03-31", 70),
            invoice("last", "2025-12-01", "2025-12-31", 10, customer_id="c2"),
        ],
        payments=[payment(*move, invoice_id="I1") for move in moves],
    )
    with open_ledger(path) as ledger:
        events = events_between(ledger, ("days_past_due",), date(2025, 4, 1), date(2025, 6, 28))

    assert [(str(event.day), str(event.amount)) for event in events] == [told]


def test_only_invoices_behind_the_event_count_towards_its_amount(tmp_path):
    path = write_ledger(
        tmp_path / "ledger",
        invoices=[
            invoice("I1", "2025-01-01", "2025-01-31", 5000),
            invoice("paid", "2025-01-01", "2025-01-31", 200),
            invoice("older", "2024-12-01", "2025-01-01", 3000),
            invoice("last", "2025-12-01", "2025-12-31", 10, customer_id="c2"),
        ],
        payments=[
            payment("P1", "2025-04-01", 200, invoice_id="paid", known_on="2025-09-01"),
            payment("P2", "2025-05-01", 400, invoice_id="older"),
        ],
    )
    with open_ledger(path) as ledger:
        (event,) = events_between(ledger, ("days_past_due",), date(2025, 4, 2), date(2025, 6, 28))

    assert (str(event.day), str(event.amount)) == ("2025-05-01", "5000.00")


def test_an_event_that_was_told_late_is_of_the_quarter_in_which_it_happened(tmp_path, grader):
    invoices, payments = monthly("late", 40)
    told_late = bad_debt("B1", "late", "2025-07-01", "10") | {"known_on": "2025-10-15"}
    again = bad_debt("B2", "late", "2025-11-10", "20")
    path = write_ledger(
        tmp_path / "ledger", invoices=invoices, payments=payments, bad_debts=[told_late, again]
    )
    with open_ledger(path, latest=LAST + timedelta(days=60)) as ledger:
        third, fourth = (
            backtest(ledger, grader, quarter_of(name), config=CONFIG, record={})
            for name in ("2025Q3", "2025Q4")
        )

    (event,) = (traced.event for traced in third.events)
    assert (event.day, event.known_on) == (date(2025, 7, 1), date(2025, 10, 15))
    (traced,) = fourth.events
    # nobody knew it yet 90 days before, but training would leave the customer out
    assert grades_held(traced) == ["in_default", "A", "A"]


def test_a_reason_counts_that_pushed_towards_the_verdict(found):
    listed, fine = by_customer(found)["listed"], by_customer(found)["fine"]
    down, up = (replace(fine.reasons[0], code=c, points=p) for c, p in (("d", -3.0), ("u", 2.0)))

    assert replace(listed, reasons=(up, down)).reason == "d"
    assert replace(fine, reasons=(down, up)).reason == "u"
    assert replace(fine, reasons=(down,)).reason == "d"
    assert replace(fine, reasons=()).reason is None


def test_more_events_may_follow_until_the_reporting_lag_is_over(found, document):
    assert not found.reported
    assert any("more events" in warning["en"] for warning in document["warnings"])


def test_the_rows_of_a_file_are_the_events_of_the_document(document):
    rows = event_rows(document)

    assert [set(row) for row in rows] == [set(EVENT_SCHEMA.names)] * 5
    listed = next(row for row in rows if row["customer_id"] == "listed")
    assert (listed["grade_90d"], listed["grade_180d"]) == ("D", "A")
    assert next(r for r in rows if r["customer_id"] == "new")["why_none_180d"] == "not_known"


def test_a_reason_has_a_name_in_both_languages_whatever_its_kind():
    assert (
        reason_label("ceiling.dishonest").en
        == "The customer is listed as a dishonest debtor: D at best"
    )
    assert reason_label("external_score").zh != reason_label("external_score").en


@pytest.mark.parametrize(
    "name", ["2025", "2025Q5", "2025q4", "25Q4", "Q42025", "1989Q4", "2025Q4 "]
)
def test_a_quarter_written_otherwise_is_refused(name):
    with pytest.raises(UsageError, match="Write the year, Q and 1 to 4"):
        quarter_of(name)


@pytest.mark.parametrize("name", ["2022Q4", "2023Q1", "2026Q1"])
def test_a_quarter_that_the_ledger_does_not_cover_is_refused(ledger, grader, name):
    with pytest.raises(LedgerError, match=f"does not cover {name}"):
        backtest(ledger, grader, quarter_of(name), config=CONFIG, record={})


def test_a_ledger_without_invoice_is_refused(tmp_path, grader):
    path = write_ledger(tmp_path / "ledger", customers=[{"customer_id": "c1"}])
    with open_ledger(path) as ledger, pytest.raises(LedgerError, match="nothing to look back on"):
        backtest(ledger, grader, quarter_of("2025Q4"), config=CONFIG, record={})


def test_a_policy_without_the_horizon_is_refused_before_the_work(ledger, grader):
    bundle = replace(grader.bundle, horizon_days=181)
    with pytest.raises(ModelError, match="181"):
        backtest(ledger, Grader(bundle, POLICY), quarter_of("2025Q4"), config=CONFIG, record={})


@pytest.mark.parametrize(
    ("split", "days", "learned"),
    [
        ("customer", ["2025-04-04"], True),  # its horizon ends on the quarter's first day
        ("customer", ["2025-04-03"], False),
        ("time", ["2024-01-31", "2024-10-31", "2025-07-31"], False),  # the last is tested on
        ("time", ["2023-06-30", "2025-06-30", "2026-04-30"], True),
        ("customer", ["2025-12-31"], False),  # looks only beyond the quarter
    ],
)
def test_a_model_that_learned_from_the_quarter_is_told(ledger, grader, split, days, learned):
    record = {"split": split, "as_of": days, "ledger_fingerprint": ledger.fingerprint}
    found = backtest(ledger, grader, quarter_of("2025Q4"), config=CONFIG, record=record)

    assert found.learned is learned
    told = [warning["en"] for warning in backtest_document(found)["warnings"]]
    assert any("fitted or calibrated on outcomes of this quarter" in t for t in told) is learned
    assert not any("no record" in t for t in told)


def test_days_learned_on_another_ledger_are_not_taken_for_this_one_s(ledger, grader):
    record = {"split": "customer", "as_of": ["2025-04-04"], "ledger_fingerprint": "another"}
    found = backtest(ledger, grader, quarter_of("2025Q4"), config=CONFIG, record=record)

    assert not found.learned
