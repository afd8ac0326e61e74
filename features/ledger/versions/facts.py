"""The facts of a new state: settlement, and money in one currency, of the customers touched.

What one customer's facts depend on is its own rows, the money of others that names its
invoices, and the rates of exchange. So an import computes anew the customers whose rows it
touches and those whose invoices are named by money that it touches; everybody only where the
rates, the currencies or the settings changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from features.ledger.currency import convert, settle_currency
from features.ledger.settlement import item_batches
from features.ledger.versions.compact import appended
from features.ledger.versions.manifest import Manifest, Part, facts_key
from features.ledger.versions.parts import ITEMS, PartWriter
from features.ledger.versions.state import load_originals, show_originals
from features.settings import SETTINGS

MONEY = ("invoices", "orders", "payments")  # the tables that conversion changes
_SETTLED = ("invoices", "payments")


@dataclass(frozen=True)
class _Work:
    connection: duckdb.DuckDBPyConnection
    writer: PartWriter
    folder: Path
    before: Manifest
    after: Manifest


def with_facts(
    connection: duckdb.DuckDBPyConnection,
    writer: PartWriter,
    folder: Path,
    states: tuple[Manifest, Manifest],
    changed: Collection[str],
) -> Manifest:
    """Return a state with its facts computed and written.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        With ``next_<name>`` and ``owners_<name>`` of the changed tables.
    writer : PartWriter
        Writes the files of the new state.
    folder : Path
        The ledger's folder.
    states : tuple of (Manifest, Manifest)
        The state before, and the one after with its tables written but the facts of before.
    changed : collection of str
        The tables that the import changed.

    Raises
    ------
    LedgerError
        If a currency has no rate on a day that needs one.
    """
    before, after = states
    connection.execute("CREATE SCHEMA after_import")
    connection.execute("SET schema = 'after_import'")
    show_originals(connection, folder, after)
    named = _currencies(connection)
    after = replace(after, several=len(named) > 1, facts=facts_key())
    work = _Work(connection, writer, folder, before, after)
    if _anew(before, after, changed):
        return _everybody(work)
    return _touched(work, changed)


def _anew(before: Manifest, after: Manifest, changed: Collection[str]) -> bool:
    return (
        before.number == 0
        or (before.several, before.facts, before.currency)
        != (after.several, after.facts, after.currency)
        or (after.several and "fx_rates" in changed)
    )


def _currencies(connection: duckdb.DuckDBPyConnection) -> set[str]:
    return {
        row[0]
        for name in ("invoices", "orders")
        for row in connection.execute(
            f"SELECT DISTINCT currency FROM led_{name} WHERE currency IS NOT NULL"
        ).fetchall()
    }


def _everybody(work: _Work) -> Manifest:
    converted: dict[str, tuple[Part, ...]] = {}
    if work.after.several:
        _enter(work.connection, "everybody")
        load_originals(work.connection, work.folder, work.after)
        settle_currency(work.connection, work.after.currency, {})
        converted = {
            name: (work.writer.write(name, f"SELECT * FROM led_{name}", None),)
            for name in MONEY
            if name in work.after.tables
        }
    batches = item_batches(work.connection, SETTINGS)
    items = work.writer.write_batches(ITEMS, batches, None)
    return replace(work.after, converted=converted, items=(items,))


def _touched(work: _Work, changed: Collection[str]) -> Manifest:
    relevant = [n for n in (MONEY if work.after.several else _SETTLED) if n in changed]
    if not relevant:
        return work.after
    _note_touched(work, relevant)
    _enter(work.connection, "touched_ledger")
    _load_touched(work)
    converted = dict(work.after.converted)
    if work.after.several:  # whatever currencies the part names that was touched
        convert(work.connection, work.after.currency, {})
        for name in MONEY:
            if name in work.after.tables:
                query = (
                    f"SELECT l.* FROM led_{name} AS l SEMI JOIN touched AS o "
                    "ON o.owner = l.customer_id"
                )
                part = work.writer.write(name, query, "SELECT owner FROM touched")
                converted[name] = appended(
                    work.writer, work.folder, name, converted.get(name, ()), part
                )
    part = work.writer.write_batches(ITEMS, _of_touched(work), "SELECT owner FROM touched")
    items = appended(work.writer, work.folder, ITEMS, work.after.items, part)
    return replace(work.after, converted=converted, items=items)


def _note_touched(work: _Work, relevant: Collection[str]) -> None:
    """Create ``touched``: the customers whose facts the import may have changed."""
    owners = " UNION ALL ".join(f"SELECT owner FROM owners_{name}" for name in relevant)
    named = [
        f"SELECT {column} AS invoice_id FROM {when}_{name}"
        for name, column in (("invoices", "credits_invoice_id"), ("payments", "invoice_id"))
        for when in ("next", "old")
        if name in relevant
    ]
    parts = [owners]
    if named:
        parts.append(
            "SELECT i.customer_id FROM led_invoices AS i SEMI JOIN "
            f"({' UNION ALL '.join(named)}) AS n USING (invoice_id)"
        )
    if work.after.several:  # money is told in the rate of the invoice that it names
        of_touched = f"SELECT invoice_id FROM led_invoices WHERE customer_id IN ({owners})"
        parts += [
            f"SELECT customer_id FROM led_payments WHERE invoice_id IN ({of_touched})",
            f"SELECT customer_id FROM led_invoices WHERE credits_invoice_id IN ({of_touched})",
        ]
    work.connection.execute(
        f"CREATE TEMP TABLE touched AS SELECT DISTINCT owner FROM ({' UNION ALL '.join(parts)})"
    )


def _load_touched(work: _Work) -> None:
    """Load what the facts of the touched customers depend on, under the tables' own names."""
    run = work.connection.execute
    run(
        "CREATE TEMP TABLE touched_invoices AS SELECT DISTINCT invoice_id "
        "FROM after_import.led_invoices WHERE customer_id IN (SELECT owner FROM touched)"
    )
    run(
        "CREATE TABLE led_payments AS SELECT * FROM after_import.led_payments "
        "WHERE customer_id IN (SELECT owner FROM touched) "
        "OR invoice_id IN (SELECT invoice_id FROM touched_invoices)"
    )
    run(
        "CREATE TABLE led_invoices AS SELECT * FROM after_import.led_invoices "
        "WHERE invoice_id IN (SELECT invoice_id FROM touched_invoices) "
        "OR credits_invoice_id IN (SELECT invoice_id FROM touched_invoices) "
        "OR invoice_id IN (SELECT invoice_id FROM led_payments) "
        "OR invoice_id IN (SELECT credits_invoice_id FROM after_import.led_invoices "
        "WHERE customer_id IN (SELECT owner FROM touched))"
    )
    run(
        "CREATE TABLE led_orders AS SELECT * FROM after_import.led_orders "
        "WHERE customer_id IN (SELECT owner FROM touched)"
    )
    run("CREATE TABLE led_fx_rates AS SELECT * FROM after_import.led_fx_rates")


def _of_touched(work: _Work) -> Iterator[pa.Table]:
    owners = work.connection.sql("SELECT owner FROM touched").to_arrow_table()["owner"]
    for batch in item_batches(work.connection, SETTINGS):
        yield batch.filter(pc.is_in(batch["customer_id"], value_set=owners.combine_chunks()))


def _enter(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    connection.execute(f"CREATE SCHEMA {schema}")
    connection.execute(f"SET schema = '{schema}'")
