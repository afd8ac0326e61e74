"""What a feature makes of its rows, read from its expression."""

import dataclasses

import pytest

from features.behind.folds import extremes, summand
from features.catalogue import CATALOGUE, FEATURES
from features.expression import Aggregate, Literal
from features.feature import Feature


@pytest.mark.parametrize("feature", CATALOGUE, ids=lambda feature: feature.name)
def test_what_is_plainly_a_sum_over_its_rows_says_so(feature: Feature) -> None:
    """A bare count or sum by the very predicate of its evidence is additive."""
    evidence = feature.evidence
    value = feature.value
    if evidence is None or not isinstance(value, Aggregate) or value.kind not in ("COUNT", "SUM"):
        return
    if value.where == evidence.where:
        assert evidence.additive


def test_sums_of_money_are_told_in_units() -> None:
    found = {f.name: summand(f) for f in CATALOGUE if f.evidence is not None}
    assert found["overdue_count_90d"].per == 1
    assert found["open_overdue_amount"].per == 100
    assert found["legal_amount_730d"].per == 100
    assert found["past_bad_debt_amount"].per == 100
    for name in ("exposure", "amount_trend", "amount_volatility_365d", "open_overdue_share"):
        assert found[name] is None


def test_a_false_claim_is_refused() -> None:
    feature = FEATURES["open_overdue_share"]
    claims = dataclasses.replace(
        feature, evidence=dataclasses.replace(feature.evidence, additive=True)
    )
    with pytest.raises(ValueError, match="open_overdue_share is no count or sum over items"):
        summand(claims)


def test_extremes_decide_where_nothing_else_is_taken() -> None:
    assert [fold.kind for fold in extremes(FEATURES["oldest_overdue_days"], "items")] == ["MAX"]
    assert [fold.kind for fold in extremes(FEATURES["history_days"], "items")] == ["MIN"]
    # it also counts all events, but only to tell whether there is a table
    assert extremes(FEATURES["days_since_last_legal_event"], "legal") != ()
    assert extremes(FEATURES["default_days_past_due"], "items") == ()
    assert extremes(FEATURES["overdue_count_90d"], "items") == ()


def test_what_a_row_adds_is_one_where_rows_are_counted() -> None:
    added = summand(FEATURES["invoices_due_365d"])
    assert added.added.then == Literal(1)
