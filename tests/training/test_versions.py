import shutil
import subprocess
from importlib import metadata

import pytest

from training.versions import LIBRARIES, Code, code_version, library_versions

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def room(tmp_path, monkeypatch):
    """Return the folder of a room in a folder that is no checkout."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    found = tmp_path / "code" / "training"
    found.mkdir(parents=True)
    (found / "train.py").write_text("first\n", encoding="utf-8")
    return found


def git(folder, *command):
    by = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com"]
    plain = ["-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null"]
    done = subprocess.run(
        ["git", "-C", str(folder), *by, *plain, *command],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def commit(folder):
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "first")
    return git(folder, "rev-parse", "HEAD")


def test_where_git_is_absent_the_commit_is_unknown_and_why(room, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    found = code_version(room)

    assert found == Code(absent="git is not installed")
    assert found.told == "unknown: git is not installed"


@needs_git
def test_where_there_is_no_checkout_the_commit_is_unknown_and_why(room):
    found = code_version(room)

    assert found == Code(absent="the code does not run from a checkout that git can read")


@needs_git
def test_a_checkout_that_was_never_committed_has_no_commit(room):
    git(room.parent, "init", "--quiet")

    found = code_version(room)

    assert found.commit is None
    assert "has no commit yet" in found.told


@needs_git
def test_the_commit_is_that_of_the_checkout_and_dirty_once_a_file_differs(room):
    head = commit(room.parent)
    clean = code_version(room)
    (room / "train.py").write_text("second\n", encoding="utf-8")
    changed = code_version(room)

    assert (clean, clean.told) == (Code(head, dirty=False), head)
    assert (changed, changed.told) == (Code(head, dirty=True), f"{head}+dirty")


@needs_git
def test_a_file_that_git_does_not_know_makes_a_checkout_dirty(room):
    head = commit(room.parent)
    (room / "new.py").write_text("", encoding="utf-8")

    assert code_version(room) == Code(head, dirty=True)


@needs_git
def test_a_repository_around_the_installed_code_is_not_its_own(room):
    commit(room.parent.parent)

    assert code_version(room).commit is None


def test_versions_are_those_installed_of_every_library_that_took_part():
    found = library_versions(more=("optuna",))

    assert set(found) == {"python", "optuna", *LIBRARIES}
    assert all(found[name] == metadata.version(name) for name in found if name != "python")
    with pytest.raises(metadata.PackageNotFoundError):
        library_versions(more=("no-such-distribution",))
