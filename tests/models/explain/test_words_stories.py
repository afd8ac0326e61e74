"""Stories of a change: true to the rows, whatever moved, and told once."""

import itertools
import re
from datetime import timedelta
from decimal import Decimal

import pytest

from features.catalogue import CATALOGUE, FEATURES
from features.evidence import EvidenceRow
from features.moved_rows import STATES, MovedRow
from features.render import row_sql
from models.explain.change import MovedFeature
from models.explain.words.kinds import STORIES, STORY_OF
from models.explain.words.rows import window_of_rows
from models.explain.words.stories import stories_of, story_clause
from models.explain.words.text import Text
from tests.models.explain.made import FIRST, LAST, SPAN, day, feature, invoice, moved, row

VALUES = {
    "share": (0.25, 0.625), "days": (3.0, 34.0), "count": (1.0, 3.0), "amount": (9.5, 182_000.5),
    "ratio": (0.5, 1.25), "score": (40.0, 72.04), "flag": (0.0, 1.0), "code": (1.0, 2.0),
}  # fmt: skip
NAN = float("nan")
IDS = re.compile(r"(INV|ROW|AFF|SRC)-\d+")


def told(evidence: dict[str, list[MovedRow]], *features: MovedFeature) -> Text:
    (story,) = stories_of(features)
    return story_clause(story, evidence, SPAN)


def made(relation: str, number: int, state: str) -> MovedRow:
    """Return a row of a relation in a state, some day before, in or after the span."""
    on = {"new": day("10-08"), "aged_in": day("10-09")}.get(state, day("2023-10-05"))
    on += timedelta(days=number)
    if relation in ("items", "affiliates"):
        more = {"affiliate_id": "AFF-1"} if relation == "affiliates" else {}
        due = on.isoformat()
        now = invoice(f"INV-{number}", due, "1234.50", settled="10-20" if number % 2 else None,
                      **more)  # fmt: skip
        before = None if state in ("new", "newly_known") else invoice(
            f"INV-{number}", due, "1234.50", as_of=FIRST, **more)  # fmt: skip
        return moved(state, now, before)
    fields = {
        "payments": {"paid_on": on, "amount": Decimal("77.00")},
        "orders": {"ordered_on": on, "closed_on": on, "status": "cancelled"},
        "legal": {"filed_on": on, "closed_on": None, "kind": "lawsuit", "amount": None},
        "signals": {"observed_on": on, "kind": "complaint", "value": None},
        "guarantees": {"valid_from": on, "valid_to": None, "amount": Decimal("9.00")},
        "contracts": {"signed_on": on, "expires_on": None},
        "bad_debts": {"recognised_on": on, "amount": Decimal("800.00")},
        "own_scores": {"published_on": on, "source": "SRC-1", "score": 72.04},
        "industry_scores": {"published_on": on, "source": "SRC-1", "score": 72.04},
    }[relation]
    table = {"legal": "legal_events", "own_scores": "external_scores",
             "industry_scores": "external_scores"}.get(relation, relation)  # fmt: skip
    return moved(state, EvidenceRow(table, f"ROW-{number}", fields))


def well_formed(text: Text) -> None:
    zh, en = IDS.sub("1", text.zh), text.en
    assert re.search("[\u4e00-\u9fff]", zh)
    assert not re.search("[A-Za-z]", zh), zh
    assert not re.search("[\u3000-\u9fff\uff00-\uffef]", en), en
    assert "_" not in zh + en
    assert not re.search(r"\b(nan|none)\b", en, re.IGNORECASE)
    for bad in ("  ", " ,", " ;", ",,", "( ", " )", "()", "，，", "（）", "（，", "，）"):
        assert bad not in zh + en, (bad, zh, en)
    for one in (zh, en):
        assert one == one.strip(" ,;:，；：。.")


@pytest.mark.parametrize("name", [f.name for f in CATALOGUE])
def test_every_feature_in_every_direction_with_and_without_rows(name: str) -> None:
    low, high = VALUES[FEATURES[name].unit]
    rows_of = FEATURES[name].evidence
    moves = [(low, high), (high, low), (NAN, high), (low, NAN), (high, high)]
    for (before, after), points in itertools.product(moves, (-14.2, 14.2)):
        one = feature(name, before, after, points)
        well_formed(told({}, one))
        if rows_of is None:
            continue
        for state, many in itertools.product(STATES, (1, 2, 5)):
            rows = [made(rows_of.relation, n, state) for n in range(1, many + 1)]
            well_formed(told({name: rows}, one))
        every = [made(rows_of.relation, n, state) for n, state in enumerate(STATES)]
        well_formed(told({name: every}, one))


def test_every_feature_belongs_to_one_story() -> None:
    told_once = [name for names in STORIES.values() for name in names]
    assert sorted(told_once) == sorted(FEATURES)
    assert len(set(told_once)) == len(told_once)
    assert set(STORY_OF) == set(FEATURES)


@pytest.mark.parametrize(
    "name", [f.name for f in CATALOGUE if f.evidence and window_of_rows(f.name)]
)
def test_the_window_that_rows_leave_is_the_one_that_selects_them(name: str) -> None:
    evidence = FEATURES[name].evidence
    assert evidence is not None
    assert f" - {window_of_rows(name)})" in row_sql(evidence.where)


def test_features_of_one_story_are_told_once_with_their_sum() -> None:
    late = [
        feature("overdue_count_365d", 0.0, 3.0, -6.0),
        feature("on_time_rate_365d", 1.0, 0.8, -5.0),
        feature("overdue_count_90d", 0.0, 3.0, 0.0),
        feature("days_since_last_overdue", 90.0, 0.0, -3.2),
        feature("tenure_days", 1.0, 2.0, 20.0),
    ]
    tenure, story = stories_of(late)
    assert (tenure.story, story.story) == ("tenure", "late")
    assert story.points == pytest.approx(-14.2)
    assert len(story.features) == 3


def went(number: int, due: str, amount: str) -> MovedRow:
    return moved("aged_in", invoice(f"INV-{number}", due, amount),
                 invoice(f"INV-{number}", due, amount, as_of=FIRST))  # fmt: skip


def test_three_invoices_went_past_due() -> None:
    rows = [
        went(1, "09-30", "82000.00"),
        went(2, "10-09", "60000.00"),
        went(3, "10-20", "40000.00"),
    ]
    text = told({"overdue_count_365d": rows}, feature("overdue_count_365d", 0.0, 3.0, -14.2))
    assert text == Text(
        "10月有3张发票（合计182,000.00）逾期，最久42天",
        "three invoices worth 182,000.00 went past due in October, the oldest 42 days late",
    )


def test_one_invoice_is_told_by_its_id_and_what_is_unpaid() -> None:
    now = invoice("INV-7", "10-09", "60000.00", unpaid="15000.00")
    row_ = moved("new", now)
    text = told({"open_overdue_count": [row_]}, feature("open_overdue_count", 0.0, 1.0, -3.0))
    assert text == Text(
        "发票INV-7（60,000.00）于2025-10-10逾期，至今33天，其中未付15,000.00",
        "invoice INV-7 of 60,000.00 went past due on 2025-10-10 and is 33 days late, 15,000.00 of "
        "it unpaid",
    )


def test_an_overdue_invoice_was_paid() -> None:
    before = invoice("INV-7", "08-20", "500.00", as_of=FIRST)
    paid = moved("changed", invoice("INV-7", "08-20", "500.00", settled="10-05"), before,
                 (True, False))  # fmt: skip
    text = told({"open_overdue_amount": [paid]}, feature("open_overdue_amount", 500.0, 0.0, 4.0))
    assert text == Text(
        "逾期发票INV-7（500.00）于2025-10-05付清，逾期46天",
        "overdue invoice INV-7 of 500.00 was paid on 2025-10-05, 46 days late",
    )


def test_what_was_paid_before_but_known_late_is_told_as_such() -> None:
    before = invoice("INV-7", "09-20", "500.00", as_of=FIRST)
    paid = moved("changed", invoice("INV-7", "09-20", "500.00", settled="09-19"), before,
                 (True, False))  # fmt: skip
    text = told({"open_overdue_amount": [paid]}, feature("open_overdue_amount", 500.0, 0.0, 4.0))
    assert text == Text(
        "发票INV-7（500.00）于2025-09-19按时付清，2025-09-30之后才获知",
        "invoice INV-7 of 500.00 was paid in time on 2025-09-19, known only after 2025-09-30",
    )


def test_an_invoice_known_late_is_told_as_such() -> None:
    late = [moved("newly_known", invoice(f"INV-{n}", "08-20", "500.00")) for n in (1, 2)]
    text = told({"overdue_count_365d": late}, feature("overdue_count_365d", 0.0, 2.0, -4.0))
    assert text.en == "two late invoices worth 1,000.00 became known only after 2025-09-30"
    assert text.zh == "2张逾期发票（合计1,000.00）在2025-09-30之后才获知"


def test_rows_that_came_and_rows_that_went_are_both_told() -> None:
    old = [
        moved("aged_out", invoice(f"INV-{n}", "2024-10-05", "500.00", settled="2024-10-09"))
        for n in (1, 2)
    ]
    rows = [went(9, "10-09", "60.00"), *old]
    worse = told({"overdue_count_365d": rows}, feature("overdue_count_365d", 3.0, 2.0, -1.0))
    better = told({"overdue_count_365d": rows}, feature("overdue_count_365d", 3.0, 2.0, 1.0))
    new = "invoice INV-9 of 60.00 went past due on 2025-10-10 and is 33 days late"
    gone = "two late invoices worth 1,000.00 are no longer within the last 365 days"
    assert (worse.en, better.en) == (f"{new}; {gone}", f"{gone}; {new}")


def test_the_window_told_is_the_one_that_each_row_left() -> None:
    old = moved("aged_out", invoice("INV-1", "2024-10-05", "500.00", settled="2024-10-09"))
    near = moved("aged_out", invoice("INV-2", "07-05", "70.00", settled="07-09"))
    evidence = {"overdue_count_365d": [old], "days_beyond_terms_trend": [near]}
    text = told(
        evidence,
        feature("overdue_count_365d", 1.0, 0.0, 3.0),
        feature("days_beyond_terms_trend", 1.0, 0.0, 1.0),
    )
    assert text.en == (
        "late invoice INV-1 of 500.00 is no longer within the last 365 days; "
        "late invoice INV-2 of 70.00 is no longer within the last 90 days"
    )


def test_points_against_the_rows_are_told_with_the_value_that_carries_them() -> None:
    before = invoice("INV-7", "08-20", "500.00", as_of=FIRST)
    paid = moved("changed", invoice("INV-7", "08-20", "500.00", settled="10-05"), before)
    text = told({"on_time_rate_365d": [paid]}, feature("on_time_rate_365d", 0.92, 0.85, -2.0))
    assert text.en == (
        "overdue invoice INV-7 of 500.00 was paid on 2025-10-05, 46 days late; "
        "the on-time rate of the last 365 days fell from 92.0% to 85.0%"
    )


def test_growing_older_without_a_new_row_is_told_by_its_value_first() -> None:
    text = told(
        {"overdue_count_90d": [went(1, "10-09", "5.00")]},
        feature("oldest_overdue_days", 10.0, 52.0, -8.0),
        feature("overdue_count_90d", 1.0, 2.0, -0.3),
    )
    assert text.en.startswith("the age of the oldest overdue invoice rose from 10 days to 52 days;")


def test_features_of_the_other_sign_are_not_what_is_told() -> None:
    text = told(
        {"overdue_count_90d": [went(1, "10-09", "5.00")]},
        feature("on_time_rate_365d", 0.5, 0.9, 8.0),
        feature("overdue_count_90d", 1.0, 2.0, -0.3),
    )
    assert text.en == "the on-time rate of the last 365 days rose from 50.0% to 90.0%"


def suit(event: str, filed: str, closed: str | None = None, amount: str | None = None,
         kind: str = "lawsuit") -> EvidenceRow:  # fmt: skip
    return row("legal_events", event, kind=kind, filed_on=day(filed),
               closed_on=None if closed is None else day(closed),
               amount=None if amount is None else Decimal(amount))  # fmt: skip


def legal(rows: list[MovedRow], points: float) -> Text:
    return told({"legal_count_730d": rows}, feature("legal_count_730d", 0.0, 1.0, points))


def test_a_suit_was_filed_and_another_closed() -> None:
    filed = moved("new", suit("E1", "10-03", amount="182000.00", kind="enforcement"))
    closed = moved("changed", suit("E2", "03-02", "10-10"), suit("E2", "03-02"))
    assert legal([filed, closed], -9.0) == Text(
        "1起强制执行（182,000.00）于2025-10-03立案，2025-03-02立案的诉讼于2025-10-10结案",
        "one enforcement over 182,000.00 was filed on 2025-10-03; the lawsuit of 2025-03-02 was "
        "closed on 2025-10-10",
    )


def test_many_suits_are_told_together_by_kind() -> None:
    rows = [moved("new", suit(f"E{n}", f"10-0{n}", kind=kind, amount="5.00"))
            for n, kind in enumerate(("lawsuit", "lawsuit", "judgment"), start=1)]  # fmt: skip
    assert legal(rows, -9.0) == Text(
        "10月有3起法律事件（2起诉讼、1起判决），合计15.00，立案",
        "three legal events (two lawsuits, one judgment) over 15.00 in all were filed in October",
    )


def test_a_suit_known_late_and_one_grown_old() -> None:
    late = moved("newly_known", suit("E1", "08-01"))
    old = moved("aged_out", suit("E2", "2023-10-05"))
    assert legal([late, old], -9.0).en == (
        "the lawsuit of 2025-08-01 became known only after 2025-09-30; "
        "the lawsuit of 2023-10-05 is no longer within the last 730 days"
    )


def test_a_score_is_told_with_its_day_and_source() -> None:
    new = row("external_scores", "c1", published_on=day("10-15"), source="SRC-1", score=61.5)
    score = feature("external_score", 72.0, 61.5, -9.0)
    assert told({"external_score": [moved("new", new)]}, score) == Text(
        "外部信用评分由72.0降至61.5（SRC-1，2025-10-15公布）",
        "the outside credit score fell from 72.0 to 61.5, published on 2025-10-15 by SRC-1",
    )
    other = row("external_scores", "c1", published_on=day("10-15"), source="SRC-1", score=60.0)
    text = told({"external_score": [moved("new", other)]}, score)
    assert text.en == "the outside credit score fell from 72.0 to 61.5"


def test_sales_and_receipts_are_told_with_what_came_and_what_went() -> None:
    came = moved("new", invoice("INV-1", "11-05", "700.00"))
    gone = moved("aged_out", invoice("INV-2", "2024-11-05", "90.00", settled="2024-11-06"))
    text = told({"invoice_count_365d": [came, gone]}, feature("invoice_count_365d", 5, 5.0, -0.5))
    assert text.en == (
        "the number of invoices of the last 365 days is still about 5 (invoice INV-1 of 700.00 was "
        "issued on 2025-10-06; invoice INV-2 of 90.00 is no longer within the last 365 days)"
    )


def test_credit_notes_and_bounced_payments_are_called_so() -> None:
    note = moved("new", invoice("CRN-1", "11-05", "-90.00"))
    sold = moved("new", invoice("INV-1", "11-05", "700.00"))
    text = told({"invoice_amount_90d": [note, sold]}, feature("invoice_amount_90d", 0, 610.0, 1.0))
    assert text.en.endswith(
        "(invoice INV-1 of 700.00 was issued on 2025-10-06; credit note CRN-1 of 90.00 was issued "
        "on 2025-10-06)"
    )
    back = row("payments", "P", paid_on=day("10-06"), amount=Decimal("-5.00"))
    paid = row("payments", "Q", paid_on=day("10-06"), amount=Decimal("7.00"))
    rows = [moved("new", back), moved("new", paid)]
    text = told({"payment_amount_30d": rows}, feature("payment_amount_30d", 0.0, 2.0, 1.0))
    assert text.zh.endswith(
        "（1笔回款（7.00）于2025-10-06到账，1笔退票（5.00）于2025-10-06被记录）"
    )
    text = told({"bounced_count_365d": rows[:1]}, feature("bounced_count_365d", 0.0, 1.0, -1.0))
    assert text.en == "one bounced payment of 5.00 was recorded on 2025-10-06"


def test_a_guarantee_that_ended_and_a_contract_that_began() -> None:
    end = row("guarantees", "ROW-1", valid_from=day("2024-10-01"), valid_to=day("10-31"),
              amount=Decimal("500.00"))  # fmt: skip
    ended = told({"guaranteed_amount": [moved("changed", end, counts=(True, False))]},
                 feature("guaranteed_amount", 500.0, 0.0, -4.0))  # fmt: skip
    assert ended.en == "guarantee ROW-1 of 500.00 was last valid on 2025-10-31"
    contract = row("contracts", "ROW-2", signed_on=day("10-02"), expires_on=None)
    text = told({"contract_in_force": [moved("new", contract)]},
                feature("contract_in_force", 0.0, 1.0, 1.0))  # fmt: skip
    assert text.en == "contract ROW-2 was signed on 2025-10-02; a contract is in force now"
    assert text.zh == "合同ROW-2于2025-10-02签订，现在有生效合同"


def test_disputes_cancelled_orders_and_bad_debts() -> None:
    came = moved("changed", invoice("INV-1", "11-05", "700.00"), counts=(False, True))
    text = told({"dispute_share_365d": [came]}, feature("dispute_share_365d", 0.0, 0.1, -1.0))
    assert text.en.startswith("invoice INV-1 of 700.00 came into dispute; the disputed share of ")
    order = row("orders", "ROW-1", ordered_on=day("09-01"), closed_on=day("10-02"),
                status="cancelled")  # fmt: skip
    text = told({"cancel_share_365d": [moved("changed", order, counts=(False, True))]},
                feature("cancel_share_365d", 0.0, 0.1, -1.0))  # fmt: skip
    assert text.en.startswith("order ROW-1 was cancelled on 2025-10-02; the share of cancelled ")
    debt = row("bad_debts", "B", recognised_on=day("10-02"), amount=Decimal("800.00"))
    text = told({"past_bad_debt_amount": [moved("new", debt)]},
                feature("past_bad_debt_amount", 0.0, 800.0, -9.0))  # fmt: skip
    assert text == Text("1笔坏账（800.00）于2025-10-02被确认",
                        "one bad debt of 800.00 was recognised on 2025-10-02")  # fmt: skip


def test_a_payment_in_part_and_an_invoice_withdrawn() -> None:
    before = invoice("INV-1", "08-20", "500.00", as_of=FIRST)
    part = moved("changed", invoice("INV-1", "08-20", "500.00", unpaid="200.00"), before)
    text = told({"open_overdue_amount": [part]}, feature("open_overdue_amount", 500.0, 200.0, 2.0))
    assert text.en == "overdue invoice INV-1 of 500.00 is still open, with 300.00 paid since"
    gone = moved("changed", before, before, (True, False))
    text = told({"open_overdue_amount": [gone]}, feature("open_overdue_amount", 500.0, 0.0, 2.0))
    assert text.en == "late invoice INV-1 of 500.00 no longer counts after a correction"


def test_the_days_of_a_story_lie_in_its_span() -> None:
    assert SPAN.first == FIRST
    assert SPAN.holds(LAST)
    assert not SPAN.holds(FIRST)
    assert not SPAN.holds(None)
