"""A stored grade once more from the ledger as it was known then, compared to the byte."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from features.catalogue import FEATURE_NAMES
from features.errors import LedgerError, ModelError
from features.ledger.open import Ledger
from features.matrix import Snapshots
from features.online import snapshots_of_few
from features.snapshot import snapshots
from models.book import Book, book_of_day, grade_pairs, known_customers
from models.document import grade_document
from serving.errors import Problem
from serving.grades.records import StoredGrade, content_of
from serving.grades.replay import Graders

_MANY = 64  # beyond it customers are computed together


@dataclass(frozen=True)
class Difference:
    """A value that came out otherwise: a field of the grade, or ``snapshot.<feature>``."""

    field: str
    stored: Any
    replayed: Any


@dataclass(frozen=True)
class Recomputed:
    """What came of computing a stored grade once more.

    Attributes
    ----------
    equal : bool
        Whether the grade and the snapshot are equal to the byte.
    differences : tuple of Difference
        What is not.
    same_words : bool
        Whether the reasons' sentences are too; they may be told better one day.
    """

    stored: StoredGrade
    equal: bool
    differences: tuple[Difference, ...]
    same_words: bool


def recomputed(
    stored: Iterable[StoredGrade], graders: Graders, ledger: Ledger
) -> Iterator[Recomputed]:
    """Yield what each stored grade comes out as from a ledger, in their order.

    The features are computed from what was known on the grade's day, and graded by the bundle
    and the policy that gave it, after the prior grade that it had. What became known later
    changes nothing.

    Parameters
    ----------
    stored : iterable of StoredGrade
        Those of one day, bundle and policy that stand together are computed together.
    graders : Graders
        The bundles and policies that gave stored grades.
    ledger : Ledger
        An opened ledger.

    Raises
    ------
    ModelError
        If a bundle or policy is not kept or cannot be read, or the features are others today.
    """
    for _, group in groupby(stored, key=_graded_by):
        together = list(group)
        for start in range(0, len(together), 500):
            yield from _of_one_day(together[start : start + 500], graders, ledger)


def _graded_by(stored: StoredGrade) -> tuple[date, str, str]:
    return stored.as_of, stored.model_version, stored.policy_sha256


def _of_one_day(
    stored: list[StoredGrade], graders: Graders, ledger: Ledger
) -> Iterator[Recomputed]:
    day = stored[0].as_of
    known = set(known_customers(ledger, day))
    asked = [grade for grade in stored if grade.customer_id in known]
    found = dict(zip((g.grade_id for g in asked), _graded(asked, graders, ledger), strict=True))
    for grade in stored:
        again = found.get(grade.grade_id)
        if again is None:
            gone = Difference("customer_id", grade.customer_id, None)
            yield Recomputed(grade, equal=False, differences=(gone,), same_words=False)
        else:
            yield _compared(grade, *again)


def _graded(
    stored: list[StoredGrade], graders: Graders, ledger: Ledger
) -> list[tuple[dict[str, Any], dict[str, float]]]:
    """Return document and snapshot of each grade, computed once more."""
    if not stored:
        return []
    _refuse_other_features(stored[0])
    try:
        grader = graders.of(stored[0])
    except Problem as problem:
        raise ModelError(problem.detail.en) from problem
    prior = {
        grade.customer_id: grade.document["prior_grade"]
        for grade in stored
        if grade.document["prior_grade"] is not None
    }
    compute = snapshots_of_few if len(stored) <= _MANY else snapshots
    book: Book = book_of_day(
        ledger,
        stored[0].as_of,
        grader,
        customer_ids=[grade.customer_id for grade in stored],
        prior_grades=prior,
        grade=lambda *given, **also: grade_pairs(*given, **also, compute=compute),
    )
    rows: Snapshots = book.snapshots
    return [
        (grade_document(grading, reasons), rows.row(place))
        for place, (grading, reasons) in enumerate(zip(book.gradings, book.reasons, strict=True))
    ]


def _refuse_other_features(stored: StoredGrade) -> None:
    if tuple(stored.snapshot) == FEATURE_NAMES:
        return
    other = sorted(set(stored.snapshot) ^ set(FEATURE_NAMES))
    message = (
        f"Grade {stored.grade_id} was given from other features than this installation has "
        f"({', '.join(other[:5]) or 'in another order'}). Replay it with the version of its time."
    )
    raise ModelError(message)


def _compared(
    stored: StoredGrade, document: dict[str, Any], snapshot: dict[str, float]
) -> Recomputed:
    document = json.loads(json.dumps(document, ensure_ascii=False, allow_nan=False))
    told, again = content_of(stored.document, stored.snapshot), content_of(document, snapshot)
    differences = tuple(_differences(stored, document, snapshot)) if told != again else ()
    return Recomputed(
        stored,
        equal=told == again,
        differences=differences,
        same_words=_words(stored.document) == _words(document),
    )


def _words(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(reason["code"], reason["zh"], reason["en"]) for reason in document["reasons"]]


def _differences(
    stored: StoredGrade, document: dict[str, Any], snapshot: dict[str, float]
) -> Iterator[Difference]:
    for name in dict.fromkeys((*stored.document, *document)):
        then, now = stored.document.get(name), document.get(name)
        if name != "reasons" and then != now:
            yield Difference(name, then, now)
    for name, then in stored.snapshot.items():
        now = snapshot[name]
        if not (then == now or (then != then and now != now)):  # noqa: PLR0124 - NaN
            yield Difference(f"snapshot.{name}", _known(then), _known(now))


def _known(value: float) -> float | None:
    return None if value != value else value  # noqa: PLR0124 - NaN


def refuse_nothing(found: list[StoredGrade], asked: str) -> None:
    """Raise a LedgerError where no stored grade is what was asked for."""
    if not found:
        message = (
            f"No grade is stored {asked}. Store grades with `tradegrade grade --store`; the "
            "customer's history tells its numbers."
        )
        raise LedgerError(message)
