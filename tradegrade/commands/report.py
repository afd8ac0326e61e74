"""The risk report: grade a day's book and draw it on one page."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from features.customers import customer_names
from features.ledger.open import Ledger
from models.book import Book, Grader, book_of_day
from serving.reports.risk import risk_page, risk_report
from tradegrade.commands.losses import losses_of
from tradegrade.options import (
    A_PATH,
    DAY,
    bundle_option,
    json_option,
    ledger_option,
    policy_option,
)
from tradegrade.output import print_json, write_text
from tradegrade.workspace import grader, home, ledger_of, prior_grades


@click.command()
@ledger_option()
@click.option("--as-of", type=DAY, required=True, help="Day of the book.")
@bundle_option()
@policy_option()
@click.option("--lang", type=click.Choice(["zh", "en"]), default="en", help="Language of the page.")
@click.option("--out", type=A_PATH, help="File to write; without it under the workspace.")
@json_option()
def report(
    ledger: Path,
    as_of: date,
    bundle: str | None,
    policy: Path | None,
    lang: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Write the risk report of a day's book as an HTML page that prints."""
    grading = grader(bundle, policy)
    with ledger_of(ledger, grading, as_of) as opened:
        book = book_of_day(opened, as_of, grading, prior_grades=prior_grades(as_of))
        path = out or report_file(as_of, lang)
        write_text(path, page_of(opened, book, grading, lang))
    if as_json:
        print_json([{"as_of": as_of.isoformat(), "lang": lang, "report": str(path)}])
    else:
        click.echo(f"report {path}")


def report_file(as_of: date, lang: str) -> Path:
    """Return where a risk report lies in the workspace."""
    return home() / "reports" / f"risk-{as_of}.{lang}.html"


def page_of(ledger: Ledger, book: Book, grading: Grader, lang: str) -> str:
    """Return the page of a book in a language."""
    told = risk_report(
        book,
        grading,
        losses_of(ledger, book, grading),
        names=customer_names(ledger, book.as_of),
        language=lang,
    )
    return risk_page(told, lang)
