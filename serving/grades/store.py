"""Stored grades: append-only, one per customer, day, bundle and policy, each with its snapshot."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Self

from sqlalchemy import (
    Column,
    Connection,
    Date,
    DateTime,
    Engine,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    func,
    insert,
    inspect,
    select,
)
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.schema import DDL

from serving.database import reading, writing

METADATA = MetaData()
GRADES = Table(
    "grades",
    METADATA,
    Column("grade_id", Integer, primary_key=True),
    Column("customer_id", String(128), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("model_version", String(64), nullable=False),
    Column("policy_version", String(128), nullable=False),
    Column("policy_sha256", String(64), nullable=False),
    Column("ledger_fingerprint", String(64), nullable=False),
    Column("grade", String(1), nullable=False),
    Column("notch", String(2), nullable=False),
    Column("score", Float, nullable=False),
    Column("default_probability", Float, nullable=False),
    Column("grade_before_override", String(1), nullable=False),
    Column("prior_grade", String(1)),
    Column("document", Text, nullable=False),
    Column("snapshot", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("stored_at", DateTime, nullable=False),
    UniqueConstraint("customer_id", "as_of", "model_version", "policy_sha256"),
)
POLICIES = Table(
    "policies",
    METADATA,
    Column("policy_sha256", String(64), primary_key=True),
    Column("policy_version", String(128), nullable=False),
    Column("content", LargeBinary, nullable=False),
)
for _action in ("UPDATE", "DELETE"):
    event.listen(
        GRADES,
        "after_create",
        DDL(  # type: ignore[no-untyped-call]
            f"CREATE TRIGGER IF NOT EXISTS grades_no_{_action.lower()} BEFORE {_action} ON grades "
            "BEGIN SELECT RAISE(ABORT, 'grades are append-only'); END"
        ),
    )

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
    """

    as_of: date
    model_version: str
    policy_version: str
    policy_content: bytes
    ledger_fingerprint: str

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


class GradeStore:
    """The grades that were given; used in a ``with`` block, which closes it."""

    def __init__(self, engine: Engine) -> None:
        """Use a store, making its tables where they are missing."""
        self._engine = engine
        with reading(engine) as connection:
            missing = not inspect(connection).has_table(GRADES.name)
        if missing:
            with writing(engine) as connection:
                METADATA.create_all(connection)

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close every connection."""
        self._engine.dispose()

    def append(
        self,
        run: GradingRun,
        documents: Sequence[GradeDocument],
        snapshots: Iterable[Mapping[str, float]],
    ) -> Stored:
        """Store the grades of a run, all of them or none; a grade is never replaced.

        Parameters
        ----------
        run : GradingRun
            What graded.
        documents : sequence of mapping
            From `models.document.grade_document`, one per customer.
        snapshots : iterable of mapping
            The features of each customer by name; NaN is unknown.
        """
        rows = [_row(run, d, s) for d, s in zip(documents, snapshots, strict=True)]
        with writing(self._engine) as connection:
            _keep_policy(connection, run)
            there = _hashes(connection, run)
            new = [row for row in rows if row["customer_id"] not in there]
            if new:
                connection.execute(insert(GRADES), new)
        differing = tuple(
            row["customer_id"]
            for row in rows
            if there.get(row["customer_id"], row["sha256"]) != row["sha256"]
        )
        return Stored(len(new), len(rows) - len(new) - len(differing), differing)

    def prior_grades(self, before: date) -> dict[str, str]:
        """Return each customer's last grade before override with an earlier as-of date.

        Of several on one day the one stored last counts.
        """
        place = func.row_number().over(
            partition_by=GRADES.c.customer_id,
            order_by=(GRADES.c.as_of.desc(), GRADES.c.grade_id.desc()),
        )
        ranked = (
            select(GRADES.c.customer_id, GRADES.c.grade_before_override, place.label("place"))
            .where(GRADES.c.as_of < before)
            .subquery()
        )
        query = select(ranked.c.customer_id, ranked.c.grade_before_override).where(
            ranked.c.place == 1
        )
        with reading(self._engine) as connection:
            return {customer: grade for customer, grade in connection.execute(query)}

    def count(self) -> int:
        """Return the number of grades stored."""
        with reading(self._engine) as connection:
            return connection.execute(select(func.count()).select_from(GRADES)).scalar_one()


def _row(run: GradingRun, document: GradeDocument, snapshot: Mapping[str, float]) -> dict[str, Any]:
    told = json.dumps(document, ensure_ascii=False, allow_nan=False)
    # the words of a reason may be told better one day; the grade is what must not change
    graded = json.dumps({k: v for k, v in document.items() if k != "reasons"}, sort_keys=True)
    known = json.dumps(
        {name: None if math.isnan(value) else value for name, value in snapshot.items()},
        allow_nan=False,
    )
    columns = ("customer_id", "grade", "notch", "score", "default_probability",
               "grade_before_override", "prior_grade")  # fmt: skip
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
    }


def _keep_policy(connection: Connection, run: GradingRun) -> None:
    connection.execute(
        sqlite_insert(POLICIES).on_conflict_do_nothing(),
        {
            "policy_sha256": run.policy_sha256,
            "policy_version": run.policy_version,
            "content": run.policy_content,
        },
    )


def _hashes(connection: Connection, run: GradingRun) -> dict[str, str]:
    query = select(GRADES.c.customer_id, GRADES.c.sha256).where(
        GRADES.c.as_of == run.as_of,
        GRADES.c.model_version == run.model_version,
        GRADES.c.policy_sha256 == run.policy_sha256,
    )
    return {customer: sha256 for customer, sha256 in connection.execute(query)}
