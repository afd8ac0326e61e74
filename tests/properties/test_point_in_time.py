"""What became known after a day changes no feature of that day, in any table.

A ledger holds the drawn facts several times over: once whole, and once for each day as it
was known on that day, under other names. So one reading compares them all.
"""

import math
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.catalogue import FEATURE_NAMES
from features.ledger.open import open_ledger
from features.ledger.tables import TABLES
from features.snapshot import snapshots
from tests.drawn import write_ledger
from tests.properties.effort import examples
from tests.properties.ledgers import FIELDS, Row, Tables, days, later, ledgers, renamed

DATED = ("closed_on", "disputed_on", "valid_to", "expires_on")
BACK = (0, 45, 200)  # what is not known on a day was not known on an earlier one either
WHOLE = ""


def known_by(tables: Tables, day: str) -> Tables:
    """Return what was known: rows known by the day, dated attributes that lie after it open."""
    kept: Tables = {}
    for name, rows in tables.items():
        own = str(TABLES[name].own_date)
        known = [row for row in rows if (row.get("known_on") or row.get(own) or "") <= day]
        kept[name] = [_without_later(row, day) for row in known]
    return kept


def _without_later(row: Row, day: str) -> Row:
    ahead = {name for name in DATED if (row.get(name) or "") > day}
    known = {name: value for name, value in row.items() if name not in ahead}
    if "ordered_on" in row and "closed_on" in ahead:
        known["status"] = "open"  # the status tells the end; until its day the order is open
    return known


def together(worlds: dict[str, Tables]) -> Tables:
    """Return one ledger of several worlds."""
    marked = [renamed(tables, mark) for mark, tables in worlds.items()]
    return {name: [row for world in marked for row in world[name]] for name in TABLES}


def moved(tables: Tables, chosen: list[str]) -> dict[tuple[str, ...], tuple[float, float]]:
    """Return (customer, day, feature) → its value in the whole ledger and as then known."""
    worlds = {WHOLE: tables} | {f"@{day}": known_by(tables, day) for day in chosen}
    wanted = [(c, later(day, -back), f"@{day}")
              for day in chosen for back in BACK for c in ("c1", "c2")]  # fmt: skip
    ids = [c + mark for c, _, known in wanted for mark in (WHOLE, known)]
    as_of = np.repeat(np.array([d for _, d, _ in wanted], dtype="datetime64[D]"), 2)
    with tempfile.TemporaryDirectory() as folder:
        with open_ledger(write_ledger(Path(folder) / "ledger", **together(worlds))) as ledger:
            values = snapshots(ledger, (ids, as_of)).values
    both = values.reshape(len(wanted), 2, len(FEATURE_NAMES)).tolist()
    return {
        (*asked, name): (whole, then)
        for asked, pair in zip(wanted, both, strict=True)
        for name, whole, then in zip(FEATURE_NAMES, *pair, strict=True)
        if not (whole == then or (math.isnan(whole) and math.isnan(then)))
    }


@settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(tables=ledgers(), chosen=st.lists(days, min_size=1, max_size=3, unique=True))
def test_what_became_known_later_changes_nothing(tables: Tables, chosen: list[str]) -> None:
    assert moved(tables, chosen) == {}


def test_every_table_and_every_dated_attribute_is_drawn() -> None:
    assert set(FIELDS) == set(TABLES)
    assert {"customer_id", "credits_invoice_id", "due_on"} <= set(FIELDS["invoices"])
    assert {"customer_id", "invoice_id"} <= set(FIELDS["payments"])
    dated = {name for fields in FIELDS.values() for name in fields if name in DATED}
    assert dated == set(DATED)
