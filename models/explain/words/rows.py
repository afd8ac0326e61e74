"""Ledger rows in a sentence: how many, worth how much, and what happened to them when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from features.catalogue import FEATURES
from features.evidence import EvidenceRow
from features.moved_rows import MovedRow
from models.explain.words.days import Span, period
from models.explain.words.figures import Noun, money
from models.explain.words.text import EMPTY, Text

Evidence = Mapping[str, Sequence[MovedRow]]
# where a feature's rows lie in another window than its value, or its value has none
_WINDOWS: Mapping[str, int | None] = {
    "days_beyond_terms_trend": 90,
    "amount_trend": 90,
    "days_since_last_invoice": 90,
    "days_since_last_payment": 365,
    "external_score": 365,
    "external_score_change_180d": 365,
    "industry_score": 180,
    "dso_90d": None,
}


@dataclass(frozen=True)
class Row:
    """A ledger row that moved, with what every feature says of it.

    Attributes
    ----------
    row, before : EvidenceRow
        As known on the later and on the earlier day; before is None if not known then.
    states : frozenset of str
        Of the moved rows that it came from.
    counted : tuple of bool
        Whether some feature counted it on the earlier, on the later day.
    window : int or None
        Days of the longest window that it left by time alone.
    """

    row: EvidenceRow
    before: EvidenceRow | None
    states: frozenset[str]
    counted: tuple[bool, bool]
    window: int | None

    def now(self, field: str) -> Any:
        """Return a field as known on the later day."""
        return self.row.fields.get(field)

    def then(self, field: str) -> Any:
        """Return a field as known on the earlier day; None if not known then."""
        return None if self.before is None else self.before.fields.get(field)

    @property
    def only(self) -> str | None:
        """The state that all features give it; None where they differ."""
        return next(iter(self.states)) if len(self.states) == 1 else None


def rows_of(evidence: Evidence, features: Iterable[str]) -> list[Row]:
    """Return the rows behind some features, each once, in the order of the evidence."""
    found: dict[tuple[object, ...], list[tuple[str, MovedRow]]] = {}
    for feature in features:
        for moved in evidence.get(feature, ()):
            found.setdefault(_key(moved.row), []).append((feature, moved))
    return [_merged(parts) for parts in found.values()]


def _merged(parts: Sequence[tuple[str, MovedRow]]) -> Row:
    first = parts[0][1]
    windows = [
        window_of_rows(feature) or 0 for feature, moved in parts if moved.state == "aged_out"
    ]
    return Row(
        first.row,
        first.before,
        frozenset(moved.state for _, moved in parts),
        (any(moved.counts[0] for _, moved in parts), any(moved.counts[1] for _, moved in parts)),
        max(windows, default=0) or None,
    )


def window_of_rows(feature: str) -> int | None:
    """Return the days of the window in which a feature's rows lie; None where there is none."""
    return _WINDOWS.get(feature, FEATURES[feature].window_days)


def _key(row: EvidenceRow) -> tuple[object, ...]:
    """Return what makes a row itself; a score is one by its day and source too."""
    return row.table, row.row_id, row.fields.get("published_on"), row.fields.get("source")


def subject(noun: Noun, rows: Sequence[Row], *, named: bool = True) -> Text:
    """Return rows as the subject of a sentence: one by its id, several by number and worth.

    Parameters
    ----------
    noun : Noun
        What they are.
    rows : sequence of Row
        At least one.
    named : bool
        Whether the id of a single one tells a person something.
    """
    amount = money([row.now("amount") for row in rows])
    if len(rows) > 1:
        many = noun.counted(len(rows))
        if amount is None:
            return many
        return Text(f"{many.zh}（合计{amount}）", f"{many.en} worth {amount}")
    worth = Text(f"（{amount}）", f" of {amount}") if amount else EMPTY
    if not named:
        return Text(f"1{noun.measure}{noun.zh}{worth.zh}", f"one {noun.one}{worth.en}")
    whose = rows[0].now("affiliate_id")
    of = Text(f"关联企业{whose}的", f" of the affiliate {whose}") if whose else EMPTY
    if whose and amount:
        worth = Text(worth.zh, f" over {amount}")
    name = rows[0].row.row_id
    return Text(f"{of.zh}{noun.zh}{name}{worth.zh}", f"{noun.one} {name}{of.en}{worth.en}")


def happened(
    what: Text, verb: Text, days: Sequence[date | None], span: Span, *, tail: Text = EMPTY
) -> Text:
    """Return that something happened, and when.

    Parameters
    ----------
    what : Text
        The subject, from `subject`.
    verb : Text
        What it did; in English with its auxiliary.
    days : sequence of date or None
        Of each row; where one is unknown, no time is told.
    span : Span
        The days of the change.
    tail : Text
        What follows, with its comma.
    """
    known = [day for day in days if day is not None]
    when = period(known, span) if len(known) == len(days) else EMPTY
    by = f" {when.en}" if when.en else ""
    en = f"{what.en} {verb.en}{by}{tail.en}"
    if len(days) > 1:
        return Text(f"{when.zh}有{what.zh}{verb.zh}{tail.zh}", en)
    at = f"于{when.zh}" if when.zh else ""
    return Text(f"{what.zh}{at}{verb.zh}{tail.zh}", en)


def verb(zh: str, en: str, rows: Sequence[Row]) -> Text:
    """Return a verb whose English begins with was or were, as the number asks."""
    return Text(zh, f"{'was' if len(rows) == 1 else 'were'} {en}")


def out_of_windows(rows: Sequence[Row], tell: Callable[[Sequence[Row]], Text]) -> list[Text]:
    """Return that rows left their windows of days by time alone, the longest window first.

    Parameters
    ----------
    rows : sequence of Row
        They need not have left the same window.
    tell : callable
        From rows to the subject of a sentence.
    """
    clauses = []
    for window in sorted({row.window or 0 for row in rows}, reverse=True):
        gone = [row for row in rows if (row.window or 0) == window]
        what, one = tell(gone), len(gone) == 1
        if window:
            zh, en = f"已不在近{window}天内", f"no longer within the last {window} days"
            clauses.append(Text(what.zh + zh, f"{what.en} {'is' if one else 'are'} {en}"))
        else:
            no_longer = f"no longer {'counts' if one else 'count'}"
            clauses.append(Text(f"{what.zh}不再计入", f"{what.en} {no_longer}"))
    return clauses


def known_late(what: Text, span: Span) -> Text:
    """Return that rows had happened before, but became known only after the first day."""
    return Text(
        f"{what.zh}在{span.first}之后才获知", f"{what.en} became known only after {span.first}"
    )
