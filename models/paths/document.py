"""Paths as plain JSON values: the fields that other programs rely on."""

from __future__ import annotations

from decimal import Decimal

from models.document import Document
from models.explain.words import Text
from models.paths.fades import Fade
from models.paths.paths import Action, Path, Paths
from models.paths.plan import PAY, PREPAY


def paths_document(found: Paths) -> Document:
    """Return what would bring a customer to a grade; money as decimal strings, dates as ISO.

    ``actions`` are those of the cheapest path, and ``alternatives`` take more money and fewer
    days.
    """
    first, *others = found.paths or (None,)
    end = found.best if first is None else first.grading
    conduct = found.good_conduct
    return {
        "customer_id": found.now.customer_id,
        "as_of": found.now.as_of.isoformat(),
        "to": found.wanted,
        "reachable": found.reachable,
        "by": found.by.isoformat(),
        "actions": [] if first is None else [_action(action) for action in first.actions],
        "grade_after": end.grade,
        "score_after": end.score,
        "fades": [_fade(fade) for fade in found.fades],
        "grade": found.now.grade,
        "score": found.now.score,
        "on": end.as_of.isoformat(),
        "amount": None if first is None else _money(first.minor),
        "because": None if found.because is None else _text(found.because),
        "alternatives": [_path(path) for path in others if path is not None],
        "good_conduct": None
        if conduct is None
        else {"grade": conduct.grade, "score": conduct.score, "on": conduct.as_of.isoformat()},
        "model_version": found.now.model_version,
        "policy_version": found.now.policy_version,
    }


def _path(path: Path) -> Document:
    return {
        "actions": [_action(action) for action in path.actions],
        "amount": _money(path.minor),
        "grade_after": path.grading.grade,
        "score_after": path.grading.score,
        "on": path.grading.as_of.isoformat(),
    }


def _action(action: Action) -> Document:
    is_of_invoices = action.kind in (PAY, PREPAY)
    return {
        "kind": action.kind,
        "invoice_ids": list(action.row_ids) if is_of_invoices else [],
        "amount": None if action.minor is None else _money(action.minor),
        "by": action.by.isoformat(),
        "note": _text(action.note),
        "row_ids": list(action.row_ids),
    }


def _fade(fade: Fade) -> Document:
    return {
        "feature": fade.feature,
        "fact": fade.fact,
        "on": None if fade.on is None else fade.on.isoformat(),
        "table": fade.table,
        "text": _text(fade.text),
    }


def _text(text: Text) -> Document:
    return {"zh": text.zh, "en": text.en}


def _money(minor: int) -> str:
    return f"{Decimal(minor).scaleb(-2):.2f}"
