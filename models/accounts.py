"""Gradings with their accounts as a table, to come back from where they were worked out.

Nothing is rounded and nothing left out: what `explanations_of` reads equals what
`accounts_table` was given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import accumulate, chain
from typing import Any

import pyarrow as pa

from models.adjustments import Adjustment
from models.explain.drivers import Driver, Explanation
from models.grading import Grading
from models.rules import INDICATORS
from models.terms import Terms

_TEXTS = pa.list_(pa.string())
_ADJUSTMENT = {"kind": pa.string(), "points": pa.float64(), "reason": pa.string(), "also": _TEXTS}
_TERMS = {
    "credit_limit": pa.string(),
    "warning_line": pa.string(),
    "payment_days": pa.int64(),
    "prepayment_share": pa.float64(),
    "approval": pa.string(),
    "contract": pa.string(),
}
_GRADING = {
    "customer_id": pa.string(),
    "as_of": pa.date32(),
    "grade": pa.string(),
    "notch": pa.string(),
    "score": pa.float64(),
    "blend": pa.float64(),
    "default_probability": pa.float64(),
    "rule_score": pa.float64(),
    "model_score": pa.float64(),
    "known_weight": pa.float64(),
    "rule_score_worst": pa.float64(),
    "rule_score_best": pa.float64(),
    "provisional": pa.bool_(),
    "provisional_until": pa.date32(),
    "prior_grade": pa.string(),
    "grade_before_override": pa.string(),
    "override_suspended": pa.bool_(),
    "adjustments": pa.list_(pa.struct(_ADJUSTMENT)),
    "hard_facts": _TEXTS,
    "terms": pa.struct(_TERMS),
    "indicators": pa.struct({indicator.name: pa.float64() for indicator in INDICATORS}),
    "unseen_unknowns": _TEXTS,
    "model_version": pa.string(),
    "policy_version": pa.string(),
}
DRIVER_FIELDS = {
    "feature": pa.string(),
    "value": pa.float64(),
    "reference_value": pa.float64(),
    "points": pa.float64(),
    "rule_points": pa.float64(),
    "model_points": pa.float64(),
}
ACCOUNT_SCHEMA = pa.schema(
    {**_GRADING, "reference": pa.float64(), "drivers": pa.list_(pa.struct(DRIVER_FIELDS))}
)


def accounts_table(explanations: Sequence[Explanation]) -> pa.Table:
    """Return gradings with their accounts as a table of `ACCOUNT_SCHEMA`, in their order."""
    gradings = pa.Table.from_pylist(
        [_row(explanation.grading) for explanation in explanations], pa.schema(_GRADING)
    )
    reference = pa.array([explanation.reference for explanation in explanations], pa.float64())
    columns = [*gradings.columns, reference, _drivers(explanations)]
    return pa.table(columns, schema=ACCOUNT_SCHEMA)


def explanations_of(accounts: pa.Table) -> list[Explanation]:
    """Return the gradings with their accounts that a table of `ACCOUNT_SCHEMA` holds."""
    rows = accounts.select(list(_GRADING)).to_pylist()
    references = accounts.column("reference").to_pylist()
    drivers = _drivers_in(accounts)
    return [
        Explanation(_grading(row), reference, own)
        for row, reference, own in zip(rows, references, drivers, strict=True)
    ]


def _row(grading: Grading) -> dict[str, Any]:
    terms = vars(grading.terms)
    return vars(grading) | {
        "adjustments": [vars(line) for line in grading.adjustments],
        "terms": terms | {name: str(terms[name]) for name in ("credit_limit", "warning_line")},
    }


def _grading(row: dict[str, Any]) -> Grading:
    terms = row["terms"]
    money = {name: Decimal(terms[name]) for name in ("credit_limit", "warning_line")}
    changed = {
        "adjustments": tuple(
            Adjustment(**(line | {"also": tuple(line["also"])})) for line in row["adjustments"]
        ),
        "hard_facts": tuple(row["hard_facts"]),
        "terms": Terms(**(terms | money)),
        "unseen_unknowns": tuple(row["unseen_unknowns"]),
    }
    return Grading(**(row | changed))


def _drivers(explanations: Sequence[Explanation]) -> pa.Array:
    flat = list(chain.from_iterable(explanation.drivers for explanation in explanations))
    columns = list(zip(*flat, strict=True)) or [()] * len(DRIVER_FIELDS)
    fields = [
        pa.array(column, kind) for column, kind in zip(columns, DRIVER_FIELDS.values(), strict=True)
    ]
    ends = accumulate((len(explanation.drivers) for explanation in explanations), initial=0)
    every = pa.StructArray.from_arrays(fields, fields=list(pa.struct(DRIVER_FIELDS)))
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), every)


def _drivers_in(accounts: pa.Table) -> Iterator[tuple[Driver, ...]]:
    for chunk in accounts.column("drivers").chunks:
        columns = [field.to_pylist() for field in chunk.flatten().flatten()]
        flat = map(Driver._make, zip(*columns, strict=True))
        for number in chunk.value_lengths().to_pylist():
            yield tuple(next(flat) for _ in range(number))
