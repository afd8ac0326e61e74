"""`tradegrade losses`: the document, the text in both languages, files, and what it refuses."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from features.ledger.open import open_ledger
from tests.tradegrade.conftest import AS_OF, Workspace, workspace_at
from training.runs import RUNS

KEYS = [
    "as_of", "currency", "horizon_days", "within_horizon", "model_version", "policy_version",
    "lgd", "total", "by_grade_and_bucket", "provision_matrix", "customers",
]  # fmt: skip
BUCKETS = ["not_due", "1-30", "31-60", "61-90", ">90"]


@pytest.fixture(scope="module")
def document(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the document of the shop's book, told once for all tests that read it."""
    with pytest.MonkeyPatch.context() as patch:
        workspace = workspace_at(tmp_path_factory.mktemp("told") / "home", patch)
        (told,) = workspace.json_lines("losses", "--ledger", shop, "--as-of", AS_OF)
    return told


def test_json_is_one_document_of_the_book(document: dict[str, Any]) -> None:
    assert list(document) == KEYS
    assert (document["as_of"], document["currency"], document["horizon_days"]) == (
        AS_OF, "CNY", 180,
    )  # fmt: skip
    cells = document["by_grade_and_bucket"]
    assert [(cell["grade"], cell["bucket"]) for cell in cells] == [
        (grade, bucket) for grade in "ABCD" for bucket in BUCKETS
    ]


def test_money_is_text_and_every_sum_agrees(document: dict[str, Any]) -> None:
    total = Decimal(document["total"]["expected_loss"])
    assert total > 0
    customers, cells = document["customers"], document["by_grade_and_bucket"]
    assert sum(Decimal(line["expected_loss"]) for line in customers) == total
    assert sum(Decimal(cell["expected_loss"]) for cell in cells) == total
    assert Decimal(document["provision_matrix"]["model"]["total"]) == total
    for line in customers:
        parts = [Decimal(part["expected_loss"]) for part in line["buckets"]]
        assert sum(parts) == Decimal(line["expected_loss"])
    gaps = document["provision_matrix"]["model_minus_policy"]
    policy = Decimal(document["provision_matrix"]["policy"]["total"])
    assert sum(Decimal(gap["amount"]) for gap in gaps) == total - policy


def test_the_loss_given_default_says_where_it_comes_from(document: dict[str, Any]) -> None:
    lgd = document["lgd"]
    assert lgd["default_on"] == ["bad_debt", "bankruptcy", "days_past_due"]
    assert f"Of {lgd['defaults']} defaults known" in lgd["source"]["en"]
    assert f"已知{lgd['defaults']}起违约" in lgd["source"]["zh"]


def test_no_name_of_a_customer_is_told(document: dict[str, Any], shop: Path) -> None:
    with open_ledger(shop) as ledger:
        names = ledger.connection.execute("SELECT name, owner FROM led_customers").fetchall()
    text = json.dumps(document, ensure_ascii=False)
    told = {word for row in names for word in row if word}
    assert told
    assert not [word for word in told if f'"{word}"' in text]


@pytest.mark.parametrize(
    ("lang", "titles"),
    [
        ("en", ["Expected loss as of", "Loss given default", "Provisions:", "Unallocated credit"]),
        ("zh", ["预期损失（CNY）", "违约损失率", "坏账准备", "未核销到发票的款项"]),
    ],
)
def test_text_tells_the_same_in_both_languages(
    workspace: Workspace, shop: Path, document: dict[str, Any], lang: str, titles: list[str]
) -> None:
    result = workspace.run("losses", "--ledger", shop, "--as-of", AS_OF, "--lang", lang)
    assert result.exit_code == 0, result.output
    for title in titles:
        assert title in result.stdout
    total = document["total"]["expected_loss"]
    assert f"{Decimal(total):,.2f}" in result.stdout
    assert "no run of model" in result.stderr  # this bundle was not trained in the workspace


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_file_has_a_row_per_customer(
    workspace: Workspace, shop: Path, document: dict[str, Any], tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"losses{suffix}"
    result = workspace.run("losses", "--ledger", shop, "--as-of", AS_OF, "--out", out)
    assert result.exit_code == 0, result.output
    if suffix == ".parquet":
        assert pq.read_table(out).to_pylist() == document["customers"]
    else:
        lines = out.read_text(encoding="utf-8").splitlines()
        assert len(lines) == len(document["customers"]) + 1
        assert lines[0].startswith("customer_id,grade,default_probability")


def test_the_default_is_the_one_that_the_model_was_trained_on(
    workspace: Workspace, shop: Path
) -> None:
    record = workspace.home / RUNS / f"{workspace.version}.json"
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps({"config": {"default": {"on": ["bad_debt"]}}}))
    (told,) = workspace.json_lines("losses", "--ledger", shop, "--as-of", AS_OF)
    assert told["lgd"]["default_on"] == ["bad_debt"]


def test_a_file_that_is_neither_is_refused_before_the_work(
    workspace: Workspace, shop: Path, tmp_path: Path
) -> None:
    result = workspace.run(
        "losses", "--ledger", shop, "--as-of", AS_OF, "--out", tmp_path / "losses.xlsx"
    )
    assert result.exit_code == 2
    assert "neither .parquet nor .csv" in result.stderr


def test_a_day_on_which_nobody_is_known_is_refused(workspace: Workspace, shop: Path) -> None:
    result = workspace.run("losses", "--ledger", shop, "--as-of", "2001-01-01")
    assert result.exit_code == 3
    assert "was known on 2001-01-01" in result.stderr
