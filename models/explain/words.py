"""Accounts in sentences, in Chinese and in English, each as true and as exact as the other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from features.catalogue import FEATURES
from features.evidence import EvidenceRow
from models.grading import Grading

LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Text:
    """The same sentence in Chinese and in English."""

    zh: str
    en: str

    def of(self, language: str) -> str:
        """Return the sentence in ``zh`` or ``en``."""
        return {"zh": self.zh, "en": self.en}[language]


_UNKNOWN = Text("未知", "unknown")
_FORMATS = {"share": "{:.1%}", "amount": "{:,.2f}", "ratio": "{:.2f}", "score": "{:.1f}"}
_FLAGS = {0.0: Text("否", "no"), 1.0: Text("是", "yes")}
_SCORE_SOURCES = {
    1.0: Text("客户自身评分", "its own score"),
    2.0: Text("行业评分", "its industry's"),
}
_LEGAL_KINDS = {
    "lawsuit": Text("诉讼", "lawsuit"),
    "judgment": Text("判决", "judgment"),
    "enforcement": Text("强制执行", "enforcement"),
    "dishonest": Text("失信被执行", "dishonest listing"),
    "bankruptcy": Text("破产", "bankruptcy"),
}

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


def grade_sentence(grading: Grading) -> Text:
    """Return what grade a customer has, its score and its default probability."""
    chance = f"{grading.default_probability:.2%}"
    return Text(
        f"{grading.customer_id}截至{grading.as_of}：{grading.grade}级（{grading.notch}），"
        f"得分{grading.score:.2f}，违约概率{chance}",
        f"{grading.customer_id} as of {grading.as_of}: grade {grading.grade} ({grading.notch}), "
        f"score {grading.score:.2f}, default probability {chance}",
    )


@cache
def label(feature: str) -> Text:
    """Return the short name of a feature for a person."""
    entry = FEATURES[feature]
    return Text(entry.label_zh, entry.label_en)


def value_text(feature: str, value: float) -> Text:
    """Return a feature's value with its unit.

    Parameters
    ----------
    feature : str
        A feature of the catalogue.
    value : float
        In the catalogue's unit; NaN is unknown.

    Examples
    --------
    >>> value_text("on_time_rate_365d", 0.625).en, value_text("oldest_overdue_days", 1.0).zh
    ('62.5%', '1天')
    """
    if math.isnan(value):
        return _UNKNOWN
    unit = FEATURES[feature].unit
    if unit == "flag":
        return _FLAGS[value]
    if unit == "code":
        return _SCORE_SOURCES[value]
    if unit == "days":
        return Text(f"{_number(value)}天", f"{_number(value)} day{'' if value == 1 else 's'}")
    plain = _number(value) if unit == "count" else _FORMATS[unit].format(value)
    return Text(plain, plain)


def points_text(points: float) -> Text:
    """Return signed points with one place.

    Examples
    --------
    >>> points_text(-14.23).en, points_text(0.04).zh
    ('−14.2 points', '0.0分')
    """
    number = f"{abs(points):.1f}"
    sign = "" if number == "0.0" else "−" if points < 0 else "+"
    return Text(f"{sign}{number}分", f"{sign}{number} points")


def driver_sentence(
    feature: str, value: float, normal: float, points: float, rows: tuple[EvidenceRow, ...] = ()
) -> Text:
    """Return why a feature moves the grade, against the ordinary good customer.

    Parameters
    ----------
    feature : str
        A feature of the catalogue.
    value, normal : float
        The customer's and the reference customer's; NaN is unknown.
    points : float
        What it gives the blend.
    rows : tuple of EvidenceRow
        The most telling row, where there is one, is named.
    """
    name, seen, usual, worth = (
        label(feature),
        value_text(feature, value),
        value_text(feature, normal),
        points_text(points),
    )
    for_instance = _instance(rows) if points < 0 else Text("", "")
    return Text(
        f"{name.zh}为{seen.zh}，普通良好客户为{usual.zh}（{worth.zh}）{for_instance.zh}",
        f"{name.en}: {seen.en}, against {usual.en} for an ordinary good customer "
        f"({worth.en}){for_instance.en}",
    )


def adjustment_sentence(reason: str, points: float) -> Text:
    """Return why an adjustment moves the points."""
    why, worth = ADJUSTMENTS[reason], points_text(points)
    return Text(f"{why.zh}（{worth.zh}）", f"{why.en} ({worth.en})")


def moved_sentence(feature: str, before: float, after: float, points: float) -> Text:
    """Return what the movement of a feature did to the points."""
    name, old, new, worth = (
        label(feature),
        value_text(feature, before),
        value_text(feature, after),
        points_text(points),
    )
    return Text(
        f"{name.zh}由{old.zh}变为{new.zh}（{worth.zh}）",
        f"{name.en} went from {old.en} to {new.en} ({worth.en})",
    )


def block_sentence(kind: str, points: float) -> Text:
    """Return what a block of a change did to the points."""
    name, worth = KINDS[kind], points_text(points)
    return Text(f"{name.zh}{worth.zh}", f"{name.en} {worth.en}")


def _instance(rows: tuple[EvidenceRow, ...]) -> Text:
    if not rows:
        return Text("", "")
    row, fields = rows[0], rows[0].fields
    if row.table == "invoices":
        amount, late = _money(fields["amount"]), fields["days_late"]
        if late <= 0:
            return Text("", "")
        days = f"{late} day{'' if late == 1 else 's'}"
        of = fields.get("affiliate_id")
        whose = Text(f"关联企业{of}的", f" of the affiliate {of}") if of else Text("", "")
        return Text(
            f"，例如{whose.zh}发票{row.row_id}，金额{amount}，逾期{late}天",
            f", for instance invoice {row.row_id}{whose.en} over {amount}, {days} late"
            if of
            else f", for instance invoice {row.row_id} of {amount}, {days} late",
        )
    if row.table == "legal_events":
        kind, on = _LEGAL_KINDS[fields["kind"]], _day(fields["filed_on"])
        return Text(f"，例如{on}的{kind.zh}", f", for instance the {kind.en} of {on}")
    if row.table == "bad_debts":
        on = _day(fields["recognised_on"])
        return Text(f"，例如{on}确认的坏账", f", for instance the bad debt recognised on {on}")
    return Text("", "")


def _money(value: object) -> str:
    return f"{value:,.2f}" if isinstance(value, Decimal) else "?"


def _day(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else "?"


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
