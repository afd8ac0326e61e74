"""The ways of the large benchmark compute the same features; no times here."""

import json
import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal
from importlib import import_module
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from benchmarks.results import Section
from benchmarks.scale import growth, scale
from benchmarks.scale_agreement import equal_shares
from benchmarks.scale_measure import Measured, Measurement, month_ends
from benchmarks.scale_ours import computed, opened
from benchmarks.scale_steps import NAMES
from benchmarks.scale_worker import PEERS, as_table
from features.catalogue import FEATURE_NAMES

DAYS = month_ends(date(2025, 12, 31))
WAYS = [way for way in PEERS if way != "scan"]
CUSTOMERS = [f"C{number:02}" for number in range(40)]
_START = date(2024, 3, 1)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a ledger of plain rows alone: nothing corrected, known late or unallocated."""
    folder = tmp_path_factory.mktemp("scale") / "ledger"
    folder.mkdir()
    chance = np.random.default_rng(7)
    invoices = [row for customer in CUSTOMERS for row in _invoices(customer, chance)]
    payments = [row for invoice in invoices for row in _payments(invoice, chance)]
    tables = {
        "customers": [{"customer_id": customer} for customer in CUSTOMERS],
        "invoices": invoices,
        "payments": payments,
    }
    for name, rows in tables.items():
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet")
    return folder


def _invoices(customer: str, chance: np.random.Generator) -> list[dict[str, object]]:
    # the last customers trade in the first months alone, so that every window runs empty
    busy = 650 if customer < "C36" else 200
    rows = []
    for number in range(int(chance.integers(1, 30))):
        issued = _START + timedelta(days=int(chance.integers(0, busy)))
        rows.append(
            {
                "invoice_id": f"{customer}-{number}",
                "customer_id": customer,
                "issued_on": issued,
                "due_on": issued + timedelta(days=int(chance.choice([0, 30, 60]))),
                "amount": Decimal(int(chance.integers(100, 5_000_000))) / 100,
                "currency": "CNY",
                "known_on": None,
            }
        )
    return rows


def _payments(invoice: dict[str, object], chance: np.random.Generator) -> list[dict[str, object]]:
    """Return none, one whole, a whole in parts, all but a cent, or a part; some in advance."""
    cents = int(Decimal(str(invoice["amount"])) * 100)
    half = cents // 2
    parts = [[], [cents], [half, cents - half], [cents - 1], [half], [half, cents - half - 1, 1]]
    day = date.fromisoformat(str(invoice["due_on"])) + timedelta(days=int(chance.integers(-40, 60)))
    rows = []
    for number, paid in enumerate(parts[chance.choice(6, p=[0.1, 0.4, 0.2, 0.1, 0.1, 0.1])]):
        rows.append(
            {
                "payment_id": f"{invoice['invoice_id']}-{number}",
                "customer_id": invoice["customer_id"],
                "invoice_id": invoice["invoice_id"],
                "paid_on": min(day, date(2025, 12, 31)),
                "amount": Decimal(paid) / 100,
                "known_on": None,
            }
        )
        day += timedelta(days=int(chance.integers(0, 50)))
    return rows


@pytest.fixture(scope="module")
def ours(ledger: Path) -> Path:
    file = ledger.parent / "ours.parquet"
    with opened(ledger) as facts:
        pq.write_table(computed(facts, NAMES, DAYS), file)
    return file


@pytest.fixture(scope="module", params=WAYS)
def theirs(request: pytest.FixtureRequest, ledger: Path) -> Path:
    module, function, _ = PEERS[request.param]
    found = getattr(import_module(f"benchmarks.{module}"), function)(ledger, DAYS)
    table = as_table(found)
    assert table is not None
    file = ledger.parent / f"{request.param}.parquet"
    pq.write_table(table, file)
    return file


@pytest.mark.parametrize("place", range(len(NAMES)), ids=NAMES)
def test_a_peer_agrees_with_ours_on_plain_customers(ours: Path, theirs: Path, place: int):
    shares, rows = equal_shares(ours, theirs)
    assert rows > 400
    assert shares[place] == 1.0


@pytest.mark.parametrize("name", NAMES)
def test_the_plain_ledger_tries_every_feature(ours: Path, name: str):
    values = pq.read_table(ours).column(name).to_numpy(zero_copy_only=False)
    assert len(np.unique(values[~np.isnan(values)])) > 3


def test_the_features_are_of_the_catalogue():
    assert set(NAMES) <= set(FEATURE_NAMES)


def test_a_value_that_differs_is_seen(ours: Path, tmp_path: Path):
    table = pq.read_table(ours)
    place = table.column_names.index("open_balance")
    wrong = table.set_column(place, "open_balance", pa.array(np.full(len(table), -1.0)))
    pq.write_table(wrong, tmp_path / "wrong.parquet")
    shares, _ = equal_shares(ours, tmp_path / "wrong.parquet", {"C00", "C01"})
    assert shares[NAMES.index("open_balance")] == 0.0
    assert shares[NAMES.index("history_days")] == 1.0


def test_month_ends_are_the_last_twelve():
    assert DAYS[0] == date(2025, 1, 31)
    assert DAYS[-1] == date(2025, 12, 31)
    assert month_ends(date(2025, 12, 30))[-1] == date(2025, 11, 30)


def test_the_scan_reads_the_rows_and_not_their_statistics(ledger: Path):
    line, *_ = _worker("scan", ledger)
    assert line["name"] == PEERS["scan"][2]
    assert line["cpu"] > 0


@pytest.mark.slow
def test_a_worker_measures_every_step_and_keeps_the_features(ledger: Path, tmp_path: Path):
    lines = _worker("ours", ledger, str(tmp_path / "kept.parquet"))
    assert len(lines) == 5
    assert all(line["peak"] is None or line["peak"] > 1e6 for line in lines)
    assert set(NAMES) < set(pq.read_schema(tmp_path / "kept.parquet").names)


@pytest.mark.slow
def test_the_page_has_a_line_for_each_way_and_tells_agreement_and_growth(
    ledger: Path, tmp_path: Path
):
    out = tmp_path / "SCALE.md"
    given = ["--ledger", str(ledger), "--ledger", str(ledger), "--rounds", "1", "--out", str(out)]
    result = CliRunner().invoke(scale, given)
    assert result.exit_code == 0, result.output
    text = out.read_text(encoding="utf-8")
    for _, _, label in PEERS.values():
        assert text.count(f"\n| {label} |") == 2
    assert text.count("100.00% in the") == 2 * len(WAYS)
    assert text.count("the medians grew") == 1
    assert "peak memory" in text


def test_growth_is_told_between_medians():
    def of(invoices: int, seconds: float) -> Measurement:
        return Measurement(invoices, Section("", [], []), {"scan": [seconds]})

    assert "(× 10) the medians grew: scan × 4." in growth(of(100, 1.0), of(1_000, 4.0))


def test_what_is_done_elsewhere_has_no_memory():
    found = Measured()
    found.add({"name": "way", "seconds": 1.0, "cpu": None, "peak": None})
    assert found.times == {"way": [1.0]}
    assert found.peak == {}


def test_an_unknown_engine_is_refused():
    result = CliRunner().invoke(scale, ["--engines", "duckdb,oracle"])
    assert result.exit_code == 2
    assert "'oracle' is none of duckdb, postgres, spark" in result.output


def _worker(way: str, ledger: Path, *keep: str) -> list[dict[str, float]]:
    days = ",".join(day.isoformat() for day in DAYS)
    command = [sys.executable, "-m", "benchmarks.scale_worker", way, str(ledger), days, *keep]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]
