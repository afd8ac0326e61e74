"""What must hold between the values of a policy, beyond the kind of each."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from models.curves import Curve
from models.policy.sections import Policy


def faults(policy: Policy) -> Iterator[str]:
    """Return a sentence for each rule that the policy breaks, with the values and the mend."""
    yield from _bands_and_weights(policy)
    yield from _ranges(policy)
    yield from _order(policy)
    yield from _curves(policy)
    yield from _limits(policy)
    yield from _loss(policy)
    yield from _promotion(policy)


def _bands_and_weights(policy: Policy) -> Iterator[str]:
    bands = policy.bands
    if not 100 >= bands.A > bands.B > bands.C > 0:
        yield (
            f"band floors must fall from A to C between 100 and 0, but they are A {bands.A:g}, "
            f"B {bands.B:g}, C {bands.C:g}. Correct [bands]."
        )
    weights = vars(policy.weights)
    if any(w < 0 for w in weights.values()) or not math.isclose(sum(weights.values()), 1.0):
        yield (
            "the weights must be at least 0 and add up to 1, but they add up to "
            f"{sum(weights.values()):g}. Correct [weights]."
        )
    currency = policy.ledger.currency
    if not re.fullmatch("[A-Z]{3}", currency):
        yield f"ledger.currency = {currency!r} must be three capital letters, as CNY."


def _ranges(policy: Policy) -> Iterator[str]:
    terms, ceilings = policy.terms, policy.ceilings
    narrowest = min(policy.bands.A - policy.bands.B, policy.bands.B - policy.bands.C)
    ranges = {
        "blend.rule_weight": (policy.blend.rule_weight, 0, 1),
        "rules.neutral": (policy.rules.neutral, 0, 100),
        "rules.shrink_invoices": (policy.rules.shrink_invoices, 0, math.inf),
        "provisional.entry_points": (policy.provisional.entry_points, 0, 100),
        "provisional.fewer_invoices_due_than": (
            policy.provisional.fewer_invoices_due_than,
            0,
            math.inf,
        ),
        "provisional.fewer_days_than": (policy.provisional.fewer_days_than, 0, math.inf),
        "provisional.expires_after_days": (policy.provisional.expires_after_days, 1, 36_500),
        "ceilings.margin": (ceilings.margin, 1e-6, narrowest),
        "ceilings.overdue_material_amount": (ceilings.overdue_material_amount, 0, math.inf),
        "ceilings.yearly_probability_to_c": (ceilings.yearly_probability_to_c, 0, 1),
        "ceilings.yearly_probability_to_d": (ceilings.yearly_probability_to_d, 0, 1),
        "hysteresis.upgrade_margin": (policy.hysteresis.upgrade_margin, 0, 100),
        "override.most_notches_up": (policy.override.most_notches_up, 0, 11),
        "reasons.at_most": (policy.reasons.at_most, 0, math.inf),
        "terms.warning_share": (terms.warning_share, 0, 1),
        "terms.longest_tenure_days": (terms.longest_tenure_days, 1, math.inf),
        "terms.guarantee_share": (terms.guarantee_share, 0, 1),
        "terms.fast_lane_tenure_days": (terms.fast_lane_tenure_days, 0, math.inf),
        "terms.fast_lane_overdue_share": (terms.fast_lane_overdue_share, 0, 1),
    }
    for grade in "ABCD":
        row = terms.of(grade)
        ranges[f"terms.{grade}.months_of_sales"] = (row.months_of_sales, 0, math.inf)
        ranges[f"terms.{grade}.payment_days"] = (row.payment_days, 0, math.inf)
        ranges[f"terms.{grade}.prepayment_share"] = (row.prepayment_share, 0, 1)
    for key, (value, least, most) in ranges.items():
        if not least <= value <= most:
            where = f"between {least:g} and {most:g}" if most < math.inf else f"at least {least:g}"
            yield f"{key} = {value:g} must be {where}."


def _order(policy: Policy) -> Iterator[str]:
    scale, ceilings = policy.scale, policy.ceilings
    if scale.safe_points <= scale.risky_points:
        yield "scale.safe_points must be above scale.risky_points."
    if not 0 <= ceilings.overdue_days_to_c <= ceilings.overdue_days_to_d:
        yield "ceilings.overdue_days_to_c must be at least 0 and not above overdue_days_to_d."
    if ceilings.yearly_probability_to_c > ceilings.yearly_probability_to_d:
        yield "ceilings.yearly_probability_to_c must not be above yearly_probability_to_d."
    rows = [policy.terms.of(grade) for grade in "ABCD"]
    for better, worse in zip(rows, rows[1:], strict=False):
        if (
            worse.months_of_sales > better.months_of_sales
            or worse.payment_days > better.payment_days
            or worse.prepayment_share < better.prepayment_share
        ):
            yield "a worse grade must not have better terms. Correct [terms.A] to [terms.D]."
            return


def _curves(policy: Policy) -> Iterator[str]:
    rules = policy.rules
    points: dict[str, Curve] = {
        "payment_timeliness.curve": rules.payment_timeliness.curve,
        "overdue_count.curve": rules.overdue_count.curve,
        "amount_and_frequency.curve": rules.amount_and_frequency.curve,
        "industry_score.curve": rules.industry_score.curve,
        "litigation.per_event": rules.litigation.per_event,
        "litigation.per_open": rules.litigation.per_open,
    }
    for key, curve in points.items():
        if curve.span[0] < 0 or curve.span[1] > 100:
            yield f"the points of rules.{key} must lie between 0 and 100."
    recency = rules.litigation.recency.span
    if recency[0] < 0 or recency[1] > 1:
        yield "the shares of rules.litigation.recency must lie between 0 and 1."


def _limits(policy: Policy) -> Iterator[str]:
    limits = {
        "smallest_limit": policy.terms.smallest_limit,
        "largest_limit": policy.terms.largest_limit,
    }
    for key, text in limits.items():
        if not _is_money(text):
            yield f'terms.{key} = {text!r} must be an amount of money as a text, as "1000.00".'
            return
    if Decimal(limits["smallest_limit"]) > Decimal(limits["largest_limit"]):
        yield "terms.smallest_limit must not be above terms.largest_limit."


def _loss(policy: Policy) -> Iterator[str]:
    rule = policy.loss
    ranges = {
        "prior": (rule.prior, 0, 1),
        "prior_defaults": (rule.prior_defaults, 0, math.inf),
        "floor": (rule.floor, 0, 1),
        "write_off_days": (rule.write_off_days, 1, 3_650),
        "recovery_days": (rule.recovery_days, 1, 3_650),
        "discount_rate": (rule.discount_rate, 0, 1),
        "order_share": (rule.order_share, 0, 1),
        "undrawn_share": (rule.undrawn_share, 0, 1),
        "provision.beyond": (rule.provision.beyond, 0, 1),
    }
    for key, (value, least, most) in ranges.items():
        if not least <= value <= most:
            where = f"between {least:g} and {most:g}" if most < math.inf else f"at least {least:g}"
            yield f"loss.{key} = {value:g} must be {where}."
    edges, shares = rule.provision.edges, rule.provision.shares
    if edges[0] != 0 or list(edges) != sorted(set(edges)):
        yield (
            f"the days of loss.provision.rates must begin with 0 (not yet due) and rise, not "
            f"{', '.join(map(str, edges))}."
        )
    if any(not 0 <= share <= 1 for share in shares):
        yield "the shares of loss.provision must lie between 0 and 1; 3.4 % is 0.034."


def _promotion(policy: Policy) -> Iterator[str]:
    gates = policy.promotion
    for key in ("min_auc", "most_migration"):
        value = getattr(gates, key)
        if not 0 <= value <= 1:
            yield f"promotion.{key} = {value:g} must be between 0 and 1."
    for name in ("calibration_slope", "told_to_realised"):
        least, most = getattr(gates, f"least_{name}"), getattr(gates, f"most_{name}")
        if not 0 <= least <= 1 <= most:
            yield (
                f"promotion.least_{name} = {least:g} and most_{name} = {most:g} must hold 1, a "
                "perfect model, between them, the first at least 0."
            )


def _is_money(text: str) -> bool:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return False
    return amount.is_finite() and amount >= 0 and amount == round(amount, 2)
