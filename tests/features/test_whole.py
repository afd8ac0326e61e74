"""Files that appear whole or not at all, in the mode that the process allows."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from features.whole import whole


@pytest.fixture
def private() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


def test_a_file_takes_its_name_when_it_is_done(tmp_path: Path) -> None:
    with whole(tmp_path / "deep" / "file.txt") as half:
        half.write_text("new")
        assert not (tmp_path / "deep" / "file.txt").exists()
    assert (tmp_path / "deep" / "file.txt").read_text() == "new"


def test_a_failure_leaves_what_stood_there(tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("old")

    def fail() -> None:
        with whole(tmp_path / "file.txt") as half:
            half.write_text("half")
            raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - our own, without words
        fail()
    assert (tmp_path / "file.txt").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file.txt"]


@pytest.mark.usefixtures("private")
def test_a_private_mask_makes_a_private_file(tmp_path: Path) -> None:
    with whole(tmp_path / "file.txt") as half:
        half.write_text("secret")
    assert (tmp_path / "file.txt").stat().st_mode & 0o777 == 0o600
