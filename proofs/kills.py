"""Kill a process that stores grades, at random moments, and look at what it left.

The process that stores is forked from a small warm one that has the store's code loaded and
nothing else (multiprocessing's fork server): it does what `tradegrade grade --store` does once
the grades are computed, and tells over a pipe which phase it has entered. The killer waits for
a phase drawn at random, then a random part of the time that this phase takes, then sends
SIGKILL. What the phases are called and when they begin:

- start: the process has begun, opens the store, and makes its tables or brings them up to date
- open: the store is open
- prepare: the rows are put together
- write: the transaction that holds the grades has begun
- commit: all grades were handed over, the commit begins
- close: the commit has returned
"""

from __future__ import annotations

import multiprocessing
import random
import shutil
import signal
import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from proofs import storing
from proofs.scene import Scene
from proofs.store_check import Rows, faults, stored_rows
from proofs.storing import PHASES, DayOfGrades, store_day

_WEIGHTS = (3, 1, 1, 4, 4, 1)  # how often a moment is drawn in each phase
_CHAIN = 10  # kills on one store, before an uninterrupted run must complete it
_TIMED = 5  # uninterrupted runs that tell how long each phase takes
_PATIENCE = 60.0  # seconds until a process that says nothing counts as hung
_BEYOND = 1.2  # draw moments up to this much of a phase: some fall into the next
Note = Callable[[str], None]


@dataclass
class Killed:
    """What came of the kills.

    Attributes
    ----------
    phases : Counter of str
        In which phase the processes died.
    left : Counter of str
        What they left of the day: ``none`` or ``all`` of its grades.
    late : int
        Processes that had ended before the kill; not counted as kills.
    completed : int
        Stores that an uninterrupted run completed after the kills.
    faults : list of str
        What was wrong, in sentences.
    """

    phases: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    late: int = 0
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
            f"{self.kills} processes killed with SIGKILL; {self.late} had ended before the kill",
            f"they died in: {phases}",
            f"they left of the day's grades: {left}",
            f"{self.completed} stores completed by an uninterrupted run and compared",
            f"{len(self.faults)} faults",
        )


def kill_runs(scene: Scene, folder: Path, *, kills: int, seed: int, note: Note) -> Killed:
    """Kill storing processes until so many died, and return what they left.

    Parameters
    ----------
    scene : Scene
        Its day is stored again and again; half of the stores hold its earlier day already.
    folder : Path
        For the stores.
    kills : int
        How many processes to kill.
    seed : int
        Draws phases and moments.
    note : callable
        Told what goes on.
    """
    nursery = _Nursery()
    never_killed = folder / "never-killed"
    nursery.whole_run(never_killed, scene.day)
    expected = stored_rows(never_killed, scene.day.run.as_of)
    lengths = _phase_lengths(nursery, scene, folder)
    note("  a phase lasts " + ", ".join(f"{n} {s * 1e3:.1f} ms" for n, s in lengths.items()))
    draw, found, place = random.Random(seed), Killed(), 0
    while found.kills < kills:
        home = folder / f"store-{place}"
        has_earlier = place % 2 == 1
        if has_earlier:
            nursery.whole_run(home, scene.earlier)
        _chain(nursery, scene, home, has_earlier, (draw, lengths, kills), found)
        found.faults += _completed(nursery, scene, home, expected)
        found.completed += 1
        shutil.rmtree(home)
        place += 1
        if place % 10 == 0:
            note(f"  {found.kills} kills, {found.completed} stores completed after them")
    return found


def _chain(
    nursery: _Nursery,
    scene: Scene,
    home: Path,
    has_earlier: bool,
    drawn: tuple[random.Random, dict[str, float], int],
    found: Killed,
) -> None:
    """Kill on one store until its day is there, or often enough."""
    draw, lengths, kills = drawn
    all_of_it = len(scene.day)
    for _ in range(_CHAIN):
        if found.kills >= kills:
            return
        phase = draw.choices(PHASES, _WEIGHTS)[0]
        died_in = nursery.killed_run(
            home, scene.day, (phase, draw.uniform(0.0, _BEYOND) * lengths[phase])
        )
        if died_in is None:
            found.late += 1
        else:
            found.phases[died_in] += 1
        days = [(scene.day, frozenset({0, all_of_it}))]
        if has_earlier:
            days.append((scene.earlier, frozenset({len(scene.earlier)})))
        wrong = faults(home, days)
        found.faults += [f"killed in {died_in}: {text}" for text in wrong]
        there = len(stored_rows(home, scene.day.run.as_of))
        if died_in is not None:
            found.left["all" if there == all_of_it else "none" if there == 0 else "a part"] += 1
        if there == all_of_it:
            return


def _completed(nursery: _Nursery, scene: Scene, home: Path, expected: Rows) -> list[str]:
    nursery.whole_run(home, scene.day)
    wrong = faults(home, [(scene.day, frozenset({len(scene.day)}))])
    if stored_rows(home, scene.day.run.as_of) != expected:
        wrong.append("after the kills the store differs from one that was never killed")
    return [f"after an uninterrupted run: {text}" for text in wrong]


def _phase_lengths(nursery: _Nursery, scene: Scene, folder: Path) -> dict[str, float]:
    """Return the median seconds that each phase takes when nobody kills."""
    runs = []
    for place in range(_TIMED):
        home = folder / f"timed-{place}"
        runs.append(nursery.whole_run(home, scene.day))
        shutil.rmtree(home)
    return {phase: statistics.median(run[phase] for run in runs) for phase in PHASES}


class _Nursery:
    """Forks processes that store, lets them run or kills them."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([storing.__name__])

    def whole_run(self, home: Path, day: DayOfGrades) -> dict[str, float]:
        """Store without a kill; return the seconds of each phase."""
        process, told = self._begun(home, day)
        begun: dict[str, float] = {}
        try:
            while True:
                phase, moment = _next(told)
                begun[phase] = moment
        except EOFError:
            ended = time.perf_counter()
        process.join()
        assert process.exitcode == 0, f"an uninterrupted run ended with {process.exitcode}"
        process.close()
        told.close()
        ends = [*(begun[phase] for phase in PHASES[1:]), ended]
        return {phase: end - begun[phase] for phase, end in zip(PHASES, ends, strict=True)}

    def killed_run(self, home: Path, day: DayOfGrades, moment: tuple[str, float]) -> str | None:
        """Kill so many seconds into a phase; return the phase it died in, None if it had ended."""
        phase, seconds = moment
        process, told = self._begun(home, day)
        reached = ""
        while reached != phase:
            reached, _ = _next(told)
        time.sleep(seconds)
        process.kill()
        process.join()
        was_killed = process.exitcode == -signal.SIGKILL
        reached = _last(told, reached)
        process.close()
        told.close()
        return reached if was_killed else None

    def _begun(self, home: Path, day: DayOfGrades) -> tuple[BaseProcess, Connection]:
        home.mkdir(parents=True, exist_ok=True)
        told, tells = self._context.Pipe(duplex=False)
        process = self._context.Process(target=store_day, args=(home, day, tells))
        process.start()
        tells.close()
        return process, told


def _next(told: Connection) -> tuple[str, float]:
    if not told.poll(_PATIENCE):
        message = f"a storing process said nothing for {_PATIENCE:.0f} s"
        raise TimeoutError(message)
    phase, moment = told.recv()
    return str(phase), float(moment)


def _last(told: Connection, reached: str) -> str:
    """Return the last phase told before the process died."""
    try:
        while True:
            reached, _ = _next(told)
    except EOFError:
        return reached
