"""Levels in words: every feature, direction and reason, in both languages, never a bare name."""

import itertools
import re
from datetime import date
from decimal import Decimal

import pytest

from features.catalogue import CATALOGUE, FEATURES
from features.evidence import EvidenceRow, RowsFound
from models.adjustments import HARD_FACTS
from models.explain.words import (
    ADJUSTMENTS,
    adjustment_sentence,
    driver_sentence,
    points_text,
    value_text,
)
from models.explain.words.figures import Noun, number_word
from models.explain.words.measures import SUBJECTS, moved_value

CHINESE = re.compile("[\u4e00-\u9fff]")
VALUES = {
    "share": 0.625, "days": 34.0, "count": 3.0, "amount": 182_000.5, "ratio": 1.25,
    "score": 72.04, "flag": 1.0, "code": 2.0,
}  # fmt: skip


def invoice(row_id: str, amount: str, days_late: int, **more: str) -> EvidenceRow:
    return EvidenceRow(
        "invoices", row_id, {**more, "amount": Decimal(amount), "days_late": days_late}
    )


def suit(kind: str, on: date, amount: str | None = None) -> EvidenceRow:
    fields = {"kind": kind, "filed_on": on, "amount": amount and Decimal(amount)}
    return EvidenceRow("legal_events", "E1", fields)


@pytest.mark.parametrize("feature", [f.name for f in CATALOGUE])
def test_every_feature_is_told_in_both_languages_and_directions(feature: str) -> None:
    value, unknown = VALUES[FEATURES[feature].unit], float("nan")
    for seen, normal, points in itertools.product(
        (value, unknown), (value, unknown), (-14.2, 14.2)
    ):
        text = driver_sentence(feature, seen, normal, points)
        moved = moved_value(feature, seen, normal)
        for told in (text, moved):
            assert CHINESE.search(told.zh)
            assert not CHINESE.search(told.en)
            assert not re.search("[A-Za-z]", told.zh)
            assert "_" not in told.en  # the catalogue's code
            assert "nan" not in told.en.lower().split()
            assert "  " not in told.en
        assert text.zh.endswith("−14.2分" if points < 0 else "+14.2分")
        assert text.en.endswith("−14.2 points" if points < 0 else "+14.2 points")


def test_every_feature_has_a_subject_and_no_other_has() -> None:
    assert set(SUBJECTS) == set(FEATURES)


def test_every_reason_has_words() -> None:
    assert set(HARD_FACTS) <= set(ADJUSTMENTS)
    for reason in ADJUSTMENTS:
        assert CHINESE.search(adjustment_sentence(reason, -3.0).zh)
        assert not CHINESE.search(adjustment_sentence(reason, -3.0).en)


@pytest.mark.parametrize(
    ("feature", "value", "zh", "en"),
    [
        ("on_time_rate_365d", 0.625, "62.5%", "62.5%"),
        ("oldest_overdue_days", 34.0, "34天", "34 days"),
        ("oldest_overdue_days", 1.0, "1天", "1 day"),
        ("days_beyond_terms_365d", 3.456, "3.5天", "3.5 days"),
        ("days_beyond_terms_trend", -3.0, "−3天", "−3 days"),
        ("open_overdue_amount", 182000.0, "182,000.00", "182,000.00"),
        ("is_dishonest", 1.0, "是", "yes"),
        ("external_score_source", 2.0, "行业评分", "its industry's"),
        ("external_score_change_180d", -5.25, "−5.2", "−5.2"),
        ("external_score", float("nan"), "未知", "unknown"),
        ("amount_trend", 0.5, "0.50", "0.50"),
    ],
)
def test_values_carry_their_unit(feature: str, value: float, zh: str, en: str) -> None:
    told = value_text(feature, value)
    assert (told.zh, told.en) == (zh, en)


def test_points_that_round_to_nothing_have_no_sign() -> None:
    assert points_text(-0.04).en == "0.0 points"


def test_counts_are_words_up_to_ten_and_have_their_plural() -> None:
    order = Noun("订单", "个", "order", "orders")
    assert [order.counted(n).en for n in (1, 2, 10, 11, 1200)] == [
        "one order", "two orders", "ten orders", "11 orders", "1,200 orders",
    ]  # fmt: skip
    assert order.counted(2).zh == "2个订单"
    assert number_word(0) == "no"


@pytest.mark.parametrize(
    ("feature", "before", "after", "zh", "en"),
    [
        ("is_dishonest", 0.0, 1.0, "现在客户在失信被执行人名单上",
         "the customer is listed as a dishonest debtor now"),
        ("is_dishonest", 1.0, 0.0, "客户已不在失信被执行人名单上",
         "the customer is no longer listed as a dishonest debtor"),
        ("external_score", 72.0, 61.5, "外部信用评分由72.0降至61.5",
         "the outside credit score fell from 72.0 to 61.5"),
        ("exposure", 1.0, 1.001, "信用敞口仍约为1.00", "the exposure is still about 1.00"),
        ("external_score_source", 2.0, 1.0, "外部评分来源由行业评分变为客户自身评分",
         "the source of the outside score went from its industry's to its own score"),
    ],
)  # fmt: skip
def test_a_move_is_told_in_its_direction(
    feature: str, before: float, after: float, zh: str, en: str
) -> None:
    told = moved_value(feature, before, after)
    assert (told.zh, told.en) == (zh, en)


def test_what_costs_points_names_how_many_worth_how_much_and_the_worst() -> None:
    late = invoice("INV-104", "82000.00", 34), invoice("INV-9", "100000.00", 2)
    told = driver_sentence("overdue_count_365d", 2.0, 0.0, -8.0, RowsFound(2, late))
    assert told.en == (
        "The number of late invoices of the last 365 days is 2, an ordinary good customer's 0; two "
        "late invoices worth 182,000.00, the worst INV-104 of 82,000.00, 34 days late: −8.0 points"
    )
    assert told.zh == (
        "近365天逾期发票数为2，普通良好客户为0；2张逾期发票（合计182,000.00），最久的是INV-104"
        "（82,000.00），逾期34天：−8.0分"
    )
    good = driver_sentence("overdue_count_365d", 0.0, 3.0, 8.0, RowsFound(2, late))
    assert "INV-104" not in good.en + good.zh


def test_a_sum_is_not_told_where_rows_are_missing() -> None:
    found = RowsFound(17, (invoice("INV-104", "82000.00", 34),))
    told = driver_sentence("on_time_rate_365d", 0.5, 1.0, -8.0, found)
    assert "; 17 late invoices, the worst INV-104 of 82,000.00, 34 days late: " in told.en
    assert "；17张逾期发票，最久的是INV-104（82,000.00），逾期34天：" in told.zh


def test_late_invoices_say_nothing_of_how_much_is_sold() -> None:
    found = RowsFound(1, (invoice("INV-104", "82000.00", 34),))
    told = driver_sentence("invoice_amount_365d", 9.0, 10.0, -1.0, found)
    assert "INV-104" not in told.en + told.zh


def test_a_suit_is_named_by_kind_day_and_amount() -> None:
    found = RowsFound(1, (suit("enforcement", date(2025, 2, 3), "5000.00"),))
    told = driver_sentence("legal_count_730d", 1.0, 0.0, -2.0, found)
    assert told.en.endswith("; the enforcement of 2025-02-03 over 5,000.00: −2.0 points")
    assert told.zh.endswith("；2025-02-03立案的强制执行（5,000.00）：−2.0分")


def test_several_suits_are_counted_and_a_sum_needs_every_amount() -> None:
    rows = suit("lawsuit", date(2025, 2, 3)), suit("judgment", date(2025, 1, 3), "5.00")
    told = driver_sentence("legal_count_730d", 2.0, 0.0, -2.0, RowsFound(2, rows))
    assert "; two legal events, the latest the lawsuit of 2025-02-03: " in told.en


def test_an_affiliates_invoice_is_told_as_the_affiliates() -> None:
    found = RowsFound(1, (invoice("I1", "5.00", 9, affiliate_id="C7"),))
    told = driver_sentence("group_worst_overdue_days", 9.0, 0.0, -3.0, found)
    assert "; invoice I1 of the affiliate C7 over 5.00, 9 days late: " in told.en
    assert "；关联企业C7的发票I1（5.00）逾期9天：" in told.zh


def test_signals_and_bad_debts_are_counted_with_the_latest() -> None:
    def news(on: date) -> EvidenceRow:
        return EvidenceRow("signals", "S", {"kind": "negative_news", "observed_on": on})

    rows = RowsFound(2, (news(date(2025, 5, 2)), news(date(2025, 4, 2))))
    told = driver_sentence("negative_news_180d", 2.0, 0.0, -3.0, rows)
    assert "; two bad news items, the latest of 2025-05-02: " in told.en
    debt = {"recognised_on": date(2025, 3, 1), "amount": Decimal("900.00")}
    found = RowsFound(1, (EvidenceRow("bad_debts", "B", debt),))
    told = driver_sentence("past_bad_debt_amount", 900.0, 0.0, -3.0, found)
    assert "; the bad debt of 900.00 of 2025-03-01: " in told.en
