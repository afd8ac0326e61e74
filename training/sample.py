"""The sample of snapshots that a training keeps, so that others can compute them again.

Whoever says that a model learned only from what was known on the day can be held to it: the rows
are in the sample by a hash of customer and day, which no seed and nobody's choice moves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import ModelError
from features.matrix import Snapshots
from features.whole import whole
from training.runs import RUNS

ROWS = 200


def sample_path(home: Path, model_version: str) -> Path:
    """Return where the sample of a run lies, whether or not it is there."""
    return home / RUNS / f"{model_version}.sample.parquet"


def sampled(snapshots: Snapshots, rows: int = ROWS) -> Snapshots:
    """Return about as many rows of every as-of date, ``rows`` of them or all that there are.

    Parameters
    ----------
    snapshots : Snapshots
        What a model learned from.
    rows : int
        How many to keep.

    Examples
    --------
    >>> days = np.array(["2025-01-31", "2025-02-28"], dtype="datetime64[D]")
    >>> both = Snapshots(("c1", "c1"), days, ("x",), np.zeros((2, 1)))
    >>> len(sampled(both, 1)), len(sampled(both))
    (1, 2)
    """
    ranked: dict[np.datetime64, list[tuple[bytes, int]]] = {}
    for place, (customer, day) in enumerate(
        zip(snapshots.customer_ids, snapshots.as_of, strict=True)
    ):
        digest = hashlib.sha256(f"sample:{customer}:{day}".encode()).digest()
        ranked.setdefault(day, []).append((digest, place))
    # the first of every day, then the second of every day, until there are enough
    turns = sorted(
        (turn, day, place)
        for day, found in ranked.items()
        for turn, (_, place) in enumerate(sorted(found))
    )
    return snapshots.take(sorted(place for _, _, place in turns[:rows]))


def write_sample(home: Path, model_version: str, snapshots: Snapshots) -> str:
    """Write the sample of a run beside its record and return the file's sha256."""
    path = sample_path(home, model_version)
    with whole(path) as half:
        pq.write_table(sampled(snapshots).to_arrow(), half, compression="zstd")
    return _sha256(path)


def read_sample(home: Path, model_version: str, sha256: str | None) -> Snapshots:
    """Return the sample of a run after checking it against the hash in the run's record.

    Raises
    ------
    ModelError
        If there is none, or the file was changed.
    """
    path = sample_path(home, model_version)
    if sha256 is None or not path.is_file():
        message = (
            f"The run of {model_version} kept no sample of its snapshots ({path.name}). Train it "
            "again with this version."
        )
        raise ModelError(message)
    if _sha256(path) != sha256:
        message = f"{path} is not what the run of {model_version} wrote. Train it again."
        raise ModelError(message)
    try:
        return Snapshots.from_arrow(pq.read_table(path))
    except (pa.ArrowException, KeyError) as error:
        message = f"{path} holds no snapshots ({error}). Train {model_version} again."
        raise ModelError(message) from error


def differing(one: Snapshots, other: Snapshots, names: Sequence[str]) -> list[tuple[int, str]]:
    """Return (row, feature) of every value that is not the same; unknown equals unknown only."""
    left, right = one.select(names).values, other.select(names).values
    rows, columns = np.nonzero(~((left == right) | (np.isnan(left) & np.isnan(right))))
    places = zip(rows.tolist(), columns.tolist(), strict=True)
    return [(row, names[column]) for row, column in places]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
