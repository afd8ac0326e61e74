"""A million at once: changes, levels with their drivers, and customers graded from a file."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from benchmarks.results import Section, Table, ratio, told
from benchmarks.servers import memory_of
from benchmarks.timing import Note, interleaved
from features.ledger.open import open_ledger
from features.matrix import Snapshots
from features.snapshot import all_pairs, snapshots
from models.book import Grader
from models.bundle import load_bundle
from models.explain import rule_shares, shapley
from models.explain.attribution import attribute, attribute_to_reference
from models.explain.shapley import moved
from models.grading import in_catalogue_order
from models.policy.load import load_policy

CHANGES = "changes: points of rules and trees by feature"
LEVELS = "levels: points of rules and trees by feature, against the reference (ours)"
CONTRIB = "LightGBM pred_contrib, the trees alone (path-dependent: another question)"
GRADED = "grades with terms, reasons and every driver, Parquet to Parquet"
APART = timedelta(days=31)  # between the two days of a change
_LIMITS = {CHANGES: 60.0, GRADED: 300.0}  # seconds for a million on two cores
_LEVELS_LIMIT = 10  # times pred_contrib, a core
_MEMORY_LIMIT = 4 * 1024**3
_MILLION = 1_000_000
_THREADS = 2
_BATCH, _PART = 100_000, 10_000  # rows made at once, and given to a thread at once
_SAMPLE = 20_000  # rows that pred_contrib explains in a round
_NOISE = 0.01
_MIB = 1024**2


@dataclass(frozen=True)
class _Made:
    """Customers of two days, from whom as many as wanted are made."""

    now: Snapshots
    before: Snapshots

    def batches(self, rows: int) -> Iterator[tuple[Snapshots, Snapshots]]:
        """Yield rows that all differ: what is no whole number gets a little noise."""
        for number, start in enumerate(range(0, rows, _BATCH)):
            chosen = np.arange(start, min(start + _BATCH, rows))
            generator = np.random.default_rng([7, number])
            yield _noisy(self.now, chosen, generator), _noisy(self.before, chosen, generator)


def millions_section(path: Path, bundle: Path, *, rows: int, rounds: int, note: Note) -> Section:
    """Measure on customers of the ledger in a folder, repeated with noise.

    Parameters
    ----------
    path : Path
        Folder of a plain ledger.
    bundle : Path
        Folder of a trained bundle.
    rows : int
        How many are asked for at once.
    rounds : int
        How often levels and their peer are run.
    note : callable
        Told what goes on.
    """
    note(f"{rows:,} at once")
    shapley.compiled()  # as a library is imported before
    rule_shares.compiled()
    grader, made = Grader(load_bundle(bundle), load_policy()), _made(path)
    changed, share = _changes(made, grader, rows)
    note(f"  {rows:,} changes took {told(changed)}")
    levels = interleaved(_of_levels(made, grader, min(rows, _SAMPLE)), rounds=rounds, note=note)
    file = _graded_file(made, bundle, rows)
    note(f"  {rows:,} grades took {told(file.seconds)}")
    return Section(
        f"{rows:,} at once",
        [
            Table(
                f"{rows:,} changes on {_THREADS} threads, once.",
                {CHANGES: [changed]},
                more=_against_limit(CHANGES, changed, rows),
            ),
            Table(
                f"A level, of {min(rows, _SAMPLE):,} at once on one core.",
                levels,
                per=min(rows, _SAMPLE),
            ),
            Table(
                f"{rows:,} customers from a features file, `tradegrade grade --features FILE --out "
                f"FILE --drivers` in a process of its own with {os.cpu_count()} cores, once.",
                {GRADED: [file.seconds]},
                more=_against_limit(GRADED, file.seconds, rows)
                | {
                    "CPU": {GRADED: told(file.cpu)},
                    "peak memory": {GRADED: f"{file.peak / _MIB:,.0f} MiB"},
                },
            ),
        ],
        [
            f"{len(made.now):,} customers of the made-up ledger, repeated with noise of "
            f"{_NOISE:.0%} on what is no whole number, so that no two rows are alike. Between the "
            f"two days {share:.0%} of the features moved, by the noise too.",
            f"A million changes should take no more than {_LIMITS[CHANGES]:.0f} s on two cores, "
            f"and a million grades {_LIMITS[GRADED]:.0f} s in {_MEMORY_LIMIT / 1024**3:.0f} GiB.",
            f"pred_contrib takes {ratio(levels[CONTRIB], levels[LEVELS]):.1f} × the time of a "
            f"level; it should take {_LEVELS_LIMIT} ×. Both were held to one thread.",
            "Peak memory is the most that was resident in all processes together; what they share "
            "counts more than once.",
        ],
    )


def _made(path: Path) -> _Made:
    with open_ledger(path) as ledger:
        last = ledger.last_day
        assert last is not None
        found = snapshots(ledger, all_pairs(ledger, [last - APART, last]))
    is_now = found.as_of == found.as_of.max()
    earlier = {c: p for p, c in enumerate(found.customer_ids) if not is_now[p]}
    now = [p for p, c in enumerate(found.customer_ids) if is_now[p] and c in earlier]
    return _Made(found.take(now), found.take([earlier[found.customer_ids[p]] for p in now]))


def _noisy(rows: Snapshots, chosen: Any, generator: np.random.Generator) -> Snapshots:
    place, turn = chosen % len(rows), chosen // len(rows)
    ids = tuple(f"{rows.customer_ids[p]}-{t}" for p, t in zip(place, turn, strict=True))
    values = rows.values[place]
    noise = 1 + _NOISE * generator.standard_normal(values.shape)
    values = np.where(values == np.floor(values), values, values * noise)
    return Snapshots(ids, rows.as_of[place], rows.names, values)


def _changes(made: _Made, grader: Grader, rows: int) -> tuple[float, float]:
    """Return the seconds that changes take, and the share of features that moved in them."""
    seconds, shares = 0.0, []

    def account(pair: tuple[Snapshots, Snapshots]) -> None:
        attribute(*pair, grader.bundle, grader.policy)

    with ThreadPoolExecutor(_THREADS) as threads:
        for place, (now, before) in enumerate(made.batches(rows)):
            shares.append(moved(in_catalogue_order(now), in_catalogue_order(before)).mean())
            parts = [np.arange(s, min(s + _PART, len(now))) for s in range(0, len(now), _PART)]
            pairs = [(now.take(part), before.take(part)) for part in parts]
            if place == 0:
                account(pairs[0])  # what is prepared once for a bundle
            begun = time.perf_counter()
            list(threads.map(account, pairs))
            seconds += time.perf_counter() - begun
    return seconds, float(np.mean(shares))


def _of_levels(made: _Made, grader: Grader, rows: int) -> dict[str, Any]:
    import lightgbm  # noqa: PLC0415 - seconds to import

    now, _ = next(made.batches(rows))
    model = grader.bundle.probability
    booster = lightgbm.Booster(model_str=model.model_text)
    prepared = model.prepare(in_catalogue_order(now)[:, grader.bundle.places])
    return {
        LEVELS: lambda: attribute_to_reference(now, grader.bundle, grader.policy),
        CONTRIB: lambda: booster.predict(prepared, pred_contrib=True, num_threads=1),
    }


@dataclass(frozen=True)
class _FileGraded:
    """Seconds by the clock and of all cores, and the most bytes that were resident."""

    seconds: float
    cpu: float
    peak: int


def _graded_file(made: _Made, bundle: Path, rows: int) -> _FileGraded:
    with tempfile.TemporaryDirectory(prefix="tradegrade-bench-") as name:
        folder = Path(name)
        features, out = folder / "features.parquet", folder / "grades.parquet"
        with pq.ParquetWriter(features, made.now.to_arrow().schema) as writer:
            for now, _ in made.batches(rows):
                writer.write_table(now.to_arrow())
        command = [sys.executable, "-m", "tradegrade", "grade", "--features", str(features),
                   "--out", str(out), "--drivers", "--bundle", str(bundle)]  # fmt: skip
        found = _watched(command, {"TRADEGRADE_HOME": str(folder / "home")})
        written = pq.read_metadata(out).num_rows
        if written != rows:
            message = f"{written} grades were written for {rows} rows"
            raise RuntimeError(message)
    return found


def _watched(command: list[str], environment: dict[str, str]) -> _FileGraded:
    before, begun, peak = _children(), time.perf_counter(), 0
    process = subprocess.Popen(  # noqa: S603 - our own command
        command,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None:
        try:
            peak = max(peak, memory_of(process.pid))
        except OSError:
            pass  # one of them ended meanwhile
        time.sleep(0.1)
    seconds = time.perf_counter() - begun
    if process.returncode:
        message = f"{' '.join(command)} ended with {process.returncode}"
        raise RuntimeError(message)
    return _FileGraded(seconds, _children() - before, peak)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _against_limit(name: str, seconds: float, rows: int) -> dict[str, dict[str, str]]:
    limit = _LIMITS[name] * rows / _MILLION
    return {"limit": {name: told(limit)}, "of the limit": {name: f"{seconds / limit:.0%}"}}
