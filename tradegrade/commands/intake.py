"""Import: facts from files into a versioned ledger."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from features.intake.importing import Outcome, Request, import_facts
from features.ledger.tables import TABLES
from models.policy.load import load_policy
from tradegrade.options import A_PATH, json_option
from tradegrade.output import note, print_json
from tradegrade.workspace import active_policy

OWN = "own"


@click.command("import")
@click.argument("path", type=A_PATH)
@click.option("--to", "ledger", type=A_PATH, required=True, help="Folder of the versioned ledger.")
@click.option(
    "--mapping",
    default=OWN,
    show_default=True,
    help="How the files' columns are called: own is the ledger's own names.",
)
@click.option("--table", type=click.Choice(list(TABLES)), help="What the file holds.")
@click.option("--strict", is_flag=True, help="Take nothing where one row is bad.")
@json_option()
def import_(
    path: Path, ledger: Path, mapping: str, table: str | None, strict: bool, as_json: bool
) -> None:
    """Take the rows of PATH, a file or a folder of tables, into a versioned ledger.

    Good rows are taken, bad ones are written aside with their reasons. A changed row is a
    correction known from today; nothing is overwritten. Importing the same again changes
    nothing.
    """
    if mapping != OWN:
        message = f"There is no mapping {mapping}. Rename the columns to the ledger's and leave --mapping out."  # noqa: E501
        raise click.UsageError(message)
    currency = load_policy(active_policy()).ledger.currency
    request = Request(path, ledger, table, strict, currency)
    outcome = import_facts(request, waits=lambda: note("another import is running: waiting for it"))
    if as_json:
        print_json([_document(outcome)])
    else:
        _tell(outcome, ledger)


def _document(outcome: Outcome) -> dict[str, Any]:
    return {
        "number": outcome.number,
        "day": outcome.day.isoformat(),
        "tables": [
            {"name": name, **asdict(merged), "rejected": outcome.rejected.get(name, 0)}
            for name, merged in outcome.tables.items()
        ],
        "rejects": None if outcome.rejects is None else str(outcome.rejects),
        "ignored": outcome.ignored,
        "rounded": outcome.rounded,
    }


def _tell(outcome: Outcome, ledger: Path) -> None:
    for name, merged in outcome.tables.items():
        told = " ".join(f"{what}={count}" for what, count in asdict(merged).items() if count)
        rejected = outcome.rejected.get(name, 0)
        bad = f" rejected={rejected}" if rejected else ""
        click.echo(f"{name} {told or 'nothing'}{bad}")
    for file, columns in outcome.ignored.items():
        note(f"{file}: left out the columns {', '.join(columns)}, which are not the ledger's")
    for name, counts in outcome.rounded.items():
        for column, count in counts.items():
            note(f"{name}.{column}: {count} values have more than two places and were rounded "
                 "half-even")  # fmt: skip
    if outcome.rejects is not None:
        note(
            f"{sum(outcome.rejected.values())} rows were rejected; their reasons: {outcome.rejects}"
        )
    note(f"{ledger} is at state {outcome.number}")
