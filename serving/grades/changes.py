"""Why a grade changed between two days: from the grades as stored, or from the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from features.errors import LedgerError, ModelError
from features.ledger.open import Ledger
from features.matrix import Snapshots
from features.online import known_among, snapshots_of_few
from models.book_changes import find_moved_in, told_between
from models.explain.change import Side
from models.explain.told import ToldChange
from models.explain.words import Text
from serving.errors import BACKWARD, NO_GRADE, Problem
from serving.grades.records import StoredGrade
from serving.grades.replay import not_replayable
from serving.service import Service

_A_DAY = timedelta(days=1)
_SWAP = Text("from不能晚于to，请互换。", "`from` may not be after `to`. Swap them.")


@dataclass(frozen=True)
class _End:
    """One end of a change: what was known, what graded it, and the grade before it."""

    side: Side
    prior_grade: str | None

    @property
    def day(self) -> date:
        day: date = self.side.snapshots.as_of[0].item()
        return day


@dataclass(frozen=True)
class _Whose:
    """A customer, and where its grades and facts are looked up."""

    service: Service
    ledger: Ledger | None
    customer_id: str

    def end(self, day: date) -> _End:
        """Return a day's end: its stored grade, else from the ledger, else the grade that held."""
        stored = self.service.store.grade(self.customer_id, day)
        if stored is not None and (self.ledger is None or stored.as_of == day):
            return self.stored_end(stored)
        if self.ledger is not None and self.customer_id in known_among(
            self.ledger, [self.customer_id], day
        ):
            return self._from_ledger(self.ledger, day)
        raise _no_grade()

    def stored_end(self, stored: StoredGrade | None) -> _End:
        """Return the end that a stored grade gives."""
        if stored is None:
            raise _no_grade()
        grader = self.service.graders.of(stored)
        side = Side(stored.as_snapshots(), grader.bundle, grader.policy)
        return _End(side, stored.document["prior_grade"])

    def _from_ledger(self, ledger: Ledger, day: date) -> _End:
        grader = self.service.live.grader()
        pairs = [self.customer_id], np.array([day], dtype="datetime64[D]")
        found: Snapshots = snapshots_of_few(ledger, pairs)
        prior = self.service.store.prior_grades(day, [self.customer_id])
        return _End(Side(found, grader.bundle, grader.policy), prior.get(self.customer_id))


def change_of(
    service: Service,
    customer_id: str,
    first: date | None = None,
    last: date | None = None,
    *,
    with_rows: bool = True,
) -> ToldChange:
    """Return the account of a customer's change, with its ledger rows where there is a ledger.

    Parameters
    ----------
    service : Service
        Store, ledger, and what grades now.
    customer_id : str
        Whose.
    first, last : date, optional
        The days; without the later one that of the current grade, without the earlier one that
        of the grade stored before. A day is told from the grade stored for it, else from the
        ledger by what grades now; without a ledger from the grade that held on it.
    with_rows : bool
        Whether the ledger is asked at all, and waited for if it is being opened.

    Raises
    ------
    Problem
        404 if there is no grade and no such customer on a day, 409 if a stored grade cannot be
        replayed or the days run backward.
    """
    if first is not None and last is not None and first > last:
        raise Problem(BACKWARD, _SWAP)
    with _ledger_of(service, asked=with_rows) as ledger:
        whose = _Whose(service, ledger, customer_id)
        try:
            after = (
                whose.stored_end(service.store.grade(customer_id))
                if last is None
                else whose.end(last)
            )
            before = (
                whose.stored_end(service.store.grade(customer_id, after.day - _A_DAY))
                if first is None
                else whose.end(first)
            )
            if before.day > after.day:
                raise Problem(BACKWARD, _SWAP)
            find = None if ledger is None else find_moved_in(ledger)
            prior = {} if before.prior_grade is None else {customer_id: before.prior_grade}
            (told,) = told_between(before.side, after.side, prior, find)
        except (LedgerError, ModelError) as error:
            why = Text("当前安装缺少其特征", "this installation lacks a feature")
            raise not_replayable(why) from error
    return told


@contextmanager
def _ledger_of(service: Service, *, asked: bool) -> Iterator[Ledger | None]:
    if not (asked and service.live.has_ledger):
        yield None
        return
    with service.live.ledger() as ledger:
        yield ledger


def _no_grade() -> Problem:
    return Problem(
        NO_GRADE,
        Text(
            "该客户在此日期没有评级，账套在该日期也没有此客户。请核对客户编号与日期，或用from和to指定"
            "其他日期。",
            "No grade of this customer is stored for this day, and the ledger knows none then. "
            "Check the id, or give other days by `from` and `to`.",
        ),
    )
