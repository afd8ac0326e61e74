"""`tradegrade backtest`: document, text in both languages, file, and what it refuses."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.drawn import invoice, write_ledger
from tests.tradegrade.conftest import Workspace, workspace_at
from tradegrade.commands.backtest_text import KINDS, VERDICTS, WHY_NONE, backtest_lines
from training.backtest_figures import VERDICTS as EVERY_VERDICT
from training.backtest_figures import WHY_NONE as EVERY_WHY
from training.config import CRITERIA

QUARTER = "2025Q3"
KEYS = {
    "quarter", "from", "to", "model_version", "policy_version", "horizon_days", "note",
    "warnings", "events", "summary", "graded_on", "grades",
}  # fmt: skip


@pytest.fixture
def quiet(tmp_path: Path) -> Path:
    """Return a ledger in which nobody ever defaults."""
    drawn = [
        invoice("I1", "2025-01-01", "2025-12-31", 500),
        invoice("I2", "2025-12-31", "2026-01-31", 500),
    ]
    return write_ledger(tmp_path / "quiet", invoices=drawn)


@pytest.fixture(scope="module")
def document(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the document of the quarter, told once for all tests that read it."""
    with pytest.MonkeyPatch.context() as patch:
        workspace = workspace_at(tmp_path_factory.mktemp("told") / "home", patch)
        (told,) = workspace.json_lines("backtest", "--ledger", shop, "--quarter", QUARTER)
    return told


def test_json_is_one_document_of_the_quarter(
    workspace: Workspace, document: dict[str, Any]
) -> None:
    assert set(document) == KEYS
    assert (document["from"], document["to"]) == ("2025-07-01", "2025-09-30")
    assert document["model_version"] == workspace.version
    assert document["events"]
    assert all("2025-07-01" <= event["day"] <= "2025-09-30" for event in document["events"])
    assert document["summary"]["events"] == len(document["events"])
    assert [line["grade"] for line in document["grades"]] == ["A", "B", "C", "D"]


@pytest.mark.parametrize(
    ("lang", "told", "warned"),
    [("en", "Defaults of 2025Q3", "warning: "), ("zh", "2025Q3（2025-07-01至", "提示：")],
)
def test_text_has_a_line_for_every_event_in_either_language(
    workspace: Workspace,
    shop: Path,
    document: dict[str, Any],
    lang: str,
    told: str,
    warned: str,
) -> None:
    result = workspace.run("backtest", "--ledger", shop, "--quarter", QUARTER, "--lang", lang)

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(told)
    assert document["note"][lang] in result.stdout
    lines = [line for line in result.stdout.splitlines() if re.match(r"\d{4}-\d\d-\d\d C", line)]
    named = [f"{event['day']} {event['customer_id']} " for event in document["events"]]
    assert [line[: len(name)] for line, name in zip(lines, named, strict=True)] == named
    assert warned in result.stderr


def test_chinese_text_has_no_english_sentence(document: dict[str, Any]) -> None:
    text = "\n".join(backtest_lines(document, "zh"))

    words = set(re.findall(r"[A-Za-z_]{3,}", re.sub(r"\([a-z0-9_.]+\)|default-1-\w+", "", text)))
    assert words <= {document["model_version"]}, words


def test_every_kind_verdict_and_why_has_its_words() -> None:
    assert set(KINDS) == set(CRITERIA)
    assert set(VERDICTS) == set(EVERY_VERDICT)
    assert set(WHY_NONE) == set(EVERY_WHY)


def test_out_is_a_file_with_a_row_per_event_whatever_its_kind(
    workspace: Workspace, shop: Path, tmp_path: Path
) -> None:
    arguments = ("backtest", "--ledger", shop, "--quarter", QUARTER, "--out")
    (document,) = workspace.json_lines(*arguments, tmp_path / "events.csv")
    assert workspace.run(*arguments, tmp_path / "events.parquet").exit_code == 0

    table = pq.read_table(tmp_path / "events.parquet").to_pylist()
    with (tmp_path / "events.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for event, one, other in zip(document["events"], table, rows, strict=True):
        assert one["customer_id"] == other["customer_id"] == event["customer_id"]
        for lag, held in event["held"].items():
            assert one[f"score_{lag}d"] == held["score"]
            assert other[f"grade_{lag}d"] == (held["grade"] or "")


def test_a_quarter_without_event_says_so_and_ends_well(workspace: Workspace, quiet: Path) -> None:
    arguments = ("backtest", "--ledger", quiet, "--quarter", QUARTER)
    english, chinese = workspace.run(*arguments), workspace.run(*arguments, "--lang", "zh")

    assert (english.exit_code, chinese.exit_code) == (0, 0), english.output
    assert "There is no default event in this quarter." in english.stdout
    assert "本季度没有违约事件。" in chinese.stdout
    assert workspace.json_lines(*arguments)[0]["events"] == []


@pytest.mark.parametrize(
    ("quarter", "code", "told"),
    [
        ("2025-Q3", 2, "'2025-Q3' is no quarter"),
        ("2023Q4", 3, "does not cover 2023Q4"),
        ("2031Q1", 3, "does not cover 2031Q1"),
    ],
)
def test_a_quarter_that_cannot_be_told_is_refused(
    workspace: Workspace, shop: Path, quarter: str, code: int, told: str
) -> None:
    result = workspace.run("backtest", "--ledger", shop, "--quarter", quarter)

    assert result.exit_code == code
    assert told in result.stderr
    assert result.stdout == ""


def test_a_file_of_another_kind_is_refused_before_the_work(
    workspace: Workspace, shop: Path, tmp_path: Path
) -> None:
    out = tmp_path / "events.xlsx"
    result = workspace.run("backtest", "--ledger", shop, "--quarter", QUARTER, "--out", out)

    assert result.exit_code == 2
    assert "neither .parquet nor .csv" in result.stderr


def test_the_definition_is_that_of_the_training_on_record(workspace: Workspace, shop: Path) -> None:
    path = workspace.home / "runs" / f"{workspace.version}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {"config": {"default": {"on": ["bad_debt"], "keep_unexposed": False}}}
    path.write_text(json.dumps(record), encoding="utf-8")

    (document,) = workspace.json_lines("backtest", "--ledger", shop, "--quarter", QUARTER)

    assert [kind["kind"] for kind in document["summary"]["kinds"]] == ["bad_debt"]
    assert {event["kind"] for event in document["events"]} <= {"bad_debt"}
    assert not any("no record" in warning["en"] for warning in document["warnings"])
