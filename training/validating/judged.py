"""The rows that a model is judged on, graded as the active policy would have graded them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from features.errors import LedgerError
from features.ledger.open import Ledger
from features.matrix import Floats, Snapshots
from models.bundle import Bundle
from models.grading import Grading, grade_snapshots
from models.policy.sections import Policy
from training.config import TrainingConfig
from training.outcomes import Flags
from training.population import Counts, Population, Rows, joined
from training.shadow import books_of, chained
from training.validating.months import Months


@dataclass(frozen=True)
class JudgedRows:
    """Rows with their gradings, and the path of everybody's grades.

    Attributes
    ----------
    rows : Rows
        Who was exposed and not in default on the judged month-ends, and what became of them.
    gradings : list of Grading
        Of these rows; each month-end's prior grades are those of the one before.
    counts : Counts
        Who was considered and left out.
    path : list of dict of str to Grading
        Everybody's grading at each month-end of the path.
    looks : Snapshots
        The features of everybody at all month-ends of the path.
    reference, latest : tuple of (Snapshots, list of Grading)
        Exposed customers on the reference day and the last judged one, graded without prior
        grades so that neither has hysteresis.
    default_on : mapping of str to date
        First default of every customer that ever defaulted.
    """

    rows: Rows
    gradings: list[Grading]
    counts: Counts
    path: list[dict[str, Grading]]
    looks: Snapshots
    reference: tuple[Snapshots, list[Grading]]
    latest: tuple[Snapshots, list[Grading]]
    default_on: Mapping[str, date]

    @property
    def defaulted(self) -> Flags:
        """Whether each row defaulted within the horizon."""
        return self.rows.defaulted

    @cached_property
    def told(self) -> Floats:
        """The default probability of each row."""
        return np.array([grading.default_probability for grading in self.gradings])

    def on(self, days: tuple[date, ...]) -> Flags:
        """Return which rows are of these days."""
        return np.isin(self.rows.snapshots.as_of, np.array(days, dtype="datetime64[D]"))


def judged_rows(
    ledger: Ledger, bundle: Bundle, policy: Policy, config: TrainingConfig, months: Months
) -> JudgedRows:
    """Return the rows of these month-ends with gradings and outcomes.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger.
    bundle, policy
        What grades.
    config : TrainingConfig
        What a default is, and whether the unexposed are kept.
    months : Months
        From `training.validating.months.months_of`.

    Raises
    ------
    LedgerError
        If nobody is exposed and out of default on the reference day or the last judged one.
    """
    population = Population(ledger, config.default)
    horizon = bundle.horizon_days

    def book_on(day: date) -> tuple[Snapshots, list[Grading]]:
        found = population.rows((day,), horizon).snapshots
        if not len(found):
            raise _nobody(day)
        return found, grade_snapshots(found, bundle, policy)

    reference, latest = book_on(months.reference), book_on(months.judged[-1])
    rows = population.rows(months.judged, horizon)
    path: list[dict[str, Grading]] = []
    books = list(books_of(ledger, months.path))
    for book in books:
        path.append(chained(book, bundle, policy, path))
    place = {day: number for number, day in enumerate(months.path)}
    keys = zip(rows.snapshots.as_of.tolist(), rows.snapshots.customer_ids, strict=True)
    first: dict[str, date] = {}
    for event in population.events:
        first[event.customer_id] = min(event.day, first.get(event.customer_id, event.day))
    return JudgedRows(
        rows=rows,
        gradings=[path[place[day]][customer] for day, customer in keys],
        counts=population.counts(months.judged),
        path=path,
        looks=joined(books),
        reference=reference,
        latest=latest,
        default_on=first,
    )


def _nobody(day: date) -> LedgerError:
    return LedgerError(
        f"On {day} nobody is exposed and out of default, so no model can be judged there. Give "
        "--from and --to within the months of trade."
    )
