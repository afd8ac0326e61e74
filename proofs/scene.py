"""A made-up seller, a trained bundle, and the grades of a day: what the kills are tried on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from features.ledger.open import open_ledger
from features.ledger.simulate import simulate
from models.book import Book, Grader, book_of_day
from models.bundle import load_bundle
from models.document import grade_document
from models.policy.load import load_policy
from proofs.storing import DayOfGrades
from serving.grades.records import GradingRun
from training.config import load_config
from training.train import train

EARLIER, DAY = date(2025, 11, 30), date(2025, 12, 31)


@dataclass(frozen=True)
class Scene:
    """A ledger and a bundle, with the grades of two month-ends computed, not stored."""

    ledger: Path
    bundle: Path
    earlier: DayOfGrades
    day: DayOfGrades


def trained_scene(folder: Path, *, customers: int, months: int, seed: int) -> Scene:
    """Simulate a ledger, train on it, and grade two month-ends.

    Parameters
    ----------
    folder : Path
        An empty folder for ledger and bundle.
    customers, months, seed : int
        Of the made-up ledger; too few customers have too few defaults to train.
    """
    ledger = folder / "ledger"
    simulate(customers, months, seed, ledger)
    config = load_config().with_options(horizon_days=90)
    return scene_of(ledger, train(ledger, config, home=folder / "trained").bundle)


def scene_of(ledger: Path, bundle: Path) -> Scene:
    """Return the scene of a ledger and a bundle."""
    grader = Grader(load_bundle(bundle), load_policy(None))
    currency = grader.policy.ledger.currency
    with open_ledger(ledger, ledger_currency=currency, latest=DAY) as opened:
        earlier = book_of_day(opened, EARLIER, grader)
        prior = {g.customer_id: g.grade_before_override for g in earlier.gradings}
        day = book_of_day(opened, DAY, grader, prior_grades=prior)
        facts = opened.fingerprint
    return Scene(ledger, bundle, _to_store(earlier, grader, facts), _to_store(day, grader, facts))


def _to_store(book: Book, grader: Grader, facts: str) -> DayOfGrades:
    run = GradingRun(
        as_of=book.as_of,
        model_version=grader.bundle.model_version,
        policy_version=grader.policy.policy_version,
        policy_content=grader.policy.content,
        ledger_fingerprint=facts,
    )
    pairs = zip(book.gradings, book.reasons, strict=True)
    documents = [grade_document(grading, reasons) for grading, reasons in pairs]
    return DayOfGrades(run, documents, [book.snapshots.row(i) for i in range(len(book.snapshots))])
