"""Grade stored snapshots anew: customers of a server that has no ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from features.errors import LedgerError
from features.evidence import Key, RowsFound
from models.book import Grader
from models.document import evidence_in
from models.explain.drivers import Explanation, explain
from models.explain.reasons import CEILING_EVIDENCE, Reason, reasons_of
from models.explain.words import Text
from models.grading import grade_snapshots
from serving.errors import NO_SNAPSHOT, Fault, Problem
from serving.grades.records import StoredGrade
from serving.grades.store import GradeStore

_MOST_FAULTS = 20
_MISSING = Text(
    "该客户在此日期没有已保存的数据。请用`tradegrade grade --store`对该日评级，或用--ledger启动。",
    "No snapshot of this customer is stored for that day. Grade it with "
    "`tradegrade grade --store`, or start the server with --ledger.",
)


def stored_scores(
    customer_ids: Sequence[str], as_of: date | None, grader: Grader, store: GradeStore
) -> list[tuple[Explanation, tuple[Reason, ...], frozenset[str]]]:
    """Return each customer's stored snapshot graded by what grades now.

    Parameters
    ----------
    customer_ids : sequence of str
        Whose.
    as_of : date or None
        The day of the snapshot; without it each customer's latest.

    Returns
    -------
    list of tuple
        The account, the reasons, and the codes of the reasons whose ledger rows nobody looked
        up: rows are known of the features that the stored reasons told.

    Raises
    ------
    Problem
        404 where a customer has no snapshot of that day.
    """
    found = [store.grade(customer_id, as_of) for customer_id in customer_ids]
    faults = [
        Fault(f"/customer_ids/{place}", _MISSING)
        for place, stored in enumerate(found)
        if stored is None or (as_of is not None and stored.as_of != as_of)
    ]
    if faults:
        raise Problem(NO_SNAPSHOT, _MISSING, faults[:_MOST_FAULTS])
    return [_scored(stored, grader, store) for stored in found if stored is not None]


def _scored(
    stored: StoredGrade, grader: Grader, store: GradeStore
) -> tuple[Explanation, tuple[Reason, ...], frozenset[str]]:
    row = stored.as_snapshots()
    prior = store.prior_grades(stored.as_of, [stored.customer_id])
    try:
        gradings = grade_snapshots(row, grader.bundle, grader.policy, prior_grades=prior)
    except LedgerError as error:  # a feature that came after it was stored
        raise Problem(NO_SNAPSHOT, _MISSING) from error
    explanations = explain(row, gradings, grader.bundle, grader.policy)
    rows = _rows_of(stored.document["reasons"])

    def find_rows(feature: str, keys: Iterable[Key]) -> dict[Key, RowsFound]:
        return {key: rows[feature] for key in keys} if feature in rows else {}

    (reasons,) = reasons_of(explanations, grader.policy, find_rows)
    told = {reason["code"] for reason in stored.document["reasons"]}
    unlooked = frozenset(reason.code for reason in reasons if reason.code not in told)
    return explanations[0], reasons, unlooked


def _rows_of(reasons: list[dict[str, Any]]) -> dict[str, RowsFound]:
    """Return the ledger rows that stored reasons keep, by the feature that they show."""
    rows: dict[str, RowsFound] = {}
    for reason in reasons:
        _, _, why = reason["code"].partition(".")
        for feature in CEILING_EVIDENCE.get(why, ())[:1] if why else (reason["code"],):
            rows.setdefault(feature, evidence_in(reason))
    return rows
