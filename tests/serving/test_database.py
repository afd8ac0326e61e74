"""The store's database: durable settings, clear errors, readers beside a writer."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL

from features.errors import UnavailableError
from serving.database import URL_VARIABLE, open_database, reading, store_url, writing


@pytest.fixture
def engine(place: URL) -> Iterator[Engine]:
    found = open_database(place, busy_seconds=0.1)
    with writing(found) as connection:
        connection.execute(text("CREATE TABLE t (n INTEGER)"))
    yield found
    found.dispose()


def rows(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.execute(text("SELECT count(*) FROM t")).scalar_one())


def test_sqlite_writes_ahead_and_syncs_fully(tmp_path: Path) -> None:
    engine = open_database(tmp_path)
    with reading(engine) as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2  # FULL
    engine.dispose()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"not a database at all" * 50)
    with pytest.raises(UnavailableError, match=r"store\.db cannot be used"):
        open_database(tmp_path)


def test_an_address_of_another_kind_is_refused_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL_VARIABLE, "mysql://somebody:hidden@host/store")
    with pytest.raises(UnavailableError, match="Write postgresql://") as refused:
        store_url(tmp_path)
    assert "hidden" not in str(refused.value)


def test_a_server_that_is_not_there_is_told_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL_VARIABLE, "postgresql://somebody:hidden@127.0.0.1:1/store")
    with pytest.raises(UnavailableError, match="cannot be used") as refused:
        open_database(store_url(tmp_path))
    assert "hidden" not in str(refused.value)


def test_a_block_that_fails_leaves_nothing(engine: Engine) -> None:
    def fail() -> None:
        with writing(engine) as connection:
            connection.execute(text("INSERT INTO t VALUES (1)"))
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - our own, without words
        fail()
    assert rows(engine) == 0


def test_a_reader_waits_for_no_writer_and_sees_nothing_half_done(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("INSERT INTO t VALUES (1)"))
        assert rows(engine) == 0
    assert rows(engine) == 1


def test_a_second_writer_is_told_that_the_store_is_busy(engine: Engine) -> None:
    def write() -> None:
        with writing(engine) as connection:
            connection.execute(text("INSERT INTO t VALUES (2)"))

    with writing(engine), pytest.raises(UnavailableError, match="busy: another run is writing"):
        write()
