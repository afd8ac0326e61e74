"""Kill a process that imports, at random moments, while readers read, and look at what it left.

A ledger holds half of a made-up seller's facts; the import brings the other half and changes
rows of the first. Whoever reads meanwhile or afterwards must see all of one state: every row of
every table and every settled invoice as before the import, or as after it.
"""

from __future__ import annotations

import multiprocessing
import random
import shutil
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import duckdb

from features.errors import TradegradeError
from features.intake.importing import Request, import_facts
from features.ledger.connection import connected
from features.ledger.open import open_ledger
from features.ledger.simulate import simulate
from features.ledger.tables import TABLES
from features.ledger.versions.manifest import FILES, read_manifest
from proofs import importing
from proofs.importing import PHASES, run_import

_WEIGHTS = (1, 2, 4, 5, 3)  # how often a moment is drawn in each phase
_CHAIN = 8  # kills on one ledger, before an uninterrupted import must complete it
_TIMED = 3
_BEYOND = 1.2  # draw moments up to this much of a phase: some fall into the next
_PATIENCE = 120.0
Note = Callable[[str], None]


@dataclass
class ImportsKilled:
    """What came of the kills.

    Attributes
    ----------
    phases : Counter of str
        In which phase the processes died.
    left : Counter of str
        Which state they left: ``before`` or ``after``.
    late : int
        Processes that had ended before the kill; not counted as kills.
    read : int
        Readings that were made while an import ran.
    completed : int
        Ledgers that an uninterrupted import completed after the kills.
    faults : list of str
        What was wrong, in sentences.
    """

    phases: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    late: int = 0
    read: int = 0
    completed: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        """How many processes were killed."""
        return self.phases.total()

    def sentences(self) -> tuple[str, ...]:
        """Return it in sentences."""
        phases = ", ".join(f"{phase} {number}" for phase, number in self.phases.items())
        left = ", ".join(f"{what} {number}" for what, number in sorted(self.left.items()))
        return (
            f"{self.kills} imports killed with SIGKILL; {self.late} had ended before the kill",
            f"they died in: {phases}",
            f"they left the state: {left}; {self.read} readings while they ran",
            f"{self.completed} ledgers completed by an uninterrupted import and compared",
            f"{len(self.faults)} faults",
        )


@dataclass(frozen=True)
class ImportScene:
    """A ledger before an import, what is imported, and what a reader may see."""

    ledger: Path
    source: Path
    day: date
    states: dict[str, str]  # content → before or after


def import_scene(folder: Path, *, customers: int, seed: int) -> ImportScene:
    """Return a ledger with a made-up seller's first facts, and an import of the rest."""
    simulate(customers, 24, seed, folder / "whole")
    first, rest, day = folder / "first", folder / "rest", date(2030, 1, 1)
    _divide(folder / "whole", first, rest)
    import_facts(Request(first, folder / "before", day=day))
    shutil.copytree(folder / "before", folder / "after")
    import_facts(Request(rest, folder / "after", day=day + timedelta(days=1)))
    states = {content(folder / name): name for name in ("before", "after")}
    return ImportScene(folder / "before", rest, day + timedelta(days=1), states)


def import_kills(
    scene: ImportScene, folder: Path, *, kills: int, seed: int, note: Note
) -> ImportsKilled:
    """Kill imports until so many died, and return what they left.

    Parameters
    ----------
    scene : ImportScene
        Its import is begun again and again.
    folder : Path
        For the ledgers.
    kills : int
        How many processes to kill.
    seed : int
        Draws phases and moments.
    note : callable
        Told what goes on.
    """
    nursery = _Nursery(folder / "spill")
    lengths = _lengths(nursery, scene, folder)
    note("  a phase lasts " + ", ".join(f"{n} {s * 1e3:.0f} ms" for n, s in lengths.items()))
    draw, found, place = random.Random(seed), ImportsKilled(), 0
    while found.kills < kills:
        ledger = folder / f"ledger-{place}"
        shutil.copytree(scene.ledger, ledger)
        for _ in range(_CHAIN):
            if found.kills >= kills:
                break
            phase = draw.choices(PHASES, _WEIGHTS)[0]
            moment = draw.uniform(0.0, _BEYOND) * lengths[phase]
            died_in = nursery.killed(scene, ledger, (phase, moment), found)
            if died_in is None:
                found.late += 1
            else:
                found.phases[died_in] += 1
            left = _seen(scene, ledger, f"killed in {died_in}", found)
            if died_in is not None:
                found.left[left] += 1
            if left == "after":
                break
        nursery.completed(scene, ledger)
        if _seen(scene, ledger, "after an uninterrupted import", found) != "after":
            found.faults.append("an uninterrupted import after the kills did not complete it")
        found.faults += [f"left over: {name}" for name in left_over(ledger)]
        found.completed += 1
        shutil.rmtree(ledger)
        place += 1
        note(f"  {found.kills} kills, {found.completed} ledgers completed after them")
    return found


def content(ledger: Path) -> str:
    """Return a digest of every row and every settled invoice that a reader sees."""
    total = sha256()
    with open_ledger(ledger, latest=date(2030, 1, 1)) as opened:
        for name in (*(f"led_{table}" for table in TABLES), "fact_items"):
            rows = opened.connection.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall()
            total.update(f"{name} {rows}".encode())
    return total.hexdigest()


def left_over(ledger: Path) -> list[str]:
    """Return the files that neither the state nor a recent reader needs."""
    state = read_manifest(ledger)
    known = state.files() | state.dropped.keys()
    files = {path.name for path in (ledger / FILES).iterdir()}
    halves = {path.name for path in ledger.glob(".half-*")}
    return sorted((files - known) | halves)


def _seen(scene: ImportScene, ledger: Path, when: str, found: ImportsKilled) -> str:
    try:
        state = scene.states.get(content(ledger))
    except (TradegradeError, duckdb.Error) as error:
        found.faults.append(f"{when}: the ledger cannot be read: {error}")
        return "unreadable"
    if state is None:
        found.faults.append(f"{when}: a reader sees a mixture")
        return "a mixture"
    return state


def _read_on(
    scene: ImportScene, ledger: Path, found: ImportsKilled, ended: threading.Event
) -> None:
    while not ended.is_set():
        _seen(scene, ledger, "while an import ran", found)
        found.read += 1


def _divide(whole: Path, first: Path, rest: Path) -> None:
    """Write every other row into each half, and into the second changed rows of the first."""
    with connected() as connection:
        for folder in (first, rest):
            folder.mkdir()
        for path in sorted(whole.glob("*.parquet")):
            key = TABLES[path.stem].key[0]
            whole_table = path.stem == "customers"
            half = f"hash({key}) % 2 = 0" if not whole_table else "true"
            rows = f"SELECT * FROM read_parquet('{path}')"
            _copy(connection, f"{rows} WHERE {half}", first / path.name)
            changed = (
                " UNION ALL SELECT * REPLACE (amount + 1 AS amount, NULL AS known_on) "
                f"FROM ({rows}) WHERE {half} AND hash({key}) % 16 = 0 AND amount > 5"
                if path.stem in ("invoices", "payments", "orders")
                else ""
            )
            _copy(connection, f"{rows} WHERE NOT ({half}){changed}", rest / path.name)


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")


def _lengths(nursery: _Nursery, scene: ImportScene, folder: Path) -> dict[str, float]:
    """Return the median seconds that each phase takes when nobody kills."""
    runs = []
    for place in range(_TIMED):
        ledger = folder / f"timed-{place}"
        shutil.copytree(scene.ledger, ledger)
        runs.append(nursery.completed(scene, ledger))
        shutil.rmtree(ledger)
    return {phase: statistics.median(run[phase] for run in runs) for phase in PHASES}


class _Nursery:
    """Forks processes that import, lets them run or kills them."""

    def __init__(self, spill: Path) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([importing.__name__])
        self._spill = spill
        spill.mkdir()

    def completed(self, scene: ImportScene, ledger: Path) -> dict[str, float]:
        """Import without a kill; return the seconds of each phase."""
        process, told = self._begun(scene, ledger)
        begun: dict[str, float] = {}
        try:
            while True:
                phase, moment = told.recv()
                begun[phase] = moment
        except EOFError:
            ended = time.perf_counter()
        process.join()
        assert process.exitcode == 0, f"an uninterrupted import ended with {process.exitcode}"
        told.close()
        starts = [begun.get(phase, ended) for phase in PHASES]
        return {p: max(b - a, 0.001)
                for p, a, b in zip(PHASES, starts, [*starts[1:], ended], strict=True)}  # fmt: skip

    def killed(
        self,
        scene: ImportScene,
        ledger: Path,
        moment: tuple[str, float],
        found: ImportsKilled,
    ) -> str | None:
        """Import and kill at a moment of a phase; return the phase it died in."""
        wanted, after = moment
        process, told = self._begun(scene, ledger)
        phase, ended = "", threading.Event()
        reader = threading.Thread(target=_read_on, args=(scene, ledger, found, ended))
        reader.start()
        try:
            while phase != wanted:
                assert told.poll(_PATIENCE), "an import hangs"
                phase, _ = told.recv()
            time.sleep(after)
            while told.poll(0):
                phase, _ = told.recv()
        except EOFError:
            pass  # it ended: it is counted as late below
        process.kill()
        ended.set()
        reader.join()
        process.join()
        died = process.exitcode
        told.close()
        return phase if died == -9 else None

    def _begun(self, scene: ImportScene, ledger: Path):  # type: ignore[no-untyped-def]
        told, telling = self._context.Pipe(duplex=False)
        process = self._context.Process(
            target=run_import, args=(scene.source, ledger, scene.day, telling, self._spill)
        )
        process.start()
        telling.close()
        return process, told
