"""Imports of random facts: stored facts are those computed anew, and the past stays.

Three imports of the same few ids make every kind of change: rows that are new, known late,
corrected by a known day of their own or by saying something else, moved to another customer.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from features.intake.importing import Outcome, Request, import_facts
from features.ledger.connection import connected
from features.ledger.currency import settle_currency
from features.ledger.open import open_ledger
from features.ledger.settlement import build_items
from features.ledger.tables import TABLES
from features.ledger.versions.manifest import read_manifest
from features.ledger.versions.state import load_originals
from features.settings import SETTINGS
from features.snapshot import snapshots
from tests.drawn import write_ledger
from tests.properties.effort import examples
from tests.properties.ledgers import FIELDS, SPAN, START, Tables, later, ledgers

DAYS = [later(START.isoformat(), n) for n in (SPAN // 3, SPAN // 2, SPAN)]
COMPARED = ("led_invoices", "led_orders", "led_payments", "fact_items")
_SLOW = {
    "deadline": None,
    "phases": [Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes too long here
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}


def imported(tables: Tables, folder: Path, place: int) -> Outcome:
    """Import tables on one of the days."""
    source = write_ledger(folder / f"source-{place}", **tables)
    day = np.datetime64(DAYS[place]).item()
    return import_facts(Request(source, folder / "ledger", day=day))


def stored(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return the facts that the ledger gives."""
    with open_ledger(folder / "ledger") as ledger:
        return {
            name: ledger.connection.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall()
            for name in COMPARED
        }


def computed_anew(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return the facts computed from all imported rows at once."""
    place = folder / "ledger"
    with connected() as connection:
        load_originals(connection, place, read_manifest(place))
        settle_currency(connection, "CNY", {})
        build_items(connection, SETTINGS)
        return {
            name: connection.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall()
            for name in COMPARED
        }


@settings(max_examples=examples(10), **_SLOW)
@given(batches=st.lists(ledgers(), min_size=1, max_size=3))
def test_facts_stored_by_imports_are_those_computed_anew(batches: list[Tables]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for place, tables in enumerate(batches):
            first = imported(tables, folder, place)
            assert stored(folder) == computed_anew(folder)
            again = imported(tables, folder, place)
            assert again.number == first.number
            assert not any(merged.taken for merged in again.tables.values())


@settings(max_examples=examples(10), **_SLOW)
@given(before=ledgers(), data=st.data())
def test_a_changed_row_changes_nothing_before_the_day_of_its_import(
    before: Tables, data: st.DataObject
) -> None:
    changed = {name: data.draw(_changed(name, rows)) for name, rows in before.items()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        imported(before, folder, 0)
        asked = [later(DAYS[1], -by) for by in (1, 30, 100)]
        was = _features(folder, asked)
        outcome = imported(changed, folder, 1)
        assert not any(merged.backdated for merged in outcome.tables.values())
        np.testing.assert_array_equal(_features(folder, asked), was)


@st.composite
def _changed(draw: st.DrawFn, name: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Draw other content for some ids that the ledger has, without a known day."""
    key = TABLES[name].key
    of_id = {tuple(row.get(k) for k in key): {k: row.get(k) for k in key} for row in rows}
    found = []
    for named in of_id.values():
        if draw(st.booleans()) and "home" not in named.values():
            row = draw(st.fixed_dictionaries(FIELDS[name])) | named
            if name == "invoices":
                row["due_on"] = later(row["issued_on"], row["due_on"])
            found.append(row)
    return found


def _features(folder: Path, days: list[str]) -> np.ndarray:
    with open_ledger(folder / "ledger") as ledger:
        ids = ["c1", "c2"] * len(days)
        as_of = np.repeat(np.array(days, dtype="datetime64[D]"), 2)
        return snapshots(ledger, (ids, as_of)).values
