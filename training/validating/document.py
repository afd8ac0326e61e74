"""A validation as plain JSON values: aggregates only, no customer is named."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

from models.bands import GRADES, NOTCHES
from training.validating.book import OVERDUE_DAYS
from training.validating.validate import Validation

Document = dict[str, Any]
_NO_OVERRIDES = {
    "zh": "尚无人可以申请人工调整等级，故无调整可检验。",
    "en": "Nobody can request an override yet, so there is none to judge.",
}


def validation_document(found: Validation) -> Document:
    """Return a validation as JSON values; unknown figures are null, shares are 0 to 1.

    Every number that a page or a tracked run shows is read from this document.
    """
    grades, notches = found.concentration
    audits = plain(found.monotonicity)
    return {
        "model_version": found.model_version,
        "policy_version": found.policy_version,
        "horizon_days": found.horizon_days,
        "from": found.months[0].isoformat(),
        "to": found.months[-1].isoformat(),
        "months": plain(found.months),
        "rows": found.rows,
        "customers": found.customers,
        "defaults": found.defaults,
        "population": {
            "considered": found.considered,
            "in_default_share": found.in_default_share,
            "unexposed_share": found.unexposed_share,
        },
        "discrimination": plain(found.discrimination),
        "calibration": plain(found.calibration),
        "stability": plain(found.stability),
        "concentration": {
            "grades": _spread(plain(grades), GRADES),
            "notches": _spread(plain(notches), NOTCHES),
        },
        "conflicts": plain(found.conflicts),
        "missing": plain(found.missing),
        "lead_time": plain(found.lead_time) | {"overdue_days": OVERDUE_DAYS},
        "monotonicity": {
            "steps": sum(audit["steps"] for audit in audits),
            "violations": sum(audit["violations"] for audit in audits),
            "features": audits,
        },
        "overrides": {"granted": 0, "note": _NO_OVERRIDES},
        "warnings": plain(found.warnings),
    }


def tracked_figures(document: Mapping[str, Any]) -> dict[str, float]:
    """Return the figures of a document that a tracked run keeps, by name."""
    ranks, true = document["discrimination"] or {}, document["calibration"]
    figures = {
        "validation_rows": document["rows"],
        "validation_defaults": document["defaults"],
        "validation_auc": ranks.get("auc", {}).get("estimate"),
        "validation_auc_low": ranks.get("auc", {}).get("low"),
        "validation_auc_high": ranks.get("auc", {}).get("high"),
        "validation_ece": true["ece"],
        "validation_brier": true["brier"]["brier"],
        "validation_slope": true["recalibration"]["slope"],
        "validation_psi_notches": document["stability"]["notches"]["index"],
        "validation_flip_flop": document["stability"]["flip_flop"]["share"],
        "validation_conflict_share": document["conflicts"]["share"],
        "validation_lead_days": document["lead_time"]["grade"]["median_days"],
        "validation_violations": document["monotonicity"]["violations"],
    }
    return {name: float(value) for name, value in figures.items() if value is not None}


def plain(value: Any) -> Any:
    """Return dataclasses, dates and arrays of them as JSON values; what is not finite is null.

    Examples
    --------
    >>> plain((date(2025, 1, 31), float("nan"), 0.5))
    ['2025-01-31', None, 0.5]
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(one) for one in value]
    return value


def _spread(spread: Document, order: Sequence[str]) -> Document:
    customers = dict(zip(order, spread["customers"], strict=True))
    found = spread["found"] | {"largest": order[spread["found"]["largest"]]}
    return {"customers": customers, **found, "rise": spread["rise"]}
