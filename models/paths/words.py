"""What could be done, what fades when, and why a grade is out of reach, in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from features.behind.shown import EvidenceRow
from features.settings import SETTINGS
from models.bands import Edges, edges_of
from models.book import Grader
from models.explain.drivers import Explanation
from models.explain.words import ADJUSTMENTS, Text, driver_sentence
from models.explain.words.events import LEGAL_KINDS
from models.explain.words.figures import Noun, days_text, money
from models.explain.words.text import EMPTY, joined, sentence_case
from models.paths.plan import CLOSE, GUARANTEE, ON_TIME, PAY, PREPAY, RECOVER, WAIT, Plan, Step

SHOWN_IDS = 5
_SIGNALS: Mapping[str, Text] = {
    "negative_news": Text("负面新闻", "bad news"),
    "complaint": Text("投诉", "the complaint"),
    "contract_breach": Text("违约", "the breach of contract"),
    "contact_change": Text("联系人变更", "the change of contact"),
}


def action_note(kind: str, steps: Sequence[Step], plan: Plan) -> Text:
    """Return what an action is, as an order to a person.

    Parameters
    ----------
    kind : str
        Of the steps, or the plan's conduct.
    steps : sequence of Step
        Of this kind; none for conduct.
    plan : Plan
        Says by when.
    """
    if kind == WAIT:
        return Text(
            f"不再新购，未到期款项按期付清，等到{plan.until}",
            f"Buy nothing new, pay what is open when it falls due, and wait until {plan.until}",
        )
    if kind == ON_TIME:
        return Text(
            f"照上一年的水平继续采购，每张发票都在到期日前付清，直到{plan.until}",
            "Go on buying as in the year before and pay every invoice by its due date, until "
            f"{plan.until}",
        )
    worth = amount_text(sum(step.minor for step in steps))
    by = plan.acts_on
    if kind == GUARANTEE:
        return Text(
            f"在{by}前提供{worth}的担保，至少有效到{plan.until}",
            f"Give a guarantee of {worth} by {by}, valid until {plan.until} at least",
        )
    noun, zh, en = _DONE[kind]
    named = _named(noun, [step.row_id for step in steps])
    told = f"（{worth}）" if any(step.minor for step in steps) else ""
    over = f", {worth}," if told else ""
    return Text(f"在{by}前{zh}{named.zh}{told}", f"{en} {named.en}{over} by {by}")


_DONE: Mapping[str, tuple[Noun, str, str]] = {
    PAY: (Noun("逾期发票", "张", "overdue invoice", "overdue invoices"), "付清", "Pay"),
    PREPAY: (
        Noun("未到期发票", "张", "invoice not yet due,", "invoices not yet due"),
        "提前付清",
        "Pay early",
    ),
    RECOVER: (
        Noun("已确认坏账", "笔", "recognised bad debt", "recognised bad debts"),
        "偿还",
        "Make good",
    ),
    CLOSE: (Noun("未结案件", "起", "open case", "open cases"), "了结", "Close"),
}


def _named(noun: Noun, ids: Sequence[str]) -> Text:
    """Return a few things by their ids, more of them by their number and the first ids."""
    shown = ids[:SHOWN_IDS]
    zh, en = "、".join(shown), ", ".join(shown)
    if len(ids) == 1:
        return Text(f"{noun.zh}{zh}", f"the {noun.one} {en}")
    many = noun.counted(len(ids))
    if len(ids) > len(shown):
        zh, en = f"{zh}等", f"{en} and others"
    return Text(f"{many.zh}（{zh}）", f"{many.en} ({en})")


def fact_text(feature: str, row: EvidenceRow, on: date | None) -> Text:
    """Return a bad fact and when it no longer counts.

    Parameters
    ----------
    feature : str
        The feature that counts it.
    row : EvidenceRow
        Its ledger row.
    on : date or None
        None where it is not over, so that time alone does not end it.
    """
    what = _fact(row)
    if feature.startswith("default_"):
        zh, en = f"使客户处于违约状态的{what.zh}", f"what keeps the customer in default, {what.en}"
        what = Text(zh, en)
    if on is None:
        cure = SETTINGS.default_cure_days
        return sentence_case(
            Text(
                f"{what.zh}：了结满{cure}天后才不再计入",
                f"{what.en}: counts until {cure} days after it is settled",
            )
        )
    still_open = row.table == "invoices" and row.fields["settled_on"] is None
    zh, en = ("（届时已付清的话）", ", if it is paid by then") if still_open else ("", "")
    return sentence_case(
        Text(f"{what.zh}：自{on}起不再计入{zh}", f"{what.en}: no longer counts from {on}{en}")
    )


def _fact(row: EvidenceRow) -> Text:
    fields = row.fields
    amount = money([fields.get("amount")])
    zh, en = (f"（{amount}）", f" of {amount}") if amount else ("", "")
    if row.table == "invoices":
        late = days_text(fields["days_late"])
        return Text(
            f"逾期{late.zh}的发票{row.row_id}{zh}", f"invoice {row.row_id}{en}, {late.en} late"
        )
    if row.table == "legal_events":
        noun, filed = LEGAL_KINDS[fields["kind"]], fields["filed_on"]
        over = f" over {amount}" if amount else ""
        return Text(f"{filed}立案的{noun.zh}{zh}", f"the {noun.one} of {filed}{over}")
    if row.table == "bad_debts":
        return Text(
            f"{fields['recognised_on']}确认的坏账{zh}",
            f"the bad debt{en} of {fields['recognised_on']}",
        )
    if row.table == "payments":
        return Text(
            f"{fields['paid_on']}退回的付款{zh}", f"the payment{en} returned on {fields['paid_on']}"
        )
    noun_of, seen = _SIGNALS.get(fields["kind"], EMPTY), fields["observed_on"]
    return Text(f"{seen}的{noun_of.zh}", f"{noun_of.en} of {seen}")


def because(wanted: str, by: date, explanation: Explanation, grader: Grader) -> Text:
    """Return why a grade is not reached, from the best that any plan came to.

    Parameters
    ----------
    wanted : str
        The grade that was asked for.
    by : date
        The last day.
    explanation : Explanation
        Of the best plan's grading.
    grader : Grader
        Its policy has the edges.
    """
    grading = explanation.grading
    ceiling = next((line for line in grading.adjustments if line.kind == "ceiling"), None)
    if ceiling is not None:
        why = ADJUSTMENTS[ceiling.reason]
    else:
        edges: Edges = edges_of(grader.policy.bands)
        need = edges.floors[wanted] + grader.policy.hysteresis.upgrade_margin
        driver = min(explanation.drivers, key=lambda one: one.points)
        most = driver_sentence(driver.feature, driver.value, driver.reference_value, driver.points)
        why = joined(
            [
                Text(
                    f"得分最高到{grading.score:.1f}，而{wanted}级需要{need:.1f}",
                    f"the score comes to {grading.score:.1f} at best, and {wanted} needs "
                    f"{need:.1f}",
                ),
                Text(f"影响最大的是：{most.zh}", f"what weighs most is: {most.en}"),
            ],
            zh="；",
        )
    best = Text(
        f"最好可到{grading.grade}级（{grading.as_of}）",
        f"the best grade reached is {grading.grade}, on {grading.as_of}",
    )
    return Text(
        f"在{by}之前达不到{wanted}级：{why.zh}；{best.zh}",
        f"{wanted} is not reachable by {by}, because {_lower(why.en)}; {best.en}",
    )


def amount_text(minor: int) -> str:
    """Return minor units as an amount for a person.

    Examples
    --------
    >>> amount_text(1234550)
    '12,345.50'
    """
    return f"{Decimal(minor).scaleb(-2):,.2f}"


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
