"""Compiled code is kept by its content, in the user's cache."""

from pathlib import Path

import pytest

from features.compile import compiled_module


def test_another_content_is_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    one = compiled_module("tried", "def run():\n    return 1\n")
    two = compiled_module("tried", "def run():\n    return 2\n")
    assert (one.run(), two.run()) == (1, 2)
    assert compiled_module("tried", "def run():\n    return 1\n") is one
    assert len(list((tmp_path / "tradegrade").glob("tradegrade_tried_*.py"))) == 2


def test_a_spoilt_file_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    source = "def run():\n    return 'spoilt or not'\n"
    first = compiled_module("spoilt", source)
    place = Path(str(first.__file__))
    place.write_text("")
    monkeypatch.delitem(__import__("sys").modules, first.__name__)
    assert compiled_module("spoilt", source).run() == "spoilt or not"


def test_where_the_cache_cannot_be_written_a_folder_of_the_process_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    module = compiled_module("homeless", "def run():\n    return 3\n")
    assert module.run() == 3
    assert Path(str(module.__file__)).is_relative_to(tmp_path)
