"""Facts published in PostgreSQL: whole, once, and looked up with the values of the batch."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.engines import postgres, published
from features.engines.postgres import snapshots_on_postgres
from features.engines.published import publish_facts, published_facts
from features.errors import LedgerError, UnavailableError
from features.ledger.open import Ledger, open_ledger
from features.ledger.simulate import simulate
from features.matrix import Snapshots
from features.online import published_source, snapshot
from features.snapshot import all_pairs, snapshots
from tests.drawn import invoice, write_ledger
from tests.properties.ledgers import Tables, days, ledgers

psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")

DAYS = (date(2023, 1, 1), date(2024, 2, 29), date(2025, 12, 31))
NEVER_THERE = "postgresql://somebody:secret@127.0.0.1:1/nowhere"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    folder = tmp_path_factory.mktemp("simulated") / "ledger"
    simulate(60, 24, 11, folder)
    with open_ledger(folder) as opened:
        yield opened


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(
        write_ledger(tmp_path / "small", invoices=[invoice("i", "2025-01-01", "2025-01-31", 7)])
    ) as opened:
        yield opened


@pytest.fixture
def url(postgres_url: str) -> Iterator[str]:
    """Return the address of a database of the test's own."""
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE facts")
        yield postgres_url.replace("/postgres?", "/facts?")
        admin.execute("DROP DATABASE facts WITH (FORCE)")


def schemas(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'tradegrade_facts_%' ORDER BY 1"
        ).fetchall()
    return [name for (name,) in found]


def assert_equal(source: Any, wanted: Snapshots) -> None:
    found = [
        snapshot(source, c, d).values[0]
        for c, d in zip(wanted.customer_ids, wanted.as_of.tolist(), strict=True)
    ]
    np.testing.assert_array_equal(np.array(found), wanted.values)


def test_a_customer_looked_up_has_the_values_of_the_batch(ledger: Ledger, url: str) -> None:
    publish_facts(ledger, url)
    wanted = snapshots(ledger, all_pairs(ledger, DAYS))
    with published_source(url) as source:
        assert_equal(source, wanted)
        stranger = snapshots(ledger, (["nobody"], np.array(DAYS[-1:], dtype="datetime64[D]")))
        assert_equal(source, stranger)


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture
    ],
)  # fmt: skip
@given(tables=ledgers(), chosen=st.lists(days, min_size=1, max_size=3, unique=True))
def test_whatever_the_ledger(url: str, tables: Tables, chosen: list[str]) -> None:
    ids = ["c1", "c2", "c3"] * len(chosen)
    as_of = np.repeat(np.array(chosen, dtype="datetime64[D]"), 3)
    with (
        tempfile.TemporaryDirectory() as folder,
        open_ledger(write_ledger(Path(folder) / "ledger", **tables)) as drawn,
    ):
        publish_facts(drawn, url)
        with published_source(url) as source:
            assert_equal(source, snapshots(drawn, (ids, as_of)))


def test_what_is_there_is_not_written_again(ledger: Ledger, url: str) -> None:
    first = publish_facts(ledger, url)
    assert first.holds(ledger)
    assert publish_facts(ledger, url) == first
    assert schemas(url) == [first.schema]


def test_new_facts_take_the_place_of_the_old_under_a_reader(
    ledger: Ledger, small: Ledger, url: str
) -> None:
    publish_facts(ledger, url)
    day = DAYS[-1]
    with published_source(url) as source:
        assert snapshot(source, "C0000001", day).row(0)["invoice_count_365d"] > 0
        last = publish_facts(small, url)
        assert snapshot(source, "c1", day).row(0)["invoice_count_365d"] == 1
        assert snapshot(source, "C0000001", day).row(0)["invoice_count_365d"] == 0
        assert np.isnan(snapshot(source, "c1", day).row(0)["legal_count_730d"])
    assert schemas(url) == [last.schema]


def test_a_publication_that_fails_leaves_the_old_one(
    ledger: Ledger, small: Ledger, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish_facts(small, url)
    written: list[str] = []

    def fail_at_the_fifth(*_: object, **__: object) -> None:
        written.append("")
        if len(written) == 5:
            message = "the disk is full"
            raise psycopg.OperationalError(message)

    monkeypatch.setattr(published, "copy_in", fail_at_the_fifth)
    monkeypatch.setattr(published, "_index", lambda *_: None)
    with pytest.raises(UnavailableError, match=r"did not take the facts: the disk is full"):
        publish_facts(ledger, url)
    assert schemas(url) == [first.schema]
    with published_source(url) as source:
        assert snapshot(source, "c1", DAYS[-1]).row(0)["invoice_count_365d"] == 1


def test_without_a_publication_the_mend_is_told(ledger: Ledger, url: str) -> None:
    with psycopg.connect(url) as connection:
        assert published_facts(connection) is None
    with pytest.raises(UnavailableError, match="holds no facts.*tradegrade publish"):
        with published_source(url):
            pass


def test_facts_of_another_version_are_not_read(
    ledger: Ledger, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = publish_facts(ledger, url)
    monkeypatch.setattr(published, "FACTS_VERSION", -1)
    assert not before.holds(ledger)
    with pytest.raises(UnavailableError, match="as this version reads them"):
        with published_source(url):
            pass
    assert publish_facts(ledger, url).schema != before.schema


def test_the_batch_reads_published_facts_and_copies_none(
    ledger: Ledger, small: Ledger, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_facts(ledger, url)
    pairs = all_pairs(ledger, DAYS)
    wanted = snapshots(ledger, pairs)
    copied: list[Ledger] = []
    copy = postgres._copy_facts
    monkeypatch.setattr(
        postgres, "_copy_facts", lambda c, opened, q: (copied.append(opened), copy(c, opened, q))
    )
    found = snapshots_on_postgres(ledger, pairs, url)
    np.testing.assert_array_equal(found.values, wanted.values)
    assert copied == []
    other = all_pairs(small, DAYS[-1:])
    found = snapshots_on_postgres(small, other, url)
    np.testing.assert_array_equal(found.values, snapshots(small, other).values)
    assert copied == [small]


def test_facts_of_another_currency_are_not_the_ledgers(ledger: Ledger, url: str) -> None:
    found = publish_facts(ledger, url)
    assert not found.holds(replace(ledger, currency="USD"))


def test_an_id_that_postgres_cannot_hold_is_refused(ledger: Ledger, url: str) -> None:
    publish_facts(ledger, url)
    with published_source(url) as source:
        with pytest.raises(LedgerError, match="cannot hold a value"):
            snapshot(source, "a\0b", DAYS[-1])
        assert len(snapshot(source, "C0000001", DAYS[-1])) == 1


def test_a_server_that_is_not_there_is_told(ledger: Ledger) -> None:
    with pytest.raises(UnavailableError, match="did not tell the facts") as told:
        with published_source(NEVER_THERE):
            pass
    assert "secret" not in str(told.value)
    with pytest.raises(UnavailableError, match="did not take the facts.*may create schemas"):
        publish_facts(ledger, NEVER_THERE)
