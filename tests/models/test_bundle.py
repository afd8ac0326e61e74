"""A bundle is whole and unchanged, or refused; the same parts give the same bytes."""

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import models.bundle
from features.catalogue import FEATURE_NAMES, FEATURES, feature_set_hash
from features.errors import ModelError
from models import bundle_checks
from models.bundle import FILES, MANIFEST, bundle_contents, load_bundle, read_bundle, write_bundle
from models.grading import grade_snapshots
from tests.models.bundles import (
    BOOK,
    GOOD,
    NEVER_UNKNOWN,
    POLICY,
    POLICY_TEXT,
    bundle_parts,
    random_snapshots,
)

EVERY = (*FILES, MANIFEST)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_bundle(tmp_path, bundle_parts())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def resealed(folder: Path, name: str, document: object) -> None:
    """Change a file and the manifest with it, as a program of someone else might write it."""
    content = bundle_checks.json_bytes(document) if isinstance(document, dict) else document
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / MANIFEST).read_bytes())
    del manifest["seal"]
    manifest["files"][name] = models.bundle.hashlib.sha256(content).hexdigest()
    (folder / MANIFEST).write_bytes(bundle_checks.sealed(manifest))


def refused(folder: Path, match: str) -> None:
    with pytest.raises(ModelError, match=match) as caught:
        load_bundle(folder)
    assert caught.value.exit_code == 4


def test_the_same_parts_give_the_same_bytes_and_version(tmp_path: Path):
    one = write_bundle(tmp_path / "one", bundle_parts())
    other = write_bundle(tmp_path / "other", bundle_parts())
    assert one.name == other.name
    assert contents(one) == contents(other)
    assert sorted(contents(one)) == sorted(EVERY)


def test_the_number_of_threads_does_not_change_the_bytes(tmp_path: Path):
    parts = bundle_parts()
    eight = replace(
        parts, model_text=re.sub(r"num_threads: \d+", "num_threads: 8", parts.model_text)
    )
    assert eight.model_text != parts.model_text
    assert write_bundle(tmp_path, eight) == write_bundle(tmp_path, parts)


@pytest.mark.parametrize(
    "change",
    [
        {"horizon_days": 180},
        {"policy": POLICY_TEXT.encode() + b"\n"},
        {"reference": {**GOOD, "tenure_days": 1.0}},
        {"null_seen": dict.fromkeys(FEATURE_NAMES, True)},
        {"book": replace(BOOK, on_time_rate=0.91)},
    ],
)
def test_other_parts_give_another_version(tmp_path: Path, change):
    parts = bundle_parts()
    assert write_bundle(tmp_path, replace(parts, **change)) != write_bundle(tmp_path, parts)


def test_a_bundle_is_read_as_it_was_written(folder: Path):
    found, parts = load_bundle(folder), bundle_parts()
    assert found.model_version == folder.name
    assert found.horizon_days == 365
    assert found.feature_names == FEATURE_NAMES
    assert found.feature_versions == tuple(f.version for f in FEATURES.values())
    assert found.feature_set == feature_set_hash()
    assert found.probability.model_text == parts.model_text
    assert found.probability.calibration == parts.calibration
    assert found.probability.null_seen.tolist() == [n not in NEVER_UNKNOWN for n in FEATURE_NAMES]
    assert found.reference == pytest.approx(dict(GOOD), rel=0, abs=0, nan_ok=True)
    np.testing.assert_array_equal(found.book.amount_quantiles, BOOK.amount_quantiles)
    np.testing.assert_array_equal(found.book.count_quantiles, BOOK.count_quantiles)
    assert found.book.on_time_rate == BOOK.on_time_rate
    assert found.policy == POLICY_TEXT.encode()


def test_a_bundle_read_twice_grades_the_same(folder: Path):
    snapshots = random_snapshots(30)
    once, again = (grade_snapshots(snapshots, load_bundle(folder), POLICY) for _ in range(2))
    assert once == again


def test_writing_what_is_there_already_changes_nothing(folder: Path):
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert write_bundle(folder.parent, bundle_parts()) == folder
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_bundle_on_fewer_features_keeps_what_the_rules_read_of_the_reference(tmp_path: Path):
    few = ("oldest_overdue_days", "tenure_days", "legal_count_730d")
    found = load_bundle(write_bundle(tmp_path, bundle_parts(names=few)))
    assert found.feature_names == few
    assert found.reference["on_time_rate_365d"] == GOOD["on_time_rate_365d"]
    assert found.probability.reference.tolist() == [GOOD[name] for name in few]


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("place", [0.0, 0.3, 0.6, 0.95])
def test_one_changed_byte_is_found_and_the_file_named(folder: Path, name: str, place: float):
    content = bytearray((folder / name).read_bytes())
    content[int(place * len(content))] ^= 1
    (folder / name).write_bytes(content)
    refused(folder, re.escape(name))


def test_a_changed_horizon_is_found_though_no_other_file_tells_it(folder: Path):
    text = (folder / MANIFEST).read_text()
    (folder / MANIFEST).write_text(text.replace('"horizon_days": 365', '"horizon_days": 180'))
    refused(folder, f"{MANIFEST} was changed: it does not match its own seal")


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder: Path, name: str):
    (folder / name).unlink()
    refused(folder, f"{re.escape(name)} is missing")


def test_a_missing_manifest_makes_it_no_bundle(folder: Path):
    (folder / MANIFEST).unlink()
    refused(folder, "is no bundle: manifest.json is missing")
    refused(folder / "nowhere", "is no bundle")


def test_an_extra_file_is_named(folder: Path):
    (folder / "model.pkl").write_bytes(b"x")
    refused(folder, r"model\.pkl does not belong there")


def test_a_folder_in_place_of_a_file_is_refused(folder: Path):
    (folder / "book.json").unlink()
    (folder / "book.json").mkdir()
    refused(folder, r"book\.json cannot be read")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "manifest.json is not readable JSON"),
        (b"\xff\xfe\x00", "manifest.json is not readable JSON"),
        (b"[1, 2]", "manifest.json must hold an object"),
        (b"{}", "manifest.json has no usable 'format'"),
        (b'{"format": 1, "horizon_days": "365"}', "no usable 'horizon_days'"),
        (b'{"format": 1, "horizon_days": 365, "feature_set": 7}', "no usable 'feature_set'"),
        (b'{"format": 1, "horizon_days": 365, "feature_set": "a", "files": []}', "usable 'files'"),
        (
            b'{"format": 2, "horizon_days": 365, "feature_set": "a", "files": {}}',
            "has the format 2, and this installation reads 1",
        ),
    ],
)
def test_a_manifest_of_rubbish_is_refused(folder: Path, content: bytes, fault: str):
    (folder / MANIFEST).write_bytes(content)
    refused(folder, fault)


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("features.json", {"features": "none"}),
        ("features.json", {}),
        ("reference.json", {"features": {"tenure_days": 3}}),
        ("reference.json", {"features": {"tenure_days": "long"}}),
        ("calibration.json", {"slope": 1}),
        ("book.json", {"on_time_rate": 0.9}),
        ("model.txt", b"\xff"),
    ],
)
def test_files_that_match_their_hash_but_hold_something_else_are_refused(folder, name, document):
    resealed(folder, name, document)
    refused(folder, "is not what `tradegrade train` writes")


def test_a_bundle_of_another_feature_set_is_refused(folder: Path, monkeypatch):
    monkeypatch.setattr(bundle_checks, "feature_set_hash", lambda: "f" * 64)
    refused(folder, "was trained on another feature set .* computes ffffffffffff")


def test_a_bundle_is_read_from_its_files_in_memory_as_from_its_folder(folder: Path):
    files = bundle_contents(folder)
    assert files == contents(folder)
    found, snapshots = read_bundle(files, source="store:1"), random_snapshots(20)
    assert found.model_version == folder.name
    from_folder = grade_snapshots(snapshots, load_bundle(folder), POLICY)
    assert grade_snapshots(snapshots, found, POLICY) == from_folder


@pytest.mark.parametrize("name", FILES)
def test_files_in_memory_are_checked_like_a_folder_and_the_source_is_named(folder: Path, name):
    files = bundle_contents(folder)
    with pytest.raises(ModelError, match=f"store:1 was changed: {re.escape(name)} does not match"):
        read_bundle(files | {name: files[name] + b" "}, source="store:1", any_feature_set=True)
    short = {key: content for key, content in files.items() if key != name}
    with pytest.raises(ModelError, match=f"store:1 is not whole: {re.escape(name)} is missing"):
        read_bundle(short, source="store:1")
    with pytest.raises(ModelError, match=r"store:1 is not whole: more\.txt does not belong"):
        read_bundle(files | {"more.txt": b""}, source="store:1")


def test_files_without_a_manifest_are_no_bundle(folder: Path):
    files = bundle_contents(folder)
    del files[MANIFEST]
    with pytest.raises(ModelError, match="store:1 is no bundle: manifest.json is missing"):
        read_bundle(files, source="store:1")


def test_a_changed_manifest_in_memory_is_found_by_its_seal(folder: Path):
    files = bundle_contents(folder)
    files[MANIFEST] = files[MANIFEST].replace(b'"horizon_days": 365', b'"horizon_days": 180')
    with pytest.raises(ModelError, match="does not match its own seal"):
        read_bundle(files, source="store:1", any_feature_set=True)


def test_an_old_bundle_is_read_for_a_replay_though_definitions_changed(folder: Path, monkeypatch):
    snapshots, files = random_snapshots(20), bundle_contents(folder)
    expected = grade_snapshots(snapshots, load_bundle(folder), POLICY)
    monkeypatch.setattr(bundle_checks, "feature_set_hash", lambda: "f" * 64)
    with pytest.raises(ModelError, match="store:1 was trained on another feature set"):
        read_bundle(files, source="store:1")
    found = read_bundle(files, source="store:1", any_feature_set=True)
    assert grade_snapshots(snapshots, found, POLICY) == expected


def test_a_feature_that_the_catalogue_lost_is_refused_by_its_name(folder: Path, monkeypatch):
    files = bundle_contents(folder)
    left = {name: entry for name, entry in FEATURES.items() if name != "tenure_days"}
    monkeypatch.setattr(bundle_checks, "FEATURES", left)
    with pytest.raises(ModelError, match="store:1 reads the feature 'tenure_days', which"):
        read_bundle(files, source="store:1", any_feature_set=True)


@pytest.mark.parametrize("after", range(len(EVERY)))
def test_a_half_written_bundle_never_appears(tmp_path: Path, monkeypatch, after: int):
    written: list[Path] = []
    write = models.bundle._write

    def failing(path: Path, content: bytes) -> None:
        if len(written) == after:
            message = "No space left on device"
            raise OSError(message)
        written.append(path)
        write(path, content)

    monkeypatch.setattr(models.bundle, "_write", failing)
    with pytest.raises(OSError, match="No space left"):
        write_bundle(tmp_path, bundle_parts())
    assert list(tmp_path.iterdir()) == []


def test_a_rename_that_fails_leaves_nothing(tmp_path: Path, monkeypatch):
    def failing(*_: object) -> None:
        message = "Input/output error"
        raise OSError(message)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="Input/output"):
        write_bundle(tmp_path, bundle_parts())
    assert list(tmp_path.iterdir()) == []


def test_two_runs_that_write_the_same_bundle_at_once_both_succeed(tmp_path: Path, monkeypatch):
    write, done = models.bundle._write, []

    def overtaken(path: Path, content: bytes) -> None:
        write(path, content)
        if not done:
            done.append(path)
            write_bundle(tmp_path, bundle_parts())

    monkeypatch.setattr(models.bundle, "_write", overtaken)
    folder = write_bundle(tmp_path, bundle_parts())
    assert load_bundle(folder).model_version == folder.name
    assert list(tmp_path.iterdir()) == [folder]


def test_a_value_that_is_no_number_is_never_written(tmp_path: Path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_bundle(tmp_path, bundle_parts(book=replace(BOOK, on_time_rate=float("nan"))))
    assert list(tmp_path.iterdir()) == []
