"""Grades, explanations and changes at the command line."""

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.models.bundles import POLICY_TEXT
from tests.tradegrade.conftest import AS_OF, Workspace

BEFORE = "2025-11-30"
# the fields of GET /v1/customers/{id}/grade, in its order
FIELDS = [
    "customer_id", "as_of", "grade", "notch", "score", "blend", "default_probability",
    "rule_score", "model_score", "known_weight", "provisional", "prior_grade", "adjustments",
    "terms", "reasons", "model_version", "policy_version",
]  # fmt: skip


def test_grade_prints_a_line_per_grade(workspace: Workspace, shop: Path) -> None:
    result = workspace.run("grade", "--ledger", shop, "--as-of", AS_OF)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["grade=A", "grade=B", "grade=C", "grade=D"]
    counted = sum(int(line.split()[1].removeprefix("customers=")) for line in lines)
    assert counted == 60


def test_grade_json_has_the_agreed_fields_and_adds_up(workspace: Workspace, shop: Path) -> None:
    grades = workspace.json_lines("grade", "--ledger", shop, "--as-of", AS_OF)
    assert len(grades) == 60
    for grade in grades:
        assert list(grade)[: len(FIELDS)] == FIELDS
        lines = sum(line["points"] for line in grade["adjustments"])
        assert grade["score"] == pytest.approx(grade["blend"] + lines, abs=1e-9)
        assert grade["model_version"] == workspace.version
        assert grade["terms"]["credit_limit"].rpartition(".")[2].isdigit()
        assert 0 < len(grade["reasons"]) <= 4


def test_a_grade_file_holds_the_same_fields(
    workspace: Workspace, shop: Path, tmp_path: Path
) -> None:
    told = workspace.json_lines("grade", "--ledger", shop, "--as-of", AS_OF)
    for name in ("grades.parquet", "grades.csv"):
        assert workspace.run(
            "grade", "--ledger", shop, "--as-of", AS_OF, "--out", tmp_path / name
        ).exit_code == 0  # fmt: skip
    table = pq.read_table(tmp_path / "grades.parquet")
    assert table.column_names[: len(FIELDS)] == FIELDS
    assert table.column("score").to_pylist() == [grade["score"] for grade in told]
    assert table.column("terms").to_pylist() == [grade["terms"] for grade in told]
    lines = zip(table.column("reasons").to_pylist(), told, strict=True)
    for kept, grade in lines:
        assert [reason["code"] for reason in kept] == [r["code"] for r in grade["reasons"]]
        for mine, theirs in zip(kept, grade["reasons"], strict=True):
            for row, said in zip(mine["evidence"], theirs["evidence"], strict=True):
                assert {k: v for k, v in row.items() if v is not None} == {
                    k: v for k, v in said.items() if v is not None
                }
    with (tmp_path / "grades.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [json.loads(row["terms"]) for row in rows] == [grade["terms"] for grade in told]
    assert [json.loads(row["adjustments"]) for row in rows] == [g["adjustments"] for g in told]


def test_stored_grades_are_kept_once_and_become_the_prior(workspace: Workspace, shop: Path) -> None:
    first = workspace.run("grade", "--ledger", shop, "--as-of", BEFORE, "--store")
    assert "stored 60 grades, 0 stood there already" in first.stderr
    again = workspace.run("grade", "--ledger", shop, "--as-of", BEFORE, "--store")
    assert "stored 0 grades, 60 stood there already" in again.stderr
    told = {
        g["customer_id"]: g["grade_before_override"]
        for g in workspace.json_lines("grade", "--ledger", shop, "--as-of", BEFORE)
    }
    later = workspace.json_lines("grade", "--ledger", shop, "--as-of", AS_OF)
    assert {g["customer_id"]: g["prior_grade"] for g in later} == told


def test_every_explanation_adds_up(workspace: Workspace, shop: Path) -> None:
    for customer in ("C0000001", "C0000017", "C0000042"):
        (told,) = workspace.json_lines("explain", customer, "--ledger", shop, "--as-of", AS_OF)
        drivers = sum(driver["points"] for driver in told["drivers"])
        lines = sum(line["points"] for line in told["adjustments"])
        assert told["score"] == pytest.approx(told["reference"] + drivers + lines, abs=1e-9)
        for driver in told["drivers"]:
            assert driver["points"] == driver["rule_points"] + driver["model_points"]
            assert {"feature", "value", "reference_value", "evidence"} <= set(driver)


def test_an_explanation_is_told_in_both_languages(workspace: Workspace, shop: Path) -> None:
    ask = ("explain", "C0000001", "--ledger", shop, "--as-of", AS_OF, "--lang")
    assert "an ordinary good customer" in workspace.run(*ask, "en").stdout
    assert "普通良好客户为" in workspace.run(*ask, "zh").stdout


def test_a_change_adds_up_and_agrees_with_the_grades(workspace: Workspace, shop: Path) -> None:
    before = workspace.json_lines("grade", "--ledger", shop, "--as-of", BEFORE)
    score = {grade["customer_id"]: grade["score"] for grade in before}
    told = workspace.json_lines(
        "change", "--all", "--ledger", shop, "--from", BEFORE, "--to", AS_OF
    )
    assert len(told) == 60
    for change in told:
        moved = change["score_to"] - change["score_from"]
        assert sum(change["blocks"].values()) == pytest.approx(moved, abs=1e-9 * max(1, abs(moved)))
        data = sum(feature["points"] for feature in change["features"])
        assert change["blocks"]["data"] == pytest.approx(data, abs=1e-12)
        assert change["blocks"]["model"] == 0
        assert change["blocks"]["policy"] == 0
        assert change["score_from"] == score[change["customer_id"]]
        assert change["sentence"]["zh"].startswith("等级")
        assert change["sentence"]["en"].startswith("The grade")


def test_another_policy_moves_the_policy_block_alone(
    workspace: Workspace, shop: Path, tmp_path: Path
) -> None:
    policy = tmp_path / "strict.toml"
    policy.write_text(POLICY_TEXT.replace("rule_weight = 0.4", "rule_weight = 0.9"), "utf-8")
    told = workspace.json_lines(
        "change", "C0000001", "--ledger", shop, "--from", BEFORE, "--to", AS_OF,
        "--policy-to", policy,
    )  # fmt: skip
    assert told[0]["blocks"]["policy"] != 0
    assert told[0]["blocks"]["model"] == 0


def test_on_one_day_another_policy_alone_makes_the_change(
    workspace: Workspace, shop: Path, tmp_path: Path
) -> None:
    policy = tmp_path / "strict.toml"
    policy.write_text(POLICY_TEXT.replace("rule_weight = 0.4", "rule_weight = 0.9"), "utf-8")
    (told,) = workspace.json_lines(
        "change", "C0000001", "--ledger", shop, "--from", AS_OF, "--to", AS_OF,
        "--policy-to", policy,
    )  # fmt: skip
    assert told["blocks"]["data"] == 0
    assert told["blocks"]["model"] == 0
    assert told["blocks"]["policy"] != 0
    assert all(feature["points"] == 0 for feature in told["features"])


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("explain", "C9999999", "--as-of", AS_OF), 2, "no customer 'C9999999' as of 2025-12-31"),
        (("grade", "--as-of", "1999-01-01"), 3, "No customer"),
        (("grade", "--as-of", "31.12.2025"), 2, "write it as 2025-12-31"),
        (("grade", "--as-of", AS_OF, "--bundle", "nothing"), 4, "There is no bundle nothing"),
        (("grade", "--as-of", AS_OF, "--policy", "nothing.toml"), 4, "cannot be read"),
        (("grade", "--as-of", AS_OF, "--out", "x.xlsx"), 2, "neither .parquet nor .csv"),
        (("change", "--from", AS_OF, "--to", BEFORE, "--all"), 2, "runs forward in time"),
        (("change", "--from", BEFORE, "--to", AS_OF), 2, "either a customer or --all"),
    ],
)
def test_errors_say_the_mend_and_exit_by_kind(
    workspace: Workspace, shop: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    result = workspace.run(*arguments, "--ledger", shop)
    assert result.exit_code == code
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_a_bundle_with_one_byte_changed_is_refused(workspace: Workspace, shop: Path) -> None:
    file = workspace.home / "bundles" / workspace.version / "model.txt"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    result = workspace.run("grade", "--ledger", shop, "--as-of", AS_OF)
    assert result.exit_code == 4
    assert "model.txt" in result.stderr


def test_without_a_champion_the_mend_is_to_train(
    tmp_path: Path, shop: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADEGRADE_HOME", str(tmp_path / "empty"))
    result = workspace.run("grade", "--ledger", shop, "--as-of", AS_OF)
    assert result.exit_code == 4
    assert "tradegrade train" in result.stderr
