"""One customer as of a day: what the batch gives, from every source, and what is refused."""

import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest

from features.catalogue import FEATURE_NAMES
from features.engines.indexed import IndexedRows, open_index, write_index
from features.engines.rows import RowSource
from features.errors import LedgerError, UnavailableError
from features.ledger.open import Ledger, open_ledger
from features.ledger.prepared import PreparedLedger, open_prepared_ledger
from features.ledger.simulate import simulate
from features.matrix import Snapshots
from features.online import (
    FEW,
    known_among,
    online_source,
    program,
    snapshot,
    snapshots_of_few,
)
from features.render import present_relations
from features.snapshot import all_pairs, snapshots
from tests.drawn import invoice, payment, write_ledger
from tests.spec.test_features import CASES, D

DAYS = (date(2023, 1, 1), date(2024, 2, 29), date(2025, 3, 31), date(2025, 12, 31))
OPTIONAL = ("legal_events", "coverage", "orders", "external_scores", "bad_debts", "signals")


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated") / "ledger"
    simulate(80, 24, 11, folder)
    return folder


@pytest.fixture(scope="module")
def ledger(simulated: Path) -> Iterator[Ledger]:
    with open_ledger(simulated) as opened:
        yield opened


@pytest.fixture(scope="module")
def prepared(simulated: Path) -> Iterator[PreparedLedger]:
    with open_prepared_ledger(simulated) as opened:
        yield opened


def one_by_one(source: RowSource, wanted: Snapshots) -> np.ndarray:
    days = wanted.as_of.tolist()
    rows = [snapshot(source, c, d) for c, d in zip(wanted.customer_ids, days, strict=True)]
    return np.concatenate([row.values for row in rows])


@pytest.mark.parametrize(("tables", "expected"), CASES.values(), ids=CASES)
def test_features_as_drawn(tmp_path: Path, tables: dict, expected: dict) -> None:
    customers = tables.get("customers") or [{"customer_id": "c1"}]
    with open_ledger(write_ledger(tmp_path, **{**tables, "customers": customers})) as drawn:
        found = snapshot(online_source(drawn), "c1", date.fromisoformat(D))
        wanted = snapshots(drawn, (["c1"], np.array([D], dtype="datetime64[D]")))
    np.testing.assert_array_equal(found.values, wanted.values)
    assert set(expected) <= set(found.names)


def test_a_row_says_whose_and_when(ledger: Ledger) -> None:
    found = snapshot(online_source(ledger), "C0000001", DAYS[2])
    assert (found.customer_ids, found.names) == (("C0000001",), FEATURE_NAMES)
    assert found.as_of.tolist() == [DAYS[2]]


def test_every_customer_has_the_values_of_the_batch(
    ledger: Ledger, prepared: PreparedLedger
) -> None:
    wanted = snapshots(ledger, all_pairs(ledger, DAYS))
    assert np.isfinite(wanted.values).any(axis=0).all(), "a feature is compared nowhere"
    np.testing.assert_array_equal(one_by_one(online_source(prepared), wanted), wanted.values)
    few = wanted.take(range(0, len(wanted), 9))
    np.testing.assert_array_equal(one_by_one(online_source(ledger), few), few.values)


def test_a_stranger_has_the_empty_row_of_the_batch(
    ledger: Ledger, prepared: PreparedLedger
) -> None:
    for stranger in ("nobody", "", "C000000", "张三", "x' OR 1=1 --"):
        wanted = snapshots(ledger, ([stranger], np.array([DAYS[2]], dtype="datetime64[D]")))
        for source in (online_source(ledger), online_source(prepared)):
            found = snapshot(source, stranger, DAYS[2])
            np.testing.assert_array_equal(found.values, wanted.values)


def test_what_a_ledger_lacks_is_unknown(tmp_path: Path, simulated: Path) -> None:
    for file in simulated.glob("*.parquet"):
        if file.stem not in OPTIONAL:
            (tmp_path / file.name).symlink_to(file)
    with open_prepared_ledger(tmp_path) as poor:
        wanted = snapshots(poor, all_pairs(poor, DAYS[-1:]))
        assert np.isnan(wanted.column("legal_count_730d")).all()
        np.testing.assert_array_equal(one_by_one(online_source(poor), wanted), wanted.values)


def test_a_product_that_leaves_64_bits_is_refused_where_the_batch_refuses_it(
    tmp_path: Path,
) -> None:
    folder = write_ledger(
        tmp_path,
        # settled forty years late: its amount in minor units times the days leaves 64 bits
        invoices=[invoice("i", "1990-01-01", "1990-01-02", "999999999999999")],
        payments=[payment("p", "2030-01-01", "999999999999999", invoice_id="i")],
    )
    within_a_year, overdue, settled = date(1990, 12, 31), date(2024, 12, 31), date(2030, 6, 30)
    with open_ledger(folder, latest=date(2031, 1, 1)) as opened:
        source = online_source(opened)
        for day in (within_a_year, overdue):
            with pytest.raises(duckdb.OutOfRangeException):
                snapshots(opened, (["c1"], np.array([day], dtype="datetime64[D]")))
            with pytest.raises(LedgerError, match="leaves 64 bits"):
                snapshot(source, "c1", day)
        # then no fold asks for the product of that row
        wanted = snapshots(opened, (["c1"], np.array([settled], dtype="datetime64[D]")))
        np.testing.assert_array_equal(snapshot(source, "c1", settled).values, wanted.values)


@pytest.mark.parametrize("many", [0, 1, FEW, FEW + 1])
def test_few_pairs_or_many_give_the_same_rows(
    ledger: Ledger, prepared: PreparedLedger, many: int
) -> None:
    ids, days = all_pairs(ledger, DAYS[-1:])
    pairs = (ids[:many][::-1], days[:many])
    wanted = snapshots(ledger, pairs)
    assert len(wanted) == many
    for opened in (ledger, prepared):
        found = snapshots_of_few(opened, pairs)
        assert (found.customer_ids, found.names) == (wanted.customer_ids, wanted.names)
        np.testing.assert_array_equal(found.as_of, wanted.as_of)
        np.testing.assert_array_equal(found.values, wanted.values)


def test_who_is_known_is_who_the_batch_takes(ledger: Ledger) -> None:
    for day in DAYS:
        everybody = all_pairs(ledger, [day])[0]
        asked = [*everybody[:3], "nobody"]
        assert known_among(ledger, asked, day) == set(everybody[:3])


def test_an_index_answers_in_another_thread(prepared: PreparedLedger) -> None:
    found: list[Snapshots] = []
    thread = threading.Thread(
        target=lambda: found.append(snapshot(online_source(prepared), "C0000001", DAYS[2]))
    )
    thread.start()
    thread.join()
    assert len(found) == 1


def test_any_text_is_looked_up(tmp_path: Path) -> None:
    odd = ['a"b', "c,d", "e\nf", "O'Neil", "张三", "NULL", " ", "a", "$1"]
    folder = write_ledger(
        tmp_path,
        customers=[{"customer_id": c, "industry": c, "group_id": odd[i % 3]}
                   for i, c in enumerate(odd)],
        invoices=[invoice(c, "2025-01-01", "2025-01-31", 100 + i, customer_id=c, order_id=c)
                  for i, c in enumerate(odd)],
        orders=[{"order_id": c, "customer_id": c, "ordered_on": "2024-12-01", "amount": "200"}
                for c in odd],
    )  # fmt: skip
    with open_prepared_ledger(folder) as opened:
        wanted = snapshots(opened, all_pairs(opened, [date(2025, 3, 31)]))
        assert sorted(wanted.customer_ids) == sorted(odd)
        np.testing.assert_array_equal(one_by_one(online_source(opened), wanted), wanted.values)


def test_facts_that_lie_in_files_are_indexed_too(tmp_path: Path, simulated: Path) -> None:
    path = tmp_path / "rows.sqlite"
    with open_ledger(simulated) as opened:
        wanted = snapshots(opened, all_pairs(opened, DAYS[-1:])).take(range(0, 60, 7))
        for (name,) in opened.connection.execute("SHOW TABLES").fetchall():
            file = tmp_path / f"{name}.parquet"
            opened.connection.execute(f"COPY {name} TO '{file}'")
            opened.connection.execute(f"DROP TABLE {name}")
            opened.connection.execute(f"CREATE VIEW {name} AS FROM read_parquet('{file}')")
        write_index(opened, path)
        present = present_relations(opened.files)
    with open_index(path) as index:
        source = IndexedRows(index, program().columns, present)
        np.testing.assert_array_equal(one_by_one(source, wanted), wanted.values)


def test_an_index_that_cannot_be_written_or_opened_is_told(tmp_path: Path, ledger: Ledger) -> None:
    with pytest.raises(OSError, match="unable to open"):
        write_index(ledger, tmp_path / "nowhere" / "rows.sqlite")
    with pytest.raises(UnavailableError, match="cannot be opened"):
        with open_index(tmp_path / "missing.sqlite"):
            pass
