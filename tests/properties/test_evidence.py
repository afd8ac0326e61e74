"""Whatever the ledger, evidence is true: rows add up to what they claim, by whichever path."""

import math
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.catalogue import CATALOGUE, FEATURE_NAMES, FEATURES
from features.evidence import evidence_rows, evidence_source, rows_behind
from features.ledger.open import Ledger, open_ledger
from features.moved_rows import Between, MovedRow, moved_rows, moved_rows_of_many
from features.snapshot import snapshots
from tests.drawn import write_ledger
from tests.properties.effort import examples
from tests.properties.ledgers import START, Tables, days, ledgers

CUSTOMERS = ("c1", "c2", "c3", "nobody")
BEHIND = [feature.name for feature in CATALOGUE if feature.evidence is not None]
ADDITIVE = [name for name in BEHIND if FEATURES[name].evidence.additive]
drawn = settings(
    max_examples=examples(12),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
some_days = st.lists(days, min_size=2, max_size=3, unique=True).map(sorted)


def differences(chosen: list[str]) -> list[Between]:
    asked = [date.fromisoformat(day) for day in chosen]
    return [
        Between(customer, earlier, later)
        for earlier, later in zip(asked, asked[1:], strict=False)
        for customer in CUSTOMERS
    ]


def values(ledger: Ledger, pairs: list[tuple[str, date]]) -> list[dict[str, float]]:
    as_of = np.array([day for _, day in pairs], dtype="datetime64[D]")
    found = snapshots(ledger, ([customer for customer, _ in pairs], as_of)).values
    return [dict(zip(FEATURE_NAMES, row, strict=True)) for row in found.tolist()]


@drawn
@given(tables=ledgers(), chosen=some_days)
def test_a_customer_alone_moved_as_among_many(tables: Tables, chosen: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with open_ledger(write_ledger(Path(folder) / "ledger", **tables)) as ledger:
            asked = differences(chosen)
            many = list(moved_rows_of_many(ledger, [(between, BEHIND) for between in asked]))
            source = evidence_source(ledger)
            alone = [moved_rows(source, between, BEHIND) for between in asked]
    for one, other in zip(alone, many, strict=True):
        assert one == other
        assert list(one) == list(other)


@drawn
@given(tables=ledgers(), chosen=some_days)
def test_moved_rows_add_up_to_what_the_feature_moved(tables: Tables, chosen: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with open_ledger(write_ledger(Path(folder) / "ledger", **tables)) as ledger:
            asked = differences(chosen)
            then = values(ledger, [(b.customer_id, b.earlier) for b in asked])
            now = values(ledger, [(b.customer_id, b.later) for b in asked])
            source = evidence_source(ledger)
            for between, before, after in zip(asked, then, now, strict=True):
                found = moved_rows(source, between, ADDITIVE)
                for name in ADDITIVE:
                    change = after[name] - before[name]
                    if not math.isnan(change):
                        assert math.isclose(added(found.get(name, ())), change, abs_tol=0.001)


def added(rows: tuple[MovedRow, ...]) -> float:
    return math.fsum(row.adds[1] - row.adds[0] for row in rows if row.adds is not None)


@drawn
@given(tables=ledgers(), chosen=some_days)
def test_a_customer_alone_has_the_rows_of_the_batch(tables: Tables, chosen: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with open_ledger(write_ledger(Path(folder) / "ledger", **tables)) as ledger:
            keys = [(c, date.fromisoformat(day)) for c in CUSTOMERS for day in chosen]
            wanted = {name: evidence_rows(ledger, name, keys, at_most=3) for name in BEHIND}
            source = evidence_source(ledger)
            for key in keys:
                found = rows_behind(source, BEHIND, *key, at_most=3)
                assert found == {n: rows[key] for n, rows in wanted.items() if key in rows}


def test_there_are_additive_features_and_others() -> None:
    assert 10 < len(ADDITIVE) < len(BEHIND)
    assert START < date(2025, 1, 1)
