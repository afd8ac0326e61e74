"""What grades is watched: a new one is taken whole, a broken one leaves the old one grading."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from features.errors import ModelError, UnavailableError
from features.intake.importing import Request, import_facts
from models.book import Grader
from models.policy.load import load_policy
from serving.errors import Problem
from serving.live import Live, Sources, ledger_stamp
from tests.drawn import invoice, write_ledger
from tests.models.bundles import bundle_in, bundle_parts, policy_with
from tests.serving.shop import Shop


class World:
    """What the sources say, for a test to change."""

    def __init__(self, grader: Grader) -> None:
        self.stamp, self.made = 0, grader
        self.fault: Exception | None = None
        self.graded: list[tuple[Path, date]] = []
        self.has_book = False

    def grader(self) -> Grader:
        if self.fault is not None:
            raise self.fault
        return self.made

    def grade_book(self, path: Path, day: date) -> None:
        self.graded.append((path, day))
        if self.fault is not None:
            raise self.fault

    def change(self, grader: Grader | None = None, fault: Exception | None = None) -> None:
        self.made, self.fault = grader or self.made, fault
        self.stamp += 1


@pytest.fixture
def world(shop: Shop) -> World:
    return World(shop.grader())


@contextmanager
def living(world: World, ledger: Path | None = None) -> Iterator[Live]:
    live = Live(
        Sources(world.grader, lambda: world.stamp, world.grade_book),
        ledger_path=ledger,
        watch_seconds=0.01,
        ledger_wait_seconds=20,
        is_graded=lambda *_: world.has_book,
    )
    live.begin()
    try:
        yield live
    finally:
        live.end()


def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it did not come to hold"
        time.sleep(0.005)


def version(live: Live) -> str | None:
    return live.grader().bundle.model_version if live.is_ready else None


def test_a_new_champion_is_taken(world: World, tmp_path: Path) -> None:
    other = bundle_in(tmp_path, bundle_parts(seed=5, horizon_days=180))
    with living(world) as live:
        until(lambda: live.is_ready)
        held = live.grader()
        world.change(Grader(other, load_policy()))
        until(lambda: version(live) == other.model_version)
        assert held.bundle.model_version != other.model_version  # what was taken stays whole


def test_a_new_policy_is_taken(world: World) -> None:
    policy = policy_with(("rule_weight = 0.4", "rule_weight = 0.5"))
    with living(world) as live:
        until(lambda: live.is_ready)
        world.change(Grader(world.made.bundle, policy))
        until(lambda: live.grader().policy.blend.rule_weight == 0.5)


def test_what_is_refused_leaves_the_old_one_grading(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    with living(world) as live:
        until(lambda: live.is_ready)
        before = live.grader()
        world.change(fault=ModelError("the bundle was changed"))
        until(lambda: "grader_refused" in capsys.readouterr().err)
        assert live.grader() is before


def test_a_policy_without_anchors_for_the_horizon_is_refused(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = bundle_in(tmp_path, bundle_parts(horizon_days=77))
    with living(world) as live:
        until(lambda: live.is_ready)
        before = live.grader()
        world.change(Grader(odd, load_policy()))
        until(lambda: "grader_refused" in capsys.readouterr().err)
        assert live.grader() is before


def test_before_there_is_a_champion_nothing_grades(world: World) -> None:
    world.fault = ModelError("no champion yet")
    with living(world) as live:
        with pytest.raises(Problem) as told:
            live.grader()
        assert "tradegrade train" in told.value.detail.en
        world.change()
        until(lambda: live.is_ready)


def test_the_book_of_the_last_day_is_graded_once(world: World, shop: Shop) -> None:
    with living(world, shop.ledger) as live:
        until(lambda: bool(world.graded))
        with live.ledger() as ledger:
            assert world.graded == [(shop.ledger, ledger.last_day)]
        time.sleep(0.1)
        assert len(world.graded) == 1
        world.change()
        until(lambda: len(world.graded) == 2)


def test_a_book_that_is_there_is_not_graded_again(world: World, shop: Shop) -> None:
    world.has_book = True
    with living(world, shop.ledger) as live, live.ledger():
        pass
    assert world.graded == []


def test_a_book_that_cannot_be_graded_does_not_stop_the_watch(
    world: World, shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(path: Path, day: date) -> None:
        world.graded.append((path, day))
        message = "the book was not graded"
        raise UnavailableError(message)

    world.grade_book = fail  # type: ignore[method-assign]
    with living(world, shop.ledger):
        until(lambda: "watch_failed" in capsys.readouterr().err)
        time.sleep(0.1)
        assert len(world.graded) == 1
        world.change()
        until(lambda: len(world.graded) == 2)


def test_a_ledger_that_changed_is_opened_anew(world: World, shop: Shop, tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    shutil.copytree(shop.ledger, folder)
    world.has_book = True
    with living(world, folder) as live:
        with live.ledger() as ledger:
            before = ledger.fingerprint
            assert ledger.has("signals")
        (folder / "signals.parquet").unlink()

        def is_new() -> bool:
            with live.ledger() as ledger:
                return ledger.fingerprint != before

        until(is_new)
        with live.ledger() as ledger:
            assert not ledger.has("signals")


def test_a_ledger_that_broke_leaves_the_old_one(
    world: World, shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "ledger"
    shutil.copytree(shop.ledger, folder)
    world.has_book = True
    with living(world, folder) as live:
        with live.ledger():
            pass
        (folder / "invoices.parquet").write_bytes(b"broken")
        until(lambda: "ledger_refused" in capsys.readouterr().err)
        with live.ledger() as ledger:
            assert ledger.has("invoices")


def test_readers_of_the_ledger_take_turns(world: World, shop: Shop) -> None:
    world.has_book = True
    together, most = 0, []
    with living(world, shop.ledger) as live:

        def read() -> None:
            nonlocal together
            with live.ledger():
                together += 1
                most.append(together)
                time.sleep(0.005)
                together -= 1

        readers = [threading.Thread(target=read) for _ in range(8)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
    assert most == [1] * 8


def test_a_missing_ledger_is_told(world: World, tmp_path: Path) -> None:
    with living(world, tmp_path / "none") as live:
        with pytest.raises(Problem) as told:
            live.ledger().__enter__()
        assert "log says why" in told.value.detail.en


def test_a_versioned_ledger_changes_with_its_manifest_alone(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    one = write_ledger(tmp_path / "one", invoices=[invoice("I1", "2025-05-01", "2025-06-01", 10)])
    import_facts(Request(one, ledger))
    stamp = ledger_stamp(ledger)
    (ledger / "files" / "half-written.parquet").write_bytes(b"PAR1")
    assert ledger_stamp(ledger) == stamp
    two = write_ledger(tmp_path / "two", invoices=[invoice("I2", "2025-05-01", "2025-06-01", 10)])
    import_facts(Request(two, ledger))
    assert ledger_stamp(ledger) != stamp
