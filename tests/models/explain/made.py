"""Made-up moved rows and changes, for tests of words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from features.evidence import EvidenceRow
from features.moved_rows import MovedRow
from models.adjustments import KINDS, Adjustment
from models.explain.change import Change, MovedFeature
from models.explain.words.days import Span
from models.grading import Grading

FIRST, LAST = date(2025, 9, 30), date(2025, 11, 11)
SPAN = Span(FIRST, LAST)


def day(text: str) -> date:
    """Return a day of ISO text, short for 2025 where it has no year."""
    return date.fromisoformat(text if len(text) > 5 else f"2025-{text}")


def invoice(
    row_id: str, due: str, amount: str = "1000.00", *, settled: str | None = None,
    unpaid: str | None = None, as_of: date = LAST, **more: Any,
) -> EvidenceRow:  # fmt: skip
    """Return an invoice as known on a day; open unless settled."""
    due_on, settled_on = day(due), None if settled is None else day(settled)
    left = Decimal("0.00") if settled else Decimal(unpaid or amount)
    fields = {
        **more,
        "issued_on": due_on - timedelta(days=30),
        "due_on": due_on,
        "amount": Decimal(amount),
        "outstanding": left,
        "settled_on": settled_on,
        "days_late": ((settled_on or as_of) - due_on).days,
    }
    return EvidenceRow("invoices", row_id, fields)


def row(table: str, row_id: str, **fields: Any) -> EvidenceRow:
    """Return a row of another table."""
    return EvidenceRow(table, row_id, fields)


def moved(
    state: str,
    now: EvidenceRow,
    before: EvidenceRow | None = None,
    counts: tuple[bool, bool] | None = None,
) -> MovedRow:
    """Return a moved row; what was known and is the same on both days needs no ``before``."""
    if before is None and state in ("aged_in", "aged_out", "changed"):
        before = now
    usual = {"aged_out": (True, False), "changed": (True, True)}.get(state, (False, True))
    return MovedRow(state, now, before, counts or usual)


def feature(name: str, before: float, after: float, points: float) -> MovedFeature:
    """Return a feature's movement, all of it the model's."""
    return MovedFeature(name, before, after, points, 0.0, points)


def line(kind: str, points: float, reason: str) -> Adjustment:
    """Return an adjustment."""
    return Adjustment(kind, points, reason)


def change(
    base: Grading, grades: str, scores: tuple[float, float], *features: MovedFeature,
    lines: tuple[tuple[Adjustment, ...], tuple[Adjustment, ...]] = ((), ()),
    suspended: bool = False, **blocks: float,
) -> Change:  # fmt: skip
    """Return a change from the first to the last day; its blocks must say its scores."""
    before, after = (
        replace(
            base, grade=grade, score=score, as_of=on, adjustments=of,
            grade_before_override=grade, override_suspended=suspended and on == LAST,
        )
        for grade, score, on, of in zip(grades, scores, (FIRST, LAST), lines, strict=True)
    )  # fmt: skip
    whole = dict.fromkeys(("data", "model", "policy", *KINDS), 0.0) | blocks
    whole["data"] = sum(f.points for f in features)
    assert abs(sum(whole.values()) - (scores[1] - scores[0])) < 1e-9
    return Change(before, after, whole, features)
