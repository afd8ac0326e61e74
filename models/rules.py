"""The weighted rule score: five indicators, each 0 to 100 by a curve of the policy.

An unknown indicator leaves the sum and its weight is shared among the known ones. With
nothing known the score is the policy's neutral value and the known weight 0.

Plain floats, one customer at a time: for a single customer a dozen small arrays would cost ten
times as much, and a million customers wait longer for their terms than for this.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter

import numpy as np

from features.catalogue import FEATURE_NAMES
from features.matrix import Floats
from models.policy.sections import Policy, Rules

NAN = math.nan
_Values = tuple[float, ...]


@dataclass(frozen=True)
class Book:
    """What of the whole book the rules need, frozen in the bundle.

    Attributes
    ----------
    amount_quantiles, count_quantiles : ndarray of float64, shape (101,)
        Quantiles 0, 1, …, 100 % of invoice_amount_365d and invoice_count_365d.
    on_time_rate : float
        Share of all invoices of the book that were paid on time, 0 to 1.
    """

    amount_quantiles: Floats
    count_quantiles: Floats
    on_time_rate: float

    @cached_property
    def amounts(self) -> list[float]:
        """The quantiles of invoice_amount_365d as plain numbers."""
        return list(map(float, self.amount_quantiles))

    @cached_property
    def counts(self) -> list[float]:
        """The quantiles of invoice_count_365d as plain numbers."""
        return list(map(float, self.count_quantiles))


def _payment_timeliness(x: _Values, book: Book, rules: Rules) -> float:
    rate, due = x
    if not due > 0:
        return NAN
    extra = rules.shrink_invoices
    return rules.payment_timeliness.curve((rate * due + extra * book.on_time_rate) / (due + extra))


def _overdue_count(x: _Values, book: Book, rules: Rules) -> float:
    count, due = x
    return rules.overdue_count.curve(count) if due > 0 else NAN


def _amount_and_frequency(x: _Values, book: Book, rules: Rules) -> float:
    amount, count, history = x
    if not history > 0:
        return NAN
    place = (quantile_of(amount, book.amounts) + quantile_of(count, book.counts)) / 2
    return rules.amount_and_frequency.curve(place)


def _industry_score(x: _Values, book: Book, rules: Rules) -> float:
    own, industry = x
    return rules.industry_score.curve(industry if math.isnan(own) else own)


def _litigation(x: _Values, book: Book, rules: Rules) -> float:
    count, days, still_open, dishonest = x
    law = rules.litigation
    if dishonest == 1:
        return 0.0
    if math.isnan(count):
        return NAN
    cost = 0.0 if count == 0 else law.per_event(count) * law.recency(days)
    # an unknown cost stays unknown: a comparison with it keeps the first
    return min(max(100 - (cost + law.per_open(still_open)), 0.0), 100.0)


@dataclass(frozen=True)
class Indicator:
    """One of the five measures: its inputs among the features, and its points.

    Attributes
    ----------
    points : callable
        From the inputs in their order, the book and the policy's rules to 0–100, NaN where
        unknown.
    """

    name: str
    inputs: tuple[str, ...]
    points: Callable[[_Values, Book, Rules], float]


INDICATORS = (
    Indicator(
        "payment_timeliness", ("on_time_rate_365d", "invoices_due_365d"), _payment_timeliness
    ),
    Indicator("overdue_count", ("overdue_count_365d", "invoices_due_365d"), _overdue_count),
    Indicator(
        "amount_and_frequency",
        ("invoice_amount_365d", "invoice_count_365d", "history_days"),
        _amount_and_frequency,
    ),
    Indicator("industry_score", ("external_score", "industry_score"), _industry_score),
    Indicator(
        "litigation",
        ("legal_count_730d", "days_since_last_legal_event", "legal_open_count", "is_dishonest"),
        _litigation,
    ),
)
RULE_INPUTS: tuple[str, ...] = tuple(dict.fromkeys(n for i in INDICATORS for n in i.inputs))
# places of the inputs among the catalogue's features
RULE_PLACES = np.array([FEATURE_NAMES.index(name) for name in RULE_INPUTS])
_CHOSEN: tuple[tuple[Indicator, Callable[[Sequence[float]], _Values]], ...] = tuple(
    (i, itemgetter(*(RULE_INPUTS.index(name) for name in i.inputs))) for i in INDICATORS
)


def quantile_of(value: float, quantiles: Sequence[float]) -> float:
    """Return the place of a value in a book's quantiles, 0 to 1; ties take the middle.

    Parameters
    ----------
    value : float
        NaN gives NaN.
    quantiles : sequence of float, length 101
        Rising.

    Examples
    --------
    >>> quantile_of(2.5, [0.0, 1.0, 2.0, 3.0, 4.0]), quantile_of(1.0, [0.0, 1.0, 1.0, 1.0, 9.0])
    (0.625, 0.5)
    """
    if math.isnan(value):
        return NAN
    low, high = bisect_left(quantiles, value), bisect_right(quantiles, value)
    last = len(quantiles) - 1
    if high > low:
        return (low + high - 1) / 2 / last
    if low == 0 or low > last:
        return 0.0 if low == 0 else 1.0
    before = quantiles[low - 1]
    return (low - 1 + (value - before) / (quantiles[low] - before)) / last


@dataclass(frozen=True)
class RuleScore:
    """The rule score of one customer.

    Attributes
    ----------
    indicators : dict of str to float
        Points of each indicator, NaN where unknown.
    score, known_weight, worst, best : float
        The weighted score; the share of weight that is known, 0 to 1; and the least and
        the most that the score could become if the unknown were known.
    """

    indicators: dict[str, float]
    score: float
    known_weight: float
    worst: float
    best: float


def rule_score(inputs: Sequence[float], book: Book, policy: Policy) -> RuleScore:
    """Return the rule score of one customer.

    Parameters
    ----------
    inputs : sequence of float
        Values of ``RULE_INPUTS`` in their order; NaN means unknown.
    book : Book
        Quantiles and on-time rate frozen in the bundle.
    policy : Policy
        Weights and curves.
    """
    weights, indicators = vars(policy.weights), {}
    summed = known = 0.0
    for indicator, chosen in _CHOSEN:
        points = indicator.points(chosen(inputs), book, policy.rules)
        indicators[indicator.name] = points
        if not math.isnan(points):
            weight = weights[indicator.name]
            summed += weight * points
            known += weight
    return RuleScore(
        indicators,
        score=summed / known if known > 0 else policy.rules.neutral,
        known_weight=min(known, 1.0),
        worst=min(max(summed, 0.0), 100.0),
        best=min(max(summed + min(max(1 - known, 0.0), 1.0) * 100, 0.0), 100.0),
    )
