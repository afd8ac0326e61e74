"""Paths at the command line, over every customer of a made-up shop."""

import json
from datetime import date
from pathlib import Path

import pytest

from tests.tradegrade.conftest import AS_OF, Workspace

FIELDS = [
    "customer_id", "as_of", "to", "reachable", "by", "actions", "grade_after", "score_after",
    "fades",
]  # fmt: skip


@pytest.fixture
def weak(workspace: Workspace, shop: Path) -> list[dict[str, str]]:
    grades = workspace.json_lines("grade", "--ledger", shop, "--as-of", AS_OF)
    found = [grade for grade in grades if grade["grade"] in "CD"]
    assert found, "the shop has nobody to find a path for"
    return found[:8]


def test_every_weak_customer_has_a_path_or_the_reason_why_not(
    workspace: Workspace, shop: Path, weak: list[dict[str, str]]
) -> None:
    better = {"D": "C", "C": "B"}
    reached = 0
    for grade in weak:
        wanted = better[grade["grade"]]
        (found,) = workspace.json_lines(
            "paths", grade["customer_id"], "--ledger", shop, "--as-of", AS_OF, "--to", wanted
        )
        assert list(found)[: len(FIELDS)] == FIELDS
        assert found["score"] == grade["score"]
        for fade in found["fades"]:
            assert fade["on"] is None or date.fromisoformat(fade["on"]) > date.fromisoformat(AS_OF)
            assert fade["text"]["zh"]
            assert fade["text"]["en"]
        if found["reachable"]:
            reached += 1
            assert found["grade_after"] <= wanted
            assert found["actions"]
            for action in found["actions"]:
                assert AS_OF < action["by"] <= found["by"]
                assert action["note"]["zh"]
                assert action["note"]["en"]
                if action["kind"] in ("wait", "pay_on_time"):
                    assert action["amount"] is None
        else:
            assert wanted in found["because"]["en"]
            assert wanted in found["because"]["zh"]
            assert found["grade_after"] > wanted
    assert reached


def test_paths_are_told_in_both_languages(
    workspace: Workspace, shop: Path, weak: list[dict[str, str]]
) -> None:
    asked = ["paths", weak[0]["customer_id"], "--ledger", shop, "--as-of", AS_OF, "--to", "A"]
    english, chinese = (workspace.run(*asked, "--lang", lang) for lang in ("en", "zh"))
    assert english.exit_code == chinese.exit_code == 0
    assert f"is {weak[0]['grade']} as of {AS_OF}" in english.stdout
    assert f"截至{AS_OF}为{weak[0]['grade']}级" in chinese.stdout


def test_a_last_day_before_the_day_is_refused(workspace: Workspace, shop: Path) -> None:
    result = workspace.run(
        "paths", "C0000001", "--ledger", shop, "--as-of", AS_OF, "--to", "A", "--by", "2025-01-01"
    )
    assert result.exit_code == 2
    assert "Give a later --by" in result.stderr


def test_an_unknown_customer_is_refused(workspace: Workspace, shop: Path) -> None:
    result = workspace.run("paths", "nobody", "--ledger", shop, "--as-of", AS_OF, "--to", "A")
    assert result.exit_code == 2
    assert "no customer 'nobody'" in result.stderr


def test_the_document_is_one_line_of_json(
    workspace: Workspace, shop: Path, weak: list[dict[str, str]]
) -> None:
    result = workspace.run(
        "paths", weak[0]["customer_id"], "--ledger", shop, "--as-of", AS_OF, "--to", "A", "--json"
    )
    assert len(result.stdout.splitlines()) == 1
    assert json.loads(result.stdout)["customer_id"] == weak[0]["customer_id"]
