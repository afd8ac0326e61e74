"""A short sample of the kills, and that the look at a store finds what it is there to find."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from features.ledger.simulate import simulate
from models.bundle import write_bundle
from proofs.kills import Killed, kill_runs
from proofs.scene import Scene, scene_of
from proofs.store_check import faults, stored_rows
from proofs.storing import PHASES, DayOfGrades
from serving.database import FILE, open_database
from serving.grades.store import GradeStore
from tests.models.bundles import bundle_parts

KILLS = 10

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder = tmp_path_factory.mktemp("scene")
    simulate(60, 24, 3, folder / "ledger")
    bundle = write_bundle(folder / "bundles", bundle_parts(horizon_days=180))
    return scene_of(folder / "ledger", bundle)


@pytest.fixture(scope="module")
def stored(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("stored")
    store(home, scene.day)
    return home


@pytest.fixture
def home(stored: Path, tmp_path: Path) -> Path:
    """A store that may be spoilt."""
    shutil.copytree(stored, tmp_path / "home")
    return tmp_path / "home"


def store(home: Path, day: DayOfGrades) -> None:
    engine = open_database(home)
    GradeStore(engine).append(day.run, day.documents, day.snapshots)
    engine.dispose()


def spoil(home: Path, *statements: str) -> None:
    """Change a store behind its back, its triggers dropped."""
    with closing(sqlite3.connect(home / FILE)) as connection:
        for statement in ("DROP TRIGGER grades_no_update", "DROP TRIGGER grades_no_delete"):
            connection.execute(statement)
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def whole(scene: Scene) -> list[tuple[DayOfGrades, frozenset[int]]]:
    return [(scene.day, frozenset({0, len(scene.day)}))]


def test_a_store_holds_all_of_a_day_or_nothing_after_a_kill(scene: Scene, tmp_path: Path):
    found = kill_runs(scene, tmp_path, kills=KILLS, seed=5, note=lambda _: None)
    assert found.faults == []
    assert found.kills == KILLS
    assert set(found.phases) <= set(PHASES)
    assert set(found.left) <= {"none", "all"}
    assert found.completed > 0


def test_a_whole_store_has_no_faults(scene: Scene, home: Path):
    assert len(stored_rows(home, scene.day.run.as_of)) == len(scene.day)
    assert faults(home, whole(scene)) == []


def test_a_part_of_a_day_is_found(scene: Scene, home: Path):
    spoil(home, "DELETE FROM grades WHERE grade_id = 1")
    told = " ".join(faults(home, whole(scene)))
    assert f"{len(scene.day) - 1} grades of 2025-12-31, not one of" in told


def test_a_changed_grade_is_found(scene: Scene, home: Path):
    spoil(home, "UPDATE grades SET document = '{}' WHERE grade_id = 1")
    assert faults(home, whole(scene)) == ["the grades of 2025-12-31 are not those that were given"]


def test_a_second_grade_of_a_customer_is_found(scene: Scene, home: Path):
    spoil(
        home,
        "UPDATE grades SET policy_sha256 = 'other', document = "
        "(SELECT document FROM grades WHERE grade_id = 2), customer_id = "
        "(SELECT customer_id FROM grades WHERE grade_id = 2) WHERE grade_id = 1",
    )
    assert "a customer has two grades of 2025-12-31" in faults(home, whole(scene))


def test_a_spoilt_file_is_found(scene: Scene, home: Path):
    file = home / FILE
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page, pages = (
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_size", "page_count")
        )
    with file.open("r+b") as stream:
        stream.seek(page * (pages - 1))
        stream.write(b"\xff" * page)
    try:
        found = faults(home, whole(scene))
    except sqlite3.DatabaseError as error:
        found = [str(error)]
    assert found


def test_a_missing_store_is_a_fault_only_where_grades_were(scene: Scene, tmp_path: Path):
    assert faults(tmp_path, whole(scene)) == []
    assert faults(tmp_path, [(scene.day, frozenset({len(scene.day)}))]) == [
        f"no store, but {len(scene.day)} grades of 2025-12-31"
    ]


def test_the_account_of_the_kills_counts_them():
    found = Killed(late=2, completed=1)
    found.phases.update({"write": 3, "commit": 1})
    found.left.update({"none": 3, "all": 1})
    text = "\n".join(found.sentences())
    assert "4 processes killed with SIGKILL; 2 had ended" in text
    assert "write 3, commit 1" in text
    assert "all 1, none 3" in text
