"""Terms: what a grade means in business, in money with two places."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from models.policy.sections import GradeTerms, Policy, TermsSection

CENT = Decimal("0.01")
_NOTHING, _WHOLE = Decimal(0), Decimal(1)
MONTHS = 12  # of the 365 days that sales are summed over


@dataclass(frozen=True)
class Terms:
    """The terms of one customer.

    Attributes
    ----------
    credit_limit, warning_line : Decimal
        In the ledger's currency, two places; an order that lifts the exposure over the
        warning line is looked at even with grade A.
    payment_days : int
        Days from invoice to due date.
    prepayment_share : float
        Share of an order to be paid before shipping, 0 to 1.
    approval : str
        Who approves an order: a code of the policy, or ``fast-lane``.
    contract : str
        Code of the contract template.
    """

    credit_limit: Decimal
    warning_line: Decimal
    payment_days: int
    prepayment_share: float
    approval: str
    contract: str


def terms_of(grade: str, facts: Mapping[str, float], policy: Policy) -> Terms:
    """Return the terms of a grade for a customer with these features.

    The limit is the grade's months of average monthly sales, scaled between half and whole
    by tenure, less the share of invoices overdue, plus a share of valid guarantees, within
    the policy's bounds: ``months · amount_365d / 12 · (½ + ½ · tenure) · (1 − overdue) +
    share · guarantees``, in decimals, half a cent up. An unknown amount, tenure or guarantee
    counts as none; an unknown overdue share (nothing fell due) takes nothing off, but keeps a
    customer off the fast lane. A grade without credit has the limit 0.
    """
    rule = policy.terms
    wanted = rule.of(grade)
    fast = (
        grade in ("A", "B")
        and facts["tenure_days"] >= rule.fast_lane_tenure_days
        and facts["overdue_share_365d"] <= rule.fast_lane_overdue_share
    )
    limit = _limit(wanted, facts, rule)
    return Terms(
        credit_limit=limit,
        warning_line=_money(limit * _constant(rule.warning_share)),
        payment_days=wanted.payment_days,
        prepayment_share=wanted.prepayment_share,
        approval="fast-lane" if fast else wanted.approval,
        contract=wanted.contract,
    )


def _limit(wanted: GradeTerms, facts: Mapping[str, float], rule: TermsSection) -> Decimal:
    if not wanted.months_of_sales:
        return _money(_NOTHING)
    monthly = max(_exact(facts["invoice_amount_365d"]), _NOTHING) / MONTHS
    tenure = max(_exact(facts["tenure_days"]), _NOTHING) / rule.longest_tenure_days
    conduct = (1 + min(tenure, _WHOLE)) / 2 * (1 - _exact(facts["overdue_share_365d"]))
    earned = monthly * _constant(wanted.months_of_sales) * conduct
    guaranteed = _exact(facts["guaranteed_amount"]) * _constant(rule.guarantee_share)
    bounded = max(_money(earned + guaranteed), _written(rule.smallest_limit))
    return _money(min(bounded, _written(rule.largest_limit)))


def _exact(value: float) -> Decimal:
    return _NOTHING if math.isnan(value) else Decimal(repr(float(value)))


@lru_cache(maxsize=256)
def _constant(value: float) -> Decimal:
    """Return a number of the policy, read once."""
    return _exact(value)


@lru_cache(maxsize=256)
def _written(amount: str) -> Decimal:
    return Decimal(amount)


def _money(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)
