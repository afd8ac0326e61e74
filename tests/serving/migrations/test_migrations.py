"""The schema: what the steps make is what the code says, and an older store loses nothing."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlalchemy.engine import URL

import serving.keys.store
import serving.people.store
import serving.policies.tables
import serving.promotions.tables  # noqa: F401 - their tables are part of the schema
from features.errors import UnavailableError
from serving.database import HEAD, METADATA, open_database, reading, writing
from serving.grades.store import GradeStore
from serving.migrations import configuration, upgrade

# what the first release made, before the schema was counted
OLD = """
CREATE TABLE grades (grade_id INTEGER NOT NULL PRIMARY KEY, customer_id VARCHAR(128) NOT NULL,
 as_of DATE NOT NULL, model_version VARCHAR(64) NOT NULL, policy_version VARCHAR(128) NOT NULL,
 policy_sha256 VARCHAR(64) NOT NULL, ledger_fingerprint VARCHAR(64) NOT NULL,
 grade VARCHAR(1) NOT NULL, notch VARCHAR(2) NOT NULL, score FLOAT NOT NULL,
 default_probability FLOAT NOT NULL, grade_before_override VARCHAR(1) NOT NULL,
 prior_grade VARCHAR(1), document TEXT NOT NULL, snapshot TEXT NOT NULL,
 sha256 VARCHAR(64) NOT NULL, stored_at DATETIME NOT NULL,
 UNIQUE (customer_id, as_of, model_version, policy_sha256));
CREATE TABLE policies (policy_sha256 VARCHAR(64) NOT NULL PRIMARY KEY,
 policy_version VARCHAR(128) NOT NULL, content BLOB NOT NULL);
CREATE TRIGGER grades_no_update BEFORE UPDATE ON grades
 BEGIN SELECT RAISE(ABORT, 'grades are append-only'); END;
CREATE TRIGGER grades_no_delete BEFORE DELETE ON grades
 BEGIN SELECT RAISE(ABORT, 'grades are append-only'); END;
INSERT INTO grades VALUES (1, 'c1', '2025-05-31', 'm', 'p', 's', 'f', 'B', 'B1', 75.0, 0.01, 'B',
 NULL, '{"grade": "B"}', '{"exposure": 5.0}', 'h', '2025-06-01 00:00:00.000000');
INSERT INTO grades VALUES (2, 'c1', '2025-06-30', 'm', 'p', 's', 'f', 'A', 'A3', 81.0, 0.01, 'A',
 'B', '{"grade": "A"}', '{"exposure": 5.0}', 'h', '2025-07-01 00:00:00.000000');
"""


@pytest.fixture
def old_home(tmp_path: Path) -> Path:
    connection = sqlite3.connect(tmp_path / "store.db")
    connection.executescript(OLD)
    connection.close()
    return tmp_path


@pytest.fixture
def opened(old_home: Path) -> Iterator[Engine]:
    engine = open_database(old_home)
    yield engine
    engine.dispose()


def revision(engine: Engine) -> str:
    with reading(engine) as connection:
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())


def test_the_steps_make_the_tables_that_the_code_uses(engine: Engine) -> None:
    with reading(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_head_is_the_newest_step(engine: Engine) -> None:
    with reading(engine) as connection:
        script = ScriptDirectory.from_config(configuration(connection))
    assert script.get_current_head() == HEAD == revision(engine)


def test_a_store_from_before_the_counting_keeps_its_grades(opened: Engine) -> None:
    store = GradeStore(opened)
    assert (revision(opened), store.count()) == (HEAD, 2)
    current = store.grade("c1")
    assert current is not None
    assert (current.document, current.name, current.exposure) == ({"grade": "A"}, None, None)


def test_opening_again_changes_nothing(opened: Engine, old_home: Path) -> None:
    again = open_database(old_home)
    assert GradeStore(again).count() == 2
    again.dispose()


def test_a_step_that_fails_leaves_the_store_as_it_was(
    old_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.migrations.append_only.make_append_only", _fail)
    with pytest.raises(RuntimeError, match="killed"):
        open_database(old_home)
    connection = sqlite3.connect(old_home / "store.db")
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert "alembic_version" not in tables
    assert "bundles" not in tables
    assert connection.execute("SELECT count(*) FROM grades").fetchone() == (2,)
    connection.close()


def _fail(_: str) -> None:
    message = "killed"
    raise RuntimeError(message)


def test_a_store_of_a_newer_installation_is_refused(place: URL) -> None:
    engine = open_database(place)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(UnavailableError, match="written by a newer Tradegrade"):
        open_database(place)


def test_upgrading_twice_is_the_same_as_once(engine: Engine) -> None:
    with writing(engine) as connection:
        upgrade(connection)
    with reading(engine) as connection:
        assert inspect(connection).has_table("grades")
