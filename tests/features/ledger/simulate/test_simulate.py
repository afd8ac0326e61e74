"""The made-up seller: the same bytes, every table, and the relations that it promises."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from features.errors import UsageError
from features.ledger.open import Ledger, open_ledger
from features.ledger.simulate import simulate
from features.ledger.tables import TABLES

CUSTOMERS, MONTHS = 2_000, 36
LATE_KNOWN = (
    "invoices", "payments", "legal_events", "external_scores", "signals", "guarantees", "bad_debts",
)  # fmt: skip
CORRECTED = {
    "customers": "customer_id",
    "orders": "order_id",
    "invoices": "invoice_id",
    "payments": "payment_id",
    "external_scores": "subject_id || '/' || published_on",
}


def digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


@pytest.fixture(scope="module")
def seller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """Yield the ledger that the statistical tests look at."""
    folder = tmp_path_factory.mktemp("simulate") / "ledger"
    simulate(CUSTOMERS, MONTHS, 7, folder)
    with open_ledger(folder) as ledger:
        yield ledger


def number(ledger: Ledger, sql: str) -> Any:
    return ledger.connection.execute(sql).fetchall()[0][0]


def test_one_seed_gives_one_ledger(tmp_path: Path) -> None:
    simulate(30, 14, 1, tmp_path / "a")
    simulate(30, 14, 1, tmp_path / "b")
    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_another_seed_gives_another_ledger(tmp_path: Path) -> None:
    simulate(30, 14, 1, tmp_path / "a")
    simulate(30, 14, 2, tmp_path / "b")
    one, other = digests(tmp_path / "a"), digests(tmp_path / "b")
    same = [name for name in one if one[name] == other[name]]
    assert set(one) == set(other)
    assert not same


def test_every_table_is_written_with_all_its_columns(seller: Ledger) -> None:
    for name, table in TABLES.items():
        path = seller.path / f"{name}.parquet"
        assert pq.read_schema(path).names == [column.name for column in table.columns]
    assert set(seller.files) == set(TABLES)


def test_every_table_has_rows(seller: Ledger) -> None:
    empty = [t for t in TABLES if number(seller, f"SELECT count(*) FROM led_{t}") == 0]
    assert empty == []


def test_reading_finds_nothing_to_round_and_one_currency(seller: Ledger) -> None:
    assert seller.rounded == {}
    assert seller.currency == "CNY"


def test_the_ledger_ends_on_its_fixed_day(seller: Ledger) -> None:
    assert (str(seller.first_day)[:7], str(seller.last_day)) == ("2023-01", "2025-12-31")


def test_no_fact_is_known_after_the_last_day(seller: Ledger) -> None:
    for name in TABLES:
        latest = number(seller, f"SELECT DATE '1970-01-01' + max(row_from) FROM led_{name}")
        assert str(latest) <= "2025-12-31"


def test_every_customer_asked_for_is_there(seller: Ledger) -> None:
    ids = number(seller, "SELECT count(DISTINCT customer_id) FROM led_customers")
    assert ids == CUSTOMERS


def test_nine_in_ten_customers_trade_in_the_first_year(seller: Ledger) -> None:
    early = number(
        seller,
        "SELECT count(DISTINCT customer_id) FROM led_invoices "
        "WHERE issued_on < DATE '2024-01-01' - DATE '1970-01-01'",
    )
    assert early / CUSTOMERS >= 0.9


def test_four_to_eight_in_a_hundred_customers_are_lost_a_year(seller: Ledger) -> None:
    lost = seller.connection.execute(
        "SELECT count(DISTINCT customer_id) FROM led_bad_debts "
        "GROUP BY year(DATE '1970-01-01' + recognised_on) ORDER BY 1"
    ).fetchall()
    assert 0.04 <= sum(n for (n,) in lost) / CUSTOMERS / (MONTHS / 12) <= 0.08


def test_most_late_payers_are_never_lost(seller: Ledger) -> None:
    late, lost = seller.connection.execute(
        "WITH late AS (SELECT DISTINCT customer_id FROM fact_items WHERE known_to = 2000000 "
        "AND settled_on BETWEEN due_on + 10 AND 1999999) "
        "SELECT count(*), count(b.customer_id) FROM late LEFT JOIN "
        "(SELECT DISTINCT customer_id FROM led_bad_debts) AS b USING (customer_id)"
    ).fetchall()[0]
    assert late > CUSTOMERS / 4
    assert lost / late < 0.5


def test_who_pays_late_one_year_is_lost_more_often_later(seller: Ledger) -> None:
    rates = seller.connection.execute(
        "WITH year AS (SELECT customer_id, avg(CASE WHEN settled_on > due_on + 10 THEN 1.0 "
        "ELSE 0.0 END) > 0.1 AS late FROM fact_items WHERE known_to = 2000000 AND amount > 0 "
        "AND due_on < DATE '2024-01-01' - DATE '1970-01-01' GROUP BY customer_id), "
        "lost AS (SELECT customer_id, min(recognised_on) AS day FROM led_bad_debts GROUP BY 1) "
        "SELECT avg(CASE WHEN day IS NULL THEN 0.0 ELSE 1.0 END) FROM year LEFT JOIN lost "
        "USING (customer_id) WHERE coalesce(day, 2000000) > DATE '2024-07-01' - DATE '1970-01-01' "
        "GROUP BY late ORDER BY late"
    ).fetchall()
    assert rates[1][0] > 1.5 * rates[0][0]


def test_some_are_lost_without_having_been_late(seller: Ledger) -> None:
    sudden = number(
        seller,
        "SELECT count(*) FROM (SELECT customer_id FROM led_bad_debts EXCEPT "
        "SELECT customer_id FROM fact_items WHERE known_to = 2000000 "
        "AND settled_on BETWEEN due_on + 6 AND 1999999)",
    )
    assert sudden > 0


@pytest.mark.parametrize("table", LATE_KNOWN)
def test_some_facts_are_known_late(seller: Ledger, table: str) -> None:
    own = TABLES[table].own_date
    assert number(seller, f"SELECT count(*) FROM led_{table} WHERE row_from > {own}") > 0


@pytest.mark.parametrize("table", CORRECTED)
def test_some_facts_are_corrected(seller: Ledger, table: str) -> None:
    corrected = number(seller, f"SELECT count(*) FROM led_{table} WHERE row_to < 2000000")
    ids = number(seller, f"SELECT count(DISTINCT {CORRECTED[table]}) FROM led_{table}")
    assert 0 < corrected < ids


def test_signals_and_legal_events_come_in_every_kind(seller: Ledger) -> None:
    for table in ("signals", "legal_events"):
        found = seller.connection.execute(f"SELECT DISTINCT kind FROM led_{table}").fetchall()
        assert {kind for (kind,) in found} == set(TABLES[table].column("kind").codes)


def test_recoveries_are_below_what_was_lost(seller: Ledger) -> None:
    worst = number(
        seller,
        "SELECT max(r.back - b.amount) FROM led_bad_debts AS b JOIN (SELECT bad_debt_id, "
        "sum(amount) AS back FROM led_recoveries GROUP BY 1) AS r USING (bad_debt_id)",
    )
    assert worst <= 0


def test_one_customer_and_one_month_are_enough(tmp_path: Path) -> None:
    simulate(1, 1, 0, tmp_path / "ledger")
    with open_ledger(tmp_path / "ledger") as ledger:
        assert number(ledger, "SELECT count(*) FROM led_customers") >= 1


@pytest.mark.parametrize(
    ("customers", "months", "seed", "told"),
    [
        (0, 12, 1, "--customers is 0, but must be a whole number from 1 to 9,999,999"),
        (10_000_000, 12, 1, "--customers is 10000000"),
        (10, 0, 1, "--months is 0, but must be a whole number from 1 to 240"),
        (10, 241, 1, "--months is 241"),
        (10, 12, -1, "--seed is -1, but must be a whole number from 0 on"),
    ],
)
def test_numbers_outside_their_range_are_refused(
    tmp_path: Path, customers: int, months: int, seed: int, told: str
) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        simulate(customers, months, seed, tmp_path / "ledger")
    assert caught.value.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="There is already something at .*a new folder"):
        simulate(5, 2, 1, tmp_path / "ledger")
    assert [p.name for p in (tmp_path / "ledger").iterdir()] == ["mine.txt"]


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("mine")
    with pytest.raises(UsageError, match="There is already something at"):
        simulate(5, 2, 1, tmp_path / "ledger")


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    simulate(5, 2, 1, tmp_path / "ledger")
    assert len(list((tmp_path / "ledger").iterdir())) == len(TABLES)


def test_a_failure_midway_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail(_done: int, _total: int) -> None:
        message = "the disk is full"
        raise OSError(message)

    with pytest.raises(OSError, match="the disk is full"):
        simulate(5, 2, 1, tmp_path / "ledger", progress=fail)
    assert list(tmp_path.iterdir()) == []


def test_progress_tells_what_is_done_of_how_many(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    simulate(2_501, 1, 1, tmp_path / "ledger", progress=lambda d, n: told.append((d, n)))
    assert told == [(2_500, 2_501), (2_501, 2_501)]
