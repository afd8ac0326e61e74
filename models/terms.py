"""Terms: what a grade means in business, in money with two places."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from models.policy.sections import Policy

CENT = Decimal("0.01")
DAYS_IN_MONTH = 365 / 12


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
    the policy's bounds. Unknown parts count for nothing, never for good.
    """
    rule = policy.terms
    wanted = rule.of(grade)
    sales = max(_known(facts["invoice_amount_365d"]), 0.0) / 365 * DAYS_IN_MONTH
    tenure = min(_known(facts["tenure_days"]) / rule.longest_tenure_days, 1.0)
    overdue = _known(facts["overdue_share_365d"])
    earned = sales * wanted.months_of_sales * (0.5 + 0.5 * max(tenure, 0.0)) * (1 - overdue)
    guaranteed = 0.0 if grade == "D" else _known(facts["guaranteed_amount"]) * rule.guarantee_share
    limit = min(
        max(_money(earned + guaranteed), Decimal(rule.smallest_limit)), Decimal(rule.largest_limit)
    )
    fast = (
        grade in ("A", "B")
        and _known(facts["tenure_days"]) >= rule.fast_lane_tenure_days
        and overdue <= rule.fast_lane_overdue_share
    )
    return Terms(
        credit_limit=limit,
        warning_line=_money(float(limit) * rule.warning_share),
        payment_days=wanted.payment_days,
        prepayment_share=wanted.prepayment_share,
        approval="fast-lane" if fast else wanted.approval,
        contract=wanted.contract,
    )


def _known(value: float) -> float:
    return 0.0 if math.isnan(value) else value


def _money(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(CENT, rounding=ROUND_DOWN)
