"""The book of a seller: every customer's grade, account and reasons as of a day.

The functions here are what the command line and the service call: they open nothing,
store nothing and know no clock.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Protocol

import numpy as np

from features.errors import LedgerError, UsageError
from features.evidence import (
    NOTHING,
    Key,
    RowsFound,
    evidence_rows,
    evidence_source,
    rows_behind,
)
from features.ledger.open import Ledger
from features.matrix import Snapshots
from features.online import snapshots_of_few
from features.snapshot import Pairs, all_pairs
from models.adjustments import Override
from models.bundle import Bundle
from models.explain.drivers import Explanation, explain
from models.explain.reasons import FindRows, Reason, reasons_of
from models.grading import Grading, grade_snapshots
from models.policy.sections import Policy

Compute = Callable[[Ledger, Pairs], Snapshots]
Graded = tuple[Snapshots, list[Explanation]]
SHOWN_ROWS = 3  # of the rows behind a reason; their number is told
SHOWN_DRIVER_ROWS = 20  # of the rows behind a driver
_FEW = 8  # customers whose rows are looked up one by one


@dataclass(frozen=True)
class Grader:
    """What grades: the bundle and the policy."""

    bundle: Bundle
    policy: Policy


@dataclass(frozen=True)
class Book:
    """The gradings of some customers on one day, each with its account and reasons.

    Attributes
    ----------
    snapshots : Snapshots
        What was known; row i belongs to explanation i.
    explanations : list of Explanation
        Each carries its grading.
    reasons : list of tuple of Reason
        Of each grading.
    """

    as_of: date
    snapshots: Snapshots
    explanations: list[Explanation]
    reasons: list[tuple[Reason, ...]]

    @property
    def gradings(self) -> list[Grading]:
        """The gradings in order."""
        return [explanation.grading for explanation in self.explanations]


class GradePairs(Protocol):
    """What computes the features of pairs and grades them, on whatever engine."""

    def __call__(
        self,
        ledger: Ledger,
        pairs: Pairs,
        grader: Grader,
        *,
        prior_grades: Mapping[str, str],
        overrides: Mapping[str, Override],
    ) -> Graded:
        """Return the features, and of each row the grading with its account."""


def graded(
    found: Snapshots,
    grader: Grader,
    *,
    prior_grades: Mapping[str, str],
    overrides: Mapping[str, Override],
) -> list[Explanation]:
    """Return the grading of each snapshot with its account: what every engine's rows go through.

    Parameters
    ----------
    found : Snapshots
        Features as of days, wherever they were computed.
    grader : Grader
        Bundle and policy.
    prior_grades, overrides : mapping
        As `models.grading.grade_snapshots` takes them.
    """
    gradings = grade_snapshots(
        found,
        grader.bundle,
        grader.policy,
        prior_grades=prior_grades,
        overrides=overrides,
    )
    return explain(found, gradings, grader.bundle, grader.policy)


def grade_pairs(
    ledger: Ledger,
    pairs: Pairs,
    grader: Grader,
    *,
    prior_grades: Mapping[str, str],
    overrides: Mapping[str, Override],
    compute: Compute = snapshots_of_few,
) -> Graded:
    """Grade pairs in this process, as `GradePairs` says, whatever computes the features."""
    found = compute(ledger, pairs)
    return found, graded(found, grader, prior_grades=prior_grades, overrides=overrides)


def book_of_day(
    ledger: Ledger,
    as_of: date,
    grader: Grader,
    *,
    customer_ids: Sequence[str] | None = None,
    prior_grades: Mapping[str, str] | None = None,
    overrides: Mapping[str, Override] | None = None,
    grade: GradePairs = grade_pairs,
) -> Book:
    """Return the book as of a day, customers by id.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger.
    as_of : date
        Only what was known on this day counts.
    grader : Grader
        Bundle and policy.
    customer_ids : sequence of str, optional
        Some customers; without it everyone known on the day.
    prior_grades, overrides : mapping, optional
        As `models.grading.grade_snapshots` takes them.
    grade : callable
        Computes the features and grades them, on whatever engine.

    Raises
    ------
    LedgerError
        If nobody is known on the day.
    UsageError
        If a customer that is asked for is not known on the day.
    """
    found, explanations = grade(
        ledger,
        asked_pairs(ledger, as_of, customer_ids),
        grader,
        prior_grades=prior_grades or {},
        overrides=overrides or {},
    )
    find_rows = find_rows_in(ledger, len(found))
    return Book(as_of, found, explanations, reasons_of(explanations, grader.policy, find_rows))


def find_rows_in(ledger: Ledger, customers: int) -> FindRows:
    """Return what finds the first rows behind reasons, for so many customers of a ledger."""
    if customers > _FEW:
        return partial(evidence_rows, ledger, at_most=SHOWN_ROWS)
    source = evidence_source(ledger)

    def find(feature: str, keys: Iterable[Key]) -> dict[Key, RowsFound]:
        rows = {key: rows_behind(source, [feature], *key, at_most=SHOWN_ROWS) for key in keys}
        return {key: behind[feature] for key, behind in rows.items() if feature in behind}

    return find


def driver_rows(ledger: Ledger, explanation: Explanation) -> dict[str, RowsFound]:
    """Return the ledger rows behind each driver that moves the points, by feature."""
    grading = explanation.grading
    names = [driver.feature for driver in explanation.drivers if driver.points != 0]
    found = rows_behind(
        evidence_source(ledger),
        names,
        grading.customer_id,
        grading.as_of,
        at_most=SHOWN_DRIVER_ROWS,
    )
    return {name: found.get(name, NOTHING) for name in names}


def known_customers(ledger: Ledger, day: date) -> list[str]:
    """Return the ids of the customers known on a day."""
    return list(all_pairs(ledger, [day])[0])


def asked_pairs(
    ledger: Ledger, as_of: date, customer_ids: Sequence[str] | None = None
) -> tuple[Sequence[str], np.ndarray]:
    """Return customers as of a day: some, or everyone known on it.

    Raises
    ------
    LedgerError
        If nobody is known on the day.
    UsageError
        If a customer that is asked for is not known on the day.
    """
    known = known_customers(ledger, as_of)
    if not known:
        message = (
            f"No customer of {ledger.path} was known on {as_of}. Give a later --as-of, or check "
            "known_on and customer_since in the table customers."
        )
        raise LedgerError(message)
    if customer_ids is None:
        customer_ids = known
    _refuse_unknown(customer_ids, known, as_of)
    return customer_ids, np.full(len(customer_ids), as_of, dtype="datetime64[D]")


def _refuse_unknown(asked: Iterable[str], known: Sequence[str], as_of: date) -> None:
    missing = sorted(set(asked) - set(known))
    if missing:
        near = difflib.get_close_matches(missing[0], known, n=3)
        hint = f" Did you mean {', '.join(near)}?" if near else " Check the id and the day."
        message = f"The ledger knows no customer {missing[0]!r} as of {as_of}.{hint}"
        raise UsageError(message)
