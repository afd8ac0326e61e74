"""What a bundle's folder must hold, and the refusal of one that is not whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from features.catalogue import FEATURES, feature_set_hash
from features.errors import ModelError
from models.sureness.curve import SURENESS

FORMAT = 1
MANIFEST = "manifest.json"
FILES = (
    "book.json",
    "calibration.json",
    "features.json",
    "model.txt",
    "policy.toml",
    "reference.json",
)
# bundles from before it was kept, or trained without it, lack it
OPTIONAL = (SURENESS,)
_MANIFEST_KEYS = {"format": int, "horizon_days": int, "feature_set": str, "files": dict}


def manifest_in(content: bytes) -> dict[str, Any]:
    """Return the manifest, or raise a ModelError if it is not one that we sealed."""
    manifest = parsed(content, MANIFEST)
    for key, kind in _MANIFEST_KEYS.items():
        if not isinstance(manifest.get(key), kind):
            message = (
                f"The bundle's {MANIFEST} has no usable {key!r} ({manifest.get(key)!r}). "
                "Fetch the bundle again."
            )
            raise ModelError(message)
    if manifest["format"] != FORMAT:
        message = (
            f"The bundle's {MANIFEST} has the format {manifest['format']}, and this installation "
            f"reads {FORMAT}. Train anew."
        )
        raise ModelError(message)
    if content != sealed({key: manifest[key] for key in _MANIFEST_KEYS}):
        message = (
            f"The bundle's {MANIFEST} was changed: it does not match its own seal. Fetch the "
            "bundle again, or train anew."
        )
        raise ModelError(message)
    return manifest


def sealed(manifest: Mapping[str, Any]) -> bytes:
    """Return the manifest with the hash of its own content: no other file vouches for it."""
    seal = hashlib.sha256(json_bytes(manifest)).hexdigest()
    return json_bytes({**manifest, "seal": seal})


def no_bundle(source: str) -> ModelError:
    """Return the error of a folder without a manifest."""
    return ModelError(
        f"{source} is no bundle: {MANIFEST} is missing. Train one with `tradegrade train`."
    )


def refuse_unwhole(names: Collection[str], source: str) -> None:
    """Raise a ModelError if a file is missing, or one is there that does not belong."""
    found = set(names) - {MANIFEST, *OPTIONAL}
    for name in sorted(found ^ set(FILES)):
        fault = "is missing" if name in FILES else "does not belong there"
        message = f"The bundle {source} is not whole: {name} {fault}. Fetch the bundle again."
        raise ModelError(message)


def refuse_changed(contents: Mapping[str, bytes], manifest: Mapping[str, Any], source: str) -> None:
    """Raise a ModelError if a file does not match its hash, or its hash has no file."""
    listed = manifest["files"]
    for name in sorted({*FILES, *listed, *contents} - {MANIFEST}):
        content = contents.get(name)
        if content is None:
            message = f"The bundle {source} is not whole: {name} is missing. Fetch it again."
            raise ModelError(message)
        if hashlib.sha256(content).hexdigest() != listed.get(name):
            message = (
                f"The bundle {source} was changed: {name} does not match its hash in {MANIFEST}. "
                "Fetch the bundle again, or train anew."
            )
            raise ModelError(message)


def content_of(path: Path) -> bytes:
    """Return a file, or raise a ModelError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"The bundle's {path} cannot be read ({error.strerror}). Fetch it again."
        raise ModelError(message) from error


def refuse_other_features(manifest: Mapping[str, Any], source: str) -> None:
    """Raise a ModelError if the bundle was trained on another feature set than today's."""
    if manifest["feature_set"] != feature_set_hash():
        message = (
            f"The bundle {source} was trained on another feature set "
            f"({manifest['feature_set'][:12]}, this installation computes "
            f"{feature_set_hash()[:12]}). Train anew."
        )
        raise ModelError(message)


def refuse_unknown_features(names: Collection[str], source: str) -> None:
    """Raise a ModelError if the bundle reads a feature that the catalogue does not have."""
    for name in names:
        if name not in FEATURES:
            message = (
                f"The bundle {source} reads the feature {name!r}, which this installation's "
                "catalogue does not have. Use the version that wrote it, or train anew."
            )
            raise ModelError(message)


def parsed(content: bytes, name: str) -> dict[str, Any]:
    """Return the object in a JSON file, or raise a ModelError."""
    try:
        document = json.loads(content)
    except ValueError as error:
        message = f"The bundle's {name} is not readable JSON ({error}). Fetch the bundle again."
        raise ModelError(message) from error
    if not isinstance(document, dict):
        message = f"The bundle's {name} must hold an object. Fetch the bundle again."
        raise ModelError(message)
    return document


def json_bytes(document: Mapping[str, Any]) -> bytes:
    """Return JSON text; equal documents give equal bytes."""
    return (json.dumps(document, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()
