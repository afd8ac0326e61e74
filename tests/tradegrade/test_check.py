"""Checking a ledger at the command line."""

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from features.catalogue import FEATURE_NAMES
from features.errors import LedgerError
from features.ledger.tables import TABLES
from tests.drawn import invoice, payment, write_ledger
from tradegrade.commands.check import check
from tradegrade.workspace import POLICY


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRADEGRADE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def checked(ledger: Path, *arguments: str) -> Result:
    return CliRunner().invoke(check, ["--ledger", str(ledger), *arguments])


def document(result: Result) -> dict[str, Any]:
    assert result.stdout.count("\n") == 1
    return dict(json.loads(result.stdout))


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """Return a ledger with one error and one warning."""
    return write_ledger(
        tmp_path / "faulty",
        invoices=[invoice("i1", "2025-02-01", "2025-01-31", 100)],
        payments=[payment("p1", "2025-02-20", "100.00")] * 2,
    )


def test_a_sound_ledger_is_one_document(shop: Path) -> None:
    result = checked(shop, "--json")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    told = document(result)
    assert [table["name"] for table in told["tables"]] == list(TABLES)
    assert all(set(table) == {"name", "rows", "from", "to"} for table in told["tables"])
    assert [row["feature"] for row in told["features"]] == list(FEATURE_NAMES)
    assert all(set(row) == {"feature", "unknown_share"} for row in told["features"])
    assert all(0 <= row["unknown_share"] <= 1 for row in told["features"])
    assert {problem["level"] for problem in told["problems"]} <= {"warning"}
    assert told["customers"] == 60
    assert told["currency"] == "CNY"


def test_dates_and_counts_are_those_of_the_files(tmp_path: Path) -> None:
    ledger = write_ledger(
        tmp_path / "drawn",
        customers=[{"customer_id": "c1"}, {"customer_id": "c2"}],
        invoices=[
            invoice("i1", "2025-01-01", "2025-01-31", 100),
            invoice("i2", "2025-01-03", "2025-01-31", 100, known_on="2025-01-09"),
        ],
    )
    told = document(checked(ledger, "--json"))
    assert told["tables"] == [
        {"name": "customers", "rows": 2, "from": None, "to": None},
        {"name": "invoices", "rows": 2, "from": "2025-01-01", "to": "2025-01-03"},
        {"name": "payments", "rows": 0, "from": None, "to": None},
    ]
    assert told["problems"] == []
    assert told["last_day"] == "2025-01-03"
    assert told["late_known_share"] == {"customers": 0.0, "invoices": 0.5, "payments": None}
    assert told["customers_without_history"] == 1
    shares = {row["feature"]: row["unknown_share"] for row in told["features"]}
    assert shares["invoice_count_90d"] == 0.0
    assert shares["days_since_last_invoice"] == 0.5


def test_a_broken_rule_exits_3_with_the_same_document(faulty: Path) -> None:
    result = checked(faulty, "--json")
    assert result.exit_code == LedgerError.exit_code == 3
    told = document(result)
    error, warning = told["problems"]
    assert set(error) == {"table", "column", "rows", "message", "level"}
    assert (error["table"], error["column"], error["rows"]) == ("invoices", "due_on", 1)
    assert error["level"] == "error"
    assert (
        "is due before it is issued in 1 row(s) — row 1 of invoices.parquet (i1)"
        in error["message"]
    )
    assert (warning["table"], warning["rows"], warning["level"]) == ("payments", 1, "warning")
    assert [table["rows"] for table in told["tables"]] == [1, 1, 2]
    assert [row["feature"] for row in told["features"]] == list(FEATURE_NAMES)
    assert {row["unknown_share"] for row in told["features"]} == {None}


def test_warnings_alone_exit_0(tmp_path: Path) -> None:
    ledger = write_ledger(
        tmp_path / "drawn", payments=[payment("p1", "2025-02-20", 1, invoice_id="nowhere")]
    )
    result = checked(ledger, "--json")
    assert result.exit_code == 0
    assert [problem["level"] for problem in document(result)["problems"]] == ["warning"]


def test_a_person_reads_a_block_per_subject(shop: Path) -> None:
    result = checked(shop)
    assert result.exit_code == 0
    blocks = [block.splitlines() for block in result.stdout.strip().split("\n\n")]
    tables, about, problems, features = blocks
    assert tables[0].split()[:4] == ["table", "rows", "from", "to"]
    assert [line.split()[0] for line in tables[1:]] == list(TABLES)
    assert len({len(line) for line in tables}) == 1
    assert about[0].startswith("customers   60, ")
    assert problems == ["no problems"]
    assert [line.split()[0] for line in features[1:]] == list(FEATURE_NAMES)
    assert all(line.endswith("%") for line in features[1:])


def test_a_person_reads_the_problems_and_that_it_is_refused(faulty: Path) -> None:
    result = checked(faulty)
    assert result.exit_code == 3
    assert "\nerror    Table invoices, column due_on: the value is due before" in result.stdout
    assert "\nwarning  Table payments, column payment_id: 1 row(s) are copies" in result.stdout
    assert "so it is refused" in result.stdout
    assert "%" in result.stdout.split("\n\n")[0]
    assert "on_time_rate_90d" not in result.stdout


def test_no_ledger_prints_nothing(tmp_path: Path) -> None:
    result = checked(tmp_path / "nothing", "--json")
    assert isinstance(result.exception, LedgerError)
    assert result.stdout == ""


def test_the_currency_is_that_of_the_ledger_else_of_the_active_policy(
    tmp_path: Path, home: Path
) -> None:
    drawn = invoice("i1", "2025-01-01", "2025-01-31", 100)
    bare = write_ledger(tmp_path / "bare", invoices=[drawn])
    named = write_ledger(tmp_path / "named", invoices=[drawn | {"currency": "EUR"}])
    assert "currency    EUR (named: EUR in 1 row(s))" in checked(named).stdout
    assert "currency    CNY (none named)" in checked(bare).stdout
    policy = (resources.files("models.policy") / "default.toml").read_text(encoding="utf-8")
    home.mkdir()
    (home / POLICY).write_text(
        policy.replace('currency = "CNY"', 'currency = "USD"'), encoding="utf-8"
    )
    assert "currency    USD (none named)" in checked(bare).stdout
