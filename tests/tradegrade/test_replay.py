"""A stored grade comes out as it was told, whatever became known since."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.tradegrade.conftest import AS_OF, Workspace


@pytest.fixture
def kept(workspace: Workspace, shop: Path, tmp_path: Path) -> Path:
    """Return a ledger of its own whose last day is graded and stored."""
    ledger = tmp_path / "ledger"
    shutil.copytree(shop, ledger)
    done = workspace.run("grade", "--ledger", ledger, "--as-of", AS_OF, "--store")
    assert done.exit_code == 0, done.output
    return ledger


def with_more(ledger: Path, table: str, **columns: Any) -> None:
    path = ledger / f"{table}.parquet"
    before = pq.read_table(path)
    row = {name: [columns.get(name)] for name in before.column_names}
    pq.write_table(pa.concat_tables([before, pa.table(row, schema=before.schema)]), path)


def test_every_grade_of_a_day_comes_out_as_it_was_told(workspace: Workspace, kept: Path) -> None:
    found = workspace.json_lines("replay", "--as-of", AS_OF, "--ledger", kept)
    assert len(found) == 60
    assert all(one["equal"] and one["same_words"] and one["same_ledger_files"] for one in found)
    assert all(one["differences"] == [] for one in found)


def test_facts_that_became_known_later_change_nothing(workspace: Workspace, kept: Path) -> None:
    customer = pq.read_table(kept / "invoices.parquet")["customer_id"][0].as_py()
    later = date(2026, 2, 1)
    with_more(
        kept, "payments", payment_id="found-late", customer_id=customer, amount=99_999,
        paid_on=date(2025, 10, 1), known_on=later,
    )  # fmt: skip
    with_more(
        kept, "legal_events", event_id="found-late", customer_id=customer, kind="dishonest",
        filed_on=date(2025, 6, 1), known_on=later,
    )  # fmt: skip
    (grade,) = workspace.json_lines("replay", "--customer", customer, "--ledger", kept)
    assert grade["equal"]
    assert not grade["same_ledger_files"]


def test_a_row_changed_behind_the_ledgers_back_is_found(workspace: Workspace, kept: Path) -> None:
    path = kept / "payments.parquet"
    payments = pq.read_table(path)
    customer = payments["customer_id"][0].as_py()
    pq.write_table(payments.filter(pc.not_equal(payments["customer_id"], customer)), path)
    result = workspace.run("replay", "--customer", customer, "--ledger", kept)
    assert result.exit_code == 3
    assert "DIFFERENT" in result.stdout
    assert " then, " in result.stdout
    assert "1 of 1 stored grades come out otherwise" in result.stderr
    assert "known later" in result.stderr


def test_a_customer_that_the_ledger_lost_is_a_difference(workspace: Workspace, kept: Path) -> None:
    invoices = pq.read_table(kept / "invoices.parquet")
    customer = invoices["customer_id"][0].as_py()
    for path in kept.glob("*.parquet"):
        table = pq.read_table(path)
        if "customer_id" in table.column_names:
            pq.write_table(table.filter(pc.not_equal(table["customer_id"], customer)), path)
    result = workspace.run("replay", "--as-of", AS_OF, "--ledger", kept)
    assert result.exit_code == 3
    assert f"customer_id: {customer} then, None now" in result.stdout
    assert "1 of 60 stored grades" in result.stderr


def test_a_grade_is_replayed_by_its_number(workspace: Workspace, kept: Path) -> None:
    (one,) = workspace.json_lines("replay", 7, "--ledger", kept)
    assert one["grade_id"] == 7
    assert one["equal"]
    result = workspace.run("replay", 7, 8, "--ledger", kept)
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["grade_id=7", "grade_id=8"]
    assert "2 of 2 grades come out as they were told" in result.stderr


def test_the_bundle_and_policy_of_the_time_are_used(workspace: Workspace, kept: Path) -> None:
    shutil.rmtree(workspace.home / "bundles")
    (workspace.home / "policy.toml").write_text("nothing that could grade", encoding="utf-8")
    (one,) = workspace.json_lines("replay", 3, "--ledger", kept)
    assert one["equal"]


@pytest.mark.parametrize(
    ("asked", "code", "told"),
    [
        ((), 2, "Give one of"),
        ((1, "--customer", "c"), 2, "Give one of"),
        ((999_999,), 3, "No grade is stored under the number 999999"),
        (("--customer", "nobody"), 3, "No grade is stored of the customer nobody"),
        (("--as-of", "2001-01-01"), 3, "No grade is stored for 2001-01-01"),
    ],
)
def test_what_is_not_stored_is_said(
    workspace: Workspace, kept: Path, asked: tuple[object, ...], code: int, told: str
) -> None:
    result = workspace.run("replay", *asked, "--ledger", kept)
    assert result.exit_code == code
    assert told in result.stderr
