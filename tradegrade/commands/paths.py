"""The command that tells what would bring a customer to a better grade."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from features.errors import UsageError
from models.bands import GRADES
from models.explain.words import Text
from models.paths.document import paths_document
from models.paths.paths import Paths, find_paths
from models.paths.told import conduct_text, headline, path_end
from tradegrade.options import (
    DAY,
    bundle_option,
    json_option,
    lang_option,
    ledger_option,
    policy_option,
)
from tradegrade.output import print_json
from tradegrade.workspace import grader, ledger_of, prior_grades

SHOWN_FADES = 8


@click.command()
@click.argument("customer")
@ledger_option()
@click.option("--as-of", type=DAY, required=True, help="Day that the ledger is copied as of.")
@click.option("--to", "wanted", type=click.Choice(GRADES), required=True, help="Grade to reach.")
@click.option("--by", type=DAY, help="Last day looked at; a year after --as-of if not given.")
@bundle_option()
@policy_option()
@lang_option()
@json_option()
def paths(
    customer: str,
    ledger: Path,
    as_of: date,
    wanted: str,
    by: date | None,
    bundle: str | None,
    policy: Path | None,
    lang: str,
    as_json: bool,
) -> None:
    """Find what would bring a customer to a grade, and prove it by regrading a copy.

    Least money first, then fewest days. Nothing in the ledger is changed.
    """
    if by is not None and by <= as_of:
        message = f"A path leads into the future, but {by} is not after {as_of}. Give a later --by."
        raise UsageError(message)
    grading = grader(bundle, policy)
    with ledger_of(ledger, grading, as_of) as opened:
        found = find_paths(
            opened,
            customer,
            as_of,
            grading,
            wanted=wanted,
            by=by,
            prior_grade=prior_grades(as_of).get(customer),
        )
    if as_json:
        print_json([paths_document(found)])
    else:
        print_paths(found, lang)


def print_paths(found: Paths, lang: str) -> None:
    """Print paths for a person: the cheapest first, then what fades when."""
    click.echo(headline(found).of(lang))
    for path in found.paths:
        click.echo(f"- {path_end(path).of(lang)}")
        for action in path.actions:
            click.echo(f"    {action.note.of(lang)}")
    conduct = conduct_text(found)
    if conduct is not None:
        click.echo(conduct.of(lang))
    if found.fades:
        click.echo(Text("不良记录何时消退：", "When bad facts fade:").of(lang))
    for fade in found.fades[:SHOWN_FADES]:
        click.echo(f"    {fade.text.of(lang)}")
    left = len(found.fades) - SHOWN_FADES
    if left > 0:
        click.echo(f"    {Text(f'另有{left}项', f'and {left} more').of(lang)}")
