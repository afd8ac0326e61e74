"""The workspace's own record of runs: where bundles lie, and which of them is champion."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from features.errors import ModelError
from features.whole import whole
from models.bundle import load_bundle
from models.champion import FILE, champion_in, champion_text

BUNDLES, RUNS, REPORTS, CHAMPION = "bundles", "runs", "reports", FILE


def bundle_folder(home: Path, model_version: str) -> Path:
    """Return the folder of a bundle in a workspace, whether or not it is there."""
    return home / BUNDLES / model_version


def write_record(home: Path, model_version: str, record: Mapping[str, Any]) -> Path:
    """Write the record of a run; a later run of the same bundle replaces it.

    Returns
    -------
    Path
        ``home/runs/<model_version>.json``, there whole or not at all.
    """
    return _write(home / RUNS / f"{model_version}.json", record)


def read_record(home: Path, model_version: str) -> dict[str, Any]:
    """Return the record of the run that trained a bundle.

    Raises
    ------
    ModelError
        If the workspace has no such run.
    """
    path = home / RUNS / f"{model_version}.json"
    if not path.is_file():
        known = sorted(p.stem for p in (home / RUNS).glob("*.json"))
        message = (
            f"The workspace {home} has no run of model {model_version}; it has "
            f"{', '.join(known) or 'none'}. Train one, or give one of these."
        )
        raise ModelError(message)
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


def champion(home: Path) -> str | None:
    """Return the model version that grades, or None before the first training.

    Raises
    ------
    ModelError
        If the file that says so is damaged.
    """
    return champion_in(home / CHAMPION)


def usable_champion(home: Path) -> str | None:
    """Return the champion if its bundle can be read by this installation, else None."""
    try:
        version = champion(home)
        if version is not None:
            load_bundle(bundle_folder(home, version))
    except ModelError:
        return None
    return version


def set_champion(home: Path, model_version: str) -> None:
    """Make a bundle the one that grades."""
    with whole(home / CHAMPION) as half:
        half.write_text(champion_text(model_version), encoding="utf-8")


def _write(path: Path, document: Mapping[str, Any]) -> Path:
    text = json.dumps(document, indent=1, sort_keys=True, allow_nan=False) + "\n"
    with whole(path) as half:
        half.write_text(text, encoding="utf-8")
    return path
