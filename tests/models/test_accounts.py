"""Gradings that were worked out elsewhere come back as they were."""

import pyarrow as pa
import pytest

from models.accounts import ACCOUNT_SCHEMA, accounts_table, explanations_of
from models.adjustments import Override
from models.book import Grader, graded
from models.bundle import Bundle
from models.explain.drivers import Explanation
from tests.models.bundles import POLICY, snapshots_of


@pytest.fixture
def explanations(bundle: Bundle) -> list[Explanation]:
    rows = snapshots_of(
        {"exposure": 100.0},
        {"exposure": 50.0, "is_dishonest": 1.0, "in_default": 1.0},
        {"exposure": None, "invoices_due_365d": 0.0, "history_days": 0.0},
    )
    ids = rows.customer_ids
    return graded(
        rows,
        Grader(bundle, POLICY),
        prior_grades={ids[0]: "D"},
        overrides={ids[0]: Override("A1", rows.as_of[0].item())},
    )


def test_nothing_is_lost_on_the_way(explanations: list[Explanation]) -> None:
    table = accounts_table(explanations)
    assert table.schema == ACCOUNT_SCHEMA
    # what is unknown equals nothing, itself included: the texts are compared
    assert list(map(repr, explanations_of(table))) == list(map(repr, explanations))
    assert any(explanation.grading.adjustments for explanation in explanations)


def test_parts_that_were_put_together_are_read_alike(explanations: list[Explanation]) -> None:
    parts = [accounts_table([explanation]) for explanation in explanations]
    assert list(map(repr, explanations_of(pa.concat_tables(parts)))) == list(
        map(repr, explanations)
    )


def test_no_gradings_are_an_empty_table() -> None:
    assert explanations_of(accounts_table([])) == []
