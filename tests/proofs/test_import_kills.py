"""A short sample of the killed imports, and that a mixture would be seen."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from features.ledger.versions.manifest import read_manifest, write_manifest
from proofs.import_kills import ImportScene, content, import_kills, import_scene

KILLS = 6

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> ImportScene:
    return import_scene(tmp_path_factory.mktemp("scene"), customers=12, seed=3)


def test_killed_imports_leave_one_of_two_states(scene: ImportScene, tmp_path: Path) -> None:
    found = import_kills(scene, tmp_path, kills=KILLS, seed=1, note=lambda _: None)
    assert not found.faults
    assert found.kills == KILLS
    assert found.completed
    assert set(found.left) <= {"before", "after"}


def test_a_mixture_of_two_states_would_be_seen(scene: ImportScene, tmp_path: Path) -> None:
    shutil.copytree(scene.ledger.parent / "after", tmp_path / "ledger")
    before, after = read_manifest(scene.ledger), read_manifest(tmp_path / "ledger")
    for name in before.files():
        shutil.copy(scene.ledger / "files" / name, tmp_path / "ledger" / "files" / name)
    mixed = replace(after, tables={**after.tables, "payments": before.tables["payments"]})
    write_manifest(tmp_path / "ledger", mixed)
    assert content(tmp_path / "ledger") not in scene.states
