"""A ledger opened by another process, and read here from a file: small, and out of the way.

Opening checks every row and settles every invoice, which takes memory and the processor; a
server that answers meanwhile has neither to spare. The other process writes what it opened
as a DuckDB file; this one reads it with little memory. Beside it lies the same in the order
of look-ups, for one customer at once.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from features.engines.indexed import open_index, write_index
from features.errors import LedgerError, TradegradeError, UnavailableError
from features.ledger.files import TableFiles
from features.ledger.open import Ledger, open_ledger
from features.ledger.tables import TABLES
from features.settings import SETTINGS

MEMORY = "256MB"  # what a query may use, and pages kept at hand
_DATABASE, _ABOUT, _INDEX = "ledger.duckdb", "about.json", "rows.sqlite"


@dataclass(frozen=True, kw_only=True)
class PreparedLedger(Ledger):
    """A ledger that another process opened.

    Attributes
    ----------
    index : sqlite3.Connection
        Its facts as an indexed file; see `features.engines.indexed`.
    """

    index: sqlite3.Connection


@contextmanager
def open_prepared_ledger(path: Path, *, ledger_currency: str = "CNY") -> Iterator[PreparedLedger]:
    """Yield a ledger that another process opened; nothing can be written to it.

    Parameters
    ----------
    path : Path
        Folder of the ledger, as `features.ledger.open.open_ledger` takes it.
    ledger_currency : str
        The policy's currency.

    Raises
    ------
    LedgerError
        If the ledger breaks a rule.
    UnavailableError
        If the other process failed for another reason.
    """
    with tempfile.TemporaryDirectory(prefix="tradegrade-") as name:
        folder = Path(name)
        _prepared_elsewhere(path, folder, ledger_currency)
        settings = {"memory_limit": MEMORY, "threads": 1, "temp_directory": str(folder / "spill")}
        with (
            duckdb.connect(folder / _DATABASE, read_only=True, config=settings) as connection,
            open_index(folder / _INDEX) as index,
        ):
            yield _ledger(path, connection, index, folder)


def prepare_ledger(path: Path, folder: Path, *, ledger_currency: str) -> None:
    """Open a ledger and write what came of it into a folder.

    Raises
    ------
    LedgerError
        If the ledger breaks a rule.
    """
    with open_ledger(path, ledger_currency=ledger_currency) as ledger:
        about = {
            "currency": ledger.currency,
            "read_on": ledger.read_on,
            "rounded": ledger.rounded,
            "fingerprint": ledger.fingerprint,
            "first_day": _text(ledger.first_day),
            "last_day": _text(ledger.last_day),
            "tables": {
                name: {
                    "paths": [str(p) for p in files.paths],
                    "types": files.types,
                    "hidden": sorted(files.hidden),
                }
                for name, files in ledger.files.items()
            },
        }
        ledger.connection.execute(f"ATTACH '{_quoted(folder / _DATABASE)}' AS prepared")
        for (name,) in ledger.connection.execute("SHOW TABLES").fetchall():
            # a copy of the whole database would copy a view of files as a view
            ledger.connection.execute(f"CREATE TABLE prepared.{name} AS FROM {name}")
        ledger.connection.execute("DETACH prepared")
        write_index(ledger, folder / _INDEX)
    (folder / _ABOUT).write_text(json.dumps(about), encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Prepare a ledger: folder of the ledger, folder to write to, currency."""
    path, folder, currency = arguments
    try:
        prepare_ledger(Path(path), Path(folder), ledger_currency=currency)
    except TradegradeError as error:
        sys.stderr.write(str(error))
        return error.exit_code
    return 0


def _prepared_elsewhere(path: Path, folder: Path, currency: str) -> None:
    # -P: a file called features.py where the server was started must not be taken for ours
    command = [sys.executable, "-P", "-m", __name__, str(path), str(folder), currency]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode == 0:
        return
    told = done.stderr.strip()
    if done.returncode == LedgerError.exit_code:
        raise LedgerError(told)
    fault = told.splitlines()[-1] if told else f"it ended with {done.returncode}"
    message = f"The ledger {path} could not be opened ({fault}). Mend it and start again."
    raise UnavailableError(message)


def _ledger(
    path: Path,
    connection: duckdb.DuckDBPyConnection,
    index: sqlite3.Connection,
    folder: Path,
) -> PreparedLedger:
    about: dict[str, Any] = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
    files = {
        name: TableFiles(
            TABLES[name],
            tuple(Path(p) for p in found["paths"]),
            found["types"],
            frozenset(found["hidden"]),
        )
        for name, found in about["tables"].items()
    }
    ledger = PreparedLedger(
        path=path,
        connection=connection,
        files=files,
        currency=about["currency"],
        settings=SETTINGS,
        read_on=about["read_on"],
        rounded=about["rounded"],
        index=index,
    )
    # worked out when it was opened: the files may be others by now
    vars(ledger).update(
        fingerprint=about["fingerprint"],
        first_day=_day(about["first_day"]),
        last_day=_day(about["last_day"]),
    )
    return ledger


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
