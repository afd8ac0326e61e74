"""Import: facts from files into a versioned ledger, whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from features.errors import LedgerError, UsageError
from features.intake.rows import read_rows, reject, rounded_values, start_rejects
from features.intake.sources import Source, find_sources
from features.ledger.checks import LARGEST_TOTAL
from features.ledger.connection import connected
from features.ledger.tables import SHOWN_ROWS, TABLES, YEARS_AHEAD
from features.ledger.versions.compact import appended, sweep, with_dropped
from features.ledger.versions.facts import with_facts
from features.ledger.versions.lock import writing
from features.ledger.versions.manifest import (
    Imported,
    Manifest,
    facts_key,
    is_versioned,
    read_manifest,
    write_manifest,
)
from features.ledger.versions.merge import REWRITES, Merged, classify, counted, merge
from features.ledger.versions.parts import PartWriter
from features.ledger.versions.state import show_originals
from features.whole import whole

REJECTS = "rejects"  # the folder of the files of rejected rows
EPOCH = date(1970, 1, 1)
_CONVERTED = {"invoices": "issued_on", "orders": "ordered_on"}


@dataclass(frozen=True)
class Outcome:
    """What an import did.

    Attributes
    ----------
    number : int
        Of the state that holds now; the one before where nothing was new.
    day : date
        The import's day: from it changed rows are known.
    tables : dict of str to Merged
        What the rows of each table were.
    rejected : dict of str to int
        Rows that were not taken, by table.
    rejects : Path or None
        The file that names each of them with its reason.
    ignored : dict of str to tuple of str
        Columns that are not the ledger's and were left out, by file.
    rounded : dict of str to dict of str to int
        Values with more than two places, rounded half-even, by table and column.
    """

    number: int
    day: date
    tables: dict[str, Merged]
    rejected: dict[str, int]
    rejects: Path | None
    ignored: dict[str, tuple[str, ...]]
    rounded: dict[str, dict[str, int]]


@dataclass(frozen=True)
class Request:
    """What is to be imported, and how.

    Attributes
    ----------
    path : Path
        A file, or a folder of tables, in the ledger's own columns.
    ledger : Path
        Folder of the versioned ledger; made where it is missing.
    table : str, optional
        The table that a file holds, where its name does not tell.
    strict : bool
        Whether one bad row refuses the whole.
    currency : str
        The currency of the stored facts: the policy's.
    day : date, optional
        The import's day; today if not given.
    """

    path: Path
    ledger: Path
    table: str | None = None
    strict: bool = False
    currency: str = "CNY"
    day: date | None = None


def import_facts(request: Request, *, waits: Callable[[], None] = lambda: None) -> Outcome:
    """Take the rows of files into a versioned ledger.

    Every good row is taken and every bad one told with its reason. Nothing that the ledger
    has is overwritten: a row that says something else than the ledger's last word of its id is
    a correction, known from the import's day. Importing the same again changes nothing. A
    reader sees the state before or the state after; what kills the import leaves the former.

    Parameters
    ----------
    request : Request
        What is to be imported.
    waits : callable
        Called once where another import holds the ledger, before waiting for it.

    Raises
    ------
    UsageError
        If the folder holds a ledger of the plain layout, or it cannot be told what a file holds.
    LedgerError
        If a file cannot be read or lacks a required column, a row is bad and ``strict`` is
        set, or a currency has no rate.
    """
    _refuse_plain(request.ledger)
    day = request.day or datetime.now(UTC).date()
    with writing(request.ledger, waits=waits), connected() as connection:
        state = (
            read_manifest(request.ledger)
            if is_versioned(request.ledger)
            else Manifest(currency=request.currency)
        )
        show_originals(connection, request.ledger, state)
        sources = find_sources(connection, request.path, request.table)
        rounded = _read(connection, sources, day, request.currency)
        merged = _judged(connection, sources, (day - EPOCH).days)
        rejected = _rejected(connection)
        if request.strict and rejected:
            raise LedgerError(_refusal(connection, rejected))
        rejects = _write_rejects(connection, request.ledger) if rejected else None
        changed = [n for n, each in merged.items() if each.taken or n not in state.tables]
        if changed or (state.number and state.facts != facts_key()):
            log = Imported(
                state.number + 1,
                day.isoformat(),
                {source.path.name: _sha256(source.path) for source in sources},
                {name: merged[name].taken for name in changed},
            )
            before = state
            state = _stored(connection, request, state, changed, log, rounded)
            write_manifest(request.ledger, with_dropped(before, state, datetime.now(UTC)))
        if state.number:
            sweep(request.ledger, read_manifest(request.ledger))
        ignored = {source.path.name: source.ignored for source in sources if source.ignored}
        return Outcome(state.number, day, merged, rejected, rejects, ignored, rounded)


def _refuse_plain(ledger: Path) -> None:
    plain = [name for name in TABLES if (ledger / f"{name}.parquet").exists()]
    if plain and not is_versioned(ledger):
        message = (
            f"{ledger} holds a ledger of plain files ({plain[0]}.parquet). Give --to another "
            f"folder, and import {ledger} into it."
        )
        raise UsageError(message)


def _read(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[Source], day: date, currency: str
) -> dict[str, dict[str, int]]:
    """Create ``in_<table>`` of every table that is imported, and return what was rounded."""
    latest = day + timedelta(days=round(365.25 * YEARS_AHEAD))
    start_rejects(connection)
    names = list(dict.fromkeys(source.table.name for source in sources))
    rounded: dict[str, dict[str, int]] = {}
    connection.execute("CREATE TEMP VIEW known_customers AS SELECT customer_id FROM led_customers")
    for name in names:
        own = [source for source in sources if source.table.name == name]
        read_rows(connection, TABLES[name], own, latest)
        if found := rounded_values(connection, own):
            rounded[name] = found
        if name == "customers":
            connection.execute(
                "CREATE OR REPLACE TEMP VIEW known_customers AS SELECT customer_id FROM "
                "led_customers UNION SELECT customer_id FROM in_customers"
            )
    _reject_unrated(connection, names, currency)
    _refuse_beyond(connection, names)
    return rounded


def _refuse_beyond(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> None:
    """Raise a LedgerError if the amounts of a table would not fit the integers of settlement."""
    for name in names:
        if "amount" not in {column.name for column in TABLES[name].columns}:
            continue
        total = connection.execute(
            f"SELECT sum(abs(CAST(amount AS DOUBLE))) / 100 FROM ("
            f"SELECT amount FROM led_{name} UNION ALL SELECT amount FROM in_{name})"
        ).fetchall()[0][0]
        if total is not None and total > LARGEST_TOTAL:
            message = (
                f"Table {name}, column amount: with this import the amounts add up to {total:.3g}, "
                f"beyond {LARGEST_TOTAL:.1g}. Check the unit: amounts are in whole units of the "
                "currency, with two places."
            )
            raise LedgerError(message)


def _reject_unrated(
    connection: duckdb.DuckDBPyConnection, names: Sequence[str], currency: str
) -> None:
    """Reject the rows in a currency that has no rate on their day, where there are several."""

    def everywhere(table: str, columns: str) -> str:
        incoming = f" UNION ALL SELECT {columns} FROM in_{table}" if table in names else ""
        return f"SELECT {columns} FROM led_{table}{incoming}"

    named = {
        row[0]
        for table in _CONVERTED
        for row in connection.execute(
            f"SELECT DISTINCT currency FROM ({everywhere(table, 'currency')}) "
            "WHERE currency IS NOT NULL"
        ).fetchall()
    }
    if len(named) <= 1:
        return
    rates = everywhere("fx_rates", "currency, published_on, row_from")
    for table, day in _CONVERTED.items():
        if table in names:
            reject(
                connection,
                table,
                "currency",
                f"has no rate to {currency} that was published and known by the row's day. Add one "
                "to fx_rates.",
                f"currency <> '{currency}' AND NOT EXISTS (SELECT 1 FROM ({rates}) AS f "
                f"WHERE f.currency = in_{table}.currency AND f.published_on <= in_{table}.{day} "
                f"AND f.row_from <= greatest(in_{table}.row_from, in_{table}.{day}))",
            )


def _judged(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[Source], day: int
) -> dict[str, Merged]:
    merged = {}
    for name in dict.fromkeys(source.table.name for source in sources):
        classify(connection, name, day)
        merged[name] = counted(connection, name, day)
        key = TABLES[name].key[0]
        connection.execute(
            f"INSERT INTO rejects SELECT '{name}', file, row, '{key}', \"{key}\", $reason "
            f"FROM judged_{name} WHERE fate = 'rewrites'",
            {"reason": REWRITES},
        )
    return merged


def _stored(
    connection: duckdb.DuckDBPyConnection,
    request: Request,
    before: Manifest,
    changed: Sequence[str],
    log: Imported,
    rounded: dict[str, dict[str, int]],
) -> Manifest:
    """Write the files of the new state; nothing is seen of them before its manifest is."""
    writer = PartWriter(connection, request.ledger, log.number)
    tables = dict(before.tables)
    for name in changed:
        merge(connection, name)
        had = tables.get(name, ())
        owners = f"SELECT owner FROM owners_{name}" if any(p.count for p in had) else None
        part = writer.write(name, f"SELECT * FROM next_{name}", owners)
        tables[name] = (
            appended(writer, request.ledger, name, had, part) if owners is not None else (part,)
        )
    after = replace(
        before,
        number=log.number,
        currency=request.currency,
        tables=tables,
        rounded=_summed(before.rounded, rounded),
        imports=(*before.imports, log),
    )
    after = with_facts(connection, writer, request.ledger, (before, after), changed)
    writer.finish()
    return after


def _summed(
    before: dict[str, dict[str, int]], more: dict[str, dict[str, int]]
) -> dict[str, dict[str, int]]:
    return {
        name: {
            column: before.get(name, {}).get(column, 0) + more.get(name, {}).get(column, 0)
            for column in {**before.get(name, {}), **more.get(name, {})}
        }
        for name in {**before, **more}
    }


def _rejected(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    rows = connection.execute(
        'SELECT "table", count(DISTINCT (file, row)) FROM rejects GROUP BY 1 ORDER BY 1'
    ).fetchall()
    return {name: int(count) for name, count in rows}


def _refusal(connection: duckdb.DuckDBPyConnection, rejected: dict[str, int]) -> str:
    rows = connection.execute(
        'SELECT file, row, "column", value, reason FROM rejects ORDER BY "table", file, row '
        f"LIMIT {SHOWN_ROWS}"
    ).fetchall()
    told = "\n".join(
        f"{file}, row {row}, column {column}: {'(empty)' if value is None else value} {reason}"
        for file, row, column, value, reason in rows
    )
    return f"{sum(rejected.values())} row(s) are bad, and --strict takes all or none.\n{told}"


def _write_rejects(connection: duckdb.DuckDBPyConnection, ledger: Path) -> Path:
    folder = ledger / REJECTS
    folder.mkdir(exist_ok=True)
    number = 1 + max((int(p.stem) for p in folder.glob("[0-9]*.csv")), default=0)
    place = folder / f"{number:06d}.csv"
    with whole(place) as half:
        # text that a spreadsheet would run gets an apostrophe before it
        value = (
            "CASE WHEN regexp_matches(value, '^[=+@\\t\\r-]') AND TRY_CAST(value AS DOUBLE) "
            "IS NULL THEN '''' || value ELSE value END AS value"
        )
        connection.execute(
            f'COPY (SELECT "table", file, row, "column", {value}, reason FROM rejects '
            f"ORDER BY \"table\", file, row) TO '{str(half).replace(chr(39), chr(39) * 2)}' "
            "(FORMAT csv, HEADER true)"
        )
    return place


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
