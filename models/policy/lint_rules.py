"""Weights, bands, adjustments of a policy that can never bite, or always do."""

from __future__ import annotations

from collections.abc import Iterator

from models.bands import GRADES, TOLERANCE, edges_of
from models.policy.findings import Finding, always, never, noted, number
from models.policy.lint_curves import rule_span
from models.policy.lint_terms import LIFETIME_DAYS
from models.policy.sections import Policy
from models.scale import at_horizon

_MOST_NOTCHES = 11  # from D3 to A1


def best_points(policy: Policy) -> float:
    """Return the most points that anybody can have under a policy, overrides aside."""
    w = policy.blend.rule_weight
    best = w * rule_span(policy)[1] + (1 - w) * 100
    return max(best, policy.provisional.entry_points)


def rule_findings(policy: Policy) -> Iterator[Finding]:
    """Yield what never or always bites in blend, weights, bands and adjustments."""
    yield from _blend(policy)
    yield from _bands(policy)
    yield from _provisional(policy)
    yield from _overdue(policy)
    yield from _probabilities(policy)
    yield from _hysteresis(policy)
    yield from _people(policy)


def _blend(policy: Policy) -> Iterator[Finding]:
    key = "blend.rule_weight"
    if policy.blend.rule_weight == 0:
        yield never(
            "rules_count_nothing", key,
            "规则分的权重为0，五项指标、其权重与曲线都不影响等级。请写入如0.4的权重。",
            "The rules' weight is 0: the five indicators, their weights and curves move no grade. "
            "Write a weight such as 0.4.",
        )  # fmt: skip
    elif policy.blend.rule_weight == 1:
        yield never(
            "model_counts_nothing", key,
            "规则分的权重为1，模型分不计入得分，违约概率只通过等级上限起作用。请写入如0.4的权重。",
            "The rules' weight is 1: the model gives no points, and the default probability counts "
            "by its ceilings alone. Write a weight such as 0.4.",
        )  # fmt: skip
    for name, weight in vars(policy.weights).items():
        if weight == 0:
            yield never(
                "weight_zero", f"weights.{name}",
                f"weights.{name}为0，该指标从不影响规则分。请写入权重，或确认不再计较。",
                f"weights.{name} is 0: the indicator never moves the rule score. Give it a weight, "
                "or leave it so if that is meant.",
            )  # fmt: skip
    if policy.rules.shrink_invoices == 0:
        yield never(
            "shrinks_nothing", "rules.shrink_invoices",
            "补入的发票张数为0，及时率从不向全账平均收缩，一张发票即可定为100%或0%。"
            "请写入如4的张数。",
            "No invoices of the book are added: the on-time rate is never shrunk, and one invoice "
            "makes it 100 % or 0 %. Write a number such as 4.",
        )  # fmt: skip


def _bands(policy: Policy) -> Iterator[Finding]:
    best, floors = best_points(policy), edges_of(policy.bands).floors
    for grade in GRADES[:-1]:
        if best < floors[grade] - TOLERANCE:
            yield never(
                "grade_out_of_reach", f"bands.{grade}",
                f"{grade}级须{number(floors[grade])}分，而最多只能得{number(round(best, 2))}分，"
                f"除人工调整外无人能评为{grade}级。请降低bands.{grade}或提高曲线。",
                f"Grade {grade} begins at {number(floors[grade])}, but nobody can have more than "
                f"{number(round(best, 2))} points: but for overrides it is never given. Lower "
                f"bands.{grade}, or raise the curves.",
            )  # fmt: skip
    w = policy.blend.rule_weight
    worst = min(w * rule_span(policy)[0], policy.provisional.entry_points)
    if worst >= floors["C"] - TOLERANCE:
        yield never(
            "lowest_grade_by_ceilings_alone", "bands.C",
            f"得分最低也有{number(round(worst, 2))}分，不低于C级的{number(floors['C'])}分，"
            "除人工调整外，D级只能由等级上限产生。请提高bands.C或降低曲线。",
            f"Nobody has fewer than {number(round(worst, 2))} points, and C begins at "
            f"{number(floors['C'])}: but for overrides only a ceiling gives D. Raise bands.C, or "
            "lower the curves.",
        )  # fmt: skip


def _provisional(policy: Policy) -> Iterator[Finding]:
    rule = policy.provisional
    for name, value in (
        ("fewer_invoices_due_than", rule.fewer_invoices_due_than),
        ("fewer_days_than", rule.fewer_days_than),
    ):
        key = f"provisional.{name}"
        if value == 0:
            yield never(
                "newcomer_never", key,
                f"{key}为0，没有客户少于0，此条件不会使任何人成为新客户。请写入大于0的值。",
                f"{key} is 0 and nobody has fewer than 0: this makes no customer a newcomer. Write "
                "a value above 0.",
            )  # fmt: skip
    if rule.fewer_days_than > LIFETIME_DAYS:
        yield always(
            "newcomer_always", "provisional.fewer_days_than",
            f"历史须满{number(rule.fewer_days_than)}天，超过一百年，人人都是新客户。"
            "请写入如90的天数。",
            f"Whoever has less than {number(rule.fewer_days_than)} days of history is a newcomer, "
            "more than a hundred years: everybody is. Write days such as 90.",
        )  # fmt: skip
    enters = edges_of(policy.bands).grade(rule.entry_points)
    if enters != "C":
        yield noted(
            "newcomers_enter_elsewhere", "provisional.entry_points",
            f"新客户起点{number(rule.entry_points)}分落在{enters}级而非C级。"
            f"如非有意，请写入{number(policy.bands.C)}至{number(policy.bands.B)}之间的分数。",
            f"Newcomers enter at {number(rule.entry_points)} points, which is grade {enters} and "
            f"not C. Unless that is meant, write points from {number(policy.bands.C)} to below "
            f"{number(policy.bands.B)}.",
        )  # fmt: skip


def _overdue(policy: Policy) -> Iterator[Finding]:
    rule = policy.ceilings
    if rule.overdue_days_to_c == rule.overdue_days_to_d:
        days = rule.overdue_days_to_c
        yield never(
            "overdue_to_c_never", "ceilings.overdue_days_to_c",
            f"逾期超过{days}天即最高为D级，C级上限的天数也是{days}，故从不单独起作用。"
            "请让overdue_days_to_c小于overdue_days_to_d。",
            f"Past {days} days overdue the ceiling is D, and the ceiling for C begins at {days} "
            "too: it never holds. Write overdue_days_to_c below overdue_days_to_d.",
        )  # fmt: skip
    for name, days in (("c", rule.overdue_days_to_c), ("d", rule.overdue_days_to_d)):
        if days > LIFETIME_DAYS:
            yield never(
                f"overdue_to_{name}_never", f"ceilings.overdue_days_to_{name}",
                f"逾期须超过{number(days)}天，即一百年以上，此上限从不起作用。请写入更少的天数。",
                f"An invoice would have to be overdue for {number(days)} days, more than a hundred "
                "years: the ceiling never holds. Write fewer days.",
            )  # fmt: skip
    if rule.overdue_material_amount == 0:
        yield always(
            "overdue_always_material", "ceilings.overdue_material_amount",
            "大额逾期的门槛为0，一分钱逾期也触发上限。请写入如1000的金额。",
            "The material amount is 0: a cent overdue is material. Write an amount such as 1000.",
        )  # fmt: skip


def _probabilities(policy: Policy) -> Iterator[Finding]:
    rule, floors = policy.ceilings, edges_of(policy.bands).floors
    to_c, to_d = rule.yearly_probability_to_c, rule.yearly_probability_to_d
    if to_c == to_d:
        yield never(
            "probability_to_c_never", "ceilings.yearly_probability_to_c",
            f"年违约概率达到{to_c:.4g}即最高为D级，C级上限的概率相同，故从不单独起作用。"
            "请让yearly_probability_to_c小于yearly_probability_to_d。",
            f"From a yearly probability of {to_c:.4g} on the ceiling is D, and the one for C "
            "begins there too: it never holds. Write yearly_probability_to_c below "
            "yearly_probability_to_d.",
        )  # fmt: skip
    else:
        yield from _probability(policy, "C", to_c, floors["B"] - rule.margin)
    yield from _probability(policy, "D", to_d, floors["C"] - rule.margin)


def _probability(policy: Policy, grade: str, chance: float, stop: float) -> Iterator[Finding]:
    name = grade.lower()
    key, code = f"ceilings.yearly_probability_to_{name}", f"probability_to_{name}"
    if chance == 0:
        yield always(
            f"{code}_always", key,
            f"{key}为0，任何违约概率都达到，所有客户最高为{grade}级。请写入如0.1的概率。",
            f"{key} is 0, which every probability reaches: {grade} is the best grade of anybody. "
            "Write a probability such as 0.1.",
        )  # fmt: skip
    elif chance == 1:
        yield never(
            f"{code}_never", key,
            f"{key}为1，没有违约概率能达到，此上限从不起作用。请写入如0.3的概率。",
            f"{key} is 1, which no probability reaches: the ceiling never holds. Write a "
            "probability such as 0.3.",
        )  # fmt: skip
    elif (most := _most_at(policy, chance)) <= stop:
        yield never(
            f"{code}_below_the_points", key,
            f"年违约概率达到{chance:.4g}时得分最多{number(round(most, 2))}，已不高于"
            f"{number(stop)}，此上限从不降低等级。请降低{key}，或确认只作保险。",
            f"With a yearly probability of {chance:.4g} nobody has more than "
            f"{number(round(most, 2))} points, which lies at or below {number(stop)} already: the "
            f"ceiling never lowers a grade. Lower {key}, or keep it as a safeguard.",
        )  # fmt: skip


def _most_at(policy: Policy, yearly: float) -> float:
    """Return the most points with a yearly probability, over the horizons of the scale."""
    w, best_rules = policy.blend.rule_weight, rule_span(policy)[1]
    scales = [(int(days), policy.point_scale(int(days))) for days in policy.scale.anchors]
    told = [
        scale.points_of_probability(at_horizon(yearly, days)) for days, scale in scales if days > 0
    ]
    blends = [w * best_rules + (1 - w) * min(max(points, 0.0), 100.0) for points in told]
    # a newcomer is set to the entry point whatever the probability
    return max([policy.provisional.entry_points, *blends])


def _hysteresis(policy: Policy) -> Iterator[Finding]:
    key, margin = "hysteresis.upgrade_margin", policy.hysteresis.upgrade_margin
    if margin == 0:
        yield never(
            "hysteresis_never", key,
            "升级余量为0，从不阻止升级，等级可能每月来回跳动。请写入如2的分数。",
            "The margin for upgrades is 0 and stops none: a grade may flip from month to month. "
            "Write points such as 2.",
        )  # fmt: skip
        return
    floors, best = edges_of(policy.bands).floors, best_points(policy)
    tops = {"A": best, "B": floors["A"], "C": floors["B"]}
    for grade, top in tops.items():
        needed = floors[grade] + margin
        beyond = needed > top + TOLERANCE if grade == "A" else needed >= top - TOLERANCE
        if beyond:
            yield always(
                "hysteresis_wider_than_band", key,
                f"升至{grade}级须{number(needed)}分，超出该级的{number(floors[grade])}至"
                f"{number(round(top, 2))}分，凭该级区间内的得分永远升不到{grade}级。"
                f"请写入小于{number(round(top - floors[grade], 2))}的余量。",
                f"An upgrade to {grade} needs {number(needed)} points, beyond that grade's own "
                f"{number(floors[grade])} to {number(round(top, 2))}: points within it never "
                f"suffice. Write a margin below {number(round(top - floors[grade], 2))}.",
            )  # fmt: skip


def _people(policy: Policy) -> Iterator[Finding]:
    notches = policy.override.most_notches_up
    if notches == 0:
        yield never(
            "override_never_lifts", "override.most_notches_up",
            "人工调整最多上调0个细分级，只能下调。请写入如2的数。",
            "An override may lift a grade by 0 notches: it can only lower one. Write a number "
            "such as 2.",
        )  # fmt: skip
    elif notches >= _MOST_NOTCHES:
        yield noted(
            "override_unbounded", "override.most_notches_up",
            f"人工调整最多可上调{notches}个细分级，可从D3直接到A1，限制不起作用。请写入如2的数。",
            f"An override may lift a grade by {notches} notches, from D3 to A1: the limit stops "
            "nothing. Write a number such as 2.",
        )  # fmt: skip
    if policy.reasons.at_most == 0:
        yield never(
            "no_reasons_told", "reasons.at_most",
            "最多说明0条原因，等级没有任何解释。请写入如4的数。",
            "At most 0 reasons are told: no grade is explained. Write a number such as 4.",
        )  # fmt: skip
