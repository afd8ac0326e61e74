"""Training: our fit against bare LightGBM on the same matrix, with the same parameters.

`python -m benchmarks.fitting` measures it alone and prints the section.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.results import Section, Table, ratio, section_text, told
from benchmarks.timing import Note, Times, interleaved, median
from features.catalogue import MODEL_FEATURES
from features.errors import TradegradeError
from features.ledger.open import open_ledger
from features.matrix import Floats, Snapshots
from training.config import TrainingConfig, load_config
from training.dataset import ledger_dataset
from training.fit import fit_model, parameters
from training.population import Rows
from training.windows import CALIBRATE, FIT

LIMIT = 1.15  # of the time of bare LightGBM
BARE = "bare `lightgbm.train`"
OURS = "the fit: trees, calibration, reference customer (ours)"
_JITTER = 0.01  # of a value that is not whole


def training_times(path: Path, *, rows: int, rounds: int, note: Note) -> Section:
    """Measure on the training set of the ledger in a folder, and on one of more rows.

    Parameters
    ----------
    path : Path
        Folder of a plain ledger, long enough to train on.
    rows : int
        Of the larger fit set: the ledger's rows again and again, as other customers.
    rounds : int
        How often each way is run.
    note : callable
        Told what goes on.

    Raises
    ------
    LedgerError
        If the ledger is too short or has too few defaults.
    """
    note("training")
    config = load_config()
    with open_ledger(path) as ledger:
        dataset = ledger_dataset(ledger, config, progress=note)
    return fit_times(
        dataset.part(FIT), dataset.part(CALIBRATE), config, rows=rows, rounds=rounds, note=note
    )


def fit_times(
    fit: Rows, calibrate: Rows, config: TrainingConfig, *, rows: int, rounds: int, note: Note
) -> Section:
    """Measure on fit rows, and on so many of them.

    Parameters
    ----------
    fit, calibrate : Rows
        As `training.fit.fit_model` takes them.
    config : TrainingConfig
        Size and sampling of the trees, and the number of threads of both ways.
    rows : int
        Of the larger fit set.
    rounds : int
        How often each way is run.
    note : callable
        Told what goes on.
    """
    tables, sentences = [], []
    for known in (fit, grown(fit, rows)):
        case = _Case(known, calibrate, config)
        note(f"  {len(known)} rows")
        times = interleaved(case.ways(), rounds=rounds, note=note)
        counted = {name: seconds[-rounds:] for name, seconds in case.cpu.items()}
        caption = f"One fit of {len(known):,} rows, calibrated on {len(calibrate):,}."
        more = {"CPU": {name: told(median(seconds)) for name, seconds in counted.items()}}
        tables.append(Table(caption, times, more=more))
        sentences.append(_verdict(len(known), times, counted, equal=case.equal()))
    threads = config.model.threads
    return Section(
        f"Training: {config.model.trees} trees, {len(MODEL_FEATURES)} features, {threads} "
        f"thread{'s' if threads > 1 else ''}",
        tables,
        [
            *sentences,
            f"Limit: {LIMIT} times bare LightGBM, which is given the matrix as the fit prepared it "
            "and makes its own bins of it, as the fit must.",
            "The larger set is the ledger's rows again and again under other names, each value "
            "that is not whole moved by about a hundredth.",
        ],
    )


@dataclass(frozen=True)
class _Case:
    """Rows to fit, and what the runs of both ways left: their CPU seconds and their trees."""

    fit: Rows
    calibrate: Rows
    config: TrainingConfig
    cpu: Times = field(default_factory=lambda: {BARE: [], OURS: []})
    trees: dict[str, str] = field(default_factory=dict)

    def ways(self) -> dict[str, Callable[[], object]]:
        """Return both ways by name, the bare one first."""
        values = self._prepared()
        return {BARE: lambda: self._counted(BARE, values), OURS: lambda: self._counted(OURS)}

    def equal(self) -> bool:
        """Whether both ways gave the same trees, byte for byte."""
        one_thread = re.sub(r"\[num_threads: \d+\]", "[num_threads: 1]", self.trees[BARE])
        return one_thread == self.trees[OURS]

    def _prepared(self) -> Floats:
        """Return the matrix that the fit gives to LightGBM."""
        few = replace(self.config, model=replace(self.config.model, trees=1))
        model = fit_model(self.fit, self.calibrate, few).probability
        return model.prepare(self.fit.snapshots.select(MODEL_FEATURES).values)

    def _counted(self, way: str, values: Floats | None = None) -> None:
        begun = time.process_time()
        if values is None:
            text = fit_model(self.fit, self.calibrate, self.config).probability.model_text
            self.cpu[way].append(time.process_time() - begun)
        else:
            booster = self._bare(values)
            self.cpu[way].append(time.process_time() - begun)
            text = self.trees.get(way) or booster.model_to_string()  # once: the bare way has none
        self.trees[way] = text

    def _bare(self, values: Floats) -> Any:
        import lightgbm  # noqa: PLC0415 - seconds to import

        settings, seed = self.config.model, self.config.seed
        data = lightgbm.Dataset(
            values,
            self.fit.defaulted.astype(np.float64),
            weight=self.fit.weights,
            feature_name=list(MODEL_FEATURES),
        )
        chosen = parameters(MODEL_FEATURES, len(values), settings=settings, seed=seed)
        return lightgbm.train(chosen, data, settings.trees)


def grown(rows: Rows, size: int) -> Rows:
    """Return so many rows: the given ones again and again, as other customers.

    Parameters
    ----------
    rows : Rows
        To repeat, in their order.
    size : int
        Wanted number of rows.
    """
    # what is whole, as a count or a flag is, stays whole: LightGBM bins it by its few values
    places = np.arange(size) % len(rows)
    seen = rows.snapshots.take(places)
    turns = (np.arange(size) // len(rows)).tolist()
    ids = tuple(f"{c}/{turn}" for c, turn in zip(seen.customer_ids, turns, strict=True))
    moved = seen.values * np.random.default_rng(1).normal(1, _JITTER, seen.values.shape)
    values = np.where(seen.values == np.round(seen.values), seen.values, moved)
    return replace(
        rows,
        snapshots=Snapshots(ids, seen.as_of, seen.names, values),
        defaulted=rows.defaulted[places],
        weights=None if rows.weights is None else rows.weights[places],
    )


def _verdict(rows: int, times: Times, cpu: Times, *, equal: bool) -> str:
    wall = ratio(times[OURS], times[BARE])
    worked = ratio(cpu[OURS], cpu[BARE])
    kept = "within" if wall <= LIMIT else "above"
    same = "the same trees, byte for byte" if equal else "DIFFERENT trees: not a comparison"
    return (
        f"{rows:,} rows: {wall:.3f} times bare LightGBM by the clock, {worked:.3f} in CPU time; "
        f"{kept} the limit. Both gave {same}."
    )


@click.command()
@click.option(
    "--ledger",
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of the ledger to train on.",
)
@click.option("--rows", default=200_000, show_default=True, type=click.IntRange(1))
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1))
def training(ledger: Path, rows: int, rounds: int) -> None:
    """Measure training alone and print the section."""
    try:
        found = training_times(ledger, rows=rows, rounds=rounds, note=_note)
    except TradegradeError as error:
        _note(f"benchmarks: {error}")
        sys.exit(error.exit_code)
    click.echo(section_text(found))


def _note(text: str) -> None:
    click.echo(text, err=True)


if __name__ == "__main__":
    training()
