"""The rows behind a feature: those its predicate selects, as they were known on the day."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from features.catalogue import CATALOGUE, FEATURES
from features.evidence import evidence_rows, evidence_source, rows_behind
from features.ledger.open import open_ledger
from features.ledger.prepared import open_prepared_ledger
from features.ledger.simulate import simulate
from features.moved_rows import STATES, Between, moved_rows, moved_rows_of_many
from features.snapshot import all_pairs, snapshots
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


def test_an_end_after_the_day_is_not_told(tmp_path: Path) -> None:
    suit = {"event_id": "E1", "customer_id": "c1", "filed_on": "2025-06-01", "kind": "lawsuit",
            "closed_on": "2025-07-15"}  # fmt: skip
    later = ("c1", date(2025, 7, 15))
    with open_ledger(write_ledger(tmp_path / "ledger", legal_events=[suit])) as ledger:
        found = evidence_rows(ledger, "legal_count_730d", [KEY, later], at_most=5)
    assert found[KEY].rows[0].fields["closed_on"] is None
    assert found[later].rows[0].fields["closed_on"] == date(2025, 7, 15)


def test_without_a_score_of_its_own_the_industrys_is_shown(tmp_path: Path) -> None:
    customers = [{"customer_id": c, "industry": "steel"} for c in ("c1", "c2")]
    scores = [
        {"subject": subject, "subject_id": whose, "published_on": "2025-06-01", "score": 62.5}
        for subject, whose in (("industry", "steel"), ("customer", "c2"))
    ]
    folder = write_ledger(tmp_path / "ledger", customers=customers, external_scores=scores)
    with open_ledger(folder) as ledger:
        found = evidence_rows(ledger, "external_score", [KEY, ("c2", D)], at_most=5)
    shown = {customer: [r.row_id for r in rows.rows] for (customer, _), rows in found.items()}
    assert shown == {"c1": ["steel"], "c2": ["c2"]}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated") / "ledger"
    simulate(40, 24, 4, folder)
    return folder


DAYS = (date(2024, 12, 31), date(2025, 11, 30), date(2025, 12, 31))
BEHIND = [feature.name for feature in CATALOGUE if feature.evidence is not None]


def test_one_customer_has_the_rows_of_the_batch(simulated: Path) -> None:
    with open_ledger(simulated) as opened, open_prepared_ledger(simulated) as prepared:
        keys = [(customer, day) for day in DAYS for customer in all_pairs(opened, [day])[0]]
        wanted = {name: evidence_rows(opened, name, keys, at_most=4) for name in BEHIND}
        sources = evidence_source(opened), evidence_source(prepared)
        for place, key in enumerate(keys):
            batch = {name: rows[key] for name, rows in wanted.items() if key in rows}
            # the ledger's own look-ups are slow: a few of them
            for source in sources[place % 10 > 0 :]:
                assert rows_behind(source, BEHIND, *key, at_most=4) == batch


def test_nobody_has_no_rows(ledger_folder: Path) -> None:
    with open_ledger(ledger_folder) as ledger:
        assert rows_behind(evidence_source(ledger), BEHIND, "nobody", D, at_most=5) == {}


def test_additive_features_are_sums_of_what_moved(simulated: Path) -> None:
    """On a ledger with late knowledge and corrections, from month to month."""
    additive = [name for name in BEHIND if FEATURES[name].evidence.additive]
    with open_prepared_ledger(simulated) as ledger:
        customers, _ = all_pairs(ledger, [DAYS[0]])
        asked = [Between(c, a, b) for a, b in pairwise(DAYS) for c in customers]
        source = evidence_source(ledger)
        found = [moved_rows(source, between, BEHIND) for between in asked]
        assert list(moved_rows_of_many(ledger, [(b, BEHIND) for b in asked])) == found
        then, now = (
            snapshots(ledger, (
                [b.customer_id for b in asked], np.array([b[side] for b in asked], "datetime64[D]")
            )) for side in (1, 2)
        )  # fmt: skip
    for name in additive:
        change = now.column(name) - then.column(name)
        told = [sum(r.adds[1] - r.adds[0] for r in rows.get(name, ())) for rows in found]
        known = ~np.isnan(change)
        np.testing.assert_allclose(np.array(told, dtype=float)[known], change[known], atol=1e-3)
    assert {row.state for rows in found for each in rows.values() for row in each} == set(STATES)
