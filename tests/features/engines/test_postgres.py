"""PostgreSQL gives the features that DuckDB gives, and leaves nothing in the database."""

import math
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from features.catalogue import FEATURE_NAMES
from features.engines.postgres import snapshots_on_postgres
from features.errors import UnavailableError
from features.ledger.open import Ledger, open_ledger
from features.ledger.prepared import open_prepared_ledger
from features.ledger.simulate import simulate
from features.snapshot import Pairs, all_pairs, snapshots
from tests.drawn import invoice, payment, write_ledger
from tests.features.engines.equality import assert_equal_snapshots
from tests.spec.test_features import CASES, D

DAYS = (date(2024, 2, 29), date(2024, 9, 30), date(2025, 3, 31), date(2025, 12, 31))
NEVER_THERE = "postgresql://somebody:secret@127.0.0.1:1/nowhere"
# all that a ledger can lack; what reads them is then unknown
OPTIONAL = ("legal_events", "coverage", "orders", "external_scores", "bad_debts", "signals")


def pairs_of(*pairs: tuple[str, str]) -> Pairs:
    return [c for c, _ in pairs], np.array([d for _, d in pairs], dtype="datetime64[D]")


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated") / "ledger"
    simulate(150, 24, 11, folder)
    return folder


@pytest.fixture(scope="module")
def ledger(simulated: Path) -> Iterator[Ledger]:
    with open_ledger(simulated) as opened:
        yield opened


@pytest.mark.parametrize(("tables", "expected"), CASES.values(), ids=CASES)
def test_features_as_drawn(tmp_path: Path, postgres_url: str, tables: dict, expected: dict) -> None:
    customers = tables.get("customers") or [{"customer_id": "c1"}]
    folder = write_ledger(tmp_path, **{**tables, "customers": customers})
    with open_ledger(folder) as drawn:
        found = snapshots_on_postgres(drawn, pairs_of(("c1", D)), postgres_url).row(0)
    wanted = {name: math.nan if value is None else value for name, value in expected.items()}
    seen = {name: found[name] for name in expected}
    assert seen == pytest.approx(wanted, rel=1e-12, abs=1e-12, nan_ok=True)


def test_a_simulated_ledger_gives_equal_features(ledger: Ledger, postgres_url: str) -> None:
    pairs = all_pairs(ledger, DAYS)
    wanted = snapshots(ledger, pairs)
    assert np.isfinite(wanted.values).any(axis=0).all(), "a feature is compared nowhere"
    assert_equal_snapshots(snapshots_on_postgres(ledger, pairs, postgres_url), wanted)


def test_what_a_ledger_lacks_is_equally_unknown(
    tmp_path: Path, simulated: Path, postgres_url: str
) -> None:
    for file in simulated.glob("*.parquet"):
        if file.stem not in OPTIONAL:
            (tmp_path / file.name).symlink_to(file)
    with open_ledger(tmp_path) as poor:
        pairs = all_pairs(poor, DAYS[-1:])
        wanted = snapshots(poor, pairs)
        assert np.isnan(wanted.column("legal_count_730d")).all()
        assert_equal_snapshots(snapshots_on_postgres(poor, pairs, postgres_url), wanted)


def test_rows_come_in_the_order_of_the_pairs_and_as_often(
    ledger: Ledger, postgres_url: str
) -> None:
    some, _ = all_pairs(ledger, DAYS[-1:])
    pairs = pairs_of(
        (some[5], "2025-03-31"),
        (some[2], "2024-09-30"),
        ("nobody", "2025-03-31"),
        (some[5], "2025-03-31"),
    )
    found = snapshots_on_postgres(ledger, pairs, postgres_url)
    assert_equal_snapshots(found, snapshots(ledger, pairs))


def test_a_ledger_that_another_process_opened_is_read_too(
    simulated: Path, ledger: Ledger, postgres_url: str
) -> None:
    pairs = all_pairs(ledger, DAYS[:1])
    with open_prepared_ledger(simulated) as prepared:
        found = snapshots_on_postgres(prepared, pairs, postgres_url)
    assert_equal_snapshots(found, snapshots(ledger, pairs))


def test_no_pairs_give_no_rows(ledger: Ledger, postgres_url: str) -> None:
    found = snapshots_on_postgres(ledger, pairs_of(), postgres_url)
    assert (len(found), found.names) == (0, FEATURE_NAMES)


def test_any_text_is_carried_over(tmp_path: Path, postgres_url: str) -> None:
    odd = ['a"b', "c,d", "e\nf", "\\.", "O'Neil", "张三", "NULL", " ", "\\N", "tab\t", "cr\r"]
    folder = write_ledger(
        tmp_path,
        customers=[{"customer_id": c, "industry": c, "group_id": odd[i % 3]} for i, c in
                   enumerate(odd)],
        invoices=[invoice(c, "2025-01-01", "2025-01-31", 100 + i, customer_id=c, order_id=c)
                  for i, c in enumerate(odd)],
        payments=[payment(c, "2025-02-10", 50, customer_id=c, invoice_id=c) for c in odd],
        orders=[{"order_id": c, "customer_id": c, "ordered_on": "2024-12-01", "amount": "200"}
                for c in odd],
        external_scores=[{"subject": "industry", "subject_id": c, "source": c, "score": 1 + i,
                          "published_on": "2025-01-01"} for i, c in enumerate(odd)],
    )  # fmt: skip
    with open_ledger(folder) as opened:
        pairs = all_pairs(opened, [date(2025, 3, 31)])
        wanted = snapshots(opened, pairs)
        assert sorted(pairs[0]) == sorted(odd)
        assert np.isfinite(wanted.column("industry_score")).all()
        assert_equal_snapshots(snapshots_on_postgres(opened, pairs, postgres_url), wanted)


def test_recoveries_of_one_day_count_in_the_order_of_their_bytes(
    tmp_path: Path, postgres_url: str
) -> None:
    recovery = {"bad_debt_id": "B", "recovered_on": "2025-01-10"}
    folder = write_ledger(
        tmp_path,
        customers=[{"customer_id": "c1"}],
        bad_debts=[{"bad_debt_id": "B", "customer_id": "c1", "recognised_on": "2025-01-01",
                    "amount": "100"}],
        # by its bytes R comes before q and clears the debt; in a dictionary nothing ever does
        recoveries=[recovery | {"recovery_id": "R", "amount": "100"},
                    recovery | {"recovery_id": "q", "amount": "-50"}],
    )  # fmt: skip
    with open_ledger(folder) as opened:
        pairs = pairs_of(("c1", "2025-06-30"))
        wanted = snapshots(opened, pairs)
        assert wanted.row(0)["default_bad_debt"] == 0
        assert_equal_snapshots(snapshots_on_postgres(opened, pairs, postgres_url), wanted)


def test_nothing_is_left_and_nobodys_tables_are_read(ledger: Ledger, postgres_url: str) -> None:
    psycopg = pytest.importorskip("psycopg")
    pairs = pairs_of((all_pairs(ledger, DAYS[-1:])[0][0], "2025-03-31"))
    relations = "SELECT oid, relname FROM pg_class WHERE oid >= 16384 ORDER BY oid"
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute("CREATE TABLE pairs (customer_id TEXT)")
        other.execute("CREATE TABLE fact_items (customer_id TEXT)")
        before = other.execute(relations).fetchall()
        found = snapshots_on_postgres(ledger, pairs, postgres_url)
        assert_equal_snapshots(found, snapshots(ledger, pairs))
        assert other.execute(relations).fetchall() == before
        other.execute("DROP TABLE pairs, fact_items")


def test_a_server_that_is_not_there_is_told(ledger: Ledger) -> None:
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    with pytest.raises(UnavailableError, match="did not compute.*See that the server runs") as told:
        snapshots_on_postgres(ledger, pairs_of(), NEVER_THERE)
    assert told.value.exit_code == 5
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("url", ["secret", "postgresql://u:se%zzcret@h/d", "secret=1 nonsense"])
def test_a_malformed_address_is_not_repeated(ledger: Ledger, url: str) -> None:
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    with pytest.raises(UnavailableError, match="is malformed") as told:
        snapshots_on_postgres(ledger, pairs_of(), url)
    assert "cret" not in str(told.value)
    assert told.value.__suppress_context__


def test_a_user_who_may_not_is_told(ledger: Ledger, postgres_url: str) -> None:
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute("CREATE ROLE looker LOGIN")
        admin.execute("CREATE DATABASE closed")
        admin.execute("REVOKE TEMPORARY ON DATABASE closed FROM PUBLIC")
    closed = postgres_url.replace("postgres:@/postgres?", "looker:@/closed?")
    with pytest.raises(UnavailableError, match="permission denied.*may create temporary tables"):
        snapshots_on_postgres(ledger, pairs_of(), closed)


def test_without_the_driver_the_mend_is_told(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UnavailableError, match=r"needs psycopg.*make setup"):
        snapshots_on_postgres(ledger, pairs_of(), NEVER_THERE)
