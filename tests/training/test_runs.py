import os

import pytest

from features.errors import ModelError
from training import runs


def test_record_comes_back_as_it_was_written(tmp_path):
    record = {"auc": 0.1 + 0.2, "split_reason": "按客户", "as_of": ["2025-06-30"], "folds": None}

    path = runs.write_record(tmp_path, "abc", record)

    assert path == tmp_path / "runs" / "abc.json"
    assert runs.read_record(tmp_path, "abc") == record


def test_later_run_of_a_bundle_replaces_the_record(tmp_path):
    runs.write_record(tmp_path, "abc", {"n": 1})
    runs.write_record(tmp_path, "abc", {"n": 2})

    assert runs.read_record(tmp_path, "abc") == {"n": 2}


def test_unknown_run_lists_the_known_ones(tmp_path):
    with pytest.raises(ModelError, match="no run of model abc; it has none"):
        runs.read_record(tmp_path, "abc")

    runs.write_record(tmp_path, "def", {})
    with pytest.raises(ModelError, match="no run of model abc; it has def"):
        runs.read_record(tmp_path, "abc")


def test_there_is_no_champion_before_the_first(tmp_path):
    assert runs.champion(tmp_path) is None

    runs.set_champion(tmp_path, "abc")
    assert runs.champion(tmp_path) == "abc"

    runs.set_champion(tmp_path, "def")
    assert runs.champion(tmp_path) == "def"


def test_bundle_folder_is_named_for_its_version(tmp_path):
    assert runs.bundle_folder(tmp_path, "abc") == tmp_path / "bundles" / "abc"


def test_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    runs.set_champion(tmp_path, "abc")

    def fail(*_):
        raise PermissionError

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(PermissionError):
        runs.set_champion(tmp_path, "def")

    assert runs.champion(tmp_path) == "abc"
    assert [path.name for path in tmp_path.iterdir()] == ["champion.json"]


def test_figure_that_is_no_number_is_refused_and_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        runs.write_record(tmp_path, "abc", {"auc": float("nan")})

    assert list(tmp_path.iterdir()) == []


def test_a_damaged_champion_is_told_and_is_no_usable_one(tmp_path):
    (tmp_path / "champion.json").write_text("{half")

    with pytest.raises(ModelError, match=r"champion\.json is damaged"):
        runs.champion(tmp_path)
    assert runs.usable_champion(tmp_path) is None


def test_a_champion_whose_bundle_is_gone_is_no_usable_one(tmp_path):
    runs.set_champion(tmp_path, "abc123")

    assert runs.champion(tmp_path) == "abc123"
    assert runs.usable_champion(tmp_path) is None
