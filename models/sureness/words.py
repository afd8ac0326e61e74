"""What is said of how sure a grade is, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping

from models.bands import GRADES
from models.explain.words import Text
from models.sureness.told import HowSure, MissingFact

# what each fact is
LABELS: Mapping[str, Text] = {
    "own_score": Text("客户自身的外部信用评分", "an outside credit score of its own"),
    "industry_score": Text("所属行业的信用评分", "the credit score of its industry"),
    "litigation": Text("涉诉与失信情况", "its record at law"),
    "payment_record": Text("近一年的付款记录", "a payment record of the last year"),
    "credit_limit": Text("授信额度", "its credit limit"),
    "signals": Text("舆情、投诉与违约记录", "news, complaints and breaches"),
    "supplier_review": Text("近一年的业务评审", "a review of the last year"),
    "guarantees": Text("担保情况", "guarantees"),
    "contract": Text("合同情况", "whether a contract is in force"),
}
# how it comes to be known
TO_DO: Mapping[str, Text] = {
    "own_score": Text(
        "向征信机构取得该客户的信用评分", "Obtain the customer's score from a credit bureau."
    ),
    "industry_score": Text(
        "登记客户行业，并导入该行业的评分", "Record its industry and import that score."
    ),
    "litigation": Text(
        "查询法院执行与失信登记并记录查询", "Search the courts' registers and record it."
    ),
    "payment_record": Text(
        "等到发票到期，或补录历史付款", "Wait for invoices to fall due, or import past ones."
    ),
    "credit_limit": Text("在客户资料中登记授信额度", "Record the limit that was agreed."),
    "signals": Text("导入客户动态记录", "Import what was observed of customers."),
    "supplier_review": Text("请业务人员评审该客户", "Have the customer reviewed."),
    "guarantees": Text("导入担保登记", "Import the register of guarantees."),
    "contract": Text("导入合同登记", "Import the register of contracts."),
}
_LEAST_CHANCE = 0.01  # a grade less likely is not named
_LEAST_NARROWING = 0.01


def sureness_sentence(sure: HowSure, grade: str) -> Text:
    """Return the interval, the chances of the grades and the fact to look up, in a few sentences.

    Parameters
    ----------
    sure : HowSure
        From `models.sureness.told.how_sure`.
    grade : str
        The grade that was given.
    """
    parts = sureness_sentences(sure, grade)
    return Text("".join(part.zh for part in parts), " ".join(part.en for part in parts))


def sureness_sentences(sure: HowSure, grade: str) -> tuple[Text, ...]:
    """Return the interval, the chances of the grades and the fact to look up, each by itself."""
    low, high, told = _percent(sure.low), _percent(sure.high), _percent(sure.probability)
    confidence = f"{sure.confidence:.0%}"
    parts = [
        Text(
            f"违约概率{told}，{confidence}置信区间为{low}至{high}。",
            f"The default probability of {told} has a {confidence} interval from {low} to {high}.",
        ),
        _chances(sure, grade),
    ]
    if sure.missing:
        parts.append(_missing(sure.missing[0]))
    return tuple(parts)


def _chances(sure: HowSure, grade: str) -> Text:
    others = [other for other in GRADES if other != grade and sure.chances[other] >= _LEAST_CHANCE]
    held = f"{sure.chances[grade]:.0%}"
    if not others:
        return Text(
            f"等级{grade}在此范围内基本不变（{held}）。",
            f"Grade {grade} holds throughout ({held}).",
        )
    zh = "、".join(f"{other}为{sure.chances[other]:.0%}" for other in others)
    en = " and ".join(f"{sure.chances[other]:.0%} of {other}" for other in others)
    return Text(
        f"等级{grade}的可能性为{held}，{zh}。", f"The chance of grade {grade} is {held}, {en}."
    )


def _missing(missing: MissingFact) -> Text:
    what, to_do = LABELS[missing.fact.code], TO_DO[missing.fact.code]
    low, high = _percent(missing.low), _percent(missing.high)
    narrows = f"{missing.narrows_by:.0%}"
    if missing.narrows_by < _LEAST_NARROWING:
        return Text(
            f"尚不掌握{what.zh}，但补齐后区间几乎不变。",
            f"Not known is {what.en}; knowing it would hardly narrow the interval.",
        )
    return Text(
        f"最值得补齐的信息：{what.zh}。补齐后区间约缩小{narrows}，违约概率多半落在{low}至{high}。"
        f"{to_do.zh}。",
        f"What would narrow it most: {what.en}. Once known the interval is about {narrows} "
        f"narrower, and the probability most likely between {low} and {high}. {to_do.en}",
    )


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.01 else f"{share:.2%}"
