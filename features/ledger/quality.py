"""The quality of a ledger in numbers: what it has, what it lacks, and what breaks a rule."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np

from features.catalogue import FEATURE_NAMES
from features.errors import LedgerError
from features.ledger import checks, currency, normalise
from features.ledger import quality_counts as counts
from features.ledger.checks import Problem
from features.ledger.connection import connected
from features.ledger.export import write_versions
from features.ledger.files import TableFault, TableFiles, find_tables
from features.ledger.open import EPOCH, Ledger
from features.ledger.quality_counts import Profile
from features.ledger.settlement import build_items
from features.ledger.tables import TABLES, YEARS_AHEAD
from features.ledger.versions.manifest import is_versioned
from features.settings import SETTINGS
from features.snapshot import all_pairs, snapshots

_MONEY = frozenset({"invoices", "orders", "payments", "fx_rates"})  # what conversion reads


@dataclass(frozen=True)
class Quality:
    """What was counted of a ledger.

    Attributes
    ----------
    tables : tuple of Profile
        The tables that the ledger has, in the ledger's order.
    errors : tuple of Problem
        Broken rules: with any of them the ledger is refused.
    warnings : tuple of Problem
        Rows that are accepted and should be looked at.
    corrected : dict of str to int
        Ids that stand several times because a later row corrects an earlier, by table.
    customers : int or None
        How many customers there are; None where a rule is broken that keeps them from being read.
    without_history : int or None
        How many of them no invoice names.
    currency : str or None
        The currency of every amount, None where it could not be settled.
    currencies : dict of str to int
        Rows of invoices and orders that name each currency.
    last_day : date or None
        The last day of which the ledger tells; None in an empty or an unreadable one.
    unknown_shares : dict of str to (float or None)
        For every feature in catalogue order the share, 0 to 1, of the customers known on the
        last day whose value is unknown; None where there is no such day or no such customer.
    """

    tables: tuple[Profile, ...]
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    corrected: dict[str, int]
    customers: int | None
    without_history: int | None
    currency: str | None
    currencies: dict[str, int]
    last_day: date | None
    unknown_shares: dict[str, float | None]


@dataclass
class _Reading:
    """A ledger being read as far as its rules allow."""

    path: Path
    connection: duckdb.DuckDBPyConnection
    files: dict[str, TableFiles]
    lost: frozenset[str]
    sound: frozenset[str]
    errors: list[Problem]
    rounded: dict[str, dict[str, int]]

    def can_read(self, *names: str) -> bool:
        """Tell whether each of these tables is loaded, or absent."""
        return all(name in self.sound or name not in self.there for name in names)

    @property
    def there(self) -> dict[str, TableFiles | None]:
        """The tables that the ledger has; None are the files of one that cannot be read."""
        return {**self.files, **dict.fromkeys(self.lost)}


def ledger_quality(
    path: Path, *, ledger_currency: str = "CNY", today: date | None = None
) -> Quality:
    """Return what can be counted of a ledger, whether it keeps the rules or not.

    Parameters
    ----------
    path : Path
        Folder of the ledger, as `features.ledger.open.open_ledger` takes it.
    ledger_currency : str
        The policy's currency: read where the ledger names none, and the target of conversion.
    today : date, optional
        The day on which it is read; rows dated later are of the future.

    Returns
    -------
    Quality
        Broken rules are counted in ``errors``, each in the words of its refusal.

    Raises
    ------
    LedgerError
        If the folder is no ledger.
    """
    if is_versioned(Path(path)):
        # what is stored is checked as strangers' files are: every rule, on every version
        with tempfile.TemporaryDirectory(prefix="tradegrade-") as plain:
            write_versions(Path(path), Path(plain))
            return ledger_quality(Path(plain), ledger_currency=ledger_currency, today=today)
    day = today or datetime.now(UTC).date()
    latest = day + timedelta(days=round(365.25 * YEARS_AHEAD))
    with connected() as connection:
        reading = _read(connection, Path(path), latest)
        profiles = tuple(
            counts.profile(connection, table, today=day, latest=latest)
            for table in reading.files.values()
        )
        warnings = tuple(_warnings(reading, profiles))
        corrected = {name: counts.corrected_ids(connection, name) for name in TABLES
                     if name in reading.sound}  # fmt: skip
        customers = without = None
        if reading.can_read("customers", "invoices"):
            customers, without = counts.customers_and_strangers(connection)
        currencies = counts.currency_rows(connection)
        code = _settled_currency(reading, ledger_currency)  # splits rows: count before it
        last_day, shares = _unknown_shares(reading, code, day)
        return Quality(
            tables=profiles,
            errors=tuple(reading.errors),
            warnings=warnings,
            corrected=corrected,
            customers=customers,
            without_history=without,
            currency=code,
            currencies=currencies,
            last_day=last_day,
            unknown_shares=shares,
        )


def _read(connection: duckdb.DuckDBPyConnection, path: Path, latest: date) -> _Reading:
    """Load every table whose rows keep the rules; a broken one stays empty."""
    faults: list[TableFault] = []
    files = find_tables(connection, path, faults)
    errors = []
    for name, table in list(files.items()):
        try:
            errors += checks.row_problems(connection, table, latest)
        except TableFault as fault:
            faults.append(fault)
            del files[name]
    errors = [Problem(f.table, f.column, f.rows, str(f)) for f in faults] + errors
    lost = frozenset(fault.table for fault in faults)
    sound = frozenset(files) - {problem.table for problem in errors}
    rounded = {}
    for name, absent in TABLES.items():
        if name in sound:
            normalise.load(connection, files[name])
            rounded[name] = normalise.rounded_values(connection, files[name])
        else:
            normalise.load_absent(connection, absent)
    ordered = [name for name in files if name in sound]
    errors += [p for name in ordered for p in checks.key_problems(connection, files[name])]
    if "customers" in sound:
        errors += [p for n in ordered for p in checks.customer_problems(connection, files[n])]
    return _Reading(path, connection, files, lost, sound, errors, rounded)


def _warnings(reading: _Reading, profiles: tuple[Profile, ...]) -> Iterator[Problem]:
    yield from counts.orphan_problems(reading.connection, reading.there, reading.sound)
    for found in profiles:
        if found.name in reading.sound:
            files = reading.files[found.name]
            yield from counts.copy_problems(reading.connection, files, found.rows)
            yield from counts.rounded_problems(found.name, reading.rounded[found.name])
        yield from counts.future_problems(found)


def _settled_currency(reading: _Reading, ledger_currency: str) -> str | None:
    """Convert to one currency; a missing rate becomes an error of the reading."""
    if not reading.can_read(*_MONEY):
        return None
    try:
        return currency.settle_currency(reading.connection, ledger_currency, reading.files)
    except LedgerError as error:
        reading.errors.append(_unrated(reading.connection, str(error)))
        return None


def _unrated(connection: duckdb.DuckDBPyConnection, message: str) -> Problem:
    """Return the refusal of a currency as a problem; its first table without a rate is meant."""
    noted = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    for table in ("invoices", "orders"):
        if (f"rates_{table}",) in noted:
            rows = connection.execute(
                f"SELECT count(*) FROM rates_{table} WHERE rate IS NULL "
                "GROUP BY currency ORDER BY currency LIMIT 1"
            ).fetchall()
            if rows:
                return Problem(table, "currency", int(rows[0][0]), message)
    raise LedgerError(message)


def _unknown_shares(
    reading: _Reading, code: str | None, day: date
) -> tuple[date | None, dict[str, float | None]]:
    """Return the last day and the share of unknown values on it, None where it is not to be had."""
    nothing: dict[str, float | None] = dict.fromkeys(FEATURE_NAMES)
    if reading.errors or code is None:
        return None, nothing
    build_items(reading.connection, SETTINGS)
    ledger = Ledger(
        reading.path,
        reading.connection,
        reading.files,
        code,
        SETTINGS,
        (day - EPOCH).days,
        reading.rounded,
    )
    if ledger.last_day is None:
        return None, nothing
    found = snapshots(ledger, all_pairs(ledger, [ledger.last_day]))
    if not len(found):
        return ledger.last_day, nothing
    shares = np.isnan(found.values).mean(axis=0).tolist()
    return ledger.last_day, dict(zip(FEATURE_NAMES, shares, strict=True))
