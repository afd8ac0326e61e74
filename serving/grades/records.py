"""What is kept of a grade: what gave it, the grade as it was told, and its snapshot."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
from sqlalchemy import Row

from features.matrix import Snapshots

GradeDocument = Mapping[str, Any]


@dataclass(frozen=True)
class GradingRun:
    """What graded: the day, the bundle, the policy, the facts.

    Attributes
    ----------
    policy_content : bytes
        The policy's TOML, kept so that the grade can be replayed.
    ledger_fingerprint : str
        The sha256 of the ledger's files.
    bundle_files : mapping of str to bytes
        The bundle's files by name, kept so that the grade can be replayed.
    currency : str or None
        Of the amounts.
    horizon_days : int or None
        Of the default probability.
    names : mapping of str to str
        What customers are called, by id, where it is known.
    """

    as_of: date
    model_version: str
    policy_version: str
    policy_content: bytes
    ledger_fingerprint: str
    bundle_files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    currency: str | None = None
    horizon_days: int | None = None
    names: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def policy_sha256(self) -> str:
        """The sha256 of the policy's content."""
        return hashlib.sha256(self.policy_content).hexdigest()


@dataclass(frozen=True)
class Stored:
    """What came of storing gradings.

    Attributes
    ----------
    new : int
        Grades that were added.
    same : int
        Grades that stood there already, equal.
    differing : tuple of str
        Customers whose stored grade has other content; it stays as it was told.
    """

    new: int
    same: int
    differing: tuple[str, ...]


@dataclass(frozen=True)
class StoredGrade:
    """A grade as it was told, with the snapshot that it came from.

    Attributes
    ----------
    name : str or None
        What the customer was called then.
    exposure : Decimal or None
        In ``currency``.
    document : dict
        From `models.document.grade_document`.
    snapshot : dict of str to float
        The features by name; NaN is unknown.
    stored_at : datetime
        UTC, without a zone.
    """

    grade_id: int
    customer_id: str
    as_of: date
    name: str | None
    exposure: Decimal | None
    currency: str | None
    horizon_days: int | None
    model_version: str
    policy_version: str
    policy_sha256: str
    ledger_fingerprint: str
    document: dict[str, Any]
    snapshot: dict[str, float]
    stored_at: datetime

    def as_snapshots(self) -> Snapshots:
        """Return the snapshot as the scoring path takes it."""
        names = tuple(self.snapshot)
        values = np.array([[self.snapshot[name] for name in names]])
        day = np.array([self.as_of], dtype="datetime64[D]")
        return Snapshots((self.customer_id,), day, names, values)


@dataclass(frozen=True)
class Place:
    """Where a page of a history ended; the next begins below it."""

    as_of: date
    grade_id: int


def row_of(
    run: GradingRun, document: GradeDocument, snapshot: Mapping[str, float]
) -> dict[str, Any]:
    """Return the row of a grade that is to be stored; NaN in the snapshot is unknown."""
    told = json.dumps(document, ensure_ascii=False, allow_nan=False)
    graded, known = content_of(document, snapshot)
    columns = ("customer_id", "grade", "notch", "score", "default_probability",
               "grade_before_override", "prior_grade")  # fmt: skip
    exposure = snapshot.get("exposure", math.nan)
    return {
        "as_of": run.as_of,
        "model_version": run.model_version,
        "policy_version": run.policy_version,
        "policy_sha256": run.policy_sha256,
        "ledger_fingerprint": run.ledger_fingerprint,
        **{name: document[name] for name in columns},
        "document": told,
        "snapshot": known,
        "sha256": hashlib.sha256(f"{graded}\n{known}".encode()).hexdigest(),
        "stored_at": datetime.now(UTC).replace(tzinfo=None),
        "name": run.names.get(document["customer_id"]),
        "exposure_minor": None if math.isnan(exposure) else round(exposure * 100),
        "currency": run.currency,
        "horizon_days": run.horizon_days,
    }


def content_of(document: GradeDocument, snapshot: Mapping[str, float]) -> tuple[str, str]:
    """Return what of a grade must not change, as texts: the grade, and what was known.

    The words of a reason may be told better one day; they are left out.
    """
    graded = json.dumps({k: v for k, v in document.items() if k != "reasons"}, sort_keys=True)
    known = json.dumps(
        {name: None if math.isnan(value) else value for name, value in snapshot.items()},
        allow_nan=False,
    )
    return graded, known


def stored_grade(row: Row[Any]) -> StoredGrade:
    """Return the grade of a stored row."""
    exposure = row.exposure_minor
    known = json.loads(row.snapshot)
    return StoredGrade(
        exposure=None if exposure is None else Decimal(exposure).scaleb(-2),
        document=json.loads(row.document),
        snapshot={name: math.nan if v is None else float(v) for name, v in known.items()},
        **{
            name: getattr(row, name)
            for name in (
                "grade_id",
                "customer_id",
                "as_of",
                "name",
                "currency",
                "horizon_days",
                "model_version",
                "policy_version",
                "policy_sha256",
                "ledger_fingerprint",
                "stored_at",
            )  # fmt: skip
        },
    )
