"""A file of features graded in pieces and processes has the grades that each row has alone."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import ModelError
from features.features_file import open_features
from features.matrix import Snapshots
from models import many
from models.book import Grader, graded
from models.bundle import Bundle
from models.document import driver_document, grade_document
from models.explain.reasons import reasons_of
from models.many import graded_pieces, graded_table, schema_of
from tests.models.bundles import POLICY, bundle_in, bundle_parts, policy_with, random_snapshots


@pytest.fixture
def grader(bundle: Bundle) -> Grader:
    return Grader(bundle, POLICY)


def in_pieces(
    tmp_path: Path, rows: Snapshots, grader: Grader, *, size: int, processes: int, priors=None
) -> pa.Table:
    path = tmp_path / "features.parquet"
    pq.write_table(rows.to_arrow(), path)
    with pytest.MonkeyPatch.context() as patch, open_features(path) as file:
        patch.setattr(many, "PIECE", size)
        found = graded_pieces(
            file,
            grader,
            prior_grades=priors or (lambda day: {}),
            drivers=True,
            processes=processes,
        )
        return pa.concat_tables([table for _, table in found])


def test_grades_and_reasons_are_those_of_the_one_scoring_path(grader: Grader):
    rows = random_snapshots(300, 5)
    accounts = graded(rows, grader, prior_grades={}, overrides={})
    reasons = reasons_of(accounts, POLICY, lambda feature, keys: {})
    expected = [
        grade_document(account.grading, told)
        | {"drivers": [driver_document(driver) for driver in account.drivers]}
        for account, told in zip(accounts, reasons, strict=True)
    ]
    table = graded_table(rows, grader, {}, drivers=True)
    assert table.schema == schema_of(drivers=True)
    assert table.to_pylist() == expected
    assert graded_table(rows, grader, {}).to_pylist() == [
        {name: told for name, told in one.items() if name != "drivers"} for one in expected
    ]


def test_pieces_in_other_processes_come_back_in_the_files_order(tmp_path: Path, grader: Grader):
    rows = random_snapshots(2_048 * 6 + 5, 6)
    whole = in_pieces(tmp_path, rows, grader, size=100_000, processes=1)
    parts = in_pieces(tmp_path, rows, grader, size=2_048, processes=2)
    assert whole.column("customer_id").to_pylist() == list(rows.customer_ids)
    assert parts.equals(whole)


def test_each_day_has_its_own_prior_grades(tmp_path: Path, grader: Grader):
    first, other = random_snapshots(40, 7), random_snapshots(40, 7, as_of="2025-07-31")
    rows = Snapshots.from_arrow(
        pa.concat_tables([first.to_arrow(), other.to_arrow()]).sort_by("customer_id")
    )
    priors = {date(2025, 6, 30): {"r3": "D"}, date(2025, 7, 31): {"r3": "A", "r4": "C"}}
    found = in_pieces(
        tmp_path, rows, grader, size=1_000, processes=1, priors=priors.__getitem__
    ).to_pylist()
    assert [one["customer_id"] for one in found] == list(rows.customer_ids)
    assert {(one["customer_id"], one["as_of"]): one["prior_grade"] for one in found} == {
        (customer, str(day)): priors[day].get(customer)
        for customer in first.customer_ids
        for day in priors
    }


def test_a_policy_without_the_horizon_is_refused_before_a_row_is_graded(tmp_path: Path):
    policy = policy_with(("180 = ", "181 = "))
    bundle = bundle_in(tmp_path, bundle_parts(horizon_days=180))
    with pytest.raises(ModelError, match="no scale anchors for the bundle's horizon of 180"):
        in_pieces(tmp_path, random_snapshots(3), Grader(bundle, policy), size=100, processes=1)
