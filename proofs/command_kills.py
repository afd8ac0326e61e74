"""Kill the real command, `tradegrade grade --store`, and look at what it left.

Starting and grading take seconds and the write takes milliseconds, so half of the kills come at
any moment of the run and half right after the store's file appears.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from proofs.kills import Killed, Note
from proofs.scene import Scene
from proofs.store_check import documents_of, faults, stored_rows
from proofs.storing import DayOfGrades
from serving.database import FILE

_LOOK = 0.001  # seconds between two looks for the store's file
_EARLY = 0.9  # of an uninterrupted run: it should not have ended
_WRITE = 0.2  # seconds after it appears within which the other half of the kills come


def command_kills(scene: Scene, folder: Path, *, kills: int, seed: int, note: Note) -> Killed:
    """Kill the command so many times, each in a workspace of its own, and complete each after.

    Parameters
    ----------
    scene : Scene
        Ledger, bundle and day.
    folder : Path
        For the workspaces.
    kills : int
        How many commands to kill.
    seed : int
        Draws the moments.
    note : callable
        Told what goes on.
    """
    draw, found = random.Random(seed), Killed()
    never_killed = folder / "command-never-killed"
    seconds = _whole_run(scene, never_killed)
    expected = stored_rows(never_killed, scene.day.run.as_of)
    whole = DayOfGrades(scene.day.run, documents_of(expected), [])
    all_of_it = len(whole)
    note(f"  an uninterrupted command takes {seconds:.1f} s and stores {all_of_it} grades")
    if all_of_it != len(scene.day):
        found.faults.append(f"the command stored {all_of_it} grades of {len(scene.day)}")
    while found.kills < kills:
        home = folder / "command-killed"
        at_the_write = found.kills % 2 == 1
        died_in = _killed_run(scene, home, draw, None if at_the_write else seconds)
        if died_in is None:
            found.late += 1
        else:
            found.phases[died_in] += 1
            there = len(stored_rows(home, scene.day.run.as_of))
            found.left["all" if there == all_of_it else "none" if there == 0 else "a part"] += 1
        found.faults += faults(home, [(whole, frozenset({0, all_of_it}))])
        _whole_run(scene, home)
        if stored_rows(home, scene.day.run.as_of) != expected:
            found.faults.append("after a killed command the store differs from one never killed")
        found.completed += 1
        shutil.rmtree(home)
    return found


def _killed_run(scene: Scene, home: Path, draw: random.Random, seconds: float | None) -> str | None:
    """Kill within these seconds, or right after the store appears; None if it had ended."""
    process = _command(scene, home)
    if seconds is not None:
        time.sleep(draw.uniform(0.0, _EARLY * seconds))
    else:
        while not (home / FILE).is_file() and process.poll() is None:
            time.sleep(_LOOK)
        time.sleep(draw.uniform(0.0, _WRITE))
    had_store = (home / FILE).is_file()
    process.send_signal(signal.SIGKILL)
    if process.wait() != -signal.SIGKILL:
        return None
    return "with a store" if had_store else "before the store"


def _whole_run(scene: Scene, home: Path) -> float:
    begun = time.perf_counter()
    process = _command(scene, home)
    assert process.wait() == 0, f"an uninterrupted command ended with {process.returncode}"
    return time.perf_counter() - begun


def _command(scene: Scene, home: Path) -> subprocess.Popen[bytes]:
    home.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(
        [
            str(Path(sys.executable).with_name("tradegrade")),
            *("grade", "--ledger", str(scene.ledger), "--as-of", str(scene.day.run.as_of)),
            *("--bundle", str(scene.bundle), "--store"),
        ],
        env={**os.environ, "TRADEGRADE_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
