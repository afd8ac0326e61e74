"""Record and champion's file agree, whatever is killed and whoever promotes beside."""

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine

from features.errors import ModelError, UsageError
from models.champion import champion_in, champion_text
from serving.database import open_database
from serving.promotions import promotion
from serving.promotions.promotion import (
    champion_of,
    is_unsettled,
    promote,
    record_first,
    settle,
)
from serving.promotions.store import FIRST, PROMOTE, Promotion, Wish, promotions


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home" / "champion.json"


def made(engine: Engine, file: Path, version: str, before: str | None) -> Promotion | None:
    return promote(engine, file, Wish(PROMOTE, version, before, "L. Chen", "reviewed"))


def killed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def die(*_: object, **__: object) -> None:
        message = "killed"
        raise RuntimeError(message)

    monkeypatch.setattr(promotion, name, die)


def test_the_file_names_what_was_recorded_and_nothing_lies_beside_it(
    engine: Engine, file: Path
) -> None:
    done = made(engine, file, "a", None)
    assert done == promotions(engine)[0]
    assert file.read_text(encoding="utf-8") == champion_text("a")
    assert [path.name for path in file.parent.iterdir()] == ["champion.json"]


def test_the_champion_is_not_recorded_again(engine: Engine, file: Path) -> None:
    made(engine, file, "a", None)
    assert made(engine, file, "a", "a") is None
    assert len(promotions(engine)) == 1


def test_one_judged_against_another_champion_is_refused(engine: Engine, file: Path) -> None:
    made(engine, file, "a", None)
    with pytest.raises(ModelError, match="a became champion while b was being judged against none"):
        made(engine, file, "b", None)
    assert (champion_in(file), len(promotions(engine))) == ("a", 1)
    file.unlink()
    with pytest.raises(ModelError, match="No bundle became champion while b"):
        made(engine, file, "b", "a")


def test_a_damaged_file_is_replaced(engine: Engine, file: Path) -> None:
    file.write_text("{", encoding="utf-8")
    assert champion_of(file) is None
    made(engine, file, "a", None)
    assert champion_in(file) == "a"


@pytest.mark.parametrize("step", ["record_promotion", "champion_text"])
def test_killed_before_the_record_nothing_was_promoted(
    engine: Engine, file: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with monkeypatch.context() as patch:
        killed(patch, step)
        with pytest.raises(RuntimeError, match="killed"):
            made(engine, file, "a", None)
    settle(engine, file)
    assert promotions(engine) == []
    assert list(file.parent.iterdir()) == []


def test_killed_after_the_record_the_file_follows(
    engine: Engine, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(engine, file, "a", None)
    with monkeypatch.context() as patch:
        killed(patch, "settle")
        with pytest.raises(RuntimeError, match="killed"):
            made(engine, file, "b", "a")
    assert (promotions(engine)[0].version, champion_in(file)) == ("b", "a")
    assert is_unsettled(file)
    settle(engine, file)
    assert (champion_in(file), is_unsettled(file)) == ("b", False)


def test_the_next_promotion_finishes_the_killed_one_first(
    engine: Engine, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        killed(patch, "settle")
        with pytest.raises(RuntimeError, match="killed"):
            made(engine, file, "a", None)
    made(engine, file, "b", "a")
    assert champion_in(file) == "b"
    assert [done.previous_version for done in promotions(engine)] == ["a", None]


def test_a_file_that_somebody_wrote_since_stays(
    engine: Engine, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        killed(patch, "settle")
        with pytest.raises(RuntimeError, match="killed"):
            made(engine, file, "a", None)
    file.write_text(champion_text("x"), encoding="utf-8")
    settle(engine, file)
    assert (champion_in(file), is_unsettled(file)) == ("x", False)


def test_a_champion_written_by_hand_after_a_finished_promotion_stays(
    engine: Engine, file: Path
) -> None:
    made(engine, file, "a", None)
    made(engine, file, "b", "a")
    file.write_text(champion_text("a"), encoding="utf-8")
    settle(engine, file)
    assert champion_in(file) == "a"


def test_many_who_promote_at_once_queue_and_the_newest_record_is_the_file(
    engine: Engine, file: Path
) -> None:
    def tried(version: str) -> bool:
        try:
            return made(engine, file, version, None) is not None
        except ModelError:  # another was first: it must be judged against that one
            return False

    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(tried, [f"v{number}" for number in range(12)]))
    assert sum(taken) == 1
    (done,) = promotions(engine)
    assert champion_in(file) == done.version == f"v{taken.index(True)}"


def test_what_a_training_made_champion_is_recorded_once(engine: Engine, file: Path) -> None:
    wish = Wish(FIRST, "a", None, "train", "no champion that could grade")
    assert record_first(engine, wish) is not None
    assert record_first(engine, wish) is None
    assert [done.kind for done in promotions(engine)] == ["first"]
    assert not file.exists()


@pytest.mark.parametrize(("by", "reason"), [("", "x"), ("x", " "), ("x" * 129, "x"), ("x", "\0")])
def test_name_and_reason_are_words(engine: Engine, file: Path, by: str, reason: str) -> None:
    with pytest.raises(UsageError, match=r"A promotion is answered for|holds what is no text"):
        promote(engine, file, Wish(PROMOTE, "a", None, by, reason))
    assert promotions(engine) == []


def _die_in(home: Path, file: Path, step: str) -> None:
    setattr(promotion, step, lambda *_, **__: os._exit(9))
    made(open_database(home), file, "a", None)


@pytest.mark.parametrize(("step", "recorded"), [("record_promotion", 0), ("settle", 1)])
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
    assert len(promotions(engine)) == recorded
    assert file.is_file() == bool(recorded)
    assert not is_unsettled(file)
    engine.dispose()
