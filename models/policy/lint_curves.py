"""Curves of a policy that cannot tell customers apart, and knots that nobody reaches."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from models.curves import Curve
from models.explain.words.text import Text
from models.policy.findings import Finding, always, never, noted, number
from models.policy.sections import Policy, Rules

_FLAT = 1e-9  # points: less is the same


@dataclass(frozen=True)
class Measured:
    """A curve of the rules and what its measure can be.

    Attributes
    ----------
    key : str
        Under ``rules``.
    curve : Curve
        From the measure to points.
    least, most : float
        Of the measure; a count has no most.
    measure : Text
        What is measured.
    """

    key: str
    curve: Curve
    least: float
    most: float
    measure: Text

    @property
    def span(self) -> tuple[float, float]:
        """The least and the most points within what the measure can be."""
        inside = [y for x, y in self.curve.knots if self.least <= x <= self.most]
        ends = [self.curve(self.least), self.curve(self.most)]
        return min(inside + ends), max(inside + ends)

    @property
    def is_flat(self) -> bool:
        """Whether the measure makes no difference."""
        least, most = self.span
        return most - least < _FLAT


_SHARE = Text("及时付款率", "the on-time rate")
_EVENTS = Text("涉诉次数", "the number of legal events")
_OPEN = Text("未结案件数", "the number of open events")
_AGE = Text("距最近涉诉的天数", "the days since the last event")


def indicator_curves(rules: Rules) -> dict[str, Measured]:
    """Return the curve of each indicator that has one of its own, by the indicator's name."""
    count, place = Text("逾期次数", "the overdue count"), Text("分位", "the place in the book")
    score = Text("评分", "the score")
    found = (
        Measured("payment_timeliness", rules.payment_timeliness.curve, 0, 1, _SHARE),
        Measured("overdue_count", rules.overdue_count.curve, 0, math.inf, count),
        Measured("amount_and_frequency", rules.amount_and_frequency.curve, 0, 1, place),
        Measured("industry_score", rules.industry_score.curve, 0, 100, score),
    )
    return {measured.key: measured for measured in found}


def rule_span(policy: Policy) -> tuple[float, float]:
    """Return the least and the most that the rule score can be under a policy.

    An indicator that is unknown leaves the sum, so the extremes are those of single indicators
    that have a weight, or the neutral value when nothing is known.
    """
    spans = {name: m.span for name, m in indicator_curves(policy.rules).items()}
    least_cost = _litigation_curves(policy.rules)["per_open"].span[0]
    spans["litigation"] = (0.0, min(max(100 - least_cost, 0.0), 100.0))
    weighed = [spans[name] for name, weight in vars(policy.weights).items() if weight > 0]
    neutral = policy.rules.neutral
    return min([neutral, *(s[0] for s in weighed)]), max([neutral, *(s[1] for s in weighed)])


def curve_findings(policy: Policy) -> Iterator[Finding]:
    """Yield what is wrong with the curves of the rules."""
    for measured in indicator_curves(policy.rules).values():
        key = f"rules.{measured.key}.curve"
        yield from _strays(key, measured)
        if measured.is_flat:
            points = number(measured.span[0])
            zh, en = measured.measure.zh, measured.measure.en
            where = _where(measured)
            yield always(
                "curve_flat", key,
                f"{zh}在可能的取值{where.zh}内，曲线恒为{points}分，所有客户得分相同。"
                f"请让{key}的节点落在该范围内且分数不同。",
                f"Wherever {en} can be ({where.en}) the curve gives {points} points: everybody "
                f"has the same. Give {key} knots within it with different points.",
            )  # fmt: skip
    yield from _litigation(policy.rules)


def _litigation(rules: Rules) -> Iterator[Finding]:
    for name, measured in _litigation_curves(rules).items():
        key = f"rules.{measured.key}"
        yield from _strays(key, measured)
        # without an event nothing is read from the curve of events
        read = replace(measured, least=1) if name == "per_event" else measured
        if read.is_flat:
            yield _flat_cost(key, read)


def _litigation_curves(rules: Rules) -> dict[str, Measured]:
    law = rules.litigation
    return {
        "per_event": Measured("litigation.per_event", law.per_event, 0, math.inf, _EVENTS),
        "per_open": Measured("litigation.per_open", law.per_open, 0, math.inf, _OPEN),
        # the events that are counted are those of the last 730 days
        "recency": Measured("litigation.recency", law.recency, 0, 730, _AGE),
    }


def _flat_cost(key: str, measured: Measured) -> Finding:
    cost, zh, en = measured.span[0], measured.measure.zh, measured.measure.en
    if cost == 0:
        return never(
            "curve_costs_nothing", key,
            f"无论{zh}多少，{key}恒为0，从不扣分。请写入大于0的值，或确认不再计较。",
            f"Whatever {en} may be, {key} is 0 and costs nothing. Write values above 0, or leave "
            "it so if that is meant.",
        )  # fmt: skip
    if measured.least == 1:
        return noted(
            "events_cost_the_same", key,
            f"有一次或多次涉诉，{key}都是{number(cost)}，次数不起作用。如非有意，请让节点的值不同。",
            f"One event or many, {key} is {number(cost)}: their number makes no difference. Unless "
            "that is meant, give its knots different values.",
        )  # fmt: skip
    return always(
        "curve_flat", key,
        f"无论{zh}多少，{key}恒为{number(cost)}。请让节点的值不同。",
        f"Whatever {en} may be, {key} is {number(cost)}. Give its knots different values.",
    )  # fmt: skip


def _strays(key: str, measured: Measured) -> Iterator[Finding]:
    outside = [x for x, _ in measured.curve.knots if not measured.least <= x <= measured.most]
    if outside:
        told, where = ", ".join(map(number, outside)), _where(measured)
        zh, en = measured.measure.zh, measured.measure.en
        yield never(
            "knot_out_of_reach", key,
            f"{key}在{told}处有节点，但{zh}只能取{where.zh}，该处的值不会出现。"
            "请改到范围内（比例写作0.95而非95）。",
            f"{key} has a knot at {told}, but {en} can only be {where.en}: nobody gets what "
            "stands there. Move it within (a share is written 0.95, not 95).",
        )  # fmt: skip


def _where(measured: Measured) -> Text:
    least = number(measured.least)
    if math.isinf(measured.most):
        return Text(f"{least}及以上", f"{least} or more")
    most = number(measured.most)
    return Text(f"{least}至{most}", f"{least} to {most}")
