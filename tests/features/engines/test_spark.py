"""Spark gives the features that DuckDB gives, whatever the ledger."""

import gc
import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from features.catalogue import FEATURE_NAMES
from features.engines.spark import snapshots_on_spark
from features.errors import LedgerError
from features.ledger.open import Ledger, open_ledger
from features.ledger.simulate import simulate
from features.snapshot import Pairs, all_pairs, snapshots
from tests.drawn import invoice, payment, write_ledger
from tests.features.engines.equality import assert_equal_snapshots
from tests.properties.ledgers import Tables, days, ledgers
from tradegrade.cli import cli

DAYS = (date(2024, 9, 30), date(2025, 3, 31), date(2025, 12, 31))
# all that a ledger can lack; what reads them is then unknown
OPTIONAL = ("legal_events", "coverage", "orders", "external_scores", "bad_debts", "signals")
MANY = 30  # drawn ledgers that are computed at once
_IDS = ("customer_id", "group_id", "industry", "subject_id")
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # of pyspark's own sockets


def pairs_of(*pairs: tuple[str, str]) -> Pairs:
    return [c for c, _ in pairs], np.array([d for _, d in pairs], dtype="datetime64[D]")


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated") / "ledger"
    simulate(120, 24, 11, folder)
    return folder


@pytest.fixture(scope="module")
def ledger(simulated: Path) -> Iterator[Ledger]:
    with open_ledger(simulated) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    yield
    gc.collect()  # while it may warn of the sockets


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def test_a_simulated_ledger_gives_bit_equal_features(ledger: Ledger, spark: Any) -> None:
    some, as_of = all_pairs(ledger, DAYS)
    # in another order than the customers', one of them twice, and one whom nobody knows
    order = [*reversed(range(len(some))), 3]
    pairs = [*(some[i] for i in order), "nobody"], np.append(as_of[order], as_of[:1])
    wanted = snapshots(ledger, pairs)
    assert np.isfinite(wanted.values).any(axis=0).all(), "a feature is compared nowhere"
    found = snapshots_on_spark(ledger, pairs, spark)
    assert_equal_snapshots(found, wanted)
    known = ~np.isnan(wanted.values)
    np.testing.assert_array_equal(
        found.values[known].view(np.int64), wanted.values[known].view(np.int64)
    )


def renamed(tables: Tables, mark: str) -> Tables:
    """Return a drawn ledger in which nobody and no row has a name of another's."""

    def value(table: str, column: str, given: Any) -> Any:
        named = column in _IDS or column.endswith("_id")
        return f"{mark}{given}" if named and given is not None else given

    return {
        table: [{c: value(table, c, v) for c, v in row.items()} for row in rows]
        for table, rows in tables.items()
        if table != "fx_rates"
    }


def drawn_ledgers(many: int) -> list[tuple[Tables, list[str]]]:
    """Draw ledgers and days, the same in every run."""
    found: list[tuple[Tables, list[str]]] = []

    @settings(
        max_examples=many,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(tables=ledgers(), chosen=st.lists(days, min_size=1, max_size=3, unique=True))
    def draw(tables: Tables, chosen: list[str]) -> None:
        found.append((tables, chosen))

    draw()
    return found


def test_drawn_ledgers_agree_all_in_one(tmp_path: Path, spark: Any) -> None:
    together: Tables = {}
    pairs: list[tuple[str, str]] = []
    for place, (tables, chosen) in enumerate(drawn_ledgers(MANY)):
        for table, rows in renamed(tables, f"{place}-").items():
            together.setdefault(table, []).extend(rows)
        pairs += [(f"{place}-{c}", day) for day in chosen for c in ("c1", "c2", "c3")]
    together["fx_rates"] = [
        {"currency": "USD", "published_on": "2023-12-02", "rate": 7.0},
        {"currency": "USD", "published_on": "2024-06-01", "rate": 6.1, "known_on": "2024-09-01"},
    ]
    random.Random(7).shuffle(pairs)
    with open_ledger(write_ledger(tmp_path / "we[ird] {l}*", **together)) as opened:
        wanted = snapshots(opened, pairs_of(*pairs))
        assert len(wanted) > MANY
        assert_equal_snapshots(snapshots_on_spark(opened, pairs_of(*pairs), spark), wanted)


def test_any_text_is_carried_over_and_a_median_lies_between(tmp_path: Path, spark: Any) -> None:
    odd = ['a"b', "c,d", "e\nf", "\\.", "O'Neil", "张三", "NULL", " ", "\\N", "😀", "a", "A", "é"]
    folder = write_ledger(
        tmp_path,
        customers=[{"customer_id": c, "industry": c, "group_id": odd[i % 3]} for i, c in
                   enumerate(odd)],
        invoices=[invoice(f"{c}{n}", "2025-01-01", "2025-01-31", 100 + i, customer_id=c, order_id=c)
                  for i, c in enumerate(odd) for n in (1, 2)],
        payments=[payment(f"{c}{n}", f"2025-02-{n:02}", 100 + i, customer_id=c,
                          invoice_id=f"{c}{n}") for i, c in enumerate(odd) for n in (1, 2)],
        orders=[{"order_id": c, "customer_id": c, "ordered_on": "2024-12-01", "amount": "200"}
                for c in odd],
        external_scores=[{"subject": "industry", "subject_id": c, "source": c, "score": 1 + i / 3,
                          "published_on": "2025-01-01"} for i, c in enumerate(odd)],
    )  # fmt: skip
    with open_ledger(folder) as opened:
        pairs = all_pairs(opened, [date(2025, 3, 31)])
        wanted = snapshots(opened, pairs)
        found = snapshots_on_spark(opened, pairs, spark)
    assert sorted(pairs[0]) == sorted(odd)
    assert np.isfinite(wanted.column("industry_score")).all()
    assert_equal_snapshots(found, wanted)
    assert set(found.column("payment_days_median_365d")) == {31.5}


def test_what_a_ledger_lacks_is_equally_unknown(
    tmp_path: Path, simulated: Path, spark: Any
) -> None:
    for file in simulated.glob("*.parquet"):
        if file.stem not in OPTIONAL:
            (tmp_path / file.name).symlink_to(file)
    with open_ledger(tmp_path) as poor:
        pairs = all_pairs(poor, DAYS[-1:])
        wanted = snapshots(poor, pairs)
        assert np.isnan(wanted.column("legal_count_730d")).all()
        assert_equal_snapshots(snapshots_on_spark(poor, pairs, spark), wanted)


def test_no_pairs_of_an_empty_ledger_give_no_rows(tmp_path: Path, spark: Any) -> None:
    with open_ledger(write_ledger(tmp_path, customers=[])) as empty:
        found = snapshots_on_spark(empty, pairs_of(), spark)
    assert (len(found), found.names) == (0, FEATURE_NAMES)


def test_a_sum_that_does_not_fit_is_told_and_no_other_number(tmp_path: Path, spark: Any) -> None:
    tables = {
        "guarantees": [
            {"guarantee_id": n, "customer_id": "c1", "amount": "1", "valid_from": "2025-01-01"}
            for n in ("G1", "G2")
        ]
    }
    with open_ledger(write_ledger(tmp_path, **tables)) as opened:
        # more than a ledger may hold
        opened.connection.execute(f"UPDATE led_guarantees SET amount = {2**63 - 1}")
        with pytest.raises(LedgerError, match="cannot hold a value.*ARITHMETIC_OVERFLOW.*leave `-"):
            snapshots_on_spark(opened, pairs_of(("c1", "2025-06-30")), spark)


def test_the_session_that_is_given_stays_as_it_was(spark: Any) -> None:
    assert spark.catalog.listTables() == []
    assert spark.conf.get("spark.sql.caseSensitive") == "false"


def test_the_command_gives_the_file_that_duckdb_gives(
    simulated: Path, tmp_path: Path, spark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADEGRADE_HOME", str(tmp_path / "home"))
    tables = []
    for engine in ("duckdb", "spark"):
        out = tmp_path / f"{engine}.parquet"
        done = run("features", "--ledger", simulated, "--as-of", "2025-06-30", "--out", out,
                   "--engine", engine)  # fmt: skip
        assert (done.exit_code, done.stdout) == (0, ""), done.output
        tables.append(out.read_bytes())
    assert tables[0] == tables[1]
    assert pq.read_table(out).num_rows > 0
