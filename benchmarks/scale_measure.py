"""Each way of the large benchmark on one ledger, in turns, each time in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from benchmarks.results import Section, Table, ratio, told
from benchmarks.scale_agreement import agreement
from benchmarks.scale_ours import BUILD, SOME
from benchmarks.scale_scan import scan
from benchmarks.scale_steps import NAMES
from benchmarks.scale_worker import PEERS
from benchmarks.timing import Note, Times, median
from features.errors import UnavailableError

ENGINES = ("duckdb", "postgres", "spark")
MONTH_ENDS = 12
_WAYS = (*PEERS, "ours")
_MIB = 1024 * 1024


@dataclass
class Measured:
    """What the steps took in each round, by the name of the step.

    Attributes
    ----------
    times, cpu : dict of str to list of float
        Seconds by the clock, and of all cores together.
    peak : dict of str to list of float
        Most memory resident, in bytes.
    absent : list of str
        Why an engine was not measured.
    """

    times: Times = field(default_factory=dict)
    cpu: Times = field(default_factory=dict)
    peak: Times = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)

    def add(self, line: dict[str, str | float | None]) -> None:
        """Take a line of a worker; what it could not measure is null there."""
        for figures, key in ((self.times, "seconds"), (self.cpu, "cpu"), (self.peak, "peak")):
            value = line[key]
            if value is not None:
                figures.setdefault(str(line["name"]), []).append(float(value))


@dataclass(frozen=True)
class Measurement:
    """A ledger's size, its part of the page, and the seconds of each round by step."""

    invoices: int
    section: Section
    times: Times


def measured(path: Path, *, rounds: int, engines: Sequence[str], note: Note) -> Measurement:
    """Measure every way on one ledger.

    Parameters
    ----------
    path : Path
        Folder of a plain ledger.
    rounds : int
        How often each way is run.
    engines : sequence of str
        Of `ENGINES`; PostgreSQL and Spark run once.
    note : callable
        Told what goes on.

    Raises
    ------
    RuntimeError
        If a way fails.
    """
    invoices, payments, last = _size(path)
    days = month_ends(last)
    note(f"scale: {invoices:,} invoices")
    scan(path)  # so that no way pays for the first reading from disk
    with tempfile.TemporaryDirectory(prefix="tradegrade-scale-") as folder:
        kept = {way: Path(folder) / f"{way}.parquet" for way in _WAYS if way != "scan"}
        found = Measured()
        for turn in range(rounds):
            note(f"  round {turn + 1} of {rounds}")
            for way in _WAYS[:: 1 if turn % 2 == 0 else -1]:
                _run(way, path, days, found, None if turn else kept.get(way))
        theirs = {PEERS[way][2]: kept[way] for way in kept if way in PEERS}
        notes = agreement(path, kept["ours"], theirs)
    own = found.times[SOME]
    tables = [_table(f"{len(NAMES)} features but where told.", found, {"ours": own})]
    once = _engines(path, days, [e for e in engines if e != "duckdb"], note)
    if once.times:
        floor = next(iter(found.times.values()))
        against = {"the scan": [median(floor)], "ours": [median(own)]}
        tables.append(_table("Other engines, one round, the facts made before.", once, against))
    title = f"Scale: {invoices:,} invoices, {payments:,} payments, {MONTH_ENDS} month-ends"
    return Measurement(
        invoices, Section(title, tables, [*_read_so(), *notes, *once.absent]), found.times
    )


def month_ends(last: date) -> list[date]:
    """Return the last month-ends until a day, the earliest first."""
    first_of_month, found = (last + timedelta(days=1)).replace(day=1), []
    for _ in range(MONTH_ENDS):
        found.append(first_of_month - timedelta(days=1))
        first_of_month = found[-1].replace(day=1)
    return sorted(found)


def _size(path: Path) -> tuple[int, int, date]:
    """Return the invoices, the payments, and the last day of either that is not to come."""
    today = datetime.now(UTC).date()
    counts, last = [], []
    with duckdb.connect() as connection:
        for table, day in (("invoices", "issued_on"), ("payments", "paid_on")):
            rows = connection.execute(
                f"SELECT count(*), max({day}) FILTER ({day} <= $today) FROM read_parquet($file)",
                {"today": today, "file": str(path / f"{table}.parquet")},
            ).fetchall()
            counts.append(int(rows[0][0]))
            last.append(rows[0][1])
    return counts[0], counts[1], max(last)


def _engines(path: Path, days: Sequence[date], engines: Sequence[str], note: Note) -> Measured:
    once = Measured()
    for engine in engines:
        note(f"  {engine}, once")
        _run(engine, path, days, once, None)
    return once


def _run(way: str, path: Path, days: Sequence[date], found: Measured, keep: Path | None) -> None:
    command = [sys.executable, "-m", "benchmarks.scale_worker", way, str(path)]
    command += [",".join(day.isoformat() for day in days), *([str(keep)] if keep else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == UnavailableError.exit_code:
        found.absent.append(f"{way} was not measured. {done.stderr.strip()}")
    elif done.returncode:
        message = f"the way {way} failed ({done.returncode}):\n{done.stderr}"
        raise RuntimeError(message)
    for line in done.stdout.splitlines():
        found.add(json.loads(line))


def _table(caption: str, figures: Measured, against: Times) -> Table:
    """Return the table with the ratios to other ways, CPU and memory as further columns."""
    more = {
        f"× {title}": {name: f"{ratio(own, others):.3g}" for name, own in figures.times.items()}
        for title, others in against.items()
    }
    more["CPU"] = {name: told(median(cpu)) for name, cpu in figures.cpu.items()}
    more["peak memory"] = {n: f"{max(peak) / _MIB:,.0f} MiB" for n, peak in figures.peak.items()}
    return Table(caption, figures.times, more=more)


def _read_so() -> list[str]:
    return [
        f"“{SOME}” and the lines below it start from the facts, which “{BUILD}” makes once per "
        "ledger, whatever the days and features asked later; it checks every rule and settles each "
        "invoice as known on each day. The other ways start from the files each time.",
        "The peers read each row as if it had been known on its own date. They know nothing of "
        "known days and corrections, unallocated or bounced payments, credit notes or currencies, "
        "so they do less, and are right only where a ledger has none of these.",
        "Every round of a way is a process of its own. Its time leaves out imports, takes in the "
        "reading of the files, and ends with the table in memory; peak memory is the most that was "
        "resident meanwhile, interpreter and libraries included. CPU is of all cores together, "
        "and tells more than the clock where other work runs on the machine.",
    ]
