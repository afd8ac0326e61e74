"""What happened to everything that is no invoice: suits, scores, payments, signals and the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from models.explain.words.days import Span
from models.explain.words.figures import Noun, money
from models.explain.words.rows import Row, happened, known_late, out_of_windows, subject, verb
from models.explain.words.text import Text

_MOST_SUITS = 2  # more legal events are told together
LEGAL = Noun("法律事件", "起", "legal event", "legal events")
LEGAL_KINDS: Mapping[str, Noun] = {
    "lawsuit": Noun("诉讼", "起", "lawsuit", "lawsuits"),
    "judgment": Noun("判决", "起", "judgment", "judgments"),
    "enforcement": Noun("强制执行", "起", "enforcement", "enforcements"),
    "dishonest": Noun("失信记录", "起", "dishonest listing", "dishonest listings"),
    "bankruptcy": Noun("破产", "起", "bankruptcy", "bankruptcies"),
}


@dataclass(frozen=True)
class Happening:
    """A kind of row that comes on a day of its own: what it is, what it does, when it ends.

    Attributes
    ----------
    noun : Noun
        What it is.
    came : Text
        What it does on its day; in English after was or were.
    on : str
        Field of that day.
    ended : Text or None
        What it does on its last day, likewise; None where it has none.
    ends : str or None
        Field of the last day.
    is_named : bool
        Whether its id tells a person something.
    """

    noun: Noun
    came: Text
    on: str
    ended: Text | None = None
    ends: str | None = None
    is_named: bool = False

    def clauses(self, rows: Sequence[Row], span: Span) -> list[Text]:
        """Return what came, ended, became known late, left the window or was corrected."""
        groups: dict[str, list[Row]] = {}
        for row in rows:
            groups.setdefault(self._category(row, span), []).append(row)
        clauses = []
        for name in _ORDER:
            if name == "aged_out" and name in groups:
                clauses += out_of_windows(groups[name], self._what)
            elif name in groups:
                clauses.append(self._clause(name, groups[name], span))
        return clauses

    def _what(self, rows: Sequence[Row]) -> Text:
        return subject(self.noun, rows, named=self.is_named)

    def _category(self, row: Row, span: Span) -> str:
        if row.before is None:
            return "came" if span.holds(row.now(self.on)) else "known_late"
        if self.ends and row.counted[0] and not row.counted[1]:
            end = row.now(self.ends)
            if end is not None and span.first <= end <= span.last:
                return "ended"
        if row.only == "aged_out":
            return "aged_out"
        return "came" if row.only == "aged_in" and span.holds(row.now(self.on)) else "corrected"

    def _clause(self, category: str, rows: Sequence[Row], span: Span) -> Text:
        what = self._what(rows)
        if category == "came":
            return self._dated(what, self.came, self.on, rows, span)
        if category == "ended" and self.ended and self.ends:
            return self._dated(what, self.ended, self.ends, rows, span)
        if category == "known_late":
            return known_late(what, span)
        return Text(f"{what.zh}的记录有变动", f"the record of {what.en} changed")

    def _dated(self, what: Text, did: Text, field: str, rows: Sequence[Row], span: Span) -> Text:
        days = [row.now(field) for row in rows]
        return happened(what, verb(did.zh, did.en, rows), days, span)


_ORDER = ("came", "known_late", "ended", "aged_out", "corrected")
_RECORDED = Text("被记录", "recorded")


def _signal(zh: str, one: str, many: str) -> Happening:
    return Happening(Noun(zh, "次", one, many), _RECORDED, "observed_on")


NEWS = Happening(
    Noun("负面新闻", "条", "bad news item", "bad news items"), _RECORDED, "observed_on"
)
COMPLAINTS = _signal("投诉", "complaint", "complaints")
BREACHES = _signal("违约", "breach of contract", "breaches of contract")
CONTACTS = _signal("联系人变更", "change of contact", "changes of contact")
REVIEWS = _signal("供应商评价", "supplier review", "supplier reviews")
RECEIPTS = Happening(Noun("回款", "笔", "payment", "payments"), Text("到账", "received"), "paid_on")
BOUNCED = Happening(
    Noun("退票", "笔", "bounced payment", "bounced payments"), Text("被记录", "recorded"), "paid_on"
)
BAD_DEBTS = Happening(
    Noun("坏账", "笔", "bad debt", "bad debts"), Text("被确认", "recognised"), "recognised_on"
)
GUARANTEES = Happening(
    Noun("担保", "笔", "guarantee", "guarantees"),
    Text("生效", "taken up"),
    "valid_from",
    Text("到期", "last valid"),
    "valid_to",
    is_named=True,
)
CONTRACTS = Happening(
    Noun("合同", "份", "contract", "contracts"),
    Text("签订", "signed"),
    "signed_on",
    Text("到期", "last in force"),
    "expires_on",
    is_named=True,
)


_ANY_ORDER = Noun("订单", "个", "order", "orders")


def _order(zh: str, en: str) -> Happening:
    noun = Noun(f"{zh}订单", "个", f"{en} order", f"{en} orders")
    return Happening(noun, Text(f"被{zh}", en), "closed_on", is_named=True)


CANCELLED, RETURNED = _order("取消", "cancelled"), _order("退货", "returned")


def receipts(rows: Sequence[Row], span: Span) -> list[Text]:
    """Return which payments were received, bounced or left the window."""
    back = [row for row in rows if row.now("amount") < 0]
    return RECEIPTS.clauses([row for row in rows if row not in back], span) + BOUNCED.clauses(
        back, span
    )


def orders(what: Happening) -> Callable[[Sequence[Row], Span], list[Text]]:
    """Return what tells cancelled or returned orders: an old order may be cancelled now."""

    def told(rows: Sequence[Row], span: Span) -> list[Text]:
        came = [row for row in rows if row.counted[1] and not row.counted[0]]
        others = [row for row in rows if row not in came]
        clauses = []
        if came:
            days = [day if span.holds(day := row.now("closed_on")) else None for row in came]
            did = verb(what.came.zh, what.came.en, came)
            clauses.append(happened(subject(_ANY_ORDER, came), did, days, span))
        return clauses + what.clauses(others, span)

    return told


def suits(rows: Sequence[Row], span: Span) -> list[Text]:
    """Return which legal events were filed, became known late, were closed or grew old."""
    filed = [r for r in rows if r.before is None and span.holds(r.now("filed_on"))]
    late = [r for r in rows if r.before is None and r not in filed]
    known = [r for r in rows if r.before is not None]
    closed = [r for r in known if span.holds(r.now("closed_on"))]
    aged = [r for r in known if r not in closed and r.only == "aged_out"]
    other = [r for r in known if r not in closed and r not in aged]
    clauses = _each(filed, span, _filed)
    if late:
        clauses += [known_late(_old(row), span) for row in late[:_MOST_SUITS]]
    clauses += _each(closed, span, _closed)
    if len(aged) > _MOST_SUITS:
        clauses += out_of_windows(aged, _any)
    else:
        clauses += [text for row in aged for text in out_of_windows([row], _any)]
    clauses += [
        Text(f"{what.zh}的记录有变动", f"the record of {what.en} changed")
        for what in map(_old, other[:1])
    ]
    return clauses


def _each(
    rows: Sequence[Row], span: Span, tell: Callable[[Text, Sequence[Row], Span], Text]
) -> list[Text]:
    """Tell few events one by one, many together."""
    if len(rows) > _MOST_SUITS:
        return [tell(_any(rows), rows, span)]
    return [tell(_old(row) if tell is _closed else _one(row), [row], span) for row in rows]


def _filed(what: Text, rows: Sequence[Row], span: Span) -> Text:
    days = [row.now("filed_on") for row in rows]
    return happened(what, verb("立案", "filed", rows), days, span)


def _closed(what: Text, rows: Sequence[Row], span: Span) -> Text:
    days = [row.now("closed_on") for row in rows]
    return happened(what, verb("结案", "closed", rows), days, span)


def _one(row: Row) -> Text:
    one = LEGAL_KINDS[row.now("kind")].counted(1)
    amount = money([row.now("amount")])
    return Text(f"{one.zh}（{amount}）", f"{one.en} over {amount}") if amount else one


def _old(row: Row) -> Text:
    """Return an event told by its day."""
    noun, on = LEGAL_KINDS[row.now("kind")], row.now("filed_on")
    amount = money([row.now("amount")])
    worth = Text(f"（{amount}）", f" over {amount}") if amount else Text("", "")
    return Text(f"{on}立案的{noun.zh}{worth.zh}", f"the {noun.one} of {on}{worth.en}")


def _any(rows: Sequence[Row]) -> Text:
    return _old(rows[0]) if len(rows) == 1 else _many(rows)


def _many(rows: Sequence[Row]) -> Text:
    """Return many events: of one kind by its name, else as legal events by kind."""
    kinds = {kind: sum(r.now("kind") == kind for r in rows) for kind in LEGAL_KINDS}
    kinds = {kind: number for kind, number in kinds.items() if number}
    if len(kinds) == 1:
        return _over(LEGAL_KINDS[next(iter(kinds))].counted(len(rows)), rows)
    parts = [LEGAL_KINDS[kind].counted(number) for kind, number in kinds.items()]
    zh = "、".join(part.zh for part in parts)
    en = ", ".join(part.en for part in parts)
    what = LEGAL.counted(len(rows))
    return _over(Text(f"{what.zh}（{zh}）", f"{what.en} ({en})"), rows)


def _over(what: Text, rows: Sequence[Row]) -> Text:
    """Return many events with what they are over, where every amount is stated."""
    amount = money([row.now("amount") for row in rows])
    if amount is None:
        return what
    return Text(f"{what.zh}，合计{amount}，", f"{what.en} over {amount} in all")


def published(rows: Sequence[Row], score: float) -> Text | None:
    """Return when and by whom a score was published, as what follows its value.

    Parameters
    ----------
    rows : sequence of Row
        Scores that moved.
    score : float
        The one that holds now; of the rows only the last with this score is told.
    """
    same = [r for r in rows if r.counted[1] and abs(r.now("score") - score) < 1e-4]
    if not same:
        return None
    latest = max(same, key=lambda row: row.now("published_on"))
    on, source = latest.now("published_on"), latest.now("source")
    return Text(
        f"（{f'{source}，' if source else ''}{on}公布）",
        f", published on {on}{f' by {source}' if source else ''}",
    )
