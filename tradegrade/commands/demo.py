"""The demo: a made-up seller, from its ledger to explained grades."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import click

from features.ledger.open import Ledger
from features.ledger.simulate import simulate
from models.book import Book, Grader, book_of_day
from models.book_changes import changes_between
from models.champion import FILE as CHAMPION
from models.summary import grade_lines
from serving.promotions.promotion import champion_of
from tradegrade.commands.grades import (
    keep,
    print_change,
    print_explanation,
    print_lines,
    told_storing,
)
from tradegrade.commands.promotion import record_first_champion
from tradegrade.commands.report import page_of, report_file
from tradegrade.output import note, write_text
from tradegrade.workspace import grader, home, ledger_of, prior_grades, ready_home
from training.config import load_config
from training.train import TrainResult, train

CUSTOMERS, MONTHS, SEED, HORIZON_DAYS = 2_000, 36, 7, 180
MONTH_ENDS = (date(2025, 11, 30), date(2025, 12, 31))
LANGUAGES = ("zh", "en")


@click.command()
def demo() -> None:
    """Simulate a ledger, train, grade two month-ends, explain one grade and its change."""
    ledger = _ledger()
    trained = _trained(ledger)
    grading = grader(str(trained.bundle), None)
    with ledger_of(ledger, grading, MONTH_ENDS[-1]) as opened:
        books = _books(opened, grading)
        _explained(opened, grading, books)
        for lang in LANGUAGES:
            path = report_file(MONTH_ENDS[-1], lang)
            write_text(path, page_of(opened, books[-1], grading, lang))
            click.echo(f"risk report {path}")
    click.echo(f"validation report {trained.report}")
    click.echo("`make serve` shows this book on a page and answers over HTTP")


def _ledger() -> Path:
    folder = ready_home() / "demo" / "ledger"
    note(f"1 of 4  simulate {CUSTOMERS} customers over {MONTHS} months into {folder}")
    if folder.exists():
        shutil.rmtree(folder)
    simulate(CUSTOMERS, MONTHS, SEED, folder)
    return folder


def _trained(ledger: Path) -> TrainResult:
    note(f"2 of 4  train on it, horizon {HORIZON_DAYS} days")
    before = champion_of(home() / CHAMPION)
    trained = train(ledger, load_config().with_options(horizon_days=HORIZON_DAYS), home=home())
    record_first_champion(trained, before)
    figures = trained.judged.metrics
    click.echo(
        f"model={trained.model_version} auc={figures.auc:.4f} ks={figures.ks:.4f} "
        f"ece={figures.ece:.4f} split={trained.dataset.split}"
    )
    return trained


def _books(ledger: Ledger, grading: Grader) -> list[Book]:
    note("3 of 4  grade two month-ends")
    books = []
    for day in MONTH_ENDS:
        book = book_of_day(ledger, day, grading, prior_grades=prior_grades(day))
        note(told_storing(keep(book, ledger, grading)))
        click.echo(f"as_of={day} customers={len(book.gradings)}")
        print_lines(grade_lines(book.gradings, book.snapshots))
        books.append(book)
    return books


def _explained(ledger: Ledger, grading: Grader, books: list[Book]) -> None:
    note("4 of 4  explain the grade that fell most, and its fall")
    before = {g.customer_id: g.score for g in books[0].gradings}
    falls = [before.get(g.customer_id, g.score) - g.score for g in books[-1].gradings]
    place = falls.index(max(falls))
    click.echo("")
    print_explanation(_only(books[-1], place), "en")
    (told,) = changes_between(
        ledger,
        MONTH_ENDS,
        (grading, grading),
        customer_ids=[books[-1].gradings[place].customer_id],
        prior_grades=prior_grades(MONTH_ENDS[0]),
    )
    for lang in LANGUAGES:
        click.echo("")
        print_change(told, lang)
    click.echo("")


def _only(book: Book, place: int) -> Book:
    return replace(
        book,
        snapshots=book.snapshots.take([place]),
        explanations=[book.explanations[place]],
        reasons=[book.reasons[place]],
    )
