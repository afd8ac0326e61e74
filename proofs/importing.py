"""What an import is when it is killed: a process that imports and tells which phase it is in."""

from __future__ import annotations

import tempfile
import time
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from features.intake import importing
from features.intake.importing import Request, import_facts
from features.ledger.versions.parts import PartWriter

PHASES = ("start", "read", "files", "swap", "sweep")


def run_import(source: Path, ledger: Path, day: date, told: Connection, spill: Path) -> None:
    """Import, telling over a pipe when a phase begins.

    - start: the process has begun, waits for the ledger and reads its state
    - read: the rows are read, checked and compared
    - files: the first file of the new state is written
    - swap: all files are written, the manifest is swapped
    - sweep: the new state holds, what nobody needs is removed
    """
    tempfile.tempdir = str(spill)
    _tell(told, "start")
    _before(importing, "find_sources", told, "read")
    _before(importing, "write_manifest", told, "swap")
    _before(importing, "sweep", told, "sweep")
    _before(PartWriter, "_copy", told, "files")
    import_facts(Request(source, ledger, day=day))


def _before(owner: Any, name: str, told: Connection, phase: str) -> None:
    """Make a function tell its phase when it is called first."""
    function = getattr(owner, name)
    entered: list[str] = []

    def telling(*given: Any, **named: Any) -> Any:
        if not entered:
            entered.append(phase)
            _tell(told, phase)
        return function(*given, **named)

    setattr(owner, name, telling)


def _tell(told: Connection, phase: str) -> None:
    told.send((phase, time.perf_counter()))
