"""Keep a graded book: the grades with all that a replay needs."""

from __future__ import annotations

from datetime import date

from features.customers import customer_names
from features.ledger.open import Ledger
from models.book import Book, Grader
from models.document import grade_document
from serving.grades.records import GradingRun, Stored
from serving.grades.store import GradeStore


def grading_run(ledger: Ledger, as_of: date, grader: Grader) -> GradingRun:
    """Return what grades a ledger as of a day."""
    return GradingRun(
        as_of=as_of,
        model_version=grader.bundle.model_version,
        policy_version=grader.policy.policy_version,
        policy_content=grader.policy.content,
        ledger_fingerprint=ledger.fingerprint,
        bundle_files=grader.bundle.files,
        currency=ledger.currency,
        horizon_days=grader.bundle.horizon_days,
        names=customer_names(ledger, as_of),
    )


def keep_book(store: GradeStore, book: Book, ledger: Ledger, grader: Grader) -> Stored:
    """Store a book's grades, all or none.

    Parameters
    ----------
    store : GradeStore
        Where to.
    book : Book
        Graded from ``ledger`` by ``grader``.
    """
    pairs = zip(book.gradings, book.reasons, strict=True)
    return store.append(
        grading_run(ledger, book.as_of, grader),
        [grade_document(grading, reasons) for grading, reasons in pairs],
        (book.snapshots.row(row) for row in range(len(book.snapshots))),
    )
