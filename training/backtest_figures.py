"""Figures of a backtest: how many events the grades before warned of, in number and in money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from models.explain.reasons import Reason
from models.grading import Grading
from training.backtest_events import CreditEvent

LAGS = (90, 180, 365)  # days before an event
WARNING_DAYS = 90  # before an event, when its grade had to warn
VERDICTS = ("warned", "missed", "not_gradable")
WHY_NONE = ("not_known", "no_exposure", "in_default")


@dataclass(frozen=True)
class Held:
    """The grade that a customer would have held on a day, or why it would have held none.

    Attributes
    ----------
    as_of : date
        The day.
    grading : Grading or None
        By what was known on the day.
    why_none : str or None
        ``not_known`` (the ledger did not know the customer yet), ``no_exposure`` (no balance,
        open order or recent invoice) or ``in_default`` (in default already, known or not).
    """

    as_of: date
    grading: Grading | None
    why_none: str | None

    @property
    def verdict(self) -> str:
        """``warned`` at C or D, ``missed`` at A or B, else ``not_gradable``."""
        if self.grading is None:
            return "not_gradable"
        return "missed" if self.grading.grade in ("A", "B") else "warned"


@dataclass(frozen=True)
class Traced:
    """An event, the grades held before it by days before, and the reasons told at 90 days."""

    event: CreditEvent
    held: Mapping[int, Held]
    reasons: tuple[Reason, ...]

    @property
    def verdict(self) -> str:
        """Of the grade held 90 days before."""
        return self.held[WARNING_DAYS].verdict

    @property
    def reason(self) -> str | None:
        """The code of the strongest reason for the grade at 90 days; None where none was told.

        Of an event that was warned of it is the first told that takes points, of a missed one
        the first that gives some: what brought the grade about, not what spoke against it.
        """
        sign = -1 if self.verdict == "warned" else 1
        for reason in self.reasons:
            if reason.points * sign > 0:
                return reason.code
        return self.reasons[0].code if self.reasons else None


@dataclass(frozen=True)
class Part:
    """Some of the events.

    Attributes
    ----------
    events : int
        How many.
    share : float or None
        Of all events, 0 to 1; None where there are none.
    amount : Decimal
        Of those events that have one.
    """

    events: int
    share: float | None
    amount: Decimal


@dataclass(frozen=True)
class LagLine:
    """What the grades held so many days before the events were worth.

    Attributes
    ----------
    days_before : int
        90, 180 or 365.
    parts : mapping of str to Part
        By verdict: warned (C or D), missed (A or B), not gradable.
    why_none : mapping of str to int
        Events that were not gradable, by why.
    """

    days_before: int
    parts: Mapping[str, Part]
    why_none: Mapping[str, int]


def part_of(chosen: Sequence[Traced], events: Sequence[Traced]) -> Part:
    """Return some of the events in number, as a share of all, and in money."""
    amount = sum((t.event.amount or Decimal(0) for t in chosen), Decimal("0.00"))
    return Part(len(chosen), len(chosen) / len(events) if events else None, amount)


def kind_parts(events: Sequence[Traced], kinds: Iterable[str]) -> dict[str, Part]:
    """Return the events of each kind, also of one that has none."""
    return {k: part_of([t for t in events if t.event.kind == k], events) for k in kinds}


def lag_lines(events: Sequence[Traced]) -> list[LagLine]:
    """Return a line for 90, 180 and 365 days before the events."""
    lines = []
    for lag in LAGS:
        by_verdict = {v: [t for t in events if t.held[lag].verdict == v] for v in VERDICTS}
        parts = {verdict: part_of(chosen, events) for verdict, chosen in by_verdict.items()}
        why = Counter(t.held[lag].why_none for t in events)
        lines.append(LagLine(lag, parts, {reason: why[reason] for reason in WHY_NONE}))
    return lines


def first_events(events: Sequence[Traced]) -> list[Traced]:
    """Return the first event of each customer, by day; of two on a day the first by kind."""
    first: dict[str, Traced] = {}
    for traced in sorted(events, key=lambda t: (t.event.day, t.event.customer_id, t.event.kind)):
        first.setdefault(traced.event.customer_id, traced)
    return list(first.values())


def reason_counts(events: Sequence[Traced]) -> list[tuple[str, int, int]]:
    """Return (code, events warned of, events missed), the most frequent reason first."""
    counts = Counter((t.reason, t.verdict) for t in events if t.reason is not None)
    codes = {code for code, _ in counts if code is not None}
    lines = [(code, counts[code, "warned"], counts[code, "missed"]) for code in codes]
    return sorted(lines, key=lambda line: (-line[1] - line[2], line[0]))
