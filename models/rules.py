"""The weighted rule score: five indicators, each 0 to 100 by a curve of the policy.

An unknown indicator leaves the sum and its weight is shared among the known ones. With
nothing known the score is the policy's neutral value and the known weight 0.

The points themselves are worked out in `models.indicators`: as plain Python for a few
customers, and compiled from the same source for many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from features.catalogue import FEATURE_NAMES
from features.compile import has_compiler
from features.matrix import Floats
from models.indicators import COLUMNS, MANY, MEASURES, Quantiles, as_arrays, compiled, score_into
from models.policy.sections import Policy


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
    def quantiles(self) -> Quantiles:
        """The same as plain numbers."""
        return Quantiles(
            tuple(map(float, self.amount_quantiles)),
            tuple(map(float, self.count_quantiles)),
            float(self.on_time_rate),
        )


@dataclass(frozen=True)
class Indicator:
    """One of the five measures: its name, and its inputs among the features."""

    name: str
    inputs: tuple[str, ...]


INDICATORS = (
    Indicator("payment_timeliness", ("on_time_rate_365d", "invoices_due_365d")),
    Indicator("overdue_count", ("overdue_count_365d", "invoices_due_365d")),
    Indicator(
        "amount_and_frequency", ("invoice_amount_365d", "invoice_count_365d", "history_days")
    ),
    Indicator("industry_score", ("external_score", "industry_score")),
    Indicator(
        "litigation",
        ("legal_count_730d", "days_since_last_legal_event", "legal_open_count", "is_dishonest"),
    ),
)
_NAMES = tuple(indicator.name for indicator in INDICATORS)
# in the order in which `models.indicators.measure` reads them
RULE_INPUTS: tuple[str, ...] = tuple(dict.fromkeys(n for i in INDICATORS for n in i.inputs))
# places of the inputs among the catalogue's features
RULE_PLACES = np.array([FEATURE_NAMES.index(name) for name in RULE_INPUTS])


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
    out = [0.0] * COLUMNS
    score_into(policy.law, book.quantiles, inputs, [0.0] * MEASURES, out)
    return _rule_score(out)


def rule_scores(inputs: Floats, book: Book, policy: Policy) -> list[RuleScore]:
    """Return the rule score of each customer; alone and among many it has the same bits.

    Parameters
    ----------
    inputs : ndarray of float64, shape (n, len(RULE_INPUTS))
        As `rule_score` takes them.
    book : Book
        Quantiles and on-time rate frozen in the bundle.
    policy : Policy
        Weights and curves.
    """
    if len(inputs) < MANY or not has_compiler():
        return [rule_score(row, book, policy) for row in inputs.tolist()]
    out = np.empty((len(inputs), COLUMNS))
    law, quantiles = as_arrays(policy.law), as_arrays(book.quantiles)
    compiled()(law, quantiles, np.ascontiguousarray(inputs), np.empty(MEASURES), out)
    return [_rule_score(row) for row in out.tolist()]


def _rule_score(row: list[float]) -> RuleScore:
    return RuleScore(dict(zip(_NAMES, row, strict=False)), *row[len(_NAMES) :])
