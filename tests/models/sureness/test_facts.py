"""Which features wait for which fact."""

import math

import numpy as np
import pytest

from features.catalogue import FEATURE_NAMES, FEATURES
from models.sureness.facts import FACTS
from models.sureness.words import LABELS, TO_DO
from tests.models.bundles import random_snapshots, snapshots_of

# what nobody can look up: it comes with trade, with time, or is told by other facts
COMES_BY_ITSELF = {
    "open_overdue_amount", "open_overdue_share", "overdue_beyond_30d_share", "oldest_overdue_days",
    "open_overdue_count", "days_since_last_overdue", "invoice_amount_90d", "invoice_amount_365d",
    "invoice_count_90d", "invoice_count_365d", "amount_trend", "amount_volatility_365d",
    "days_since_last_invoice", "tenure_days", "open_balance", "exposure", "dispute_share_365d",
    "cancel_share_365d", "return_share_365d", "dso_90d", "payment_amount_30d",
    "payment_amount_90d", "payment_coverage_90d", "days_since_last_payment",
    "bounced_count_365d", "history_days", "known_share", "past_bad_debt_amount",
    "invoices_due_365d", "default_bad_debt", "default_bankruptcy", "default_days_past_due",
    "in_default", "is_exposed",
    # most customers belong to no group: that is known, and nothing is missing
    "group_worst_overdue_days",
}  # fmt: skip


def test_every_feature_waits_for_one_fact_or_comes_by_itself() -> None:
    waiting = [name for fact in FACTS for name in fact.features]
    assert len(waiting) == len(set(waiting))
    assert set(waiting) | COMES_BY_ITSELF == set(FEATURES)
    assert not set(waiting) & COMES_BY_ITSELF


def test_every_fact_has_words_in_both_languages() -> None:
    for words in (LABELS, TO_DO):
        assert set(words) == {fact.code for fact in FACTS}
        assert all(text.zh and text.en for text in words.values())


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.code)
def test_what_is_hidden_is_unknown_and_nothing_else_changed(fact) -> None:
    values = random_snapshots(50, 3).values
    hidden = fact.hidden(values)
    assert fact.is_unknown(hidden).all()
    others = [place for place in range(len(FEATURE_NAMES)) if place not in fact.places]
    np.testing.assert_array_equal(hidden[:, others], values[:, others])


def test_a_customer_without_a_score_of_its_own_stands_with_that_of_its_industry() -> None:
    own = next(fact for fact in FACTS if fact.code == "own_score")
    known = snapshots_of({"external_score": 90, "industry_score": 60}, {"industry_score": None})
    assert not own.is_unknown(known.values).any()
    hidden = own.hidden(known.values)
    score, source = (
        hidden[:, FEATURE_NAMES.index(name)] for name in ("external_score", "external_score_source")
    )
    assert score[0] == 60
    assert source[0] == 2
    assert math.isnan(score[1])
    assert math.isnan(source[1])
