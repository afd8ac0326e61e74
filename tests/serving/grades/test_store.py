"""Stored grades: all or none, once each, never changed."""

import json
import math
import multiprocessing
import os
import signal
import time
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import IntegrityError

from models.bundle import Bundle
from models.document import grade_document
from models.grading import grade_snapshots
from serving.database import open_database, reading, writing
from serving.grades.records import GradingRun, Place
from serving.grades.store import GradeStore
from serving.grades.tables import GRADES, POLICIES
from tests.models.bundles import POLICY, bundle_in, snapshots_of

DAY = "2025-06-30"
MANY = 2000  # grades at once: writing them outlasts the later kill


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return bundle_in(tmp_path_factory.mktemp("bundles"))


@pytest.fixture
def store(engine: Engine) -> GradeStore:
    return GradeStore(engine)


def run_on(day: str, bundle: Bundle, **also: object) -> GradingRun:
    return GradingRun(
        **also,
        as_of=date.fromisoformat(day),
        model_version=bundle.model_version,
        policy_version=POLICY.policy_version,
        policy_content=POLICY.content,
        ledger_fingerprint="f" * 64,
    )


def graded(bundle: Bundle, *given: dict, day: str = DAY):
    snapshots = snapshots_of(*given, as_of=day)
    documents = [grade_document(g, ()) for g in grade_snapshots(snapshots, bundle, POLICY)]
    return documents, [snapshots.row(row) for row in range(len(snapshots))]


def test_a_grade_is_kept_with_its_snapshot_and_policy(
    store: GradeStore, engine: Engine, bundle: Bundle
) -> None:
    documents, snapshots = graded(bundle, {"external_score": None})
    stored = store.append(run_on(DAY, bundle), documents, snapshots)
    assert (stored.new, stored.same, stored.differing) == (1, 0, ())
    with reading(engine) as connection:
        row = connection.execute(select(GRADES)).one()
        policy = connection.execute(select(POLICIES.c.content)).scalar_one()
    assert json.loads(row.document) == documents[0]
    assert json.loads(row.snapshot)["external_score"] is None
    assert json.loads(row.snapshot)["on_time_rate_365d"] == 1.0
    assert policy == POLICY.content


def test_storing_twice_doubles_nothing(store: GradeStore, bundle: Bundle) -> None:
    told = graded(bundle, {}, {"overdue_count_365d": 3.0})
    store.append(run_on(DAY, bundle), *told)
    again = store.append(run_on(DAY, bundle), *told)
    assert (again.new, again.same) == (0, 2)
    assert store.count() == 2


def test_a_grade_told_once_is_never_replaced(store: GradeStore, bundle: Bundle) -> None:
    store.append(run_on(DAY, bundle), *graded(bundle, {}))
    other = store.append(run_on(DAY, bundle), *graded(bundle, {"overdue_count_365d": 9.0}))
    assert (other.new, other.same, other.differing) == (0, 0, ("c1",))
    assert store.count() == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE grades SET grade = 'A'",
        "DELETE FROM grades",
        "UPDATE policies SET policy_version = '2'",
        "DELETE FROM policies",
    ],
)
def test_the_table_refuses_change(
    store: GradeStore, engine: Engine, bundle: Bundle, statement: str
) -> None:
    store.append(run_on(DAY, bundle), *graded(bundle, {}))

    def change() -> None:
        with writing(engine) as connection:
            connection.execute(text(statement))

    with pytest.raises(IntegrityError, match="append-only"):
        change()


def test_the_prior_grade_is_the_last_before_the_day(store: GradeStore, bundle: Bundle) -> None:
    for day, given in (("2025-04-30", {"is_dishonest": 1.0}), ("2025-05-31", {})):
        store.append(run_on(day, bundle), *graded(bundle, given, day=day))
    assert store.prior_grades(date(2025, 6, 30)) == {"c1": "A"}
    assert store.prior_grades(date(2025, 5, 31)) == {"c1": "D"}
    assert store.prior_grades(date(2025, 4, 30)) == {}


def test_prior_grades_of_some_customers_are_theirs_alone(store: GradeStore, bundle: Bundle) -> None:
    store.append(run_on(DAY, bundle), *graded(bundle, {}, {}, {}))
    assert set(store.prior_grades(date(2025, 12, 31), ["c1", "c3", "c9"])) == {"c1", "c3"}


def test_the_current_grade_is_the_one_of_the_latest_day(store: GradeStore, bundle: Bundle) -> None:
    for day in ("2025-05-31", "2025-06-30", "2025-04-30"):
        store.append(run_on(day, bundle), *graded(bundle, {}, day=day))
    assert json.loads(store.document("c1") or "")["as_of"] == "2025-06-30"
    assert json.loads(store.document("c1", date(2025, 6, 1)) or "")["as_of"] == "2025-05-31"
    assert store.document("c1", date(2025, 4, 1)) is None
    assert store.document("nobody") is None


def test_of_several_grades_of_a_day_the_one_stored_last_is_current(
    store: GradeStore, bundle: Bundle
) -> None:
    store.append(run_on(DAY, bundle), *graded(bundle, {}))
    documents, snapshots = graded(bundle, {"is_dishonest": 1.0})
    store.append(replace(run_on(DAY, bundle), policy_content=b"another"), documents, snapshots)
    current = store.grade("c1")
    assert current is not None
    assert current.document == documents[0]
    assert [grade.grade_id for grade in store.history("c1", at_most=9)] == [2, 1]


def test_a_history_comes_in_pages_newest_first(store: GradeStore, bundle: Bundle) -> None:
    days = ("2025-03-31", "2025-04-30", "2025-05-31", "2025-06-30")
    for day in days:
        store.append(run_on(day, bundle), *graded(bundle, {}, day=day))
    first = store.history("c1", at_most=3)
    rest = store.history("c1", at_most=3, below=Place(first[-1].as_of, first[-1].grade_id))
    assert [str(grade.as_of) for grade in (*first, *rest)] == sorted(days, reverse=True)


def test_a_grade_keeps_name_exposure_and_what_gave_it(store: GradeStore, bundle: Bundle) -> None:
    run = run_on(DAY, bundle, names={"c1": "东方贸易"}, currency="CNY", horizon_days=365,
                 bundle_files={"model.txt": b"trees"})  # fmt: skip
    store.append(run, *graded(bundle, {"exposure": 1234.56, "dso_90d": None}))
    found = store.grade("c1")
    assert found is not None
    assert (found.name, found.exposure, found.currency, found.horizon_days) == (
        "东方贸易", Decimal("1234.56"), "CNY", 365)  # fmt: skip
    assert math.isnan(found.snapshot["dso_90d"])
    assert store.bundle_files(bundle.model_version) == {"model.txt": b"trees"}
    assert store.policy_content(found.policy_sha256) == POLICY.content
    assert store.graded_with(run)
    assert not store.graded_with(run_on("2025-07-31", bundle))


def test_a_run_that_fails_midway_stores_nothing(store: GradeStore, bundle: Bundle) -> None:
    documents, snapshots = graded(bundle, {}, {})
    documents[1] = documents[1] | {"grade": None}
    with pytest.raises(IntegrityError):
        store.append(run_on(DAY, bundle), documents, snapshots)
    assert store.count() == 0


def _store_many(home: Path, bundle_folder: Path, started: str) -> None:
    from models.bundle import load_bundle

    bundle = load_bundle(bundle_folder)
    documents, snapshots = graded(bundle, {})
    many = [documents[0] | {"customer_id": f"k{n}"} for n in range(MANY)]
    engine = open_database(home)
    Path(started).touch()
    GradeStore(engine).append(run_on(DAY, bundle), many, snapshots * len(many))


@pytest.mark.parametrize("delay", [0.03, 0.15])
def test_a_kill_leaves_all_or_nothing(tmp_path: Path, delay: float) -> None:
    bundle = bundle_in(tmp_path / "bundles")
    folder, started = tmp_path / "bundles" / bundle.model_version, tmp_path / "started"
    child = multiprocessing.get_context("spawn").Process(
        target=_store_many, args=(tmp_path, folder, str(started))
    )
    child.start()
    while not started.exists() and child.is_alive():
        time.sleep(0.005)
    time.sleep(delay)
    if child.pid is not None and child.is_alive():
        os.kill(child.pid, signal.SIGKILL)
    child.join()
    engine = open_database(tmp_path)
    kept = GradeStore(engine).count()
    assert kept in (0, MANY)
    documents, snapshots = graded(bundle, {})
    many = [documents[0] | {"customer_id": f"k{n}"} for n in range(MANY)]
    again = GradeStore(engine).append(run_on(DAY, bundle), many, snapshots * len(many))
    assert again.new == MANY - kept
    assert GradeStore(engine).count() == MANY
    engine.dispose()
