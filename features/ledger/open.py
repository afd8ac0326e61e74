"""Open a ledger: find its files, check them, and bring them into one DuckDB connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path

import duckdb

from features.errors import LedgerError
from features.ledger import checks, currency, normalise
from features.ledger.connection import connected
from features.ledger.files import TableFiles, find_tables, fingerprint
from features.ledger.settlement import build_items
from features.ledger.tables import TABLES, YEARS_AHEAD
from features.ledger.versions.manifest import Manifest, facts_key, is_versioned, read_manifest
from features.ledger.versions.state import (
    load_originals,
    show_facts,
    show_originals,
    table_files,
)
from features.settings import SETTINGS, FeatureSettings

EPOCH = date(1970, 1, 1)
_OBSERVED = ("invoices", "payments", "bad_debts", "legal_events")


@dataclass(frozen=True)
class Ledger:
    """An opened ledger, checked, in one currency, with settlement computed.

    Attributes
    ----------
    path : Path
        The folder it was read from.
    connection : duckdb.DuckDBPyConnection
        Holds ``led_<table>`` for every table and ``fact_items``.
    files : dict of str to TableFiles
        The tables that the ledger has; one that is absent is unknown, not empty.
    currency : str
        The currency of every amount.
    rounded : dict of str to dict of str to int
        Values with more than two places, by table and column; they were rounded half-even.
    settings : FeatureSettings
        Those of the feature set: what counts as settled, late and in default.
    read_on : int
        Today, or the latest as-of date asked, as a day number: what lies after it is no
        observation.
    """

    path: Path
    connection: duckdb.DuckDBPyConnection
    files: dict[str, TableFiles]
    currency: str
    settings: FeatureSettings
    read_on: int
    rounded: dict[str, dict[str, int]] = field(default_factory=dict)

    def has(self, table: str) -> bool:
        """Tell whether the ledger has a table, be it empty."""
        return table in self.files

    @cached_property
    def fingerprint(self) -> str:
        """The sha256 of the ledger's files."""
        return fingerprint(self.files)

    @cached_property
    def first_day(self) -> date | None:
        """The day of the first invoice, None in an empty ledger."""
        return self._day("SELECT min(issued_on) FROM led_invoices")

    @cached_property
    def last_day(self) -> date | None:
        """The last day of which the ledger tells what happened, None in an empty ledger.

        The last invoice, payment, bad debt or legal event, none later than today: a row of
        the future, such as an order to come or a slip of the pen, is no observation.
        """
        events = " UNION ALL ".join(
            f"SELECT max({TABLES[name].own_date}) AS day FROM led_{name} "
            f"WHERE {TABLES[name].own_date} <= {self.read_on}"
            for name in _OBSERVED
        )
        return self._day(f"SELECT max(day) FROM ({events})")

    def notes(self) -> list[str]:
        """Return what a reader of the ledger should know, in sentences."""
        found = [
            f"{name}.{column}: {count} values have more than two places and were rounded half-even"
            for name, columns in self.rounded.items()
            for column, count in columns.items()
        ]
        for name in (*_OBSERVED, "orders", "signals"):
            rows = self.connection.execute(
                f"SELECT count(*) FROM led_{name} WHERE {TABLES[name].own_date} > {self.read_on}"
            ).fetchall()
            if rows[0][0]:
                found.append(f"{name}: {rows[0][0]} rows are dated in the future and wait for it")
        return found

    def _day(self, sql: str) -> date | None:
        day = self.connection.execute(sql).fetchall()[0][0]
        return None if day is None else EPOCH + timedelta(days=int(day))


@contextmanager
def open_ledger(
    path: Path,
    *,
    ledger_currency: str = "CNY",
    latest: date | None = None,
) -> Iterator[Ledger]:
    """Yield a ledger that keeps every rule, ready for snapshots.

    Parameters
    ----------
    path : Path
        Folder with one Parquet file, or one folder of them, per table.
    ledger_currency : str
        The policy's currency: read where the ledger names none, and the target of
        conversion where it names several.
    latest : date, optional
        The latest as-of date that will be asked; events may lie five years beyond it or
        beyond today, whichever is later.

    Raises
    ------
    LedgerError
        If the ledger breaks a rule; the message names table, column, rows and mend.
    """
    folder = Path(path)
    today = datetime.now(UTC).date()
    last = max(today, latest or today)
    with connected() as connection:
        if is_versioned(folder):
            yield _versioned(connection, folder, ledger_currency, last)
            return
        files, rounded = _load_checked(connection, folder, last)
        code = currency.settle_currency(connection, ledger_currency, files)
        build_items(connection, SETTINGS)
        yield Ledger(folder, connection, files, code, SETTINGS, (last - EPOCH).days, rounded)


@contextmanager
def open_facts(path: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, dict[str, TableFiles]]]:
    """Yield the checked tables of a ledger as its files have them: no currency is converted.

    Raises
    ------
    LedgerError
        If the ledger breaks a rule.
    """
    folder = Path(path)
    with connected() as connection:
        if is_versioned(folder):
            state = _complete(folder)
            show_originals(connection, folder, state)
            yield connection, table_files(folder, state)
            return
        files, _ = _load_checked(connection, folder, datetime.now(UTC).date())
        yield connection, files


def _versioned(
    connection: duckdb.DuckDBPyConnection, folder: Path, ledger_currency: str, last: date
) -> Ledger:
    """Return a ledger of stored facts; where they are another policy's they are computed."""
    state = _complete(folder)
    if state.facts == facts_key() and (not state.several or state.currency == ledger_currency):
        show_facts(connection, folder, state)
        code = state.currency if state.several else _only_currency(connection, ledger_currency)
    else:
        load_originals(connection, folder, state)
        code = currency.settle_currency(connection, ledger_currency, {})
        build_items(connection, SETTINGS)
    ledger = Ledger(
        folder,
        connection,
        table_files(folder, state),
        code,
        SETTINGS,
        (last - EPOCH).days,
        state.rounded,
    )
    vars(ledger)["fingerprint"] = state.fingerprint  # of this state, whatever is imported now
    return ledger


def _complete(folder: Path) -> Manifest:
    state = read_manifest(folder)
    for table in TABLES.values():
        if table.required and table.name not in state.tables:
            message = f"The ledger {folder} lacks the table {table.name}. Import it."
            raise LedgerError(message)
    return state


def _only_currency(connection: duckdb.DuckDBPyConnection, ledger_currency: str) -> str:
    named = connection.execute(
        "SELECT currency FROM led_invoices WHERE currency IS NOT NULL "
        "UNION SELECT currency FROM led_orders WHERE currency IS NOT NULL"
    ).fetchall()
    return str(named[0][0]) if named else ledger_currency


def _load_checked(
    connection: duckdb.DuckDBPyConnection, path: Path, last: date
) -> tuple[dict[str, TableFiles], dict[str, dict[str, int]]]:
    files = find_tables(connection, path)
    _check_rows(connection, files, last)
    rounded = _load(connection, files)
    _check_references(connection, files)
    return files, rounded


def _check_rows(
    connection: duckdb.DuckDBPyConnection, files: dict[str, TableFiles], last: date
) -> None:
    limit = last + timedelta(days=round(365.25 * YEARS_AHEAD))
    problems = [
        p for table in files.values() for p in checks.row_problems(connection, table, limit)
    ]
    checks.refuse(problems)


def _load(
    connection: duckdb.DuckDBPyConnection, files: dict[str, TableFiles]
) -> dict[str, dict[str, int]]:
    rounded = {}
    for name, table in TABLES.items():
        if name not in files:
            normalise.load_absent(connection, table)
            continue
        normalise.load(connection, files[name])
        counts = normalise.rounded_values(connection, files[name])
        if counts:
            rounded[name] = counts
    return rounded


def _check_references(connection: duckdb.DuckDBPyConnection, files: dict[str, TableFiles]) -> None:
    problems = [p for t in files.values() for p in checks.key_problems(connection, t)]
    problems += [p for t in files.values() for p in checks.customer_problems(connection, t)]
    checks.refuse(problems)
