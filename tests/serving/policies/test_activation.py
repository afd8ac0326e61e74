"""Record and file agree, whatever is killed and whoever activates beside."""

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine

from models.policy.sections import Policy
from serving.database import open_database
from serving.policies import activation
from serving.policies.activation import activate, active_text, is_unsettled, settle
from serving.policies.store import activations
from tests.models.bundles import POLICY, policy_with

NEW = policy_with(("rule_weight = 0.4 ", "rule_weight = 0.5 "))
OTHER = policy_with(("rule_weight = 0.4 ", "rule_weight = 0.6 "))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "home" / "policy.toml"


@pytest.fixture(autouse=True)
def _home(file: Path) -> None:
    file.parent.mkdir()


def newest(engine: Engine) -> str:
    return activations(engine)[0].policy_sha256


def killed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def die(*_: object, **__: object) -> None:
        message = "killed"
        raise RuntimeError(message)

    monkeypatch.setattr(activation, name, die)


def activate_new(engine: Engine, file: Path, policy: Policy = NEW) -> None:
    activate(engine, file, policy, by="L. Chen", reason="reviewed")


def test_the_file_holds_the_policys_own_bytes_and_nothing_lies_beside_it(
    engine: Engine, file: Path
) -> None:
    activate_new(engine, file)
    assert file.read_bytes() == NEW.content
    assert [path.name for path in file.parent.iterdir()] == ["policy.toml"]


def test_what_is_active_already_is_not_recorded_again(engine: Engine, file: Path) -> None:
    activate_new(engine, file)
    assert activate(engine, file, NEW, by="L. Chen", reason="once more") is None
    assert len(activations(engine)) == 1


def test_the_packaged_policy_is_active_where_there_is_no_file(engine: Engine, file: Path) -> None:
    assert activate(engine, file, POLICY, by="L. Chen", reason="reviewed") is None
    assert (activations(engine), file.exists()) == ([], False)


@pytest.mark.parametrize("step", ["record_activation", "_lay"])
def test_killed_before_the_record_nothing_was_activated(
    engine: Engine, file: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with monkeypatch.context() as patch:
        killed(patch, step)
        with pytest.raises(RuntimeError, match="killed"):
            activate_new(engine, file)
    settle(engine, file)
    assert activations(engine) == []
    assert list(file.parent.iterdir()) == []


def test_killed_after_the_record_the_file_follows(
    engine: Engine, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    activate_new(engine, file, OTHER)
    with monkeypatch.context() as patch:
        killed(patch, "settle")
        with pytest.raises(RuntimeError, match="killed"):
            activate_new(engine, file)
    assert (newest(engine), file.read_bytes()) == (NEW.sha256, OTHER.content)
    assert is_unsettled(file)
    settle(engine, file)
    assert file.read_bytes() == NEW.content
    assert not is_unsettled(file)


def test_the_next_activation_finishes_the_killed_one_first(
    engine: Engine, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        killed(patch, "settle")
        with pytest.raises(RuntimeError, match="killed"):
            activate_new(engine, file)
    activate_new(engine, file, OTHER)
    assert file.read_bytes() == OTHER.content
    assert [found.previous_sha256 for found in activations(engine)] == [NEW.sha256, POLICY.sha256]


def test_a_file_that_a_person_wrote_since_stays(
    engine: Engine, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        killed(patch, "settle")
        with pytest.raises(RuntimeError, match="killed"):
            activate_new(engine, file)
    file.write_bytes(OTHER.content)
    settle(engine, file)
    assert file.read_bytes() == OTHER.content
    assert not is_unsettled(file)


def test_a_file_that_is_no_policy_can_be_replaced_and_is_told_by_its_hash(
    engine: Engine, file: Path
) -> None:
    file.write_text("name = ", encoding="utf-8")
    activate_new(engine, file)
    (found,) = activations(engine)
    assert found.previous_version is None
    assert found.previous_sha256 not in (None, POLICY.sha256)
    assert active_text(file).sha256 == NEW.sha256


def test_many_who_activate_at_once_queue_and_the_newest_record_is_the_file(
    engine: Engine, file: Path
) -> None:
    policies = [
        policy_with(("rule_weight = 0.4 ", f"rule_weight = 0.{number} "))
        for number in range(10, 22)
    ]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda policy: activate_new(engine, file, policy), policies))
    found = activations(engine)
    assert len(found) == len(policies)
    assert active_text(file).sha256 == found[0].policy_sha256
    # each replaced the one before it
    assert [a.previous_sha256 for a in found[:-1]] == [a.policy_sha256 for a in found[1:]]
    assert [path.name for path in file.parent.iterdir()] == ["policy.toml"]


def _die_in(home: Path, file: Path, step: str) -> None:
    setattr(activation, step, lambda *_, **__: os._exit(9))
    activate_new(open_database(home), file)


@pytest.mark.parametrize(("step", "recorded"), [("record_activation", 0), ("settle", 1)])
def test_a_process_that_is_really_killed_leaves_record_and_file_to_agree(
    tmp_path: Path, file: Path, step: str, recorded: int
) -> None:
    open_database(tmp_path).dispose()
    context: Callable[..., multiprocessing.Process]
    context = multiprocessing.get_context("spawn").Process  # type: ignore[assignment]
    process = context(target=_die_in, args=(tmp_path, file, step))
    process.start()
    process.join(60)
    assert process.exitcode == 9
    engine = open_database(tmp_path)
    settle(engine, file)
    assert len(activations(engine)) == recorded
    assert file.is_file() == bool(recorded)
    assert not is_unsettled(file)
    engine.dispose()
