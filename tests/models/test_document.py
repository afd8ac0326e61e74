"""Documents: the agreed fields, plain JSON values, and a file schema that fits them."""

import json
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from features.evidence import EvidenceRow, RowsFound
from models.bundle import Bundle
from models.document import GRADE_SCHEMA, explanation_document, grade_document
from models.explain.drivers import explain
from models.explain.reasons import reasons_of
from models.grading import grade_snapshots
from tests.models.bundles import POLICY, random_snapshots, snapshots_of

ROW = EvidenceRow(
    "invoices",
    "INV-1",
    {"amount": Decimal("82000.00"), "due_on": date(2025, 5, 1), "settled_on": None, "days_late": 3},
)


def told(bundle: Bundle, *given: dict):
    snapshots = snapshots_of(*given)
    gradings = grade_snapshots(snapshots, bundle, POLICY)
    explanations = explain(snapshots, gradings, bundle, POLICY)
    rows = RowsFound(7, (ROW,))
    reasons = reasons_of(explanations, POLICY, lambda _, keys: dict.fromkeys(keys, rows))
    return explanations, reasons


def test_a_grade_file_has_the_fields_of_a_grade(bundle: Bundle) -> None:
    explanations, reasons = told(bundle, {"overdue_count_365d": 4.0})
    document = grade_document(explanations[0].grading, reasons[0])
    assert list(document) == GRADE_SCHEMA.names
    table = pa.Table.from_pylist([document], GRADE_SCHEMA)
    assert table.to_pylist()[0]["adjustments"] == document["adjustments"]


def test_money_is_text_dates_are_iso_and_unknown_is_null(bundle: Bundle) -> None:
    explanations, reasons = told(bundle, {"external_score": None, "industry_score": None})
    document = explanation_document(explanations[0], reasons[0], {})
    by_feature = {driver["feature"]: driver for driver in document["drivers"]}
    assert by_feature["external_score"]["value"] is None
    assert document["as_of"] == "2025-06-30"
    assert document["reasons"][0]["evidence"] == [
        {
            "table": "invoices",
            "id": "INV-1",
            "amount": "82000.00",
            "due_on": "2025-05-01",
            "settled_on": None,
            "days_late": 3,
        }
    ]
    assert document["reasons"][0]["evidence_total"] == 7


def test_every_document_is_json_without_special_numbers(bundle: Bundle) -> None:
    snapshots = random_snapshots(30)
    gradings = grade_snapshots(snapshots, bundle, POLICY)
    for explanation in explain(snapshots, gradings, bundle, POLICY):
        for document in (
            grade_document(explanation.grading, ()),
            explanation_document(explanation, (), {}),
        ):
            assert json.loads(json.dumps(document, allow_nan=False)) == document


@pytest.mark.parametrize("grade", ["A", "D"])
def test_terms_name_an_amount_of_two_places(bundle: Bundle, grade: str) -> None:
    given = {"is_dishonest": 1.0} if grade == "D" else {}
    (explanation,), _ = told(bundle, given)
    terms = grade_document(explanation.grading, ())["terms"]
    assert terms["credit_limit"] == f"{Decimal(terms['credit_limit']):.2f}"
    assert Decimal(terms["warning_line"]) <= Decimal(terms["credit_limit"])
