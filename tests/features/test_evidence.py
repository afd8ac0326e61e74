"""The rows behind a feature: those its predicate selects, as they were known on the day."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from features.catalogue import CATALOGUE
from features.evidence import evidence_rows
from features.ledger.open import open_ledger
from tests.drawn import invoice, payment, write_ledger

D = date(2025, 6, 30)
KEY = ("c1", D)


@pytest.fixture
def ledger_folder(tmp_path: Path) -> Path:
    return write_ledger(
        tmp_path / "ledger",
        invoices=[
            invoice("I1", "2025-04-01", "2025-05-01", 100),
            invoice("I2", "2025-04-01", "2025-05-11", 300),
            invoice("I3", "2025-04-01", "2025-06-25", 50, known_on="2025-07-02"),
            invoice("I4", "2025-06-01", "2025-07-01", 70),
        ],
        payments=[payment("P1", "2025-05-31", 100, invoice_id="I1")],
        legal_events=[
            {"event_id": "E1", "customer_id": "c1", "filed_on": "2025-06-01", "kind": "lawsuit",
             "amount": "12.50"},
        ],
        external_scores=[
            {"subject": "customer", "subject_id": "c1", "published_on": "2025-06-01",
             "score": 62.5, "source": "bureau"},
        ],
    )  # fmt: skip


def test_late_invoices_are_shown_the_latest_first(ledger_folder: Path) -> None:
    with open_ledger(ledger_folder) as ledger:
        found = evidence_rows(ledger, "overdue_count_365d", [KEY], at_most=10)[KEY]
    assert found.total == 2
    assert [(row.table, row.row_id, row.fields["days_late"]) for row in found.rows] == [
        ("invoices", "I2", 50),
        ("invoices", "I1", 30),
    ]
    assert found.rows[0].fields["settled_on"] is None
    assert found.rows[0].fields["outstanding"] == Decimal("300.00")
    assert found.rows[1].fields["settled_on"] == date(2025, 5, 31)


def test_an_invoice_known_later_is_no_evidence_until_then(ledger_folder: Path) -> None:
    later = ("c1", date(2025, 7, 2))
    with open_ledger(ledger_folder) as ledger:
        found = evidence_rows(ledger, "open_overdue_count", [KEY, later], at_most=10)
    assert [row.row_id for row in found[KEY].rows] == ["I2"]
    assert {row.row_id for row in found[later].rows} == {"I2", "I3", "I4"}


def test_few_rows_are_shown_and_all_are_counted(ledger_folder: Path) -> None:
    with open_ledger(ledger_folder) as ledger:
        found = evidence_rows(ledger, "open_balance", [KEY], at_most=1)[KEY]
    assert (found.total, len(found.rows)) == (2, 1)


def test_scores_and_suits_are_shown_as_people_write_them(ledger_folder: Path) -> None:
    with open_ledger(ledger_folder) as ledger:
        score = evidence_rows(ledger, "external_score", [KEY], at_most=1)[KEY].rows[0]
        suit = evidence_rows(ledger, "legal_count_730d", [KEY], at_most=1)[KEY].rows[0]
    assert score.fields == {"published_on": date(2025, 6, 1), "source": "bureau", "score": 62.5}
    assert suit.fields == {
        "filed_on": date(2025, 6, 1),
        "closed_on": None,
        "kind": "lawsuit",
        "amount": Decimal("12.50"),
    }


def test_an_attribute_and_an_absent_table_have_no_rows(ledger_folder: Path) -> None:
    with open_ledger(ledger_folder) as ledger:
        assert evidence_rows(ledger, "tenure_days", [KEY], at_most=5) == {}
        assert evidence_rows(ledger, "complaint_count_365d", [KEY], at_most=5) == {}


def test_additive_features_count_or_sum_their_rows(tmp_path: Path) -> None:
    """What claims to be a sum over its rows has as many rows, or as much money, as it says."""
    from features.ledger.simulate import simulate
    from features.snapshot import all_pairs, snapshots

    simulate(25, 18, 4, tmp_path / "ledger")
    with open_ledger(tmp_path / "ledger") as ledger:
        pairs = all_pairs(ledger, [date(2025, 12, 31)])
        found = snapshots(ledger, pairs)
        keys = [(customer, date(2025, 12, 31)) for customer in pairs[0]]
        for feature in CATALOGUE:
            if feature.evidence is None or not feature.evidence.additive:
                continue
            if feature.unit != "count":
                continue
            rows = evidence_rows(ledger, feature.name, keys, at_most=1)
            told = found.column(feature.name)
            for key, value in zip(keys, told, strict=True):
                assert value != value or value == (rows[key].total if key in rows else 0)
