"""The store's database: durable settings, a clear error for what is no database."""

from pathlib import Path

import pytest
from sqlalchemy import text

from features.errors import UnavailableError
from serving.database import open_database


def test_what_is_committed_survives_a_power_loss(tmp_path: Path) -> None:
    with open_database(tmp_path / "home").connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2  # FULL


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"not a database at all" * 50)
    with pytest.raises(UnavailableError, match=r"store\.db cannot be used"):
        open_database(tmp_path)


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    engine = open_database(tmp_path)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (n INTEGER)"))
    connection = engine.connect()
    connection.execute(text("INSERT INTO t VALUES (1)"))
    connection.close()  # without a commit, as when the work raises
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM t")).scalar_one() == 0
