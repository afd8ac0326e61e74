"""A shadow run: what a policy would do to the book, and what it would have done before.

Both policies grade the same snapshots with the same bundle, so that whatever differs is the
policy's doing. It reads outcomes and therefore lives here; nothing is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from features.errors import ModelError
from features.ledger.open import Ledger
from features.matrix import Snapshots
from features.snapshot import all_pairs, snapshots
from models.book import asked_pairs
from models.bundle import Bundle
from models.explain.change import Change, Side, changes
from models.explain.told import ToldChange, told_changes
from models.grading import Grading, grade_snapshots
from models.policy.sections import Policy
from training.config import TrainingConfig
from training.population import Population
from training.shadow_figures import (
    Matrix,
    MoneyLine,
    RealisedLine,
    Stability,
    migration,
    money_lines,
    realised_lines,
    stability,
)
from training.windows import covered_month_ends, month_ends

_DAYS_AT_ONCE = 12  # in one query, as `training.population` does
_AT_ONCE = 500  # movers whose accounts are held in memory while they are worked out


@dataclass(frozen=True)
class Contest:
    """The policy that grades now, the one on trial, and the bundle that both use."""

    bundle: Bundle
    before: Policy
    after: Policy

    def __post_init__(self) -> None:
        """Refuse policies that cannot be compared by this bundle."""
        _refuse_strange(self)

    @property
    def policies(self) -> tuple[Policy, Policy]:
        """The one that grades now, then the one on trial."""
        return self.before, self.after


@dataclass(frozen=True)
class Movers:
    """The book of one day under both policies.

    Attributes
    ----------
    gradings : tuple of two lists of Grading
        Every customer under either policy.
    matrix : dict of str to dict of str to int
        Customers by grade from and to.
    moved : list of ToldChange
        The exact account of each customer whose grade differs, by id; data and model are 0.
    money : tuple of two lists of MoneyLine
        By grade under either policy, then everybody.
    """

    gradings: tuple[list[Grading], list[Grading]]
    matrix: Matrix
    moved: list[ToldChange]
    money: tuple[list[MoneyLine], list[MoneyLine]]


@dataclass(frozen=True)
class History:
    """What either policy would have told at past month-ends, and what came of it.

    Attributes
    ----------
    horizon_days : int
        The bundle's: a default counts within so many days after a month-end.
    months : tuple of date
        The month-ends graded.
    left_out : int
        Later month-ends up to the day of the run, whose horizon and reporting lag the ledger
        does not cover yet.
    realised : tuple of two lists of RealisedLine
        By grade; customers who were exposed and not in default on the day.
    steady : tuple of two Stability
        Of the grades of everybody.
    """

    horizon_days: int
    months: tuple[date, ...]
    left_out: int
    realised: tuple[list[RealisedLine], list[RealisedLine]]
    steady: tuple[Stability, Stability]


@dataclass(frozen=True)
class ShadowRun:
    """A policy tried on the book of a day and on past month-ends."""

    contest: Contest
    as_of: date
    movers: Movers
    history: History


def shadow_run(
    ledger: Ledger,
    contest: Contest,
    as_of: date,
    *,
    prior_grades: Mapping[str, str],
    config: TrainingConfig,
    months: int = 12,
) -> ShadowRun:
    """Return what another policy does to a book, and would have done.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger.
    contest : Contest
        Bundle and policies.
    as_of : date
        Day of the book; history ends here too.
    prior_grades : mapping of str to str
        The stored grades before override that both policies' hysteresis is measured from.
    config : TrainingConfig
        What a default is, the reporting lag, and when a ledger's history begins.
    months : int
        How many past month-ends are graded, at most; 0 for none.

    Raises
    ------
    LedgerError
        If nobody is known on the day.
    """
    return ShadowRun(
        contest,
        as_of,
        movers_of(snapshots(ledger, asked_pairs(ledger, as_of)), contest, prior_grades),
        history_of(ledger, contest, as_of, config=config, months=months),
    )


def movers_of(found: Snapshots, contest: Contest, prior_grades: Mapping[str, str]) -> Movers:
    """Return the book of a day under both policies, with the same prior grades for both.

    Parameters
    ----------
    found : Snapshots
        The features of everybody on the day.
    contest : Contest
        Bundle and policies.
    prior_grades : mapping of str to str
        What both sides' hysteresis is measured from: a change in time would take the first
        side's grades as the second's, but here one policy does not follow the other.
    """
    before, after = (
        grade_snapshots(found, contest.bundle, policy, prior_grades=prior_grades)
        for policy in contest.policies
    )
    places = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a.grade != b.grade]
    moved: list[ToldChange] = []
    for start in range(0, len(places), _AT_ONCE):
        some = places[start : start + _AT_ONCE]
        part = found.take(np.array(some))
        now, then = (Side(part, contest.bundle, policy) for policy in contest.policies)
        accounts = changes(now, then, ([before[i] for i in some], [after[i] for i in some]))
        moved += told_changes([_same_facts(account) for account in accounts], _no_rows)
    return Movers(
        (before, after),
        migration([g.grade for g in before], [g.grade for g in after]),
        moved,
        (money_lines(before, found), money_lines(after, found)),
    )


def history_of(
    ledger: Ledger,
    contest: Contest,
    as_of: date,
    *,
    config: TrainingConfig,
    months: int = 12,
) -> History:
    """Return what either policy would have told at past month-ends, and what came of it.

    Each policy chains its own grades: those before override at one month-end are the prior
    grades of the next, as if it had been active; the first month-end has none, and so no
    hysteresis.

    Parameters
    ----------
    ledger, contest, as_of, config, months
        As `shadow_run` takes them.
    """
    horizon = contest.bundle.horizon_days
    days, left_out = _month_ends(ledger, as_of, horizon, config, months)
    chains: tuple[list[dict[str, Grading]], list[dict[str, Grading]]] = ([], [])
    for book in books_of(ledger, days):
        for chain, policy in zip(chains, contest.policies, strict=True):
            chain.append(chained(book, contest.bundle, policy, chain))
    paths = [
        [{c: g.grade_before_override for c, g in month.items()} for month in chain]
        for chain in chains
    ]
    realised = _realised(ledger, days, horizon, config, chains)
    return History(horizon, days, left_out, realised, (stability(paths[0]), stability(paths[1])))


def _month_ends(
    ledger: Ledger, as_of: date, horizon: int, config: TrainingConfig, months: int
) -> tuple[tuple[date, ...], int]:
    """Return the last month-ends whose outcomes are known, and the number of those after."""
    first, last = ledger.first_day, ledger.last_day
    if first is None or last is None:
        return (), 0
    covered = [
        day
        for day in covered_month_ends(first, last, horizon_days=horizon, windows=config.windows)
        if day <= as_of
    ]
    # before the first as-of date there is too little history, whatever the horizon
    since = covered[-1] if covered else first + timedelta(days=config.windows.start_after_days - 1)
    later = month_ends(since + timedelta(days=1), min(as_of, last))
    return tuple(covered[-months:] if months else ()), len(later)


def books_of(ledger: Ledger, days: Sequence[date]) -> Iterator[Snapshots]:
    """Yield the features of everybody known on each day, days in their order."""
    for start in range(0, len(days), _DAYS_AT_ONCE):
        some = days[start : start + _DAYS_AT_ONCE]
        known = snapshots(ledger, all_pairs(ledger, list(some)))
        for day in some:
            yield known.take(np.flatnonzero(known.as_of == np.datetime64(day)))


def chained(
    book: Snapshots, bundle: Bundle, policy: Policy, chain: Sequence[Mapping[str, Grading]]
) -> dict[str, Grading]:
    """Return a day's gradings by customer; those of the chain's last day are the prior grades."""
    prior = {c: g.grade_before_override for c, g in chain[-1].items()} if chain else {}
    gradings = grade_snapshots(book, bundle, policy, prior_grades=prior)
    return {grading.customer_id: grading for grading in gradings}


def _realised(
    ledger: Ledger,
    days: Sequence[date],
    horizon: int,
    config: TrainingConfig,
    chains: tuple[list[dict[str, Grading]], list[dict[str, Grading]]],
) -> tuple[list[RealisedLine], list[RealisedLine]]:
    if not days:
        return [], []
    rows = Population(ledger, config.default).rows(days, horizon)
    place = {day: number for number, day in enumerate(days)}
    keys = [
        (place[day], customer)
        for day, customer in zip(
            rows.snapshots.as_of.tolist(), rows.snapshots.customer_ids, strict=True
        )
    ]
    before, after = ([chain[month][customer] for month, customer in keys] for chain in chains)
    told = np.array([grading.default_probability for grading in before])
    return (
        realised_lines([g.grade for g in before], told, rows.defaulted),
        realised_lines([g.grade for g in after], told, rows.defaulted),
    )


def _same_facts(account: Change) -> Change:
    """Return the account without the features, none of which moved."""
    return replace(account, features=())


def _no_rows(found: Sequence[Change]) -> Sequence[Mapping[str, tuple[()]]]:
    return [{} for _ in found]


def _refuse_strange(contest: Contest) -> None:
    before, after = contest.policies
    if before.ledger.currency != after.ledger.currency:
        message = (
            f"Policy {after.policy_version} reads ledgers in {after.ledger.currency}, policy "
            f"{before.policy_version} in {before.ledger.currency}: their amounts cannot be "
            "compared. Give ledger.currency the same value in both."
        )
        raise ModelError(message)
    horizon = contest.bundle.horizon_days
    for policy in contest.policies:
        if str(horizon) not in policy.scale.anchors:
            message = (
                f"Policy {policy.policy_version} has no scale anchors for the horizon of "
                f"{horizon} days of bundle {contest.bundle.model_version} (it has "
                f"{', '.join(policy.scale.anchors)}). Add {horizon} to its [scale.anchors]."
            )
            raise ModelError(message)
