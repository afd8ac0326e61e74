"""What a process does that is to be killed: store the grades of a day, and tell how far it is.

It imports the store and nothing else, so that a process which has it loaded is small, has no
threads, and can be forked.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlalchemy import event

from serving.database import open_database
from serving.grades.records import GradingRun
from serving.grades.store import GradeStore


@dataclass(frozen=True)
class DayOfGrades:
    """What is stored of one day, in one transaction.

    Attributes
    ----------
    run : GradingRun
        What graded.
    documents : list of dict
        The grades.
    snapshots : list of dict
        The features of each.
    """

    run: GradingRun
    documents: list[dict[str, Any]]
    snapshots: list[Mapping[str, float]]

    def __len__(self) -> int:
        """Return the number of grades."""
        return len(self.documents)


# The phases of storing, as they are told
PHASES = ("start", "open", "prepare", "write", "commit", "close")


def store_day(home: Path, day: DayOfGrades, told: Connection) -> None:
    """Store the grades of a day, telling phase and clock as each begins."""

    def enter(phase: str) -> None:
        told.send((phase, time.perf_counter()))

    enter("start")
    engine = open_database(home)
    enter("open")
    store = GradeStore(engine)
    event.listen(engine, "begin", lambda _: enter("write"))
    event.listen(engine, "commit", lambda _: enter("commit"))
    enter("prepare")
    store.append(day.run, day.documents, day.snapshots)
    enter("close")
    engine.dispose()
