"""A bundle: a trained model as a folder of text files, each with its hash in the manifest."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import shutil
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.catalogue import FEATURE_NAMES, FEATURES, feature_set_hash
from features.errors import ModelError
from features.whole import open_to_others
from models.probability import Calibration, ProbabilityModel
from models.rules import Book

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
_MANIFEST_KEYS = {"format": int, "horizon_days": int, "feature_set": str, "files": dict}


@dataclass(frozen=True)
class Parts:
    """What training hands over to be written as a bundle.

    Attributes
    ----------
    model_text : str
        LightGBM's text model.
    calibration : Calibration
        Fitted on a window of its own.
    feature_names : tuple of str
        In the order of the trees' features; all in the catalogue.
    null_seen : mapping of str to bool
        Whether the fit window had the feature unknown often enough to learn from it.
    reference : mapping of str to float
        The reference customer, without name or id, at least the features of the trees and
        whatever else the rules read; NaN is unknown.
    book : Book
        Quantiles and on-time rate of the fit and calibration windows.
    policy : bytes
        The policy at training, as a record; the active policy grades.
    horizon_days : int
        Horizon of the probability.
    """

    model_text: str
    calibration: Calibration
    feature_names: tuple[str, ...]
    null_seen: Mapping[str, bool]
    reference: Mapping[str, float]
    book: Book
    policy: bytes
    horizon_days: int


@dataclass(frozen=True, eq=False)
class Bundle:
    """A bundle that was read and found whole; equal only to itself.

    Attributes
    ----------
    files : mapping of str to bytes
        What it was read from, by name, the manifest included.
    """

    model_version: str
    horizon_days: int
    feature_names: tuple[str, ...]
    feature_versions: tuple[int, ...]
    feature_set: str
    probability: ProbabilityModel
    reference: dict[str, float]
    book: Book
    policy: bytes
    files: Mapping[str, bytes] = field(repr=False)

    @cached_property
    def places(self) -> NDArray[np.intp]:
        """The places of the features among the catalogue's, shape (features,)."""
        return np.array([FEATURE_NAMES.index(name) for name in self.feature_names], dtype=np.intp)

    @cached_property
    def unseen_places(self) -> NDArray[np.intp]:
        """The places of the features of which training saw no unknown value."""
        return self.places[~self.probability.null_seen]


def write_bundle(root: Path, parts: Parts) -> Path:
    """Write a bundle as ``root/<model_version>`` and return the folder.

    The folder appears whole or not at all. The same parts give the same bytes.
    """
    contents = _contents(parts)
    manifest = {
        "format": FORMAT,
        "horizon_days": parts.horizon_days,
        "feature_set": feature_set_hash(),
        "files": {name: hashlib.sha256(contents[name]).hexdigest() for name in FILES},
    }
    contents[MANIFEST] = _sealed(manifest)
    folder = root / version_of(contents[MANIFEST])
    root.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        load_bundle(folder)
        return folder
    half = Path(tempfile.mkdtemp(prefix=".half-", dir=root))
    try:
        for name, content in contents.items():
            _write(half / name, content)
        open_to_others(half)
        _place(half, folder)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise
    return folder


def load_bundle(folder: Path) -> Bundle:
    """Return the bundle in a folder after checking every file against the manifest.

    Raises
    ------
    ModelError
        If a file is missing, changed or extra, or the bundle was trained on another feature
        set; the message names the file.
    """
    return read_bundle(bundle_contents(folder), source=str(folder))


def bundle_contents(folder: Path) -> dict[str, bytes]:
    """Return the files of a bundle's folder by name, the manifest included.

    Raises
    ------
    ModelError
        If there is no manifest, a file is missing or extra, or one cannot be read.
    """
    folder = Path(folder)
    if not (folder / MANIFEST).is_file():
        raise _no_bundle(str(folder))
    _whole({path.name for path in folder.iterdir()}, str(folder))
    return {name: _content(folder / name) for name in (*FILES, MANIFEST)}


def read_bundle(
    contents: Mapping[str, bytes], *, source: str, any_feature_set: bool = False
) -> Bundle:
    """Return the bundle that these files hold, after checking each against the manifest.

    Parameters
    ----------
    contents : mapping of str to bytes
        The files by name, ``manifest.json`` included, as `bundle_contents` gives them.
    source : str
        Where they come from, for messages.
    any_feature_set : bool
        Whether definitions of features may have changed since the training: so for grading a
        stored snapshot once more, whose features were computed then. Features that the
        catalogue no longer has are refused even so.

    Raises
    ------
    ModelError
        If a file is missing, changed or extra, or the bundle was trained on another feature
        set; the message names the file.
    """
    if MANIFEST not in contents:
        raise _no_bundle(source)
    _whole(contents.keys(), source)
    manifest = _manifest(contents[MANIFEST])
    _unchanged(contents, manifest, source)
    if not any_feature_set:
        _same_features(manifest, source)
    try:
        bundle = _bundle(version_of(contents[MANIFEST]), manifest, contents)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        # the hashes match, so it was written so: by another program than ours
        message = (
            f"The bundle {source} is not what `tradegrade train` writes ({error!r}). Train anew."
        )
        raise ModelError(message) from error
    _known_features(bundle, source)
    return bundle


def version_of(manifest: bytes) -> str:
    """Return the model version: the first twelve hex digits of the manifest's sha256."""
    return hashlib.sha256(manifest).hexdigest()[:12]


def _bundle(version: str, manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> Bundle:
    listed = _parsed(files["features.json"], "features.json")["features"]
    names = tuple(entry["name"] for entry in listed)
    reference = _parsed(files["reference.json"], "reference.json")["features"]
    values = {name: math.nan if v is None else float(v) for name, v in reference.items()}
    calibration = _parsed(files["calibration.json"], "calibration.json")
    book = _parsed(files["book.json"], "book.json")
    return Bundle(
        model_version=version,
        horizon_days=manifest["horizon_days"],
        feature_names=names,
        feature_versions=tuple(entry["version"] for entry in listed),
        feature_set=manifest["feature_set"],
        probability=ProbabilityModel(
            model_text=files["model.txt"].decode(),
            calibration=Calibration(calibration["intercept"], calibration["slope"]),
            null_seen=np.array([entry["null_seen"] for entry in listed], dtype=bool),
            reference=np.array([values[name] for name in names]),
        ),
        reference=values,
        book=Book(
            np.array(book["invoice_amount_365d"]),
            np.array(book["invoice_count_365d"]),
            book["on_time_rate"],
        ),
        policy=files["policy.toml"],
        files=dict(files),
    )


def _contents(parts: Parts) -> dict[str, bytes]:
    features = [
        {
            "name": name,
            "version": FEATURES[name].version,
            "direction": FEATURES[name].direction,
            "null_seen": bool(parts.null_seen[name]),
        }
        for name in parts.feature_names
    ]
    # a bundle on fewer features still needs what the rules read of the reference customer
    kept = dict.fromkeys((*parts.feature_names, *parts.reference))
    reference = {name: _or_null(parts.reference[name]) for name in kept}
    return {
        # the thread count does not change the trees; recorded, it would change the bytes
        "model.txt": re.sub(r"\[num_threads: \d+\]", "[num_threads: 1]", parts.model_text).encode(),
        "calibration.json": _json(vars(parts.calibration)),
        "features.json": _json({"feature_set": feature_set_hash(), "features": features}),
        "reference.json": _json({"features": reference}),
        "book.json": _json(
            {
                "invoice_amount_365d": parts.book.amount_quantiles.tolist(),
                "invoice_count_365d": parts.book.count_quantiles.tolist(),
                "on_time_rate": parts.book.on_time_rate,
            }
        ),
        "policy.toml": parts.policy,
    }


def _manifest(content: bytes) -> dict[str, Any]:
    manifest = _parsed(content, MANIFEST)
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
    if content != _sealed({key: manifest[key] for key in _MANIFEST_KEYS}):
        message = (
            f"The bundle's {MANIFEST} was changed: it does not match its own seal. Fetch the "
            "bundle again, or train anew."
        )
        raise ModelError(message)
    return manifest


def _sealed(manifest: Mapping[str, Any]) -> bytes:
    """Return the manifest with the hash of its own content: no other file vouches for it."""
    seal = hashlib.sha256(_json(manifest)).hexdigest()
    return _json({**manifest, "seal": seal})


def _no_bundle(source: str) -> ModelError:
    return ModelError(
        f"{source} is no bundle: {MANIFEST} is missing. Train one with `tradegrade train`."
    )


def _whole(names: Collection[str], source: str) -> None:
    for name in sorted((set(names) - {MANIFEST}) ^ set(FILES)):
        fault = "is missing" if name in FILES else "does not belong there"
        message = f"The bundle {source} is not whole: {name} {fault}. Fetch the bundle again."
        raise ModelError(message)


def _unchanged(contents: Mapping[str, bytes], manifest: Mapping[str, Any], source: str) -> None:
    for name in FILES:
        if hashlib.sha256(contents[name]).hexdigest() != manifest["files"].get(name):
            message = (
                f"The bundle {source} was changed: {name} does not match its hash in {MANIFEST}. "
                "Fetch the bundle again, or train anew."
            )
            raise ModelError(message)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"The bundle's {path} cannot be read ({error.strerror}). Fetch it again."
        raise ModelError(message) from error


def _same_features(manifest: Mapping[str, Any], source: str) -> None:
    if manifest["feature_set"] != feature_set_hash():
        message = (
            f"The bundle {source} was trained on another feature set "
            f"({manifest['feature_set'][:12]}, this installation computes "
            f"{feature_set_hash()[:12]}). Train anew."
        )
        raise ModelError(message)


def _known_features(bundle: Bundle, source: str) -> None:
    for name in bundle.feature_names:
        if name not in FEATURES:
            message = (
                f"The bundle {source} reads the feature {name!r}, which this installation's "
                "catalogue does not have. Use the version that wrote it, or train anew."
            )
            raise ModelError(message)


def _parsed(content: bytes, name: str) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except ValueError as error:
        message = f"The bundle's {name} is not readable JSON ({error}). Fetch the bundle again."
        raise ModelError(message) from error
    if not isinstance(document, dict):
        message = f"The bundle's {name} must hold an object. Fetch the bundle again."
        raise ModelError(message)
    return document


def _json(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()


def _or_null(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _place(half: Path, folder: Path) -> None:
    try:
        os.replace(half, folder)
    except OSError:
        if not folder.exists():
            raise
        # another run wrote the same bundle meanwhile
        load_bundle(folder)
        shutil.rmtree(half)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
