"""Look at a store with plain SQLite, as a stranger would, and say what is wrong with it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from proofs.storing import DayOfGrades
from serving.database import FILE

# every column of a grade but its number and the moment of storing
COLUMNS = (
    "customer_id, as_of, model_version, policy_version, policy_sha256, ledger_fingerprint, "
    "grade, notch, score, default_probability, grade_before_override, prior_grade, document, "
    "snapshot, sha256"
)
Rows = list[tuple[Any, ...]]


def stored_rows(home: Path, as_of: object) -> Rows:
    """Return the grades of a day by customer, without number and moment of storing."""
    if not (home / FILE).is_file():
        return []
    with closing(sqlite3.connect(home / FILE)) as connection:
        if not _has_grades(connection):
            return []
        return connection.execute(
            f"SELECT {COLUMNS} FROM grades WHERE as_of = ? ORDER BY customer_id, grade_id",
            (str(as_of),),
        ).fetchall()


def faults(home: Path, days: Sequence[tuple[DayOfGrades, frozenset[int]]]) -> list[str]:
    """Return what is wrong with a store, in sentences; nothing if all is well.

    Parameters
    ----------
    home : Path
        The workspace.
    days : sequence of (DayOfGrades, frozenset of int)
        What may be stored of each day: how many of its grades.
    """
    found: list[str] = []
    if not (home / FILE).is_file():
        return [f"no store, but {min(n)} grades of {d.run.as_of}" for d, n in days if 0 not in n]
    with closing(sqlite3.connect(home / FILE)) as connection:
        verdict = connection.execute("PRAGMA integrity_check").fetchall()
        if verdict != [("ok",)]:
            found.append(f"integrity_check says {verdict[:3]}")
    for day, allowed in days:
        rows = stored_rows(home, day.run.as_of)
        if len(rows) not in allowed:
            found.append(f"{len(rows)} grades of {day.run.as_of}, not one of {sorted(allowed)}")
        if len({row[0] for row in rows}) != len(rows):
            found.append(f"a customer has two grades of {day.run.as_of}")
        if rows and documents_of(rows) != _told(day):
            found.append(f"the grades of {day.run.as_of} are not those that were given")
    return found


def documents_of(rows: Rows) -> list[dict[str, Any]]:
    """Return the grades as they were told, by customer."""
    place = COLUMNS.split(", ").index("document")
    return [json.loads(row[place]) for row in rows]


def _has_grades(connection: sqlite3.Connection) -> bool:
    query = "SELECT count(*) FROM sqlite_master WHERE name = 'grades'"
    return bool(connection.execute(query).fetchone()[0])


def _told(day: DayOfGrades) -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = json.loads(json.dumps(day.documents))
    return sorted(documents, key=lambda document: document["customer_id"])
