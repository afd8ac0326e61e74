"""The command that tells expected losses and provisions of a day's book."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from features.errors import ModelError
from features.ledger.open import Ledger
from features.snapshot import snapshots
from models.book import Book, Grader, asked_pairs
from models.bundle import Bundle
from models.grading import grade_snapshots
from models.losses.document import LOSS_SCHEMA, customer_documents, loss_document
from models.losses.expected import LossBook, expected_losses, loss_facts
from tradegrade.commands.losses_text import loss_lines
from tradegrade.options import (
    A_PATH,
    DAY,
    bundle_option,
    json_option,
    lang_option,
    ledger_option,
    policy_option,
)
from tradegrade.output import note, print_json, refuse_unwritable, write_rows
from tradegrade.workspace import grader, home, ledger_of, prior_grades
from training import runs
from training.config import load_config


@click.command()
@ledger_option()
@click.option("--as-of", type=DAY, required=True, help="Day of the book.")
@bundle_option()
@policy_option()
@click.option("--out", type=A_PATH, help="Parquet or CSV file to write, one row per customer.")
@lang_option()
@json_option()
def losses(
    ledger: Path,
    as_of: date,
    bundle: str | None,
    policy: Path | None,
    out: Path | None,
    lang: str,
    as_json: bool,
) -> None:
    """Tell the expected loss of a day's book by grade and ageing bucket, beside its provision."""
    refuse_unwritable(out)
    grading = grader(bundle, policy)
    with ledger_of(ledger, grading, as_of) as opened:
        found = snapshots(opened, asked_pairs(opened, as_of))
        gradings = grade_snapshots(
            found, grading.bundle, grading.policy, prior_grades=prior_grades(as_of)
        )
        facts = loss_facts(opened, as_of, grading, default_on=default_of(grading.bundle))
        book = expected_losses(facts, found, gradings, grading)
    if out is not None:
        write_rows(out, list(customer_documents(book)), LOSS_SCHEMA)
        note(f"wrote {len(book.customers)} customers to {out}")
    if as_json:
        print_json([loss_document(book, grading.policy.loss)])
        return
    for line in loss_lines(book, grading.policy.loss, lang):
        click.echo(line)


def losses_of(ledger: Ledger, book: Book, grading: Grader) -> LossBook:
    """Return the expected losses of a book that was graded already."""
    facts = loss_facts(ledger, book.as_of, grading, default_on=default_of(grading.bundle))
    return expected_losses(facts, book.snapshots, book.gradings, grading)


def default_of(bundle: Bundle) -> tuple[str, ...]:
    """Return what a bundle's probability calls a default: as its run was told.

    For a bundle that came from elsewhere, without its run, the packaged definition holds, and a
    note says so.
    """
    try:
        told = runs.read_record(home(), bundle.model_version)["config"]["default"]["on"]
    except ModelError:
        packaged = load_config().default.on
        note(
            f"note: the workspace has no run of model {bundle.model_version}; a default is taken "
            f"to be {', '.join(packaged)}"
        )
        return tuple(packaged)
    return tuple(told)
