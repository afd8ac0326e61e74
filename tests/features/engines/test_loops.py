"""The compiled loops give what the query gives, to the last bit."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from features.catalogue import CATALOGUE, FEATURE_NAMES
from features.engines import loops
from features.engines.compiled import NotCompiledError, loop_of, sums_fit
from features.engines.loops import folded_by_loops
from features.expression import Relation, count, largest, median, when
from features.ledger.open import open_ledger
from features.ledger.simulate import simulate
from features.render import fold_names, present_relations
from features.snapshot import all_pairs, pairs_table, snapshots
from tests.drawn import invoice, payment, write_ledger
from tests.properties.ledgers import SPAN, START, Tables, later, ledgers

DAYS = [later(START.isoformat(), n) for n in (60, 200, 365, SPAN, SPAN + 200)]


@pytest.fixture
def looped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fold every ledger by loops, in batches that part customers."""
    monkeypatch.setattr(loops, "LOOPED_ABOVE", 0)
    monkeypatch.setattr(loops, "BATCH_ROWS", 2048)


def both(folder: Path, ids: list[str], days: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of the query, and those of the loops."""
    as_of = np.array(days, dtype="datetime64[D]")
    pairs = [c for c in ids for _ in days], np.tile(as_of, len(ids))
    with open_ledger(folder) as ledger, pytest.MonkeyPatch.context() as patch:
        patch.setattr(loops, "LOOPED_ABOVE", 2**62)
        query = snapshots(ledger, pairs).values
        patch.setattr(loops, "LOOPED_ABOVE", 0)
        return query, snapshots(ledger, pairs).values


@pytest.mark.slow
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(tables=ledgers())
def test_loops_and_query_agree_on_generated_ledgers(tables: Tables) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = write_ledger(Path(name) / "ledger", **tables)
        query, loop = both(folder, ["c1", "c2", "c3", "nobody"], DAYS)
        np.testing.assert_array_equal(loop, query)


@pytest.mark.slow
@pytest.mark.usefixtures("looped")
def test_loops_and_query_agree_on_a_made_up_seller(tmp_path: Path) -> None:
    simulate(80, 24, 5, tmp_path / "ledger")
    with open_ledger(tmp_path / "ledger") as ledger:
        last = ledger.last_day
        assert last is not None
        ids, _ = all_pairs(ledger, [last])
    query, loop = both(tmp_path / "ledger", ids, [str(last), later(str(last), -90)])
    assert len(query) == 2 * len(ids)
    np.testing.assert_array_equal(loop, query)


@pytest.mark.usefixtures("looped")
def test_every_large_relation_is_folded_by_a_loop(tmp_path: Path) -> None:
    folder = write_ledger(
        tmp_path,
        invoices=[invoice("I1", "2025-01-01", "2025-02-01", 10)],
        orders=[{"order_id": "O1", "customer_id": "c1", "ordered_on": "2025-01-01",
                 "amount": "1", "status": "cancelled"}],
    )  # fmt: skip
    with open_ledger(folder) as ledger:
        table = pairs_table((["c1"], np.array(["2025-03-01"], dtype="datetime64[D]")))
        ledger.connection.register("pairs", table)
        present = present_relations(ledger.files)
        found = folded_by_loops(ledger.connection, CATALOGUE, present)
    assert found is not None
    assert found.relations == {"items", "payments", "orders"}
    names = fold_names(CATALOGUE, present)
    mine = {name for fold, name in names.items() if fold.relation in found.relations}
    assert set(found.table.column_names) == {"customer_id", "as_of"} | mine


@pytest.mark.usefixtures("looped")
def test_facts_in_any_order_are_folded(tmp_path: Path) -> None:
    rows = [invoice(f"I{n}", "2025-01-01", "2025-02-01", 10 + n) for n in range(6)]
    for n, row in enumerate(rows):
        row["customer_id"] = f"c{n % 2}"
    paid = [payment(f"P{n}", "2025-02-10", 5) | {"customer_id": f"c{n % 2}"} for n in range(6)]
    folder = write_ledger(tmp_path, invoices=rows, payments=paid)
    query, loop = both(folder, ["c0", "c1"], ["2025-02-05", "2025-03-01"])
    np.testing.assert_array_equal(loop, query)


def test_amounts_whose_sums_may_leave_64_bits_stay_with_the_query(tmp_path: Path) -> None:
    large = [invoice(f"I{n}", "2025-01-01", "2025-02-01", 10**13) for n in range(3)]
    query, loop = both(write_ledger(tmp_path, invoices=large), ["c1"], ["2025-03-01"])
    assert query[0, FEATURE_NAMES.index("open_balance")] == 3 * 10**13
    np.testing.assert_array_equal(loop, query)
    assert not sums_fit(np.array([10**15]), 3)


def test_what_a_loop_cannot_say_is_told() -> None:
    items = Relation("items", ("issued_on", "order_id"))
    unknown = when(items.issued_on > 5, items.issued_on)
    for fold, told in (
        (count(Relation("legal", ("kind",))), "the relation legal"),
        (count(items, items.order_id.equals("x")), "the word x"),
        (count(items, ~(unknown > 3)), "unknown inside another"),
        (largest(items, unknown + 1), "unknown inside another"),
    ):
        with pytest.raises(NotCompiledError, match=told):
            loop_of((fold,))
    assert loop_of((median(items, unknown),)).folds
