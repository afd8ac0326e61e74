"""Commands about grades: give them, explain one, account for a change."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from features.errors import UsageError
from features.ledger.open import Ledger
from models.book import (
    Book,
    Grader,
    book_of_day,
    driver_rows,
    known_customers,
)
from models.book_changes import changes_between
from models.document import (
    GRADE_SCHEMA,
    change_document,
    explanation_document,
    grade_document,
)
from models.explain.told import ToldChange
from models.explain.words import (
    ADJUSTMENTS,
    KINDS,
    OTHERS,
    REFERENCE,
    SCORE,
    grade_sentence,
    label,
    value_text,
)
from models.summary import GradeLine, grade_lines
from models.sureness.told import how_sure
from models.sureness.words import sureness_sentence
from serving.grades.keeping import keep_book
from serving.grades.records import Stored
from tradegrade.commands.grade_file import grade_file
from tradegrade.engines import computing
from tradegrade.options import (
    A_PATH,
    DAY,
    bundle_option,
    engine_option,
    json_option,
    ledger_option,
    policy_option,
)
from tradegrade.output import note, print_json, refuse_unwritable, write_rows
from tradegrade.workspace import grade_store, grader, ledger_of, prior_grades

_SHOWN_DRIVERS = 12


@click.command()
@ledger_option(required=False)
@click.option("--as-of", type=DAY, help="Day to grade for.")
@click.option("--features", type=A_PATH, help="What `features` writes, in place of a ledger.")
@bundle_option()
@policy_option()
@click.option("--out", type=A_PATH, help="File to write, .parquet or .csv.")
@click.option("--drivers", is_flag=True, help="Tell every driver; with --features.")
@click.option("--store", is_flag=True, help="Keep the grades in the workspace's store.")
@engine_option()
@json_option()
def grade(
    ledger: Path | None,
    as_of: date | None,
    features: Path | None,
    bundle: str | None,
    policy: Path | None,
    out: Path | None,
    drivers: bool,
    store: bool,
    engine: str,
    as_json: bool,
) -> None:
    """Grade every customer known on a day, or every row of a file of features."""
    refuse_unwritable(out)
    _refuse_mixed((ledger, as_of), features, drivers=drivers, store=store, engine=engine)
    grading = grader(bundle, policy)
    note(f"graded by model {grading.bundle.model_version}, policy {grading.policy.policy_version}")
    lines: list[GradeLine] = []
    if features is not None:
        lines = grade_file(features, grading, out=out, drivers=drivers, as_json=as_json)
    elif ledger is not None and as_of is not None:
        book = _graded_day(ledger, as_of, grading, engine=engine, store=store)
        documents = documents_of(book)
        if out is not None:
            write_rows(out, documents, GRADE_SCHEMA)
            note(f"wrote {len(documents)} grades to {out}")
        if as_json:
            print_json(documents)
        lines = grade_lines(book.gradings, book.snapshots)
    if not as_json:
        print_lines(lines)


def _graded_day(ledger: Path, as_of: date, grading: Grader, *, engine: str, store: bool) -> Book:
    with computing(engine) as ready, ledger_of(ledger, grading, as_of) as opened:
        prior = prior_grades(as_of)
        book = book_of_day(opened, as_of, grading, prior_grades=prior, grade=ready.grade)
        if store:
            note(told_storing(keep(book, opened, grading)))
    return book


def _refuse_mixed(
    source: tuple[Path | None, date | None],
    features: Path | None,
    *,
    drivers: bool,
    store: bool,
    engine: str,
) -> None:
    """Raise a UsageError if the options do not say one thing to grade."""
    ledger, as_of = source
    if (ledger is None) == (features is None):
        message = "Give either --ledger with --as-of, or --features."
    elif features is None and as_of is None:
        message = "Give --as-of, the day to grade for."
    elif features is None and drivers:
        message = "--drivers goes with --features; `tradegrade explain` tells one customer's."
    elif features is not None and as_of is not None:
        message = "The features say their days themselves; leave out --as-of."
    elif features is not None and store:
        message = "--store keeps the ledger that a grade can be replayed from; give --ledger."
    elif features is not None and engine != "duckdb":
        message = "The features are computed already; leave out --engine."
    else:
        return
    raise UsageError(message)


@click.command()
@click.argument("customer")
@ledger_option()
@click.option("--as-of", type=DAY, required=True, help="Day of the grade.")
@bundle_option()
@policy_option()
@click.option("--lang", type=click.Choice(["zh", "en"]), default="en", help="Language of the text.")
@json_option()
def explain(
    customer: str,
    ledger: Path,
    as_of: date,
    bundle: str | None,
    policy: Path | None,
    lang: str,
    as_json: bool,
) -> None:
    """Explain one grade: score = reference + drivers + adjustments, exactly."""
    grading = grader(bundle, policy)
    with ledger_of(ledger, grading, as_of) as opened:
        book = book_of_day(
            opened,
            as_of,
            grading,
            customer_ids=[customer],
            prior_grades=prior_grades(as_of),
        )
        rows = driver_rows(opened, book.explanations[0])
    sure = how_sure(book.snapshots, book.gradings[0], grading.bundle, grading.policy)
    if as_json:
        document = explanation_document(book.explanations[0], book.reasons[0], rows, sure=sure)
        print_json([document])
    else:
        print_explanation(book, lang)
        if sure is not None:
            click.echo(f"  {sureness_sentence(sure, book.gradings[0].grade).of(lang)}")


@click.command()
@click.argument("customer", required=False)
@click.option("--all", "everybody", is_flag=True, help="Every customer known on both days.")
@ledger_option()
@click.option("--from", "first", type=DAY, required=True, help="The earlier day.")
@click.option("--to", "last", type=DAY, required=True, help="The later day.")
@bundle_option("--bundle-from")
@bundle_option("--bundle-to")
@policy_option("--policy-from")
@policy_option("--policy-to")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="en", help="Language of the text.")
@json_option()
def change(
    customer: str | None,
    everybody: bool,
    ledger: Path,
    first: date,
    last: date,
    bundle_from: str | None,
    bundle_to: str | None,
    policy_from: Path | None,
    policy_to: Path | None,
    lang: str,
    as_json: bool,
) -> None:
    """Account for a change of a grade between two days: the blocks add up to it."""
    if (customer is None) != everybody:
        message = "Give either a customer or --all."
        raise UsageError(message)
    graders = (grader(bundle_from, policy_from), grader(bundle_to, policy_to))
    with ledger_of(ledger, graders[1], last) as opened:
        chosen = [customer] if customer is not None else _on_both(opened, first, last)
        found = changes_between(
            opened,
            (first, last),
            graders,
            customer_ids=chosen,
            prior_grades=prior_grades(first),
        )
        if as_json:
            print_json(change_document(told) for told in found)
        else:
            for told in found:
                print_change(told, lang)


def documents_of(book: Book) -> list[dict[str, object]]:
    """Return the fields of each grade of a book."""
    pairs = zip(book.gradings, book.reasons, strict=True)
    return [grade_document(grading, reasons) for grading, reasons in pairs]


def keep(book: Book, ledger: Ledger, grading: Grader) -> Stored:
    """Store a book's grades, all or none."""
    with grade_store() as store:
        return keep_book(store, book, ledger, grading)


def told_storing(stored: Stored) -> str:
    """Return what came of storing, for a person."""
    text = f"stored {stored.new} grades, {stored.same} stood there already"
    if stored.differing:
        shown = ", ".join(stored.differing[:3])
        text += (
            f"; {len(stored.differing)} stand there with other content and were left as they were "
            f"told (such as {shown}): the ledger's facts of that day, or the prior grades, changed"
        )
    return text


def print_lines(lines: list[GradeLine]) -> None:
    """Print one line per grade."""
    for line in lines:
        chance = "-" if line.default_probability is None else f"{line.default_probability:.2%}"
        click.echo(
            f"grade={line.grade} customers={line.customers} share={line.share:.1%} "
            f"default_probability={chance} exposure={line.exposure} "
            f"amount_at_risk={line.amount_at_risk}"
        )


def print_explanation(book: Book, lang: str) -> None:
    """Print the account of the first grade of a book."""
    explanation = book.explanations[0]
    grading = explanation.grading
    click.echo(grade_sentence(grading).of(lang))
    for reason in book.reasons[0]:
        click.echo(f"  - {reason.text.of(lang)}")
    _line(explanation.reference, REFERENCE.of(lang), sign="")
    shown = [driver for driver in explanation.drivers if driver.points != 0]
    for driver in shown[:_SHOWN_DRIVERS]:
        value = value_text(driver.feature, driver.value).of(lang)
        _line(driver.points, f"{label(driver.feature).of(lang)}: {value}")
    if len(shown) > _SHOWN_DRIVERS:
        others = sum(driver.points for driver in shown[_SHOWN_DRIVERS:])
        _line(others, f"{len(shown) - _SHOWN_DRIVERS} {OTHERS.of(lang)}")
    for line in grading.adjustments:
        _line(line.points, ADJUSTMENTS[line.reason].of(lang))
    _line(grading.score, SCORE.of(lang), sign="")


def print_change(told: ToldChange, lang: str) -> None:
    """Print a change: its sentence, then the blocks that are not 0."""
    account = told.change
    click.echo(
        f"{account.after.customer_id} {account.before.as_of} – {account.after.as_of}: "
        f"{told.sentence.of(lang)}"
    )
    for kind, points in account.blocks.items():
        if points != 0:
            _line(points, KINDS[kind].of(lang))


def _line(points: float, told: str, *, sign: str = "+") -> None:
    click.echo(f"  {points:>{sign}8.2f}  {told}")


def _on_both(ledger: Ledger, first: date, last: date) -> list[str]:
    then, now = known_customers(ledger, first), known_customers(ledger, last)
    both = sorted(set(then) & set(now))
    left_out = len(set(then) | set(now)) - len(both)
    if left_out:
        note(f"{left_out} customers do not exist on both days and are left out")
    return both
