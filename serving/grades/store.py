"""Stored grades: append-only, one per customer, day, bundle and policy, each with its snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Self

from sqlalchemy import Connection, Engine, Select, and_, bindparam, func, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from serving.database import reading, writing
from serving.grades.packing import packed, unpacked
from serving.grades.records import (
    GradeDocument,
    GradingRun,
    Place,
    Stored,
    StoredGrade,
    row_of,
    stored_grade,
)
from serving.grades.tables import BUNDLES, CURRENT, GRADES, POLICIES


def _now(query: Select[Any]) -> Select[Any]:
    """Return the query for a customer's current grade."""
    return query.join(CURRENT, CURRENT.c.grade_id == GRADES.c.grade_id).where(
        CURRENT.c.customer_id == bindparam("customer")
    )


def _then(query: Select[Any]) -> Select[Any]:
    """Return the query for the grade that held on a day."""
    return (
        query.where(GRADES.c.customer_id == bindparam("customer"))
        .where(GRADES.c.as_of <= bindparam("day"))
        .order_by(GRADES.c.as_of.desc(), GRADES.c.grade_id.desc())
        .limit(1)
    )


# built once: to build a query takes longer than to run it
_DOCUMENT_NOW, _DOCUMENT_THEN = _now(select(GRADES.c.document)), _then(select(GRADES.c.document))
_GRADE_NOW, _GRADE_THEN = _now(select(GRADES)), _then(select(GRADES))


class GradeStore:
    """The grades that were given; used in a ``with`` block, which closes it."""

    def __init__(self, engine: Engine) -> None:
        """Use a store that `serving.database.open_database` opened."""
        self._engine = engine

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
        rows = [row_of(run, d, s) for d, s in zip(documents, snapshots, strict=True)]
        with writing(self._engine) as connection:
            _keep_what_graded(connection, run)
            there = _hashes(connection, run)
            new = [row for row in rows if row["customer_id"] not in there]
            if new:
                connection.execute(insert(GRADES), new)
                _point_at_current(connection, run)
        differing = tuple(
            row["customer_id"]
            for row in rows
            if there.get(row["customer_id"], row["sha256"]) != row["sha256"]
        )
        return Stored(len(new), len(rows) - len(new) - len(differing), differing)

    def prior_grades(
        self, before: date, customer_ids: Sequence[str] | None = None
    ) -> dict[str, str]:
        """Return each customer's last grade before override with an earlier as-of date.

        Of several on one day the one stored last counts.

        Parameters
        ----------
        before : date
            Grades of earlier days count.
        customer_ids : sequence of str, optional
            Some customers, at most a few thousand; without it all.
        """
        place = func.row_number().over(
            partition_by=GRADES.c.customer_id,
            order_by=(GRADES.c.as_of.desc(), GRADES.c.grade_id.desc()),
        )
        chosen = select(
            GRADES.c.customer_id, GRADES.c.grade_before_override, place.label("place")
        ).where(GRADES.c.as_of < before)
        if customer_ids is not None:
            chosen = chosen.where(GRADES.c.customer_id.in_(customer_ids))
        ranked = chosen.subquery()
        query = select(ranked.c.customer_id, ranked.c.grade_before_override).where(
            ranked.c.place == 1
        )
        with reading(self._engine) as connection:
            return {customer: grade for customer, grade in connection.execute(query)}

    def count(self) -> int:
        """Return the number of grades stored."""
        with reading(self._engine) as connection:
            return connection.execute(select(func.count()).select_from(GRADES)).scalar_one()

    def graded_with(self, run: GradingRun) -> bool:
        """Tell whether a run's day was graded by its bundle and policy from its facts."""
        query = select(GRADES.c.grade_id).where(*_of(run)).limit(1)
        query = query.where(GRADES.c.ledger_fingerprint == run.ledger_fingerprint)
        with reading(self._engine) as connection:
            return connection.execute(query).first() is not None

    def document(self, customer_id: str, as_of: date | None = None) -> str | None:
        """Return the JSON text of a customer's grade as it was told, None where there is none.

        Parameters
        ----------
        customer_id : str
            Whose.
        as_of : date, optional
            The grade that held on this day; without it the current one.
        """
        query = _DOCUMENT_NOW if as_of is None else _DOCUMENT_THEN
        with reading(self._engine) as connection:
            return connection.execute(query, _of_day(customer_id, as_of)).scalar()

    def grade(self, customer_id: str, as_of: date | None = None) -> StoredGrade | None:
        """Return a customer's grade as `document` chooses it, with all that is kept of it."""
        query = _GRADE_NOW if as_of is None else _GRADE_THEN
        with reading(self._engine) as connection:
            row = connection.execute(query, _of_day(customer_id, as_of)).first()
        return None if row is None else stored_grade(row)

    def history(
        self, customer_id: str, *, at_most: int, below: Place | None = None
    ) -> list[StoredGrade]:
        """Return a customer's grades, newest first.

        Parameters
        ----------
        customer_id : str
            Whose.
        at_most : int
            Grades returned.
        below : Place, optional
            Where the page before ended.
        """
        query = select(GRADES).where(GRADES.c.customer_id == customer_id)
        if below is not None:
            query = query.where(
                or_(
                    GRADES.c.as_of < below.as_of,
                    and_(GRADES.c.as_of == below.as_of, GRADES.c.grade_id < below.grade_id),
                )
            )
        query = query.order_by(GRADES.c.as_of.desc(), GRADES.c.grade_id.desc()).limit(at_most)
        with reading(self._engine) as connection:
            return [stored_grade(row) for row in connection.execute(query)]

    def grade_with_id(self, grade_id: int) -> StoredGrade | None:
        """Return the grade of a number, None where there is none."""
        query = select(GRADES).where(GRADES.c.grade_id == grade_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else stored_grade(row)

    def grades_of_day(self, as_of: date) -> list[StoredGrade]:
        """Return every grade of a day, in the order in which they were stored."""
        query = select(GRADES).where(GRADES.c.as_of == as_of).order_by(GRADES.c.grade_id)
        with reading(self._engine) as connection:
            return [stored_grade(row) for row in connection.execute(query)]

    def bundle_files(self, model_version: str) -> dict[str, bytes] | None:
        """Return the files of a bundle that graded, None where they were not kept."""
        query = select(BUNDLES.c.content).where(BUNDLES.c.model_version == model_version)
        with reading(self._engine) as connection:
            content = connection.execute(query).scalar()
        return None if content is None else unpacked(content)

    def policy_content(self, policy_sha256: str) -> bytes | None:
        """Return the TOML of a policy that graded."""
        query = select(POLICIES.c.content).where(POLICIES.c.policy_sha256 == policy_sha256)
        with reading(self._engine) as connection:
            return connection.execute(query).scalar()


def _of_day(customer_id: str, as_of: date | None) -> dict[str, Any]:
    return {"customer": customer_id} if as_of is None else {"customer": customer_id, "day": as_of}


def _insert(connection: Connection, table: Any) -> Any:
    """Return an INSERT that can say what to do where a row stands already."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(table)


def _keep_what_graded(connection: Connection, run: GradingRun) -> None:
    connection.execute(
        _insert(connection, POLICIES).on_conflict_do_nothing(),
        {
            "policy_sha256": run.policy_sha256,
            "policy_version": run.policy_version,
            "content": run.policy_content,
        },
    )
    if run.bundle_files:
        connection.execute(
            _insert(connection, BUNDLES).on_conflict_do_nothing(),
            {"model_version": run.model_version, "content": packed(run.bundle_files)},
        )


def _point_at_current(connection: Connection, run: GradingRun) -> None:
    """Let each customer's current grade be the one with the latest day, of a day the last."""
    graded = select(GRADES.c.customer_id, GRADES.c.grade_id, GRADES.c.as_of).where(*_of(run))
    adding = _insert(connection, CURRENT).from_select(["customer_id", "grade_id", "as_of"], graded)
    new = adding.excluded
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=[CURRENT.c.customer_id],
            set_={"grade_id": new.grade_id, "as_of": new.as_of},
            where=or_(
                new.as_of > CURRENT.c.as_of,
                and_(new.as_of == CURRENT.c.as_of, new.grade_id > CURRENT.c.grade_id),
            ),
        )
    )


def _of(run: GradingRun) -> tuple[Any, ...]:
    return (
        GRADES.c.as_of == run.as_of,
        GRADES.c.model_version == run.model_version,
        GRADES.c.policy_sha256 == run.policy_sha256,
    )


def _hashes(connection: Connection, run: GradingRun) -> dict[str, str]:
    query = select(GRADES.c.customer_id, GRADES.c.sha256).where(*_of(run))
    return {customer: sha256 for customer, sha256 in connection.execute(query)}
