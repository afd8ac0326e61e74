"""Grade on demand by the one scoring path; nothing is stored."""

from __future__ import annotations

from typing import Any

import numpy as np

from features.evidence import Key, RowsFound
from features.online import known_among
from models.book import Grader, find_rows_in, grade_pairs
from models.document import driver_document, grade_document
from models.explain.drivers import Explanation, explain
from models.explain.reasons import Reason, reasons_of
from models.explain.words import Text
from models.grading import grade_snapshots
from serving.errors import NO_CUSTOMER, Fault, Problem
from serving.grades.store import GradeStore
from serving.live import Live
from serving.scores.reading import ByCustomer, BySnapshot
from serving.scores.stored import stored_scores

Document = dict[str, Any]


def snapshot_scores(asked: BySnapshot, grader: Grader) -> list[Document]:
    """Return the grade of each snapshot that was sent along.

    They have no prior grade and no ledger rows; with ``explain`` each carries reasons, the
    reference and every driver.
    """
    snapshots = asked.snapshots
    gradings = grade_snapshots(snapshots, grader.bundle, grader.policy)
    if not asked.explain:
        documents = [grade_document(grading, ()) for grading in gradings]
        for document in documents:
            document["reasons"] = None
    else:
        explanations = explain(snapshots, gradings, grader.bundle, grader.policy)
        reasons = reasons_of(explanations, grader.policy, _no_rows)
        documents = [_explained(e, r) for e, r in zip(explanations, reasons, strict=True)]
    for document, named in zip(documents, asked.named, strict=True):
        if not named:
            document["customer_id"] = None
    return documents


def customer_scores(
    asked: ByCustomer, grader: Grader, live: Live, store: GradeStore
) -> list[Document]:
    """Return the grade of each customer, in the order asked for.

    From the ledger as of the day, or where the server has none from stored snapshots of it.

    Raises
    ------
    Problem
        404 if a customer is not known on that day.
    """
    if not live.has_ledger:
        scored = stored_scores(asked.customer_ids, asked.as_of, grader, store)
        return [_from_store(*one, drivers=asked.explain) for one in scored]
    with live.ledger() as ledger:
        day = asked.as_of or ledger.last_day
        known = known_among(ledger, asked.customer_ids, day) if day is not None else set()
        detail = Text(
            "账套在该日期没有此客户。请核对编号和日期。",
            "The ledger knows no such customer on that day. Check the id and the day.",
        )
        faults = [
            Fault(f"/customer_ids/{place}", detail)
            for place, customer_id in enumerate(asked.customer_ids)
            if customer_id not in known
        ]
        if faults or day is None:
            raise Problem(NO_CUSTOMER, detail, faults[:20])
        days = np.full(len(asked.customer_ids), day, dtype="datetime64[D]")
        _, explanations = grade_pairs(
            ledger,
            (asked.customer_ids, days),
            grader,
            prior_grades=store.prior_grades(day, asked.customer_ids),
            overrides={},
        )
        find_rows = find_rows_in(ledger, len(explanations))
        reasons = reasons_of(explanations, grader.policy, find_rows)
    pairs = zip(explanations, reasons, strict=True)
    return [_explained(e, r, drivers=asked.explain) for e, r in pairs]


def _explained(
    explanation: Explanation, reasons: tuple[Reason, ...], *, drivers: bool = True
) -> Document:
    document = grade_document(explanation.grading, reasons)
    if drivers:
        document["reference"] = explanation.reference
        document["drivers"] = [driver_document(driver) for driver in explanation.drivers]
    return document


def _from_store(
    explanation: Explanation,
    reasons: tuple[Reason, ...],
    unlooked: frozenset[str],
    *,
    drivers: bool,
) -> Document:
    document = _explained(explanation, reasons, drivers=drivers)
    for reason in document["reasons"]:
        if reason["code"] in unlooked:
            reason["evidence_total"] = None  # nobody looked, which is not the same as none
    return document


def _no_rows(_: str, __: object) -> dict[Key, RowsFound]:
    return {}
