"""The account of a change, checked over a whole book: every customer, every two month-ends.

``python -m proofs.identity --ledger LEDGER`` grades every month-end of a ledger with the
workspace's champion and active policy and accounts for the change between every two of them;
with ``--bundle-to`` and ``--policy-to`` the later of the two is graded by those. With
``--customers N`` a seller is made up, two models are trained on it, and the later end is graded by
the other model and another policy. Of each account:
the blocks add up to the difference of the scores, the features to the block of the data; what
did not move, and a block of which nothing changed, is exactly 0.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import combinations
from pathlib import Path

import click
import numpy as np

from features.errors import LedgerError, ModelError
from features.ledger.open import Ledger, open_ledger
from features.ledger.simulate import simulate
from features.matrix import Snapshots
from features.snapshot import all_pairs, snapshots
from models.book import Grader
from models.bundle import load_bundle
from models.explain.change import Change, Side, changes
from models.grading import Grading, grade_snapshots
from models.policy.load import load_policy
from tradegrade.options import A_PATH, bundle_option, policy_option
from tradegrade.workspace import active_policy, bundle_folder
from training.config import load_config
from training.train import train
from training.windows import month_ends

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Identity:
    """What was found of some changes.

    Attributes
    ----------
    changes : int
        Accounts that were checked.
    moved : int
        Of them, those whose score moved.
    grades : int
        Those whose grade moved.
    largest : float
        Largest |Σ blocks − Δscore| / max(1, |Δscore|).
    largest_data : float
        Largest |Σ features − data| in points.
    faults : tuple of str
        What broke a promise; the first few of each pair of days.
    """

    changes: int = 0
    moved: int = 0
    grades: int = 0
    largest: float = 0.0
    largest_data: float = 0.0
    faults: tuple[str, ...] = ()

    def and_then(self, other: Identity) -> Identity:
        """Return what was found of both."""
        return Identity(
            self.changes + other.changes,
            self.moved + other.moved,
            self.grades + other.grades,
            max(self.largest, other.largest),
            max(self.largest_data, other.largest_data),
            (*self.faults, *other.faults),
        )


def identity_of(found: Iterable[Change], *, same_model: bool, same_policy: bool) -> Identity:
    """Return whether accounts keep what they promise.

    Parameters
    ----------
    found : iterable of Change
        From `models.explain.change.changes`.
    same_model, same_policy : bool
        Whether one bundle, one policy graded both ends.
    """
    many = moved = grades = 0
    largest = largest_data = 0.0
    faults: list[str] = []
    for change in found:
        many += 1
        difference = change.after.score - change.before.score
        moved += difference != 0
        grades += change.after.grade != change.before.grade
        error = abs(sum(change.blocks.values()) - difference) / max(1.0, abs(difference))
        data = abs(sum(f.points for f in change.features) - change.blocks["data"])
        largest, largest_data = max(largest, error), max(largest_data, data)
        faults += _faults(change, error, same_model=same_model, same_policy=same_policy)
    return Identity(many, moved, grades, largest, largest_data, tuple(faults[:5]))


def _faults(change: Change, error: float, *, same_model: bool, same_policy: bool) -> list[str]:
    who = f"{change.after.customer_id} {change.before.as_of} to {change.after.as_of}"
    faults = []
    if not error <= TOLERANCE:
        faults.append(f"{who}: the blocks miss the difference by {error:g}")
    for block, same in (("model", same_model), ("policy", same_policy)):
        if same and change.blocks[block] != 0:
            faults.append(f"{who}: nothing of the {block} changed, but it has points")
    for moved in change.features:
        stood = moved.before == moved.after or (np.isnan(moved.before) and np.isnan(moved.after))
        if stood and moved.points != 0:
            faults.append(f"{who}: {moved.feature} did not move, but has points")
    return faults


@dataclass(frozen=True)
class Book:
    """A book on some days, and the files of what grades either end."""

    days: tuple[date, ...]
    rows: tuple[Snapshots, ...]
    bundles: tuple[Path, Path]
    policies: tuple[Path | None, Path | None]


def book_of(
    ledger: Ledger,
    days: Sequence[date],
    bundles: tuple[Path, Path],
    policies: tuple[Path | None, Path | None],
) -> Book:
    """Return the features of everybody known on each day."""
    rows = tuple(snapshots(ledger, all_pairs(ledger, [day])) for day in days)
    return Book(tuple(days), rows, bundles, policies)


def identity_run(book: Book, *, processes: int = 2, batches: int = 64) -> Identity:
    """Return what is found of every change between two days of a book, and within each.

    Parameters
    ----------
    book : Book
        From `book_of`.
    processes : int
        That share the pairs of days.
    batches : int
        In how many parts the pairs are handed out.
    """
    pairs = list(combinations(range(len(book.days)), 2))
    parts = [pairs[start::batches] for start in range(min(batches, len(pairs)))]
    found = Identity()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        for place, part in enumerate(pool.map(partial(_of_pairs, book), parts)):
            found = found.and_then(part)
            click.echo(f"{place + 1} of {len(parts)}: {found.changes:,} changes", err=True)
    return found


def _of_pairs(book: Book, pairs: Sequence[tuple[int, int]]) -> Identity:
    graders = [
        Grader(load_bundle(bundle), load_policy(policy))
        for bundle, policy in zip(book.bundles, book.policies, strict=True)
    ]
    found = Identity()
    for first, last in pairs:
        before, after = _same_customers(book.rows[first], book.rows[last])
        found = found.and_then(_of_sides(before, after, graders[0], graders[1]))
    return found


def _of_sides(before: Snapshots, after: Snapshots, first: Grader, last: Grader) -> Identity:
    sides = Side(before, first.bundle, first.policy), Side(after, last.bundle, last.policy)
    then = _graded(before, first, {})
    prior = {grading.customer_id: grading.grade_before_override for grading in then}
    now = _graded(after, last, prior)
    return identity_of(
        changes(*sides, (then, now)),
        same_model=first.bundle.model_version == last.bundle.model_version,
        same_policy=first.policy.sha256 == last.policy.sha256,
    )


def _graded(rows: Snapshots, grader: Grader, prior: dict[str, str]) -> list[Grading]:
    return grade_snapshots(rows, grader.bundle, grader.policy, prior_grades=prior)


def _same_customers(before: Snapshots, after: Snapshots) -> tuple[Snapshots, Snapshots]:
    place = {customer: row for row, customer in enumerate(before.customer_ids)}
    both = [row for row, customer in enumerate(after.customer_ids) if customer in place]
    return before.take([place[after.customer_ids[row]] for row in both]), after.take(both)


@click.command()
@click.option("--ledger", type=A_PATH, help="A ledger, graded by the workspace's bundles.")
@click.option("--customers", type=click.IntRange(400), help="Make a seller up instead.")
@bundle_option("--bundle-from")
@bundle_option("--bundle-to")
@policy_option("--policy-from")
@policy_option("--policy-to")
@click.option("--months", type=click.IntRange(2), help="The last so many month-ends; all if not.")
@click.option("--processes", default=2, show_default=True, type=click.IntRange(1))
def identity(
    ledger: Path | None,
    customers: int | None,
    bundle_from: str | None,
    bundle_to: str | None,
    policy_from: Path | None,
    policy_to: Path | None,
    months: int | None,
    processes: int,
) -> None:
    """Check the account of every change between every two month-ends of a ledger."""
    if (ledger is None) == (customers is None):
        message = "Give either --ledger or --customers."
        raise click.UsageError(message)
    with tempfile.TemporaryDirectory(prefix="tradegrade-proof-") as name:
        if ledger is None:
            made = made_up(Path(name), int(customers or 0))
            ledger, bundles, policies = made.ledger, made.bundles, made.policies
        else:
            bundles = bundle_folder(bundle_from), bundle_folder(bundle_to)
            policies = policy_from or active_policy(), policy_to or active_policy()
        currency = load_policy(policies[1]).ledger.currency
        with open_ledger(ledger, ledger_currency=currency) as opened:
            book = book_of(opened, _days(opened, months), bundles, policies)
        found = identity_run(book, processes=processes)
    click.echo(
        f"identity: {found.changes} changes between {len(book.days)} month-ends ({book.days[0]} to "
        f"{book.days[-1]}): {found.moved} scores and {found.grades} grades moved; largest error "
        f"{found.largest:.3g}, of the data block {found.largest_data:.3g}; "
        f"{len(found.faults)} faults"
    )
    for fault in found.faults:
        click.echo(f"identity: FAULT {fault}")
    sys.exit(1 if found.faults else 0)


def _days(ledger: Ledger, months: int | None) -> tuple[date, ...]:
    if ledger.first_day is None or ledger.last_day is None:
        message = f"The ledger {ledger.path} has no invoice. Give another."
        raise LedgerError(message)
    return month_ends(ledger.first_day, ledger.last_day)[-(months or 0) :]


@dataclass(frozen=True)
class MadeUp:
    """A made-up seller, two models of it, and two policies."""

    ledger: Path
    bundles: tuple[Path, Path]
    policies: tuple[Path | None, Path | None]


def made_up(folder: Path, customers: int) -> MadeUp:
    """Simulate a seller, train two models on it, and write a policy that differs everywhere."""
    ledger = folder / "ledger"
    simulate(customers, 36, 1, ledger)
    trained = [
        train(ledger, load_config().with_options(horizon_days=days, seed=days), home=folder).bundle
        for days in (90, 180)
    ]
    other = folder / "other.toml"
    other.write_text(other_policy(load_policy().content.decode()), encoding="utf-8")
    return MadeUp(ledger, (trained[0], trained[1]), (None, other))


def other_policy(text: str) -> str:
    """Return a policy's text with other weights, bands, curves, margins and shares."""
    for old, new in (
        ("rule_weight = 0.4 ", "rule_weight = 0.55 "),
        ("payment_timeliness = 0.30", "payment_timeliness = 0.20"),
        ("litigation = 0.15", "litigation = 0.25"),
        ("B = 60.0", "B = 63.0"),
        ("curve = [[0.60, 0.0], [0.95, 100.0]]", "curve = [[0.50, 0.0], [0.99, 100.0]]"),
        ("overdue_days_to_c = 60", "overdue_days_to_c = 45"),
        ("upgrade_margin = 2.0", "upgrade_margin = 3.0"),
        ("safe_points = 80.0", "safe_points = 82.0"),
    ):
        if text.count(old) != 1:
            message = f"{old!r} stands {text.count(old)} times in the packaged policy."
            raise ModelError(message)
        text = text.replace(old, new)
    return text


if __name__ == "__main__":
    identity()
