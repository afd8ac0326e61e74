"""The weighted rule score: five indicators, each 0 to 100 by a curve of the policy.

An unknown indicator leaves the sum and its weight is shared among the known ones. With
nothing known the score is the policy's neutral value and the known weight 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from features.matrix import Floats
from models.policy.sections import Policy, Rules

Inputs = Mapping[str, Floats]


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


def _payment_timeliness(x: Inputs, book: Book, rules: Rules) -> Floats:
    due = x["invoices_due_365d"]
    extra = rules.shrink_invoices
    told = np.where(due > 0, due, 1.0)
    rate = (x["on_time_rate_365d"] * told + extra * book.on_time_rate) / (told + extra)
    return np.where(due > 0, rules.payment_timeliness.curve(rate), np.nan)


def _overdue_count(x: Inputs, book: Book, rules: Rules) -> Floats:
    points = rules.overdue_count.curve(x["overdue_count_365d"])
    return np.where(x["invoices_due_365d"] > 0, points, np.nan)


def _amount_and_frequency(x: Inputs, book: Book, rules: Rules) -> Floats:
    place = (
        quantile_of(x["invoice_amount_365d"], book.amount_quantiles)
        + quantile_of(x["invoice_count_365d"], book.count_quantiles)
    ) / 2
    return np.where(x["history_days"] > 0, rules.amount_and_frequency.curve(place), np.nan)


def _industry_score(x: Inputs, book: Book, rules: Rules) -> Floats:
    score = np.where(np.isnan(x["external_score"]), x["industry_score"], x["external_score"])
    return rules.industry_score.curve(score)


def _litigation(x: Inputs, book: Book, rules: Rules) -> Floats:
    law = rules.litigation
    cost = law.per_event(x["legal_count_730d"]) * law.recency(x["days_since_last_legal_event"])
    cost = np.where(x["legal_count_730d"] == 0, 0.0, cost) + law.per_open(x["legal_open_count"])
    points = np.where(np.isnan(x["legal_count_730d"]), np.nan, np.clip(100 - cost, 0, 100))
    return np.where(x["is_dishonest"] == 1, 0.0, points)


@dataclass(frozen=True)
class Indicator:
    """One of the five measures: its inputs among the features, and its points."""

    name: str
    inputs: tuple[str, ...]
    points: Callable[[Inputs, Book, Rules], Floats]


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


def quantile_of(values: Floats, quantiles: Floats) -> Floats:
    """Return the place of each value in a book's quantiles, 0 to 1; ties take the middle.

    Parameters
    ----------
    values : ndarray of float64
        Any shape; NaN gives NaN.
    quantiles : ndarray of float64, shape (101,)
        Rising.
    """
    low = np.searchsorted(quantiles, values, side="left")
    high = np.searchsorted(quantiles, values, side="right")
    tied = (low + high - 1) / 2
    before = np.clip(low - 1, 0, len(quantiles) - 1)
    after = np.clip(low, 0, len(quantiles) - 1)
    run = quantiles[after] - quantiles[before]
    part = np.divide(values - quantiles[before], run, out=np.zeros_like(values), where=run > 0)
    place = np.where(high > low, tied, before + part)
    return np.where(np.isnan(values), np.nan, np.clip(place / (len(quantiles) - 1), 0, 1))


@dataclass(frozen=True)
class RuleScores:
    """Rule scores of n customers.

    Attributes
    ----------
    indicators : dict of str to ndarray of float64, shape (n,)
        Points of each indicator, NaN where unknown.
    score, known_weight, worst, best : ndarray of float64, shape (n,)
        The weighted score; the share of weight that is known, 0 to 1; and the least and
        the most that the score could become if the unknown were known.
    """

    indicators: dict[str, Floats]
    score: Floats
    known_weight: Floats
    worst: Floats
    best: Floats


def rule_scores(inputs: Inputs, book: Book, policy: Policy) -> RuleScores:
    """Return the rule scores of customers from columns of features.

    Parameters
    ----------
    inputs : mapping of str to ndarray of float64, shape (n,)
        At least ``RULE_INPUTS``; NaN means unknown.
    book : Book
        Quantiles and on-time rate frozen in the bundle.
    policy : Policy
        Weights and curves.
    """
    indicators = {i.name: i.points(inputs, book, policy.rules) for i in INDICATORS}
    weights = vars(policy.weights)
    first = next(iter(indicators.values()))
    summed, known = np.zeros_like(first), np.zeros_like(first)
    for name, points in indicators.items():
        is_known = ~np.isnan(points)
        summed = summed + np.where(is_known, weights[name] * points, 0.0)
        known = known + np.where(is_known, weights[name], 0.0)
    score = combined(summed, known, policy.rules.neutral)
    missing = np.clip(1 - known, 0, 1)
    return RuleScores(
        indicators,
        score,
        np.minimum(known, 1.0),
        worst=np.clip(summed, 0, 100),
        best=np.clip(summed + missing * 100, 0, 100),
    )


def combined(summed: Floats, known: Floats, neutral: float) -> Floats:
    """Return the weighted points shared among the known weights, neutral where none is."""
    has_any = known > 0
    return np.where(has_any, summed / np.where(has_any, known, 1.0), neutral)
