"""A grade in words: what it is, and what each of its reasons is, beside what is normal."""

from __future__ import annotations

from features.evidence import NOTHING, RowsFound
from models.explain.words.events import LEGAL, LEGAL_KINDS
from models.explain.words.figures import Noun, days_text, money, points_text
from models.explain.words.invoices import LATE_INVOICE
from models.explain.words.kinds import STORIES
from models.explain.words.lines import ADJUSTMENTS
from models.explain.words.measures import level_value
from models.explain.words.text import EMPTY, Text, joined, sentence_case
from models.grading import Grading

_SIGNALS = {
    "negative_news": Noun("负面新闻", "条", "bad news item", "bad news items"),
    "complaint": Noun("投诉", "次", "complaint", "complaints"),
    "contract_breach": Noun("违约", "次", "breach of contract", "breaches of contract"),
    "contact_change": Noun("联系人变更", "次", "change of contact", "changes of contact"),
    "supplier_review": Noun("供应商评价", "次", "supplier review", "supplier reviews"),
}
_LATE = frozenset((*STORIES["late"], *STORIES["affiliates"], "default_days_past_due", "in_default"))
_BAD_DEBT = Noun("坏账", "笔", "bad debt", "bad debts")


def grade_sentence(grading: Grading) -> Text:
    """Return what grade a customer has, its score and its default probability."""
    chance = f"{grading.default_probability:.2%}"
    return Text(
        f"{grading.customer_id}截至{grading.as_of}：{grading.grade}级（{grading.notch}），"
        f"得分{grading.score:.2f}，违约概率{chance}",
        f"{grading.customer_id} as of {grading.as_of}: grade {grading.grade} ({grading.notch}), "
        f"score {grading.score:.2f}, default probability {chance}",
    )


def adjustment_sentence(reason: str, points: float) -> Text:
    """Return why an adjustment moves the points."""
    why, worth = ADJUSTMENTS[reason], points_text(points)
    return Text(f"{why.zh}（{worth.zh}）", f"{why.en} ({worth.en})")


def driver_sentence(
    feature: str, value: float, normal: float, points: float, found: RowsFound = NOTHING
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
    found : RowsFound
        The rows behind it. Of what costs points they are told: how many, worth how much where
        all are here, and the first, which is the most telling.
    """
    seen, worth = level_value(feature, value, normal), points_text(points)
    rows = _rows(feature, found) if points < 0 and found.rows else EMPTY
    told = joined([seen, rows], zh="；")
    return sentence_case(Text(f"{told.zh}：{worth.zh}", f"{told.en}: {worth.en}"))


def _rows(feature: str, found: RowsFound) -> Text:
    table = found.rows[0].table
    if table == "invoices":
        return _late(found) if feature in _LATE else EMPTY
    if table == "legal_events":
        return _legal(found)
    if table == "bad_debts":
        return _latest(found, _BAD_DEBT, "recognised_on")
    if table == "signals" and (noun := _SIGNALS.get(found.rows[0].fields["kind"])):
        return _latest(found, noun, "observed_on")
    return EMPTY


def _late(found: RowsFound) -> Text:
    """Return late invoices: how many, worth how much if all are here, and the longest."""
    first = found.rows[0]
    days = days_text(first.fields["days_late"])
    amount, whose = money([first.fields.get("amount")]), first.fields.get("affiliate_id")
    of = Text(f"关联企业{whose}的", f" of the affiliate {whose}") if whose else EMPTY
    worth = Text(f"（{amount}）", f" {'over' if whose else 'of'} {amount}") if amount else EMPTY
    name = f"{first.row_id}{of.en}{worth.en}"
    if found.total == 1:
        return Text(
            f"{of.zh}发票{first.row_id}{worth.zh}逾期{days.zh}", f"invoice {name}, {days.en} late"
        )
    many = LATE_INVOICE.counted(found.total)
    whole = _whole(found)
    total = Text(f"（合计{whole}）", f" worth {whole}") if whole else EMPTY
    return Text(
        f"{many.zh}{total.zh}，最久的是{of.zh}{first.row_id}{worth.zh}，逾期{days.zh}",
        f"{many.en}{total.en}, the worst {name}, {days.en} late",
    )


def _whole(found: RowsFound) -> str | None:
    """Return what all rows are worth together; None where not all of them are here."""
    if found.total > len(found.rows):
        return None
    return money([row.fields.get("amount") for row in found.rows])


def _legal(found: RowsFound) -> Text:
    fields = found.rows[0].fields
    one, amount = LEGAL_KINDS[fields["kind"]], money([fields.get("amount")])
    worth = Text(f"（{amount}）", f" over {amount}") if amount else EMPTY
    last = Text(
        f"{fields['filed_on']}立案的{one.zh}{worth.zh}",
        f"the {one.one} of {fields['filed_on']}{worth.en}",
    )
    if found.total == 1:
        return last
    many, whole = LEGAL.counted(found.total), _whole(found)
    total = Text(f"（合计{whole}）", f" over {whole} in all") if whole else EMPTY
    return Text(
        f"{many.zh}{total.zh}，最近的是{last.zh}", f"{many.en}{total.en}, the latest {last.en}"
    )


def _latest(found: RowsFound, noun: Noun, field: str) -> Text:
    """Return rows by number, worth where it is known, and the day of the first, the latest."""
    many, whole, on = noun.counted(found.total), _whole(found), found.rows[0].fields[field]
    if found.total == 1:
        worth = Text(f"（{whole}）", f" of {whole}") if whole else EMPTY
        return Text(f"{on}的{noun.zh}{worth.zh}", f"the {noun.one}{worth.en} of {on}")
    total = Text(f"（合计{whole}）", f" worth {whole}") if whole else EMPTY
    return Text(f"{many.zh}{total.zh}，最近一次为{on}", f"{many.en}{total.en}, the latest of {on}")
