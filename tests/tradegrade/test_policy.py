"""Policies at the command line: compared, looked over, tried, activated."""

import csv
import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from models.policy.load import load_policy
from tests.models.bundles import POLICY, POLICY_TEXT, bundle_in, bundle_parts
from tests.tradegrade.conftest import AS_OF, Workspace
from training.runs import BUNDLES, set_champion, write_record

CHINESE = re.compile(r"[\u4e00-\u9fff]")
FIELDS = [
    "as_of", "policy_from", "policy_to", "model_version", "customers", "up", "down", "unchanged",
    "matrix", "movers", "grades_from", "grades_to", "total_from", "total_to", "history",
]  # fmt: skip
WHO = ("--by", "陈莉", "--reason", "reviewed")


def written(folder: Path, *changes: tuple[str, str], name: str = "new.toml") -> Path:
    text = POLICY_TEXT
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return written(tmp_path, ("rule_weight = 0.4 ", "rule_weight = 0.8 "))


@pytest.fixture
def same(tmp_path: Path) -> Path:
    return written(tmp_path, name="same.toml")


# diff


def test_diff_tells_each_key_with_its_meaning(workspace: Workspace, new: Path) -> None:
    english = workspace.run("policy", "diff", new)
    assert english.exit_code == 0
    assert english.stdout.splitlines()[1:] == [
        "blend.rule_weight: 0.4 → 0.8  # share of the rule score in the blend; the model has the "
        "rest"
    ]
    chinese = workspace.run("policy", "diff", new, "--lang", "zh").stdout.splitlines()
    assert chinese[1].endswith("规则分在综合分中的权重，其余为模型分")


def test_diff_json_has_old_and_new_value(workspace: Workspace, new: Path, same: Path) -> None:
    (told,) = workspace.json_lines("policy", "diff", new)
    assert (told["equal"], told["same_text"]) == (False, False)
    assert told["policy_from"] == POLICY.policy_version
    (found,) = told["differences"]
    assert (found["key"], found["from"], found["to"]) == ("blend.rule_weight", 0.4, 0.8)
    assert CHINESE.search(found["zh"])
    assert not CHINESE.search(found["en"])
    (back,) = workspace.json_lines("policy", "diff", same, "--against", new)
    assert (back["differences"][0]["from"], back["differences"][0]["to"]) == (0.8, 0.4)


def test_diff_is_against_the_active_policy(workspace: Workspace, new: Path, same: Path) -> None:
    assert workspace.run("policy", "activate", new, *WHO).exit_code == 0
    (told,) = workspace.json_lines("policy", "diff", same)
    assert told["differences"][0]["from"] == 0.8


def test_equal_policies_are_said_to_be_equal(
    workspace: Workspace, same: Path, tmp_path: Path
) -> None:
    assert "are the same text" in workspace.run("policy", "diff", same).stdout
    assert "完全相同" in workspace.run("policy", "diff", same, "--lang", "zh").stdout
    commented = written(tmp_path, ("# The credit policy", "# Our credit policy"))
    assert "only comments" in workspace.run("policy", "diff", commented).stdout
    (told,) = workspace.json_lines("policy", "diff", commented)
    assert (told["equal"], told["same_text"], told["differences"]) == (True, False, [])


# lint


def test_lint_tells_what_never_bites_and_exits_0(workspace: Workspace, tmp_path: Path) -> None:
    odd = written(tmp_path, ("upgrade_margin = 2.0", "upgrade_margin = 0.0"))
    result = workspace.run("policy", "lint", odd)
    assert result.exit_code == 0
    assert "[never] hysteresis.upgrade_margin  The margin for upgrades is 0" in result.stdout
    chinese = workspace.run("policy", "lint", odd, "--lang", "zh").stdout
    assert "[从不起作用] hysteresis.upgrade_margin  升级余量为0" in chinese
    (told,) = workspace.json_lines("policy", "lint", odd)
    assert (told["as_of"], told["model_version"], told["customers"]) == (None, None, None)
    codes = {(f["code"], f["key"], f["severity"]) for f in told["findings"]}
    assert ("hysteresis_never", "hysteresis.upgrade_margin", "never") in codes


def test_lint_says_when_there_is_nothing_to_say(workspace: Workspace, tmp_path: Path) -> None:
    good = written(tmp_path, ('smallest_limit = "0.00"', 'smallest_limit = "100.00"'))
    assert workspace.run("policy", "lint", good).stdout == "No rule never or always bites.\n"
    assert "未发现" in workspace.run("policy", "lint", good, "--lang", "zh").stdout


def test_lint_counts_whom_each_rule_bites_in_a_book(workspace: Workspace, shop: Path,
                                                    same: Path) -> None:  # fmt: skip
    (told,) = workspace.json_lines("policy", "lint", same, "--ledger", shop)
    assert (told["customers"], told["model_version"]) == (60, workspace.version)
    counted = {f["code"]: f for f in told["findings"] if f["customers"] is not None}
    grades = workspace.json_lines("grade", "--ledger", shop, "--as-of", told["as_of"])
    assert counted["provisional"]["bites"] == sum(g["provisional"] for g in grades) > 0
    assert {f["customers"] for f in counted.values()} == {60}
    for finding in counted.values():
        expected = {0: "never", 60: "always"}.get(finding["bites"], "note")
        if not finding["code"].startswith("indicator_"):
            assert finding["severity"] == expected
    told = workspace.run("policy", "lint", same, "--ledger", shop, "--lang", "zh").stdout
    assert "新客户的临时定级：60户中对" in told


# try


def test_try_tells_who_moves_and_the_blocks_add_up(
    workspace: Workspace, shop: Path, new: Path
) -> None:
    (told,) = workspace.json_lines(
        "policy", "try", new, "--ledger", shop, "--as-of", AS_OF, "--history", 3
    )
    assert list(told) == FIELDS
    assert (told["as_of"], told["customers"]) == (AS_OF, 60)
    assert told["model_version"] == workspace.version
    was = {g["customer_id"]: g for g in workspace.json_lines("grade", "--ledger", shop,
                                                             "--as-of", AS_OF)}  # fmt: skip
    then = {g["customer_id"]: g for g in workspace.json_lines("grade", "--ledger", shop, "--as-of",
                                                              AS_OF, "--policy", new)}  # fmt: skip
    moved = [c for c, grade in was.items() if grade["grade"] != then[c]["grade"]]
    assert [m["customer_id"] for m in told["movers"]] == sorted(moved) != []
    for mover in told["movers"]:
        customer = mover["customer_id"]
        assert (mover["score_from"], mover["score_to"]) == (
            was[customer]["score"], then[customer]["score"],
        )  # fmt: skip
        assert (mover["blocks"]["data"], mover["blocks"]["model"]) == (0, 0)
        assert sum(mover["blocks"].values()) == pytest.approx(
            mover["score_to"] - mover["score_from"], abs=1e-7
        )
    assert len(told["history"]["months"]) == 3
    assert told["history"]["left_out"] > 0
    assert {"grade", "customers", "defaults", "default_rate", "default_probability"} == set(
        told["history"]["realised_to"][0]
    )
    assert {"flip_flop_from", "flip_flop_to", "moves_per_customer_year_from",
            "moves_per_customer_year_to"} <= set(told["history"])  # fmt: skip
    assert told["total_from"]["amount_at_risk"] == told["total_to"]["amount_at_risk"]


def test_try_is_told_in_both_languages(workspace: Workspace, shop: Path, new: Path) -> None:
    ask = ("policy", "try", new, "--ledger", shop, "--as-of", AS_OF, "--history", 2, "--lang")
    english, chinese = workspace.run(*ask, "en").stdout, workspace.run(*ask, "zh").stdout
    assert not CHINESE.search(english)
    for told in ("before recoveries", "at risk if every limit is used", "History: 2 month-ends",
                 "moves reversed within 3 month-ends", "left out"):  # fmt: skip
        assert told in english
    for told in ("未计追回", "额度用满时的风险金额", "历史：", "3个月末内又变回", "未计入"):
        assert told in chinese
    assert len(english.splitlines()) == len(chinese.splitlines())
    bare = re.sub(r"default-1-[0-9a-f]{8}|[0-9a-f]{12}|C\d{7}", "", chinese)
    assert not re.search(r"[a-z]{3}", bare.replace("--out", "").replace("--json", ""))


def test_try_says_when_nobody_moves(workspace: Workspace, shop: Path, same: Path) -> None:
    result = workspace.run("policy", "try", same, "--ledger", shop, "--history", 0)
    assert result.exit_code == 0
    assert "Nobody's grade changes." in result.stdout
    told = workspace.run("policy", "try", same, "--ledger", shop, "--history", 0, "--lang", "zh")
    assert "没有客户的等级改变。" in told.stdout


def test_try_takes_the_stored_grades_as_prior_of_both(
    workspace: Workspace, shop: Path, tmp_path: Path
) -> None:
    wary = written(tmp_path, ("upgrade_margin = 2.0", "upgrade_margin = 19.0"))
    ask = ("policy", "try", wary, "--ledger", shop, "--as-of", AS_OF, "--history", 0)
    (alone,) = workspace.json_lines(*ask)
    assert alone["movers"] == []  # without a store nothing is held back
    before = ("grade", "--ledger", shop, "--as-of", "2025-09-30", "--store")
    assert workspace.run(*before).exit_code == 0
    (told,) = workspace.json_lines(*ask)
    assert told["movers"]
    for mover in told["movers"]:
        assert {kind for kind, points in mover["blocks"].items() if points} == {"hysteresis"}


def test_try_writes_the_movers_as_a_file(
    workspace: Workspace, shop: Path, new: Path, tmp_path: Path
) -> None:
    (told,) = workspace.json_lines("policy", "try", new, "--ledger", shop, "--as-of", AS_OF)
    for name in ("movers.parquet", "movers.csv"):
        ask = ("policy", "try", new, "--ledger", shop, "--as-of", AS_OF, "--out", tmp_path / name)
        result = workspace.run(*ask, "--history", 0)
        assert f"wrote {len(told['movers'])} movers to" in result.stderr
    assert pq.read_table(tmp_path / "movers.parquet").to_pylist() == told["movers"]
    with (tmp_path / "movers.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [json.loads(row["blocks"]) for row in rows] == [m["blocks"] for m in told["movers"]]
    assert [row["grade_to"] for row in rows] == [m["grade_to"] for m in told["movers"]]


def test_try_counts_a_default_as_the_model_was_trained_to(
    workspace: Workspace, shop: Path, same: Path
) -> None:
    ask = ("policy", "try", same, "--ledger", shop, "--as-of", AS_OF)

    def defaults() -> int:
        (told,) = workspace.json_lines(*ask)
        return sum(line["defaults"] for line in told["history"]["realised_from"])

    every = defaults()
    record = {"config": {"default": {"on": ["bankruptcy"], "keep_unexposed": False}}}
    write_record(workspace.home, workspace.version, record)
    assert defaults() < every


# activate and history


def test_activate_records_and_then_grades_by_it(
    workspace: Workspace, shop: Path, new: Path
) -> None:
    before = workspace.json_lines("grade", "--ledger", shop, "--as-of", AS_OF)
    result = workspace.run("policy", "activate", new, *WHO)
    assert result.exit_code == 0
    assert result.stdout.startswith("activated default-1-")
    assert (workspace.home / "policy.toml").read_bytes() == new.read_bytes()
    after = workspace.json_lines("grade", "--ledger", shop, "--as-of", AS_OF)
    assert {g["policy_version"] for g in after} != {g["policy_version"] for g in before}
    (told,) = workspace.json_lines("policy", "history")
    assert (told["activated_by"], told["reason"]) == ("陈莉", "reviewed")
    assert told["policy_version"] == after[0]["policy_version"]
    assert told["previous_version"] == before[0]["policy_version"]
    assert told["activated_at"].endswith("Z")


def test_history_is_newest_first(workspace: Workspace, new: Path, same: Path) -> None:
    assert "no policy was activated here yet" in workspace.run("policy", "history").stderr
    workspace.run("policy", "activate", new, *WHO)
    workspace.run("policy", "activate", same, "--by", "L. Chen", "--reason", "back again")
    lines = workspace.run("policy", "history").stdout.splitlines()
    assert ["back again" in line for line in lines] == [True, False]
    assert all("UTC" in line for line in lines)
    assert [told["reason"] for told in workspace.json_lines("policy", "history")] == [
        "back again",
        "reviewed",
    ]


def test_activating_what_is_active_says_so_and_records_nothing(
    workspace: Workspace, new: Path
) -> None:
    workspace.run("policy", "activate", new, *WHO)
    again = workspace.run("policy", "activate", new, *WHO)
    assert again.exit_code == 0
    assert "is the active policy already: nothing was recorded" in again.stderr
    (told,) = workspace.json_lines("policy", "activate", new, *WHO)
    assert (told["activated"], told["activation"]) == (False, None)
    assert len(workspace.json_lines("policy", "history")) == 1


def test_activate_json_has_the_record(workspace: Workspace, new: Path) -> None:
    (told,) = workspace.json_lines("policy", "activate", new, *WHO)
    assert told["activated"]
    assert set(told["activation"]) == {
        "activation_id", "activated_at", "activated_by", "reason", "policy_sha256",
        "policy_version", "previous_sha256", "previous_version",
    }  # fmt: skip


def test_a_policy_without_the_champions_anchors_is_not_activated(
    workspace: Workspace, tmp_path: Path
) -> None:
    bare = written(tmp_path, ("180 = [0.0049440676734555655, 0.0506318400601703]\n", ""))
    result = workspace.run("policy", "activate", bare, *WHO)
    assert result.exit_code == 4
    assert "cannot grade with the champion" in result.stderr
    assert "Add 180 to [scale.anchors]" in result.stderr
    assert not (workspace.home / "policy.toml").exists()
    assert workspace.json_lines("policy", "history") == []
    # another champion can
    year = bundle_in(workspace.home / BUNDLES, bundle_parts(horizon_days=365))
    set_champion(workspace.home, year.model_version)
    assert workspace.run("policy", "activate", bare, *WHO).exit_code == 0


def test_a_workspace_without_a_champion_can_activate(
    tmp_path: Path, workspace: Workspace, new: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADEGRADE_HOME", str(tmp_path / "fresh"))
    assert workspace.run("policy", "activate", new, *WHO).exit_code == 0
    assert (tmp_path / "fresh" / "policy.toml").read_bytes() == new.read_bytes()


@pytest.mark.parametrize("command", ["doctor", "grade", "history"])
def test_an_activation_that_was_killed_is_finished_by_the_next_command(
    workspace: Workspace, shop: Path, new: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("serving.policies.activation.settle", die)
        workspace.run("policy", "activate", new, *WHO)
    file = workspace.home / "policy.toml"
    assert not file.exists()
    if command == "grade":
        (first, *_) = workspace.json_lines("grade", "--ledger", shop, "--as-of", AS_OF)
        assert first["policy_version"] == load_policy(new).policy_version
    else:
        workspace.run(*(("policy", "history") if command == "history" else (command,)))
    assert file.read_bytes() == new.read_bytes()
    assert len(workspace.json_lines("policy", "history")) == 1
    assert re.search("ok +policy +.*activated by 陈莉", workspace.run("doctor").stdout)


def test_a_file_written_by_hand_is_told(workspace: Workspace, new: Path, same: Path) -> None:
    assert re.search("ok +policy +.*the packaged one", workspace.run("doctor").stdout)
    file = workspace.home / "policy.toml"
    file.write_bytes(same.read_bytes() + b"# by hand\n")
    assert re.search("ok +policy +.*written by hand", workspace.run("doctor").stdout)
    workspace.run("policy", "activate", new, *WHO)
    file.write_bytes(same.read_bytes())
    assert "is not what was activated last" in workspace.run("policy", "history").stderr
    assert re.search("ok +policy +.*not what was activated last", workspace.run("doctor").stdout)
    file.write_text("name =", encoding="utf-8")
    assert re.search("broken +policy +.*not readable TOML", workspace.run("doctor").stdout)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("diff", "nothing.toml"), 4, "cannot be read"),
        (("lint", "nothing.toml"), 4, "cannot be read"),
        (("lint", "{bad}"), 4, "the weights must be at least 0 and add up to 1"),
        (("lint", "{new}", "--as-of", AS_OF), 2, "choose a book: give its --ledger too"),
        (("lint", "{new}", "--ledger", "nowhere"), 3, "nowhere"),
        (("lint", "{new}", "--ledger", "{shop}", "--as-of", "1999-01-01"), 3, "No customer"),
        (("try", "{new}"), 2, "--ledger"),
        (("try", "{new}", "--ledger", "{shop}", "--out", "x.xlsx"), 2, "neither .parquet nor"),
        (("try", "{new}", "--ledger", "{shop}", "--bundle", "none"), 4, "no bundle none"),
        (("try", "{new}", "--ledger", "{shop}", "--history", "-1"), 2, "--history"),
        (("try", "{euro}", "--ledger", "{shop}"), 4, "in EUR, policy"),
        (("try", "{bare}", "--ledger", "{shop}"), 4, "has no scale anchors for the horizon"),
        (("activate", "{bad}", *WHO), 4, "add up to 1"),
        (("activate", "{new}", "--by", " ", "--reason", "x"), 2, "--by has 1 to 128 characters"),
        (("activate", "{new}", "--by", "x", "--reason", ""), 2, "--reason has 1 to 2,000"),
        (("activate", "{new}", "--by", "x"), 2, "--reason"),
    ],
)
def test_errors_say_the_mend_and_exit_by_kind(
    workspace: Workspace, shop: Path, tmp_path: Path, arguments: tuple[str, ...], code: int,
    message: str,
) -> None:  # fmt: skip
    files = {
        "shop": shop,
        "new": written(tmp_path, ("rule_weight = 0.4 ", "rule_weight = 0.8 ")),
        "bad": written(tmp_path, ("overdue_count = 0.20", "overdue_count = 0.30"), name="b.toml"),
        "euro": written(tmp_path, ('currency = "CNY"', 'currency = "EUR"'), name="e.toml"),
        "bare": written(
            tmp_path, ("180 = [0.0049440676734555655, 0.0506318400601703]\n", ""), name="a.toml"
        ),
    }
    result = workspace.run("policy", *(argument.format(**files) for argument in arguments))
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
    assert "Traceback" not in result.stderr
