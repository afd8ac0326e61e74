"""Conflicts of rules and model at the command line."""

from pathlib import Path

import pytest

from tests.tradegrade.conftest import AS_OF, Workspace


def test_both_accounts_are_told_side_by_side(workspace: Workspace, shop: Path) -> None:
    asked = ["conflicts", "--ledger", shop, "--as-of", AS_OF, "--bands", 1]
    found = workspace.json_lines(*asked)
    assert found
    for one in found:
        for side in ("rules", "model"):
            account = one[side]
            total = account["reference"] + sum(part["points"] for part in account["parts"])
            assert total == pytest.approx(account["score"], abs=1e-9)
        assert one["sentence"]["zh"]
        assert one["sentence"]["en"]
    english, chinese = (workspace.run(*asked, "--lang", lang) for lang in ("en", "zh"))
    assert english.stdout.count("the reference customer") >= 2 * len(found)
    assert chinese.stdout.count("参照客户") >= 2 * len(found)
    assert f"{len(found)} of 60 customers" in english.stderr


def test_the_grades_are_those_of_the_book(workspace: Workspace, shop: Path) -> None:
    grades = {
        grade["customer_id"]: grade
        for grade in workspace.json_lines("grade", "--ledger", shop, "--as-of", AS_OF)
    }
    asked = ["conflicts", "--ledger", shop, "--as-of", AS_OF, "--bands", 1]
    for one in workspace.json_lines(*asked):
        grade = grades[one["customer_id"]]
        assert (one["grade"], one["score"]) == (grade["grade"], grade["score"])
        assert one["rules"]["score"] == grade["rule_score"]
        assert one["model"]["score"] == grade["model_score"]


def test_one_customer_can_be_asked_for(workspace: Workspace, shop: Path) -> None:
    asked = ["conflicts", "--ledger", shop, "--as-of", AS_OF, "--bands", 1]
    first = workspace.json_lines(*asked)[0]
    (alone,) = workspace.json_lines(*asked, "--customer", first["customer_id"])
    assert alone == first
    nobody = workspace.run(*asked, "--customer", "nobody")
    assert nobody.exit_code == 2
    assert "nobody" in nobody.stderr
