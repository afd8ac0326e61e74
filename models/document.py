"""Gradings and their accounts as plain JSON values: the fields that other programs rely on.

Points and feature values are unrounded, unknown is null, money is a decimal string, dates
are ISO text.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from features.evidence import (
    SHOWN_DAYS,
    SHOWN_MONEY,
    SHOWN_NUMBERS,
    SHOWN_TEXTS,
    EvidenceRow,
    RowsFound,
)
from features.moved_rows import MovedRow
from models.adjustments import Adjustment
from models.explain.change import Change
from models.explain.drivers import Driver, Explanation
from models.explain.reasons import Reason
from models.explain.told import ToldChange
from models.grading import Grading
from models.rules import INDICATORS
from models.sureness.document import sureness_document
from models.sureness.told import HowSure
from models.terms import Terms

Document = dict[str, Any]

_TEXTS = pa.list_(pa.string())
_EVIDENCE = pa.struct(
    [("table", pa.string()), ("id", pa.string())]
    + [(name, pa.string()) for name in SHOWN_TEXTS]
    + [(name, pa.float64()) for name in SHOWN_NUMBERS]
)
GRADE_SCHEMA = pa.schema(
    {
        "customer_id": pa.string(),
        "as_of": pa.string(),
        "grade": pa.string(),
        "notch": pa.string(),
        "score": pa.float64(),
        "blend": pa.float64(),
        "default_probability": pa.float64(),
        "rule_score": pa.float64(),
        "model_score": pa.float64(),
        "known_weight": pa.float64(),
        "provisional": pa.bool_(),
        "prior_grade": pa.string(),
        "adjustments": pa.list_(
            pa.struct(
                {
                    "kind": pa.string(),
                    "points": pa.float64(),
                    "reason": pa.string(),
                    "also": _TEXTS,
                }
            )
        ),
        "terms": pa.struct(
            {
                "credit_limit": pa.string(),
                "warning_line": pa.string(),
                "payment_days": pa.int64(),
                "prepayment_share": pa.float64(),
                "approval": pa.string(),
                "contract": pa.string(),
            }
        ),
        "reasons": pa.list_(
            pa.struct(
                {
                    "code": pa.string(),
                    "zh": pa.string(),
                    "en": pa.string(),
                    "value": pa.float64(),
                    "normal": pa.float64(),
                    "points": pa.float64(),
                    "evidence": pa.list_(_EVIDENCE),
                    "evidence_total": pa.int64(),
                }
            )
        ),
        "model_version": pa.string(),
        "policy_version": pa.string(),
        "provisional_until": pa.string(),
        "rule_score_worst": pa.float64(),
        "rule_score_best": pa.float64(),
        "indicators": pa.struct({i.name: pa.float64() for i in INDICATORS}),
        "grade_before_override": pa.string(),
        "override_suspended": pa.bool_(),
        "hard_facts": _TEXTS,
        "unseen_unknowns": _TEXTS,
    }
)


def grade_document(grading: Grading, reasons: Sequence[Reason]) -> Document:
    """Return the fields of a grade, those of ``GET /v1/customers/{id}/grade`` first."""
    return {
        "customer_id": grading.customer_id,
        "as_of": grading.as_of.isoformat(),
        "grade": grading.grade,
        "notch": grading.notch,
        "score": grading.score,
        "blend": grading.blend,
        "default_probability": grading.default_probability,
        "rule_score": grading.rule_score,
        "model_score": grading.model_score,
        "known_weight": grading.known_weight,
        "provisional": grading.provisional,
        "prior_grade": grading.prior_grade,
        "adjustments": [_adjustment(line) for line in grading.adjustments],
        "terms": terms_document(grading.terms),
        "reasons": [_reason(reason) for reason in reasons],
        "model_version": grading.model_version,
        "policy_version": grading.policy_version,
        "provisional_until": None
        if grading.provisional_until is None
        else grading.provisional_until.isoformat(),
        "rule_score_worst": grading.rule_score_worst,
        "rule_score_best": grading.rule_score_best,
        "indicators": grading.indicators,
        "grade_before_override": grading.grade_before_override,
        "override_suspended": grading.override_suspended,
        "hard_facts": list(grading.hard_facts),
        "unseen_unknowns": list(grading.unseen_unknowns),
    }


def terms_document(terms: Terms) -> Document:
    """Return the terms of a grade; money as decimal strings."""
    return {
        "credit_limit": f"{terms.credit_limit:.2f}",
        "warning_line": f"{terms.warning_line:.2f}",
        "payment_days": terms.payment_days,
        "prepayment_share": terms.prepayment_share,
        "approval": terms.approval,
        "contract": terms.contract,
    }


def explanation_document(
    explanation: Explanation,
    reasons: Sequence[Reason],
    evidence: dict[str, RowsFound],
    *,
    sure: HowSure | None = None,
) -> Document:
    """Return the account of a grade: ``score = reference + Σ drivers + Σ adjustments``.

    Parameters
    ----------
    explanation : Explanation
        From `models.explain.drivers.explain`.
    reasons : sequence of Reason
        From `models.explain.reasons.reasons_of`.
    evidence : dict of str to RowsFound
        The rows behind the drivers, by feature.
    sure : HowSure, optional
        From `models.sureness.told.how_sure`; null in the document where there is none.
    """
    grading = explanation.grading
    return {
        "customer_id": grading.customer_id,
        "as_of": grading.as_of.isoformat(),
        "grade": grading.grade,
        "notch": grading.notch,
        "score": grading.score,
        "reference": explanation.reference,
        "drivers": [
            driver_document(driver) | _evidence(evidence.get(driver.feature))
            for driver in explanation.drivers
        ],
        "adjustments": [_adjustment(line) for line in grading.adjustments],
        "reasons": [_reason(reason) for reason in reasons],
        "how_sure": None if sure is None else sureness_document(sure, grading.grade),
        "model_version": grading.model_version,
        "policy_version": grading.policy_version,
    }


def driver_document(driver: Driver) -> Document:
    """Return the points of one feature, without its ledger rows."""
    return {
        "feature": driver.feature,
        "value": _known(driver.value),
        "reference_value": _known(driver.reference_value),
        "points": driver.points,
        "rule_points": driver.rule_points,
        "model_points": driver.model_points,
    }


def change_document(told: ToldChange) -> Document:
    """Return the account of a change: ``Σ blocks = score_to − score_from``."""
    change: Change = told.change
    return {
        "customer_id": change.after.customer_id,
        "from": change.before.as_of.isoformat(),
        "to": change.after.as_of.isoformat(),
        "grade_from": change.before.grade,
        "grade_to": change.after.grade,
        "score_from": change.before.score,
        "score_to": change.after.score,
        "blocks": change.blocks,
        "features": [
            {
                "feature": moved.feature,
                "from": _known(moved.before),
                "to": _known(moved.after),
                "points": moved.points,
                "rule_points": moved.rule_points,
                "model_points": moved.model_points,
                "evidence": [_moved_row(row) for row in told.evidence.get(moved.feature, ())],
            }
            for moved in change.features
        ],
        "sentence": {"zh": told.sentence.zh, "en": told.sentence.en},
    }


def _moved_row(moved: MovedRow) -> Document:
    """Return a row of a change: as it is now, and what the ledger said of it before."""
    now = _row(moved.row)
    then = None if moved.before is None else _row(moved.before)
    return {
        "state": moved.state,
        **now,
        "points": moved.points,
        "before": None
        if then is None
        else {name: value for name, value in then.items() if value != now.get(name)},
    }


def _adjustment(line: Adjustment) -> Document:
    return {
        "kind": line.kind,
        "points": line.points,
        "reason": line.reason,
        "also": list(line.also),
    }


def _reason(reason: Reason) -> Document:
    return {
        "code": reason.code,
        "zh": reason.text.zh,
        "en": reason.text.en,
        "value": _known(reason.value),
        "normal": _known(reason.normal),
        "points": reason.points,
        **_evidence(reason.evidence),
    }


def _evidence(found: RowsFound | None) -> Document:
    if found is None:
        return {"evidence": [], "evidence_total": 0}
    return {"evidence": [_row(row) for row in found.rows], "evidence_total": found.total}


def evidence_in(document: Document) -> RowsFound:
    """Return the ledger rows that a reason or a driver carries in its JSON form."""
    rows = tuple(
        EvidenceRow(
            row["table"],
            row["id"],
            {name: _read(name, v) for name, v in row.items() if name not in ("table", "id")},
        )
        for row in document["evidence"]
    )
    return RowsFound(document["evidence_total"], rows)


def _read(name: str, value: Any) -> Any:
    if isinstance(value, str) and name in SHOWN_DAYS:
        return date.fromisoformat(value)
    if isinstance(value, str) and name in SHOWN_MONEY:
        return Decimal(value)
    return value


def _row(row: EvidenceRow) -> Document:
    return {"table": row.table, "id": row.row_id} | {
        name: _plain(value) for name, value in row.fields.items()
    }


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value


def _known(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value
