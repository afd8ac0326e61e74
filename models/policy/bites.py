"""How many customers of a book each rule of a policy bites: none, some, or everybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from features.matrix import Snapshots
from models.adjustments import Adjustment
from models.explain.words.lines import ceiling_text
from models.explain.words.text import EMPTY, Text, sentence_case
from models.grading import Grading
from models.policy.findings import ALWAYS, NEVER, NOTE, Finding, number
from models.policy.sections import Policy
from models.rules import INDICATORS
from models.terms import terms_of

_CEILINGS: Mapping[str, str] = {
    "in_default": "ceilings",
    "dishonest": "ceilings",
    "enforcement_open": "ceilings",
    "overdue_to_d": "ceilings.overdue_days_to_d",
    "overdue_to_c": "ceilings.overdue_days_to_c",
    "probability_to_d": "ceilings.yearly_probability_to_d",
    "probability_to_c": "ceilings.yearly_probability_to_c",
}
_NO_BOUND = ("0.00", "9999999999999999.99")


@dataclass(frozen=True)
class _Bite:
    """A rule of the policy and how many it bites; ``more`` says what else is to know."""

    code: str
    key: str
    name: Text
    bites: int
    customers: int
    more: Text = EMPTY

    @property
    def finding(self) -> Finding:
        severity = NEVER if not self.bites else ALWAYS if self.bites == self.customers else NOTE
        return Finding(
            self.code, self.key, severity, self._text(severity), self.bites, self.customers
        )

    def _text(self, severity: str) -> Text:
        zh = f"{self.name.zh}：{self.customers}户中对{self.bites}户起作用{self.more.zh}。"
        en = f"{self.name.en}: it bites {self.bites} of {self.customers} customers{self.more.en}."
        if severity == NEVER:
            zh += f"在此账上从不起作用；如应起作用，请检查{self.key}。"
            en += f" It never bites in this book; if it should, look at {self.key}."
        elif severity == ALWAYS:
            zh += f"在此账上对所有客户都起作用，不能区分客户；请检查{self.key}。"
            en += f" It bites everybody in this book and tells nobody apart; look at {self.key}."
        return Text(zh, en)


def book_findings(
    snapshots: Snapshots, gradings: Sequence[Grading], policy: Policy
) -> list[Finding]:
    """Return how many customers of a book each rule bites.

    A rule bites a customer if that customer's points, limit or approval would be another
    without it; of several ceilings that hold, the strictest alone does.

    Parameters
    ----------
    snapshots : Snapshots
        What was graded: the features of at least one customer.
    gradings : sequence of Grading
        What the policy made of each.
    policy : Policy
        The policy that graded.
    """
    found = [bite.finding for bite in _adjustments(gradings, policy)]
    found += _indicators(gradings, policy)
    found += [bite.finding for bite in _terms(snapshots, gradings, policy)]
    return found


def _adjustments(gradings: Sequence[Grading], policy: Policy) -> Iterator[_Bite]:
    n = len(gradings)
    ceilings = [line for g in gradings for line in g.adjustments if line.kind == "ceiling"]
    for code, key in _CEILINGS.items():
        holds = sum(code in (line.reason, *line.also) for line in ceilings)
        bites = sum(line.reason == code and line.points < 0 for line in ceilings)
        more = Text(f"（共有{holds}户符合）", f" (it holds for {holds})")
        if holds and not bites:
            more = Text(
                f"（共有{holds}户符合，但其得分已在上限之下，或另有同样严格的上限）",
                f" (it holds for {holds}, but their points lie below anyway, or another ceiling "
                "stops them as low)",
            )
        name = sentence_case(ceiling_text(Adjustment("ceiling", 0.0, code)))
        yield _Bite(f"ceiling_{code}", key, name, bites, n, more)
    moved = {
        kind: sum(any(li.kind == kind and li.points != 0 for li in g.adjustments) for g in gradings)
        for kind in ("bound", "provisional", "hysteresis")
    }
    with_prior = sum(g.prior_grade is not None for g in gradings)
    told = {
        "bound": ("scale", Text("评分刻度的上下限", "The end of the scale"), EMPTY),
        "provisional": (
            "provisional",
            Text("新客户的临时定级", "The entry point for newcomers"),
            EMPTY,
        ),
        "hysteresis": (
            "hysteresis.upgrade_margin",
            Text("升级余量", "The margin for upgrades"),
            Text(f"（{with_prior}户有上期等级）", f" ({with_prior} have a prior grade)"),
        ),
    }
    for kind, (key, name, more) in told.items():
        yield _Bite(kind, key, name, moved[kind], n, more)


def _indicators(gradings: Sequence[Grading], policy: Policy) -> Iterator[Finding]:
    n = len(gradings)
    for indicator in INDICATORS:
        code, key = f"indicator_{indicator.name}", f"weights.{indicator.name}"
        points = [p for g in gradings if (p := g.indicators[indicator.name]) is not None]
        known = f"{key}：{n}户中{len(points)}户可知", f"{key}: known of {len(points)} of {n}"
        if not points:
            zh = f"{known[0]}，该指标在此账上从不计入。请补充数据，或把权重给其他指标。"
            en = (
                f"{known[1]} customers: the indicator never counts in this book. Bring the data, "
                "or give its weight to others."
            )
            yield Finding(code, key, NEVER, Text(zh, en), 0, n)
        elif max(points) - min(points) == 0:
            same = number(round(points[0], 2))
            zh = f"{known[0]}，且都是{same}分，不能区分客户。请检查rules.{indicator.name}的曲线。"
            en = (
                f"{known[1]} customers, who all have {same} points: it tells nobody apart. Look at "
                f"the curves of rules.{indicator.name}."
            )
            yield Finding(code, key, ALWAYS, Text(zh, en), len(points), n)
        else:
            low, high = (number(round(p, 2)) for p in (min(points), max(points)))
            text = Text(
                f"{known[0]}，分数在{low}至{high}之间。",
                f"{known[1]} customers, with {low} to {high} points.",
            )
            yield Finding(code, key, NOTE, text, len(points), n)


def _terms(snapshots: Snapshots, gradings: Sequence[Grading], policy: Policy) -> Iterator[_Bite]:
    n = len(gradings)
    facts = [dict(zip(snapshots.names, row, strict=True)) for row in snapshots.values.tolist()]
    unbounded = _limits(facts, gradings, _with_terms(policy, _NO_BOUND))
    bare = _limits(facts, gradings, _with_terms(policy, _NO_BOUND, guarantee_share=0.0))
    smallest, largest = Decimal(policy.terms.smallest_limit), Decimal(policy.terms.largest_limit)
    credit = [policy.terms.of(g.grade).months_of_sales > 0 for g in gradings]
    pairs = list(zip(unbounded, credit, strict=True))
    counts = (
        ("limit_lifted", "smallest_limit", Text("额度下限", "The smallest limit"),
         sum(has and limit < smallest for limit, has in pairs)),
        ("limit_capped", "largest_limit", Text("额度上限", "The largest limit"),
         sum(has and limit > largest for limit, has in pairs)),
        ("limit_guaranteed", "guarantee_share", Text("担保增加额度", "Guarantees in the limit"),
         sum(one != other for one, other in zip(unbounded, bare, strict=True))),
        ("fast_lane", "fast_lane_tenure_days", Text("快速审批", "The fast lane of approval"),
         sum(g.terms.approval != policy.terms.of(g.grade).approval for g in gradings)),
    )  # fmt: skip
    for code, name, told, bites in counts:
        yield _Bite(code, f"terms.{name}", told, bites, n)
    rule = policy.ceilings
    immaterial = sum(
        row["oldest_overdue_days"] > rule.overdue_days_to_c
        and row["open_overdue_amount"] < rule.overdue_material_amount
        for row in facts
    )
    spares = Text("大额门槛使小额逾期不触发上限", "The material amount, sparing small overdues")
    yield _Bite("overdue_immaterial", "ceilings.overdue_material_amount", spares, immaterial, n)


def _with_terms(
    policy: Policy, bounds: tuple[str, str], *, guarantee_share: float | None = None
) -> Policy:
    share = policy.terms.guarantee_share if guarantee_share is None else guarantee_share
    terms = replace(
        policy.terms, smallest_limit=bounds[0], largest_limit=bounds[1], guarantee_share=share
    )
    return replace(policy, terms=terms)


def _limits(
    facts: Sequence[Mapping[str, float]], gradings: Sequence[Grading], policy: Policy
) -> list[Decimal]:
    pairs = zip(gradings, facts, strict=True)
    return [terms_of(grading.grade, row, policy).credit_limit for grading, row in pairs]
