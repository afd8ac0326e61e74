"""A bundle: a trained model as a folder of text files, each with its hash in the manifest."""

from __future__ import annotations

import hashlib
import math
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.catalogue import FEATURE_NAMES, FEATURES, feature_set_hash
from features.errors import ModelError
from features.whole import open_to_others
from models.bundle_checks import (
    FILES,
    FORMAT,
    MANIFEST,
    OPTIONAL,
    content_of,
    json_bytes,
    manifest_in,
    no_bundle,
    parsed,
    refuse_changed,
    refuse_other_features,
    refuse_unknown_features,
    refuse_unwhole,
    sealed,
)
from models.probability import Calibration, ProbabilityModel
from models.rules import Book
from models.sureness.curve import SURENESS, Sureness, read_sureness, sureness_bytes


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
    sureness : Sureness, optional
        How wrong the probabilities may be; without it a grade has no interval.
    """

    model_text: str
    calibration: Calibration
    feature_names: tuple[str, ...]
    null_seen: Mapping[str, bool]
    reference: Mapping[str, float]
    book: Book
    policy: bytes
    horizon_days: int
    sureness: Sureness | None = None


@dataclass(frozen=True, eq=False)
class Bundle:
    """A bundle that was read and found whole; equal only to itself.

    Attributes
    ----------
    files : mapping of str to bytes
        What it was read from, by name, the manifest included.
    sureness : Sureness or None
        How wrong its probabilities may be; None where the bundle does not keep it.
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
    sureness: Sureness | None = None

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
        "files": {name: hashlib.sha256(contents[name]).hexdigest() for name in sorted(contents)},
    }
    contents[MANIFEST] = sealed(manifest)
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
        raise no_bundle(str(folder))
    refuse_unwhole({path.name for path in folder.iterdir()}, str(folder))
    kept = [name for name in OPTIONAL if (folder / name).is_file()]
    return {name: content_of(folder / name) for name in (*FILES, *kept, MANIFEST)}


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
        raise no_bundle(source)
    refuse_unwhole(contents.keys(), source)
    manifest = manifest_in(contents[MANIFEST])
    refuse_changed(contents, manifest, source)
    if not any_feature_set:
        refuse_other_features(manifest, source)
    try:
        bundle = _bundle(version_of(contents[MANIFEST]), manifest, contents)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        # the hashes match, so it was written so: by another program than ours
        message = (
            f"The bundle {source} is not what `tradegrade train` writes ({error!r}). Train anew."
        )
        raise ModelError(message) from error
    refuse_unknown_features(bundle.feature_names, source)
    return bundle


def version_of(manifest: bytes) -> str:
    """Return the model version: the first twelve hex digits of the manifest's sha256."""
    return hashlib.sha256(manifest).hexdigest()[:12]


def _bundle(version: str, manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> Bundle:
    listed = parsed(files["features.json"], "features.json")["features"]
    names = tuple(entry["name"] for entry in listed)
    reference = parsed(files["reference.json"], "reference.json")["features"]
    values = {name: math.nan if v is None else float(v) for name, v in reference.items()}
    calibration = parsed(files["calibration.json"], "calibration.json")
    book = parsed(files["book.json"], "book.json")
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
        sureness=read_sureness(files[SURENESS]) if SURENESS in files else None,
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
        "calibration.json": json_bytes(vars(parts.calibration)),
        "features.json": json_bytes({"feature_set": feature_set_hash(), "features": features}),
        "reference.json": json_bytes({"features": reference}),
        "book.json": json_bytes(
            {
                "invoice_amount_365d": parts.book.amount_quantiles.tolist(),
                "invoice_count_365d": parts.book.count_quantiles.tolist(),
                "on_time_rate": parts.book.on_time_rate,
            }
        ),
        "policy.toml": parts.policy,
    } | ({} if parts.sureness is None else {SURENESS: sureness_bytes(parts.sureness)})


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
