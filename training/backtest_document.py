"""A backtest as plain JSON values: points unrounded, money a decimal string, dates ISO."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from models.explain.words import ADJUSTMENTS, Text, label
from training.backtest import Backtest
from training.backtest_figures import (
    LAGS,
    Held,
    LagLine,
    Part,
    Traced,
    first_events,
    kind_parts,
    lag_lines,
    part_of,
    reason_counts,
)

Document = dict[str, Any]
_HELD = {
    "as_of": pa.string(),
    "grade": pa.string(),
    "score": pa.float64(),
    "default_probability": pa.float64(),
    "why_none": pa.string(),
}
EVENT_SCHEMA = pa.schema(
    {
        "customer_id": pa.string(),
        "kind": pa.string(),
        "day": pa.string(),
        "known_on": pa.string(),
        "amount": pa.string(),
        "verdict": pa.string(),
        "reason": pa.string(),
    }
    | {f"{name}_{lag}d": kind for lag in LAGS for name, kind in _HELD.items()}
)
NOTE = Text(
    "等级均按当日账本所知、以此模型与政策重新计算，不取上次等级：不含迟滞与人工调整，也不读取已存等级。"
    "同一发票既核销又逾期满90天的，金额在两类中各计一次。",
    "Every grade is worked out anew from the ledger as known on its day, by this model and policy "
    "and with no prior grade: no hysteresis, no override, and no stored grade is read. An invoice "
    "that is written off and reaches 90 days past due counts with both amounts.",
)


def backtest_document(found: Backtest) -> Document:
    """Return the fields of a backtest.

    ``events[].held`` has the grade by days before; a grade is null where ``why_none`` says why.
    ``summary.first_events`` is as ``summary.lags``, of each customer's first event alone: one
    who defaults often is one customer. An invoice that is written off and reaches 90 days past
    due counts with both amounts.
    """
    return {
        "quarter": found.quarter.name,
        "from": found.quarter.first.isoformat(),
        "to": found.quarter.last.isoformat(),
        "model_version": found.grader.bundle.model_version,
        "policy_version": found.grader.policy.policy_version,
        "horizon_days": found.grader.bundle.horizon_days,
        "note": _text(NOTE),
        "warnings": [_text(warning) for warning in _warnings(found)],
        "events": [_event(traced) for traced in found.events],
        "summary": _summary(found),
        "graded_on": found.graded_on.isoformat(),
        "grades": [dict(vars(line)) for line in found.grades],
    }


def event_rows(document: Mapping[str, Any]) -> list[Document]:
    """Return the events of a document as the flat rows of `EVENT_SCHEMA`, for a file."""
    rows = []
    for event in document["events"]:
        flat = {
            f"{name}_{lag}d": value
            for lag, held in event["held"].items()
            for name, value in held.items()
        }
        rows.append({name: value for name, value in event.items() if name != "held"} | flat)
    return rows


def reason_label(code: str) -> Text:
    """Return the name of a reason's code for a person.

    Examples
    --------
    >>> reason_label("ceiling.in_default").en
    'The customer is in default: D at best'
    """
    reason = code.partition(".")[2]
    return ADJUSTMENTS[reason] if reason else label(code)


def _event(traced: Traced) -> Document:
    event = traced.event
    return {
        "customer_id": event.customer_id,
        "kind": event.kind,
        "day": event.day.isoformat(),
        "known_on": event.known_on.isoformat(),
        "amount": None if event.amount is None else _money(event.amount),
        "verdict": traced.verdict,
        "reason": traced.reason,
        "held": {str(lag): _held(held) for lag, held in traced.held.items()},
    }


def _held(held: Held) -> Document:
    grading = held.grading
    return {
        "as_of": held.as_of.isoformat(),
        "grade": grading and grading.grade,
        "score": grading and grading.score,
        "default_probability": grading and grading.default_probability,
        "why_none": held.why_none,
    }


def _summary(found: Backtest) -> Document:
    events = found.events
    kinds = kind_parts(events, found.definition.on)
    return {
        "events": len(events),
        "customers": len({traced.event.customer_id for traced in events}),
        "amount": _money(part_of(events, events).amount),
        "kinds": [{"kind": kind} | _part(part) for kind, part in kinds.items()],
        "lags": [_lag(line) for line in lag_lines(events)],
        "first_events": [_lag(line) for line in lag_lines(first_events(events))],
        "reasons": _reasons(events),
    }


def _lag(line: LagLine) -> Document:
    parts = {verdict: _part(part) for verdict, part in line.parts.items()}
    return {"days_before": line.days_before, **parts, "why_none": dict(line.why_none)}


def _part(part: Part) -> Document:
    return {"events": part.events, "share": part.share, "amount": _money(part.amount)}


def _reasons(events: Sequence[Traced]) -> list[Document]:
    return [
        {"reason": code, "label": _text(reason_label(code)), "warned": warned, "missed": missed}
        for code, warned, missed in reason_counts(events)
    ]


def _warnings(found: Backtest) -> list[Text]:
    told = []
    if found.learned:
        told.append(
            Text(
                "模型曾用本季度的结果拟合或校准：所示结果偏乐观。",
                "The model was fitted or calibrated on outcomes of this quarter: the figures are "
                "too good.",
            )
        )
    if not found.recorded:
        told.append(
            Text(
                "工作区没有该模型的训练记录：违约定义取默认设置，也不知道模型是否学过本季度。",
                "The workspace has no record of this model's training: defaults are those of the "
                "packaged settings, and nobody knows whether it learned from this quarter.",
            )
        )
    if not found.reported:
        told.append(
            Text(
                "账本尚未覆盖季末之后的报告时滞：本季度的事件可能还会增加。",
                "The ledger does not cover the reporting lag after the quarter yet: more events of "
                "it may become known.",
            )
        )
    return told


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _text(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
