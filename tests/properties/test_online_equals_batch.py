"""Whatever the ledger, one customer looked up has the batch's values, to the last bit."""

import tempfile
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.catalogue import FEATURE_NAMES
from features.engines.indexed import IndexedRows, open_index, write_index
from features.engines.rows import RowSource
from features.ledger.open import Ledger, open_ledger
from features.online import online_source, program, snapshot
from features.render import present_relations
from features.snapshot import snapshots
from tests.drawn import write_ledger
from tests.properties.effort import examples
from tests.properties.ledgers import SPAN, START, Tables, days, ledgers

CUSTOMERS = ("c1", "c2", "c3", "nobody")


def sources(stack: ExitStack, ledger: Ledger, folder: Path) -> dict[str, RowSource]:
    path = folder / "rows.sqlite"
    write_index(ledger, path)
    index = stack.enter_context(open_index(path))
    present = present_relations(ledger.files)
    return {
        "the ledger": online_source(ledger),
        "its index": IndexedRows(index, program().columns, present),
    }


@settings(
    max_examples=examples(12),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    tables=ledgers(),
    chosen=st.lists(days, min_size=1, max_size=4, unique=True),
    absent=st.sets(st.sampled_from(["orders", "legal_events", "coverage", "signals", "bad_debts",
                                    "external_scores", "guarantees"])),
)  # fmt: skip
def test_one_customer_is_as_in_the_batch(
    tables: Tables, chosen: list[str], absent: set[str]
) -> None:
    asked = [START.isoformat(), *chosen]
    ids = [c for _ in asked for c in CUSTOMERS]
    as_of = np.repeat(np.array(asked, dtype="datetime64[D]"), len(CUSTOMERS))
    kept = {name: rows for name, rows in tables.items() if name not in absent}
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        ledger = stack.enter_context(open_ledger(write_ledger(folder / "ledger", **kept)))
        wanted = snapshots(ledger, (ids, as_of)).values
        for told, source in sources(stack, ledger, folder).items():
            found = [
                snapshot(source, c, date.fromisoformat(d)).values[0] for d in asked
                for c in CUSTOMERS
            ]  # fmt: skip
            for row, (one, other) in enumerate(zip(found, wanted, strict=True)):
                different = [
                    n for n, a, b in zip(FEATURE_NAMES, one, other, strict=True)
                    if not (a == b or (np.isnan(a) and np.isnan(b)))
                ]  # fmt: skip
                assert not different, (told, ids[row], as_of[row])


def test_the_days_lie_within_the_drawn_ledgers() -> None:
    assert SPAN > 365
