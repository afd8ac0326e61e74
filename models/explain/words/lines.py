"""The adjustments of a grade and the blocks of a change, each with its reason and direction."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from models.adjustments import Adjustment
from models.explain.words.text import Text
from models.grading import Grading

ADJUSTMENTS: Mapping[str, Text] = {
    "probability_beyond_scale": Text(
        "违约概率超出评分刻度，模型分按刻度上下限计",
        "The default probability lies beyond the scale, so the model's points stop at its end",
    ),
    "no_history": Text(
        "交易历史不足，按新客户的起点临时定级",
        "Too little history: graded provisionally at the newcomers' entry point",
    ),
    "in_default": Text("客户处于违约状态，最高为D级", "The customer is in default: D at best"),
    "dishonest": Text(
        "客户被列入失信被执行人名单，最高为D级",
        "The customer is listed as a dishonest debtor: D at best",
    ),
    "overdue_to_d": Text(
        "有大额发票长期逾期未付，最高为D级",
        "A material invoice is overdue for too long: D at best",
    ),
    "overdue_to_c": Text(
        "有大额发票逾期已久未付，最高为C级",
        "A material invoice has been overdue for long: C at best",
    ),
    "enforcement_open": Text(
        "有未结的强制执行案件，最高为C级",
        "An enforcement proceeding is open: C at best",
    ),
    "probability_to_d": Text(
        "违约概率过高，最高为D级", "The default probability is far too high: D at best"
    ),
    "probability_to_c": Text(
        "违约概率偏高，最高为C级", "The default probability is too high: C at best"
    ),
    "upgrade_needs_margin": Text(
        "升级须超出级别线一定余量，暂保持原级",
        "An upgrade needs a margin above the edge, which is not reached: the grade stays",
    ),
    "granted_by_people": Text("经审批人工调整", "A grade that people granted"),
}

KINDS: Mapping[str, Text] = {
    "data": Text("客户数据", "the customer's data"),
    "model": Text("模型更换", "the new model"),
    "policy": Text("政策调整", "the new policy"),
    "bound": Text("刻度限制", "the end of the scale"),
    "provisional": Text("临时定级", "the provisional grade"),
    "ceiling": Text("等级上限", "the ceiling"),
    "hysteresis": Text("升级余量", "the margin for upgrades"),
    "override": Text("人工调整", "the override"),
}
REFERENCE = Text("参照客户", "the reference customer: an ordinary good one")
OTHERS = Text("项其他", "others")
SCORE = Text("得分", "the score")

_CEILINGS: Mapping[str, Text] = {
    "in_default": Text("违约", "default"),
    "dishonest": Text("失信被执行人", "a dishonest listing"),
    "overdue_to_d": Text("大额发票长期逾期", "a material invoice overdue for too long"),
    "overdue_to_c": Text("大额发票逾期已久", "a material invoice overdue for long"),
    "enforcement_open": Text("未结强制执行", "an open enforcement"),
    "probability_to_d": Text("违约概率过高", "a far too high default probability"),
    "probability_to_c": Text("违约概率偏高", "a too high default probability"),
}
Line = Adjustment | None


def line_of(grading: Grading, kind: str) -> Line:
    """Return the adjustment of a kind; None where there is none."""
    return next((line for line in grading.adjustments if line.kind == kind), None)


def ceiling_text(line: Adjustment) -> Text:
    """Return which ceiling holds, as a noun phrase.

    Examples
    --------
    >>> ceiling_text(Adjustment("ceiling", -3.0, "enforcement_open")).en
    'the ceiling for an open enforcement'
    """
    name = _CEILINGS[line.reason]
    return Text(f"“{name.zh}”等级上限", f"the ceiling for {name.en}")


def block_clause(kind: str, points: float, before: Grading, after: Grading) -> Text:
    """Return what a block other than the data is, in the direction that it went.

    Parameters
    ----------
    kind : str
        ``model``, ``policy`` or a kind of adjustment.
    points : float
        Of the block; not 0.
    before, after : Grading
        Their lines say what began, ended or holds on.
    """
    if kind == "model":
        return _replaced("模型", "model", points)
    if kind == "policy":
        return _replaced("政策", "policy", points)
    if kind == "override":
        return _override(points, before, after)
    return _LINES[kind](line_of(before, kind), line_of(after, kind), points)


def _replaced(zh: str, en: str, points: float) -> Text:
    lower = points < 0
    return Text(
        f"更换{zh}后，同样的数据得分{'更低' if lower else '更高'}",
        f"the new {en} gives the same facts a {'lower' if lower else 'higher'} score",
    )


def _bound(before: Line, after: Line, points: float) -> Text:
    if before is None:
        return Text(
            "违约概率超出评分刻度，模型分止于刻度端点",
            "the default probability now lies beyond the scale, and the model's points stop at its "
            "end",
        )
    if after is None:
        return Text(
            "违约概率回到评分刻度之内，不再截止于端点",
            "the default probability is back within the scale, and the model's points no longer "
            "stop at its end",
        )
    if before.points * after.points < 0:
        return Text(
            "违约概率由刻度一端之外移到另一端之外",
            "the default probability went from beyond one end of the scale to beyond the other",
        )
    further = abs(after.points) > abs(before.points)
    return Text(
        f"违约概率超出评分刻度的幅度{'加大' if further else '减小'}，模型分仍止于刻度端点",
        f"the default probability lies {'further' if further else 'less far'} beyond the scale, "
        "at whose end the model's points stop",
    )


def _provisional(before: Line, after: Line, points: float) -> Text:
    if before is None:
        return Text(
            "交易历史不足，改按新客户起点临时定级",
            "there is too little history, so the grade is provisional now, at the newcomers' entry "
            "point",
        )
    if after is None:
        return Text("临时定级已结束", "the provisional grade has ended")
    return Text(
        "仍按新客户起点临时定级，其余变动由此抵消",
        "the grade is still provisional, at the newcomers' entry point, which offsets the rest",
    )


def _ceiling(before: Line, after: Line, points: float) -> Text:
    was = None if before is None else ceiling_text(before)
    now = None if after is None else ceiling_text(after)
    if now is None:
        gone = was or KINDS["ceiling"]
        return Text(f"{gone.zh}已解除", f"{gone.en} no longer holds")
    if was is None:
        return Text(f"现受{now.zh}限制", f"{now.en} holds now")
    less = points > 0
    if was != now:
        return Text(
            f"{now.zh}取代了{was.zh}，扣分{'减少' if less else '增加'}",
            f"{now.en} holds now, in place of {_that(was.en)}, and takes "
            f"{'less' if less else 'more'} off",
        )
    return Text(
        f"{now.zh}仍然有效，扣分{'减少' if less else '增加'}",
        f"{now.en} still holds and takes {'less' if less else 'more'} off",
    )


def _that(name: str) -> str:
    return name.replace("the ceiling for", "that for", 1)


def _hysteresis(before: Line, after: Line, points: float) -> Text:
    if after is None:
        return Text(
            "得分不再因升级余量不足而被压在级别线之下",
            "the margin for upgrades no longer holds the score under the edge",
        )
    if before is None:
        return Text(
            "升级余量未达到，得分止于级别线之下",
            "the margin for upgrades is not reached and holds the score under the edge",
        )
    return Text(
        "升级余量仍未达到，得分仍止于级别线之下",
        "the margin for upgrades is still not reached and holds the score under the edge",
    )


def _override(points: float, first: Grading, second: Grading) -> Text:
    before, after = line_of(first, "override"), line_of(second, "override")
    if after is None and second.override_suspended:
        return Text(
            "出现新的重大风险，人工调整暂停生效",
            "a new hard fact suspends the override",
        )
    if after is None:
        return Text("人工调整不再生效", "the override no longer moves the grade")
    if before is None:
        return Text(
            f"经审批的人工调整生效，{'上调' if points > 0 else '下调'}得分",
            f"an override that people granted {'lifts' if points > 0 else 'lowers'} the score",
        )
    return Text(
        f"人工调整仍有效，其加减分{'增加' if points > 0 else '减少'}",
        f"the override still holds and gives {'more' if points > 0 else 'less'} than before",
    )


_LINES: Mapping[str, Callable[[Line, Line, float], Text]] = {
    "bound": _bound,
    "provisional": _provisional,
    "ceiling": _ceiling,
    "hysteresis": _hysteresis,
}
