"""The large benchmark: point-in-time features at a million invoices and more, against peers.

python -m benchmarks.scale                      # 10,000 and 100,000 customers, into SCALE.md
python -m benchmarks.scale --ledger DIR --rounds 1 --engines duckdb,postgres,spark
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from benchmarks.results import Section, page
from benchmarks.scale_measure import ENGINES, Measurement, measured
from benchmarks.timing import Note, median
from features.errors import TradegradeError
from features.ledger.simulate import simulate

RESULTS = Path(__file__).with_name("SCALE.md")
SIZES = (10_000, 100_000)
MONTHS, SEED = 36, 7


@click.command()
@click.option(
    "--ledger", "ledgers", multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of a plain ledger, the smaller first; without it two are made up.",
)  # fmt: skip
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1), help="Interleaved.")
@click.option(
    "--engines", default="duckdb", show_default=True,
    help=f"Of {', '.join(ENGINES)}, with commas; the others than duckdb run once.",
)  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS, help="File to write.")
def scale(ledgers: tuple[Path, ...], rounds: int, engines: str, out: Path) -> None:
    """Measure features of large ledgers against their peers."""
    chosen = engines.split(",")
    if unknown := [engine for engine in chosen if engine not in ENGINES]:
        message = f"{unknown[0]!r} is none of {', '.join(ENGINES)}."
        raise click.BadParameter(message, param_hint="--engines")
    try:
        with _given_or_made_up(ledgers) as paths:
            found = [measured(p, rounds=rounds, engines=chosen, note=note) for p in paths]
    except TradegradeError as error:
        note(f"benchmarks.scale: {error}")
        sys.exit(error.exit_code)
    size = " and ".join(f"{one.invoices:,} invoices" for one in found)
    by = "python -m benchmarks.scale"
    out.write_text(page(sections(found), size=size, rounds=rounds, by=by), encoding="utf-8")
    note(f"wrote {out}")


def scale_section(customers: int, *, rounds: int, note: Note) -> Section:
    """Measure on a made-up ledger of so many customers."""
    with made_up(customers) as path:
        return measured(path, rounds=rounds, engines=("duckdb",), note=note).section


def sections(found: Sequence[Measurement]) -> list[Section]:
    """Return a part of the page for each ledger; the later tell how much the times grew."""
    parts = [found[0].section]
    for before, after in zip(found, found[1:], strict=False):
        notes = [growth(before, after), *after.section.notes]
        parts.append(replace(after.section, notes=notes))
    return parts


def growth(small: Measurement, large: Measurement) -> str:
    """Return in a sentence how the times grew from one ledger to another."""
    grown = ", ".join(
        f"{name} × {median(large.times[name]) / median(seconds):.3g}"
        for name, seconds in small.times.items()
    )
    return (
        f"From {small.invoices:,} to {large.invoices:,} invoices (× "
        f"{large.invoices / small.invoices:.3g}) the medians grew: {grown}."
    )


@contextmanager
def made_up(customers: int) -> Iterator[Path]:
    """Yield a made-up ledger that goes away again."""
    with tempfile.TemporaryDirectory(prefix="tradegrade-bench-") as folder:
        note(f"simulate {customers:,} customers over {MONTHS} months")
        simulate(customers, MONTHS, SEED, Path(folder) / "ledger")
        yield Path(folder) / "ledger"


@contextmanager
def _given_or_made_up(ledgers: Sequence[Path]) -> Iterator[Sequence[Path]]:
    if ledgers:
        yield ledgers
        return
    with made_up(SIZES[0]) as small, made_up(SIZES[1]) as large:
        yield small, large


def note(text: str) -> None:
    """Say what goes on, on standard error."""
    click.echo(text, err=True)


if __name__ == "__main__":
    scale()
