"""Run the benchmarks: `python -m benchmarks`, or `make bench`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click

from benchmarks.changes import change_times
from benchmarks.explanations import explanation_times
from benchmarks.fitting import training_times
from benchmarks.millions import millions_section
from benchmarks.online import online_times
from benchmarks.results import page
from benchmarks.scale import scale_section
from benchmarks.service import champion_of, service_figures, service_home
from benchmarks.snapshots import snapshot_times
from features.errors import TradegradeError
from features.ledger.simulate import simulate

RESULTS = Path(__file__).with_name("RESULTS.md")


@click.command()
@click.option("--customers", default=2_000, show_default=True, help="Of the made-up ledger.")
@click.option("--months", default=36, show_default=True, help="Of the made-up ledger.")
@click.option("--seed", default=7, show_default=True, help="Of the made-up ledger.")
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1), help="Interleaved.")
@click.option("--rows", default=200, show_default=True, type=click.IntRange(2), help="Explained.")
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of a trained bundle to explain with; without it trees are fitted here.",
)
@click.option(
    "--seconds", default=2.0, show_default=True, type=click.FloatRange(0),
    help="Each server is asked for in a round; 0 leaves the service out.",
)  # fmt: skip
@click.option(
    "--scale-customers", default=10_000, show_default=True, type=click.IntRange(0),
    help="Of the large ledger, about 100 invoices each; 0 leaves it out.",
)  # fmt: skip
@click.option(
    "--million", default=1_000_000, show_default=True, type=click.IntRange(0),
    help="Changes, levels and grades at once, with the bundle or else the service's; 0: none.",
)  # fmt: skip
@click.option(
    "--training", default=200_000, show_default=True, type=click.IntRange(0),
    help="Rows of the larger training set; 0 leaves training out.",
)  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS, help="File to write.")
def benchmarks(
    customers: int,
    months: int,
    seed: int,
    rounds: int,
    rows: int,
    bundle: Path | None,
    seconds: float,
    scale_customers: int,
    million: int,
    training: int,
    out: Path,
) -> None:
    """Measure snapshots, scale, explanations, training and the service against their peers."""
    try:
        with tempfile.TemporaryDirectory(prefix="tradegrade-bench-") as folder:
            ledger = Path(folder) / "ledger"
            note(f"simulate {customers} customers over {months} months")
            simulate(customers, months, seed, ledger)
            sections = [
                snapshot_times(ledger, rounds=rounds, note=note),
                online_times(ledger, rounds=rounds, note=note),
                explanation_times(ledger, bundle, rows=rows, rounds=rounds, note=note),
            ]
            if seconds:
                sections.append(service_figures(ledger, rounds=rounds, seconds=seconds, note=note))
                trained = champion_of(service_home(ledger))
                sections.append(change_times(ledger, trained, customers=rounds * 100, note=note))
                bundle = bundle or trained
            if million and bundle is not None:
                many = millions_section(ledger, bundle, rows=million, rounds=rounds, note=note)
                sections.insert(3, many)
            if training:
                sections.append(training_times(ledger, rows=training, rounds=rounds, note=note))
        if scale_customers:
            sections.insert(1, scale_section(scale_customers, rounds=rounds, note=note))
    except TradegradeError as error:
        note(f"benchmarks: {error}")
        sys.exit(error.exit_code)
    size = f"{customers:,} customers × {months} months, seed {seed}"
    out.write_text(page(sections, size=size, rounds=rounds), encoding="utf-8")
    note(f"wrote {out}")


def note(text: str) -> None:
    """Say what goes on, on standard error."""
    click.echo(text, err=True)


if __name__ == "__main__":
    benchmarks()
