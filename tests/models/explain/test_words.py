"""Sentences: every feature, direction and reason, in both languages, and never a bare name."""

import itertools
import re
from datetime import date
from decimal import Decimal

import pytest

from features.catalogue import CATALOGUE, FEATURES
from features.evidence import EvidenceRow
from models.adjustments import HARD_FACTS, KINDS
from models.explain.words import (
    ADJUSTMENTS,
    adjustment_sentence,
    block_sentence,
    driver_sentence,
    moved_sentence,
    points_text,
    value_text,
)

CHINESE = re.compile("[\u4e00-\u9fff]")
VALUES = {
    "share": 0.625, "days": 34.0, "count": 3.0, "amount": 182_000.5, "ratio": 1.25,
    "score": 72.04, "flag": 1.0, "code": 2.0,
}  # fmt: skip


@pytest.mark.parametrize("feature", [f.name for f in CATALOGUE])
def test_every_feature_is_told_in_both_languages_and_directions(feature: str) -> None:
    value, unknown = VALUES[FEATURES[feature].unit], float("nan")
    for seen, points in itertools.product((value, unknown), (-14.2, 14.2)):
        text = driver_sentence(feature, seen, value, points)
        moved = moved_sentence(feature, seen, value, points)
        for told in (text, moved):
            assert CHINESE.search(told.zh)
            assert not CHINESE.search(told.en)
            assert feature not in told.zh + told.en
            assert "nan" not in (told.zh + told.en).lower()
        assert ("−14.2" if points < 0 else "+14.2") in text.zh
        assert ("−14.2 points" if points < 0 else "+14.2 points") in text.en


def test_every_reason_and_block_has_words() -> None:
    assert set(HARD_FACTS) <= set(ADJUSTMENTS)
    for reason in ADJUSTMENTS:
        assert CHINESE.search(adjustment_sentence(reason, -3.0).zh)
        assert not CHINESE.search(adjustment_sentence(reason, -3.0).en)
    for kind in ("data", "model", "policy", *KINDS):
        assert CHINESE.search(block_sentence(kind, 1.0).zh)


@pytest.mark.parametrize(
    ("feature", "value", "zh", "en"),
    [
        ("on_time_rate_365d", 0.625, "62.5%", "62.5%"),
        ("oldest_overdue_days", 34.0, "34天", "34 days"),
        ("oldest_overdue_days", 1.0, "1天", "1 day"),
        ("days_beyond_terms_365d", 3.456, "3.5天", "3.5 days"),
        ("open_overdue_amount", 182000.0, "182,000.00", "182,000.00"),
        ("is_dishonest", 1.0, "是", "yes"),
        ("external_score_source", 2.0, "行业评分", "its industry's"),
        ("external_score", float("nan"), "未知", "unknown"),
        ("amount_trend", 0.5, "0.50", "0.50"),
    ],
)
def test_values_carry_their_unit(feature: str, value: float, zh: str, en: str) -> None:
    told = value_text(feature, value)
    assert (told.zh, told.en) == (zh, en)


def test_points_that_round_to_nothing_have_no_sign() -> None:
    assert points_text(-0.04).en == "0.0 points"


def test_what_costs_points_names_its_most_telling_row() -> None:
    late = EvidenceRow("invoices", "INV-104", {"amount": Decimal("82000.00"), "days_late": 34})
    told = driver_sentence("overdue_count_365d", 3.0, 0.0, -8.0, (late,))
    assert told.en.endswith(", for instance invoice INV-104 of 82,000.00, 34 days late")
    assert told.zh.endswith("例如发票INV-104，金额82,000.00，逾期34天")
    good = driver_sentence("overdue_count_365d", 0.0, 3.0, 8.0, (late,))
    assert "INV-104" not in good.en + good.zh


def test_a_suit_is_named_by_kind_and_day() -> None:
    suit = EvidenceRow("legal_events", "E1", {"kind": "enforcement", "filed_on": date(2025, 2, 3)})
    told = driver_sentence("legal_count_730d", 1.0, 0.0, -2.0, (suit,))
    assert told.en.endswith("for instance the enforcement of 2025-02-03")
    assert "2025-02-03的强制执行" in told.zh


def test_an_affiliates_invoice_is_told_as_the_affiliates() -> None:
    fields = {"affiliate_id": "C7", "amount": Decimal("5.00"), "days_late": 9}
    row = EvidenceRow("invoices", "I1", fields)
    told = driver_sentence("group_worst_overdue_days", 9.0, 0.0, -3.0, (row,))
    assert told.en.endswith("for instance invoice I1 of the affiliate C7 over 5.00, 9 days late")
    assert "关联企业C7的发票I1" in told.zh
