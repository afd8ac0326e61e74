"""`tradegrade grade --features`: the grades of a ledger's day from a file of its features."""

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.tradegrade.conftest import AS_OF, Workspace

BEFORE = "2025-11-30"


def without_rows(grade: dict) -> dict:
    """Return a grade without what only a ledger can show: the rows, told in the sentences."""
    kept = ("code", "value", "normal", "points")
    reasons = [{name: reason[name] for name in kept} for reason in grade["reasons"]]
    return grade | {"reasons": reasons}


@pytest.fixture
def features(workspace: Workspace, shop: Path, tmp_path: Path) -> Path:
    path = tmp_path / "features.parquet"
    result = workspace.run("features", "--ledger", shop, "--as-of", AS_OF, "--out", path)
    assert result.exit_code == 0, result.output
    return path


def test_the_grades_are_those_of_the_ledger(workspace: Workspace, shop: Path, features: Path):
    workspace.run("grade", "--ledger", shop, "--as-of", BEFORE, "--store")  # the prior grades
    told = workspace.json_lines("grade", "--features", features)
    wanted = workspace.json_lines("grade", "--ledger", shop, "--as-of", AS_OF)
    assert [without_rows(grade) for grade in told] == [without_rows(grade) for grade in wanted]
    assert {grade["prior_grade"] for grade in told} >= {"B", "C"}
    lines = workspace.run("grade", "--features", features).stdout
    assert lines == workspace.run("grade", "--ledger", shop, "--as-of", AS_OF).stdout
    for grade in told:
        for reason in grade["reasons"]:
            assert reason["zh"]
            assert reason["en"]
            assert (reason["evidence"], reason["evidence_total"]) == ([], 0)


def test_a_csv_of_several_days_is_graded_like_each_day(
    workspace: Workspace, shop: Path, tmp_path: Path
):
    path = tmp_path / "features.csv"
    workspace.run("features", "--ledger", shop, "--as-of", f"{BEFORE},{AS_OF}", "--out", path)
    told = workspace.json_lines("grade", "--features", path)
    wanted = [
        grade
        for day in (BEFORE, AS_OF)
        for grade in workspace.json_lines("grade", "--ledger", shop, "--as-of", day)
    ]
    found = {(grade["customer_id"], grade["as_of"]): without_rows(grade) for grade in told}
    assert found == {(g["customer_id"], g["as_of"]): without_rows(g) for g in wanted}
    assert len(told) == len(wanted)


def test_every_driver_is_told_if_asked_for(
    workspace: Workspace, shop: Path, features: Path, tmp_path: Path
):
    out = tmp_path / "grades.parquet"
    result = workspace.run("grade", "--features", features, "--out", out, "--drivers")
    assert result.exit_code == 0, result.output
    assert "wrote 60 grades" in result.stderr
    grades = {grade["customer_id"]: grade for grade in pq.read_table(out).to_pylist()}
    (told,) = workspace.json_lines("explain", "C0000017", "--ledger", shop, "--as-of", AS_OF)
    for driver in told["drivers"]:
        del driver["evidence"], driver["evidence_total"]
    assert grades["C0000017"]["drivers"] == told["drivers"]
    for grade in grades.values():
        drivers = sum(driver["points"] for driver in grade["drivers"])
        lines = sum(line["points"] for line in grade["adjustments"])
        assert grade["score"] == pytest.approx(told["reference"] + drivers + lines, abs=1e-9)


def test_in_a_csv_the_drivers_are_json(workspace: Workspace, features: Path, tmp_path: Path):
    out = tmp_path / "grades.csv"
    told = workspace.json_lines("grade", "--features", features, "--out", out, "--drivers")
    with out.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [json.loads(row["drivers"]) for row in rows] == [grade["drivers"] for grade in told]
    assert [float(row["score"]) for row in rows] == [grade["score"] for grade in told]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "Give either --ledger with --as-of, or --features"),
        (("--ledger", "L", "--as-of", AS_OF, "--features", "F"), "Give either --ledger"),
        (("--ledger", "L"), "Give --as-of"),
        (("--ledger", "L", "--as-of", AS_OF, "--drivers"), "--drivers goes with --features"),
        (("--features", "F", "--as-of", AS_OF), "leave out --as-of"),
        (("--features", "F", "--store"), "--store keeps the ledger"),
        (("--features", "F", "--engine", "spark"), "leave out --engine"),
        (("--features", "F.parquet"), "do not exist"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    workspace: Workspace, options: tuple[str, ...], told: str
):
    result = workspace.run("grade", *options)
    assert result.exit_code == 2
    assert told in result.stderr


def test_a_file_that_lacks_a_feature_leaves_what_was_written_before(
    workspace: Workspace, features: Path, tmp_path: Path
):
    out, lacking = tmp_path / "grades.parquet", tmp_path / "lacking.parquet"
    out.write_bytes(b"of before")
    pq.write_table(pq.read_table(features).drop_columns(["tenure_days"]), lacking)
    result = workspace.run("grade", "--features", lacking, "--out", out)
    assert result.exit_code == 3
    assert "lack the column tenure_days" in result.stderr
    assert out.read_bytes() == b"of before"


def test_a_grade_that_fails_on_the_way_leaves_no_half_file(
    workspace: Workspace, features: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object, **__: object) -> pa.Table:
        message = "no memory"
        raise MemoryError(message)

    monkeypatch.setattr("models.many.graded_table", fail)
    folder = tmp_path / "out"
    result = workspace.run("grade", "--features", features, "--out", folder / "grades.parquet")
    assert isinstance(result.exception, MemoryError)
    assert list(folder.iterdir()) == []


def test_no_bundle_is_told_before_the_file_is_read(
    workspace: Workspace, features: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("TRADEGRADE_HOME", str(tmp_path / "empty"))
    result = workspace.run("grade", "--features", features)
    assert result.exit_code == 4
