"""The command that tells what would bring a customer to a better grade."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from features.errors import UsageError
from models.bands import GRADES
from models.explain.words import Text
from models.paths.document import paths_document
from models.paths.paths import Path as Way
from models.paths.paths import Paths, find_paths
from models.paths.words import amount_text
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
    click.echo(_headline(found).of(lang))
    for way in found.paths:
        click.echo(f"- {_end(way).of(lang)}")
        for action in way.actions:
            click.echo(f"    {action.note.of(lang)}")
    if found.good_conduct is not None and found.paths:
        click.echo(_conduct(found).of(lang))
    if found.fades:
        click.echo(Text("不良记录何时消退：", "When bad facts fade:").of(lang))
    for fade in found.fades[:SHOWN_FADES]:
        click.echo(f"    {fade.text.of(lang)}")
    left = len(found.fades) - SHOWN_FADES
    if left > 0:
        click.echo(f"    {Text(f'另有{left}项', f'and {left} more').of(lang)}")


def _headline(found: Paths) -> Text:
    now = found.now
    who = Text(
        f"{now.customer_id}截至{now.as_of}为{now.grade}级（{now.score:.2f}分）",
        f"{now.customer_id} is {now.grade} as of {now.as_of} (score {now.score:.2f})",
    )
    if found.because is not None:
        return Text(f"{who.zh}。{found.because.zh}。", f"{who.en}. {found.because.en}.")
    if not found.paths:
        return Text(
            f"{who.zh}，已达到{found.wanted}级。", f"{who.en}: {found.wanted} is held already."
        )
    return Text(
        f"{who.zh}。在{found.by}之前达到{found.wanted}级的办法，均已在账套副本上重新评级验证：",
        f"{who.en}. What reaches {found.wanted} by {found.by}, proved by regrading a copy:",
    )


def _end(way: Way) -> Text:
    grading, amount = way.grading, amount_text(way.minor)
    return Text(
        f"所需金额{amount}，{grading.as_of}为{grading.grade}级（{grading.score:.2f}分）",
        f"takes {amount}: {grading.grade} on {grading.as_of} (score {grading.score:.2f})",
    )


def _conduct(found: Paths) -> Text:
    conduct = found.good_conduct
    on = "" if conduct is None else conduct.as_of
    return Text(
        f"仅凭良好行为（付清逾期、照常采购并按时付款），最早于{on}达到",
        f"By good conduct alone (what is overdue paid, buying on and paying on time) on {on} at "
        "the earliest",
    )
