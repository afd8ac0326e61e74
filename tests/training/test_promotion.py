"""A model is judged by every gate: the honest one passes, the others are told why they do not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from features.errors import ModelError
from features.ledger.open import open_ledger
from models.book import Grader, book_of_day
from models.bundle import load_bundle
from models.policy.load import load_policy
from models.policy.sections import Policy
from tests.conftest import Trained
from tests.models.bundles import bundle_in, bundle_parts, policy_with
from tests.retrained import candidate_in, foreseeing, outcomes_file, shuffled_in, workspace_of
from training import runs
from training.gates.discrimination import auc_champion, auc_floor
from training.gates.evidence import Case, Evidence, evidence_of
from training.gates.gate import NAMES, Gate
from training.gates.gate import judged as judged_gate
from training.gates.migration import migration
from training.gates.provenance import feature_set, recomputed, report
from training.promotion import Verdict, judge
from training.sample import read_sample, sample_path
from training.windows import TEST

POLICY = load_policy()
Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def home(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace that tests only read."""
    return workspace_of(trained, tmp_path_factory.mktemp("promotion"))


@pytest.fixture(scope="module")
def honest(home: Path, trained: Trained) -> str:
    return candidate_in(home, trained, trained.result.dataset)


@pytest.fixture(scope="module")
def verdict(home: Path, honest: str) -> Verdict:
    """Return what the gates say of the honest one, judged once."""
    return judge(Case(home, honest, POLICY, lambda _: {}))


@pytest.fixture
def own(home: Path, honest: str, tmp_path: Path) -> Path:
    """Return a copy that a test may change."""
    assert honest
    return shutil.copytree(home, tmp_path / "home")


def judged(home: Path, version: str, policy: Policy = POLICY) -> dict[str, Gate]:
    verdict = judge(Case(home, version, policy, lambda _: {}))
    assert tuple(gate.name for gate in verdict.gates) == NAMES
    assert verdict.granted == all(gate.passed for gate in verdict.gates)
    for gate in verdict.gates:
        json.dumps(gate.to_dict(), allow_nan=False)
        assert gate.detail.zh
        assert gate.detail.en
    return {gate.name: gate for gate in verdict.gates}


def asked(home: Path, version: str, gate: Callable[[Evidence], Gate]) -> Gate:
    """Return what one gate says, without the others' work."""
    with evidence_of(Case(home, version, POLICY, lambda _: {})) as evidence:
        return judged_gate("asked", partial(gate, evidence))


def refused(gates: dict[str, Gate]) -> set[str]:
    return {name for name, gate in gates.items() if not gate.passed}


def change_record(home: Path, version: str, change: Change) -> None:
    record = runs.read_record(home, version)
    change(record)
    runs.write_record(home, version, record)


# candidates


def test_an_honest_retrain_passes_every_gate(
    verdict: Verdict, honest: str, trained: Trained
) -> None:
    assert verdict.granted
    assert (verdict.version, verdict.champion) == (honest, trained.result.model_version)
    assert not verdict.is_champion


def test_one_trained_on_shuffled_labels_is_refused_by_auc_floor_and_auc_champion(
    own: Path, trained: Trained
) -> None:
    version = shuffled_in(own, trained)
    gates = judged(own, version)
    assert {"auc_floor", "auc_champion"} <= refused(gates)
    floor = gates["auc_floor"]
    assert floor.limit == 0.6
    assert floor.figure is not None
    assert floor.figure < 0.6
    assert gates["recomputed"].passed
    gap = gates["auc_champion"]
    assert gap.figure is not None
    assert gap.figure < 0
    assert trained.result.model_version in gap.detail.en


def test_one_whose_snapshots_contain_the_future_is_refused_by_recomputed(
    own: Path, trained: Trained
) -> None:
    version = candidate_in(own, trained, foreseeing(trained))
    gate = asked(own, version, recomputed)
    assert not gate.passed
    assert gate.figure is not None
    assert gate.figure > 200
    assert "did not learn from what was known on the day" in gate.detail.en
    assert "训练所用数据不是当日所知" in gate.detail.zh


def test_an_unknown_version_is_told_the_known_ones(home: Path, honest: str) -> None:
    with pytest.raises(ModelError, match=f"has no bundle 0123; it has .*{honest}"):
        judged(home, "0123")


# discrimination


def test_the_floor_is_the_policys_and_holds_for_the_lower_end(
    home: Path, honest: str, verdict: Verdict
) -> None:
    gate = {gate.name: gate for gate in verdict.gates}["auc_floor"]
    assert gate.figure is not None
    just_above = policy_with(("min_auc = 0.60 ", f"min_auc = {gate.figure + 1e-9:.12f} "))
    assert refused(judged(home, honest, just_above)) == {"auc_floor"}


def test_outcomes_of_a_file_decide_the_floor_and_never_the_comparison_with_the_champion(
    own: Path, honest: str, trained: Trained
) -> None:
    before = asked(own, honest, auc_champion)
    rows = trained.result.dataset.rows
    path = outcomes_file(own / "other.parquet", rows.snapshots, ~rows.defaulted)
    change_record(own, honest, lambda record: record.update(outcomes=str(path)))
    after = judged(own, honest)
    assert refused(after) >= {"auc_floor", "calibration"}
    assert after["auc_champion"] == before
    assert before.figure is not None


def test_without_a_champion_nothing_is_compared_and_that_is_said(own: Path, honest: str) -> None:
    (own / runs.CHAMPION).unlink()
    gates = judged(own, honest)
    assert refused(gates) == set()
    for name in ("auc_champion", "migration"):
        assert (gates[name].figure, gates[name].detail.zh) == (None, "尚无在用模型，无可比较")


@pytest.mark.parametrize("text", ['{"model_version": "gone"}', "{"])
def test_a_champion_that_cannot_be_read_is_no_bar_and_that_is_said(
    own: Path, honest: str, text: str
) -> None:
    (own / runs.CHAMPION).write_text(text, encoding="utf-8")
    for gate in (auc_champion, migration):
        found = asked(own, honest, gate)
        assert found.passed
        assert found.detail.en.startswith("the champion cannot be read")


def test_the_champion_is_told_to_be_the_champion(home: Path, trained: Trained) -> None:
    verdict = judge(Case(home, trained.result.model_version, POLICY, lambda _: {}))
    assert verdict.granted
    assert verdict.is_champion
    assert verdict.gates[1].detail.en == "it is the champion itself"


# test rows


def test_the_test_rows_are_those_of_the_training(home: Path, trained: Trained) -> None:
    wanted = trained.result.dataset.part(TEST)
    with evidence_of(Case(home, trained.result.model_version, POLICY, lambda _: {})) as evidence:
        found = evidence.ledger_test
        assert evidence.own_test is found
    assert found.snapshots.customer_ids == wanted.snapshots.customer_ids
    assert np.array_equal(found.snapshots.values, wanted.snapshots.values, equal_nan=True)
    assert (found.defaulted == wanted.defaulted).all()


def test_split_by_customer_only_the_customers_of_the_test_part_are_judged_on(
    own: Path, honest: str
) -> None:
    def every(home: Path) -> set[str]:
        with evidence_of(Case(home, honest, POLICY, lambda _: {})) as evidence:
            return set(evidence.ledger_test.snapshots.customer_ids)

    before = every(own)
    change_record(own, honest, lambda record: record.update(split="customer"))
    assert 0.1 < len(every(own)) / len(before) < 0.3
    assert every(own) < before


# migration


def test_the_share_that_changes_grade_is_that_of_the_book_graded_by_both(
    home: Path, honest: str, trained: Trained
) -> None:
    bundles = [load_bundle(home / runs.BUNDLES / version) for version in
               (trained.result.model_version, honest)]  # fmt: skip
    with open_ledger(trained.ledger) as ledger:
        day = ledger.last_day
        assert day is not None
        books = [book_of_day(ledger, day, Grader(bundle, POLICY), prior_grades={})
                 for bundle in bundles]  # fmt: skip
    before, after = ([g.grade for g in book.gradings] for book in books)
    moved = sum(a != b for a, b in zip(before, after, strict=True))
    strict = policy_with(("most_migration = 0.25 ", "most_migration = 0.0 "))
    gates = judged(home, honest, strict)
    assert moved > 0
    assert gates["migration"].figure == moved / len(before)
    assert refused(gates) == {"migration"}


def test_prior_grades_hold_on_both_sides(home: Path, honest: str) -> None:
    days: list[date] = []

    with evidence_of(Case(home, honest, POLICY, lambda _: {})) as evidence:
        free = migration(evidence)
        wary = replace(POLICY, hysteresis=replace(POLICY.hysteresis, upgrade_margin=100.0))
        everybody = dict.fromkeys(evidence.book.customer_ids, "D")
        case = Case(home, honest, wary, lambda day: days.append(day) or everybody)
        held = migration(replace(evidence, case=case))
        assert days == [evidence.ledger.last_day]
    # nobody rises from D by either model
    assert held.figure == 0
    assert free.figure is not None
    assert free.figure > 0


def test_a_model_that_the_policy_cannot_grade_with_does_not_pass(own: Path, honest: str) -> None:
    (own / runs.CHAMPION).unlink()
    bare = policy_with(("180 = [0.0049440676734555655, 0.0506318400601703]\n", ""))
    gates = judged(own, honest, bare)
    assert refused(gates) == {"migration"}
    assert "It cannot be judged and so fails" in gates["migration"].detail.en


# provenance


def test_a_bundle_of_another_feature_set_is_refused_by_feature_set(
    home: Path, honest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.gates.provenance.feature_set_hash", lambda: "f" * 64)
    found = asked(home, honest, feature_set)
    assert not found.passed
    assert "this installation's ffffffffffff" in found.detail.en


def test_a_sample_that_somebody_changed_is_refused(own: Path, honest: str) -> None:
    path = sample_path(own, honest)
    pq.write_table(pq.read_table(path).slice(1), path)
    found = asked(own, honest, recomputed)
    assert not found.passed
    assert "is not what the run of" in found.detail.en


def test_one_value_that_is_not_what_was_known_is_named(own: Path, honest: str) -> None:
    sample = read_sample(own, honest, runs.read_record(own, honest)["sample"]["sha256"])
    place = sample.names.index("open_balance")
    sample.values[3, place] += 0.01
    pq.write_table(sample.to_arrow(), sample_path(own, honest))
    from training.sample import _sha256  # noqa: PLC0415 - as whoever forges both would

    sha256 = _sha256(sample_path(own, honest))
    change_record(own, honest, lambda record: record.update(sample={"sha256": sha256}))
    found = asked(own, honest, recomputed)
    assert (found.passed, found.figure) == (False, 1)
    named = f"open_balance of {sample.customer_ids[3]} on {sample.as_of[3]}"
    assert named in found.detail.en


def test_a_run_without_a_sample_is_told_to_train_again(own: Path, honest: str) -> None:
    change_record(own, honest, lambda record: record.pop("sample"))
    found = asked(own, honest, recomputed)
    assert not found.passed
    assert "Train it again" in found.detail.en


def test_a_ledger_that_grew_is_computed_from_all_the_same_and_that_is_said(
    own: Path, honest: str
) -> None:
    assert "the ledger was changed" not in asked(own, honest, recomputed).detail.en
    change_record(own, honest, lambda record: record.update(ledger_fingerprint="0"))
    found = asked(own, honest, recomputed)
    assert found.passed
    assert "the ledger was changed since the training" in found.detail.en


def test_without_its_report_it_does_not_pass(own: Path, honest: str) -> None:
    path = own / runs.REPORTS / f"validation-{honest}.html"
    path.write_text("<p>another model</p>", encoding="utf-8")
    assert not asked(own, honest, report).passed
    path.unlink()
    assert not asked(own, honest, report).passed


# what cannot be judged


def test_without_the_ledger_every_gate_still_answers(own: Path, honest: str) -> None:
    change_record(own, honest, lambda record: record.update(ledger=str(own / "nowhere")))
    gates = judged(own, honest)
    assert refused(gates) == set(NAMES) - {"feature_set", "report"}
    assert "nowhere" in gates["auc_floor"].detail.en
    assert gates["auc_floor"].detail.zh.startswith("无法评估，故未通过")


def test_a_bundle_from_elsewhere_has_no_record_and_does_not_pass(own: Path) -> None:
    stranger = bundle_in(own / runs.BUNDLES, bundle_parts(horizon_days=180))
    gates = judged(own, stranger.model_version)
    assert refused(gates) == set(NAMES) - {"feature_set"}
    assert "has no run of model" in gates["recomputed"].detail.en


def test_a_bundle_under_another_name_or_damaged_does_not_pass(own: Path, honest: str) -> None:
    folder = own / runs.BUNDLES / honest
    folder.rename(folder.with_name("renamed"))
    shutil.copy(own / runs.RUNS / f"{honest}.json", own / runs.RUNS / "renamed.json")
    assert "under another name" in asked(own, "renamed", feature_set).detail.en
    (folder.with_name("renamed") / "model.txt").write_text("tree", encoding="utf-8")
    assert "was changed" in asked(own, "renamed", feature_set).detail.en


def test_a_record_of_an_earlier_version_is_told_to_train_again(own: Path, honest: str) -> None:
    change_record(own, honest, lambda record: record.pop("test_as_of"))
    found = asked(own, honest, auc_floor)
    assert not found.passed
    assert "does not tell 'test_as_of'" in found.detail.en
