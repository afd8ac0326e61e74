"""What the policy commands print for a person, in Chinese or in English."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from models.bands import GRADES
from models.explain.told import ToldChange
from models.explain.words.text import Text
from models.policy.diff import Difference, Value
from models.policy.findings import Finding
from models.policy.sections import Policy
from training.shadow import History, ShadowRun
from training.shadow_document import counted_moves
from training.shadow_figures import REVERSED_WITHIN, MoneyLine, RealisedLine, Stability

_SHOWN_MOVERS = 20
_SEVERITIES = {
    "never": Text("从不起作用", "never"),
    "always": Text("总是起作用", "always"),
    "note": Text("说明", "note"),
}


def diff_lines(
    before: Policy, after: Policy, differences: Sequence[Difference], lang: str
) -> Iterator[str]:
    """Yield what differs between two policies, a line per key."""
    yield f"{before.policy_version} → {after.policy_version}"
    if before.sha256 == after.sha256:
        yield Text("两份政策完全相同。", "The two policies are the same text.").of(lang)
    elif not differences:
        yield Text(
            "所有取值相同，仅注释或排版不同。",
            "Every value is the same; only comments or layout differ.",
        ).of(lang)
    for found in differences:
        yield (
            f"{found.key}: {_value(found.before, lang)} → {_value(found.after, lang)}"
            f"  # {found.meaning.of(lang)}"
        )


def finding_lines(findings: Sequence[Finding], lang: str) -> Iterator[str]:
    """Yield a line per finding, its severity first."""
    if not findings:
        yield Text("未发现从不或总是起作用的规则。", "No rule never or always bites.").of(lang)
    for found in findings:
        yield f"[{_SEVERITIES[found.severity].of(lang)}] {found.key}  {found.text.of(lang)}"


def shadow_lines(run: ShadowRun, lang: str) -> Iterator[str]:
    """Yield what a policy does to the book, and would have done."""
    contest, customers = run.contest, len(run.movers.gradings[0])
    yield Text(
        f"影子试运行：{contest.before.policy_version} → {contest.after.policy_version}，"
        f"截至{run.as_of}，模型{contest.bundle.model_version}，共{customers:,}户",
        f"Shadow run: {contest.before.policy_version} → {contest.after.policy_version}, as of "
        f"{run.as_of}, model {contest.bundle.model_version}, {customers:,} customers",
    ).of(lang)
    yield from _moves(run, lang)
    yield ""
    yield from _money(run.movers.money, lang)
    yield ""
    yield from _history(run.history, lang)


def _moves(run: ShadowRun, lang: str) -> Iterator[str]:
    up, down = counted_moves(run)
    same = len(run.movers.gradings[0]) - up - down
    if not run.movers.moved:
        yield Text("没有客户的等级改变。", "Nobody's grade changes.").of(lang)
    else:
        yield Text(
            f"升级{up:,}户，降级{down:,}户，不变{same:,}户",
            f"{up:,} up, {down:,} down, {same:,} unchanged",
        ).of(lang)
    yield Text("由（行）至（列）", "from (rows) to (columns)").of(lang)
    yield "   " + "".join(f"{grade:>9}" for grade in GRADES)
    for old, row in run.movers.matrix.items():
        yield f"  {old}" + "".join(f"{row[new]:>9,}" for new in GRADES)
    shown = sorted(run.movers.moved, key=_size)[:_SHOWN_MOVERS]
    for told in shown:
        yield f"{told.change.after.customer_id}: {told.sentence.of(lang)}"
    rest = len(run.movers.moved) - len(shown)
    if rest:
        yield Text(
            f"另有{rest:,}户变动，用--out或--json查看全部。",
            f"{rest:,} more move; --out or --json has them all.",
        ).of(lang)


def _size(told: ToldChange) -> tuple[int, float, str]:
    """Return a key that sorts the largest moves first."""
    before, after = told.change.before, told.change.after
    steps = abs(GRADES.index(after.grade) - GRADES.index(before.grade))
    return -steps, -abs(after.score - before.score), after.customer_id


def _money(money: tuple[list[MoneyLine], list[MoneyLine]], lang: str) -> Iterator[str]:
    yield Text(
        "金额（账本本位币，未计追回；现行 → 试行）",
        "Money (in the ledger's currency, before recoveries; present → on trial)",
    ).of(lang)
    for old, new in zip(*money, strict=True):
        name = old.grade if old.grade in GRADES else Text("合计", "all").of(lang)
        yield Text(
            f"  {name}：{old.customers:,} → {new.customers:,}户；"
            f"风险金额 {old.amount_at_risk:,} → {new.amount_at_risk:,}；"
            f"信用额度 {old.credit_limit:,} → {new.credit_limit:,}；"
            f"额度用满时的风险金额 {old.limit_at_risk:,} → {new.limit_at_risk:,}",
            f"  {name}: customers {old.customers:,} → {new.customers:,}; "
            f"amount at risk {old.amount_at_risk:,} → {new.amount_at_risk:,}; "
            f"credit limit {old.credit_limit:,} → {new.credit_limit:,}; "
            f"at risk if every limit is used {old.limit_at_risk:,} → {new.limit_at_risk:,}",
        ).of(lang)
    yield Text(
        "风险金额为违约概率×敞口之和。概率由模型给出，故合计不随政策变动，变的只是各等级的份额；"
        "信用额度随等级变动。",
        "The amount at risk is Σ default probability × exposure. The probabilities are the "
        "model's, so its total cannot move with a policy, only each grade's share; limits do.",
    ).of(lang)


def _history(history: History, lang: str) -> Iterator[str]:
    left_out, horizon = history.left_out, history.horizon_days
    if not history.months:
        yield Text(
            f"历史：没有月末可供回看（{left_out}个月末的{horizon}天预测期或报告期尚未结束）。",
            f"History: no month-end to look back to (for {left_out} month-ends the horizon of "
            f"{horizon} days or the reporting lag is not over).",
        ).of(lang)
        return
    first, last, number = history.months[0], history.months[-1], len(history.months)
    yield Text(
        f"历史：{first}至{last}共{number}个月末，{horizon}天内的实际违约率"
        f"（另有{left_out}个月末的预测期或报告期尚未结束，未计入）",
        f"History: {number} month-ends {first} to {last}, defaults within {horizon} days "
        f"({left_out} later month-ends left out: their horizon or the reporting lag is not over)",
    ).of(lang)
    for old, new in zip(*history.realised, strict=True):
        yield f"  {old.grade}: {_realised(old, lang)} → {_realised(new, lang)}"
    yield from _steady(history.steady, lang)
    yield Text(
        "每个月末每户计一次，只计当日有敞口且未违约者。首个月末没有上期等级，其后各政策沿用自己的上期等级。"
        "模型可能学习过其中部分月份：请比较两份政策，勿据此评价模型。",
        "A customer counts once for each month-end, if exposed and not in default on it. The first "
        "month-end has no prior grades; after it each policy follows its own. The model may have "
        "learned from some of these months: compare the policies, do not judge the model by it.",
    ).of(lang)


def _realised(line: RealisedLine, lang: str) -> str:
    if line.default_rate is None or line.default_probability is None:
        return Text("0户", "no customers").of(lang)
    return Text(
        f"{line.customers:,}户违约{line.defaults:,}户，{line.default_rate:.2%}"
        f"（告知{line.default_probability:.2%}）",
        f"{line.defaults:,} of {line.customers:,} defaulted, {line.default_rate:.2%} "
        f"(told {line.default_probability:.2%})",
    ).of(lang)


def _steady(steady: tuple[Stability, Stability], lang: str) -> Iterator[str]:
    moves = " → ".join(_or_dash(found.moves_per_customer_year, "{:.2f}") for found in steady)
    back = " → ".join(
        f"{_or_dash(found.flip_flop, '{:.1%}')} ({found.reversed:,}/{found.judged:,})"
        for found in steady
    )
    yield Text(f"  每户每年等级变动次数：{moves}", f"  moves per customer and year: {moves}").of(
        lang
    )
    yield Text(
        f"  {REVERSED_WITHIN}个月末内又变回的变动占比：{back}",
        f"  moves reversed within {REVERSED_WITHIN} month-ends: {back}",
    ).of(lang)


def _or_dash(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)


def _value(value: Value, lang: str) -> str:
    if value is None:
        return Text("（无）", "(none)").of(lang)
    return json.dumps(value, ensure_ascii=False)
