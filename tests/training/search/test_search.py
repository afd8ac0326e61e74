import multiprocessing
import os
import signal
import time
from dataclasses import replace
from datetime import date

import pytest

from features.errors import LedgerError, UnavailableError, UsageError
from tests.training.books import made_rows, rows_of
from training.config import load_config
from training.search import study as room
from training.search.search import searched
from training.search.study import opened

CONFIG = load_config()
FAST = replace(
    CONFIG,
    model=replace(CONFIG.model, trees=10, threads=1),
    search=replace(CONFIG.search, trials=13, folds=2, trees=(5, 20)),
)
ROWS = made_rows(900, 3)


def search(home, *, config=FAST, rows=ROWS, progress=lambda _: None, **more):
    return searched(
        rows,
        config,
        horizon_days=180,
        fingerprint="f" * 64,
        home=home,
        progress=progress,
        **more,
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return a search that nothing cut off, and its workspace."""
    home = tmp_path_factory.mktemp("whole")
    return home, search(home)


def with_trials(trials, **more):
    return replace(FAST, search=replace(FAST.search, trials=trials, **more))


def test_the_first_trial_judges_the_settings_as_they_were(whole):
    _, found = whole
    before = {name: getattr(FAST.model, name) for name in found.packaged.settings}

    assert found.packaged.settings == before
    assert len(found.trials) == 13
    assert len({str(trial.settings) for trial in found.trials}) == 13


def test_a_search_loses_nothing_on_its_folds(whole):
    _, found = whole
    told = found.to_dict()

    assert told["chosen_log_loss"] <= told["packaged_log_loss"]
    assert told["chosen_log_loss"] >= min(trial.log_loss for trial in found.trials)
    assert found.config.model == found.chosen.within(FAST.model)
    assert replace(found.config, model=FAST.model) == FAST


def test_every_drawn_setting_lies_in_its_range_and_has_three_digits(whole):
    _, found = whole

    for trial in found.trials[1:]:
        for name, value in trial.settings.items():
            low, high = getattr(FAST.search, name)
            assert low <= value <= high
            assert value == float(f"{value:.3g}")


def test_the_same_search_in_another_workspace_gives_the_same_trials(whole, tmp_path):
    _, found = whole

    again = search(tmp_path, config=with_trials(12))

    assert again.trials == found.trials[:12]
    assert again.study == found.study


def test_another_seed_tries_other_settings_in_a_study_of_its_own(whole, tmp_path):
    _, found = whole

    other = search(tmp_path, config=with_trials(2).with_options(seed=2))

    assert other.study != found.study
    assert other.trials[1].settings != found.trials[1].settings


def test_threads_and_budget_do_not_make_another_study(whole, tmp_path):
    _, found = whole
    config = with_trials(2, seconds=10**6)

    other = search(tmp_path, config=replace(config, model=replace(config.model, threads=2)))

    assert other.study == found.study
    assert other.trials == found.trials[:2]


def test_a_finished_search_is_not_done_again_and_a_larger_one_goes_on(whole):
    home, found = whole
    seen = []

    again = search(home, watch=lambda trial, of: seen.append((trial.number, of)))
    larger = search(home, config=with_trials(14))

    assert (again.trials, again.resumed, found.resumed) == (found.trials, 13, 0)
    assert seen == [(number, 13) for number in range(13)]
    assert larger.trials[:13] == found.trials
    assert (len(larger.trials), larger.resumed) == (14, 13)
    assert search(home, config=with_trials(5)).trials == found.trials[:5]


def search_in(home):
    """Search in a process of its own, slowly enough to be killed in the middle of a trial."""

    def wait(trial, of):
        if trial.number == 3:
            os.environ["TRADEGRADE_TEST_SLOW"] = "1"

    from training.search import search as asked

    judge = asked.judged

    def slow(*given, **more):
        if os.environ.get("TRADEGRADE_TEST_SLOW"):
            (home / "in-the-middle").touch()
            time.sleep(600)
        return judge(*given, **more)

    asked.judged = slow
    search(home, watch=wait)


def test_a_search_that_was_killed_in_a_trial_goes_on_and_ends_as_if_it_had_not_been(
    whole, tmp_path
):
    _, found = whole
    process = multiprocessing.get_context("spawn").Process(target=search_in, args=(tmp_path,))
    process.start()
    while not (tmp_path / "in-the-middle").exists():
        assert process.is_alive()
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.join()

    rest = search(tmp_path)

    assert rest.resumed == 4
    assert rest.trials == found.trials
    assert rest.config == found.config
    states = states_of(tmp_path)
    assert states.count("FAIL") == 1
    assert states.count("COMPLETE") == 13
    assert len(states) == 14


def states_of(home):
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    (path,) = (home / room.FOLDER).glob("*.journal")
    storage = JournalStorage(JournalFileBackend(str(path)))
    (study,) = storage.get_all_studies()
    return [trial.state.name for trial in storage.get_all_trials(study._study_id)]


@pytest.mark.parametrize("end", [b'{"op_code":6,"wor', b"\0\0\0\0\n\0", b"12\n"])
def test_a_half_written_line_costs_no_trial_before_it(whole, tmp_path, end):
    home, found = whole
    kept = (home / room.FOLDER / f"{found.study}.journal").read_bytes()
    path = tmp_path / room.FOLDER / f"{found.study}.journal"
    path.parent.mkdir()
    path.write_bytes(kept + end)
    path.with_name(f"{path.name}.lock").symlink_to(path)  # what a killed writer leaves behind
    told = []

    again = search(tmp_path, progress=told.append)

    assert (again.trials, again.resumed) == (found.trials, 13)
    assert any("ends in the middle of a line" in line for line in told)
    assert path.read_bytes().startswith(kept)


def test_a_trial_whose_last_line_was_lost_is_judged_again(tmp_path):
    found = search(tmp_path, config=with_trials(3))
    (path,) = (tmp_path / room.FOLDER).glob("*.journal")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]) + lines[-1][:20])

    again = search(tmp_path, config=with_trials(3))

    assert (again.trials, again.resumed) == (found.trials, 2)


def test_two_processes_do_not_search_the_same_at_once(tmp_path):
    held = opened(tmp_path, "one", FAST.search, seed=1, progress=lambda _: None)

    with held, pytest.raises(UnavailableError, match="Another process searches") as caught:
        with opened(tmp_path, "one", FAST.search, seed=1, progress=lambda _: None):
            pass

    assert caught.value.exit_code == 5


def test_no_trial_begins_after_the_time_is_up_and_the_first_is_judged_anyway(tmp_path, monkeypatch):
    clock = iter([0.0, 5.0, 20.0])
    monkeypatch.setattr("training.search.search.monotonic", lambda: next(clock))

    found = search(tmp_path, config=with_trials(9, seconds=10))

    assert len(found.trials) == 2
    assert (found.to_dict()["trials"], found.to_dict()["asked"]) == (2, 9)


def test_a_workspace_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / room.FOLDER).write_text("a file", encoding="utf-8")

    with pytest.raises(UnavailableError, match="The search cannot be kept in"):
        search(tmp_path)


def test_trials_are_told_in_lines(tmp_path):
    told = []

    search(tmp_path, config=with_trials(2), progress=told.append)

    assert told[0].startswith("searching 2 settings. Folds of customers on the same as-of dates")
    assert told[1].startswith("trial 1 of 2: log loss 0.")
    assert "leaves 8, trees 10" in told[1]
    assert len(told) == 3


def test_rows_that_cannot_fill_the_folds_are_refused(tmp_path):
    rows = rows_of({}, [True, False] * 6, days=[date(2025, 6, 30)] * 12)

    with pytest.raises(LedgerError, match="A fold of 2 has only one outcome among the 6 defaults"):
        search(tmp_path, rows=rows, config=with_trials(2))


def test_an_installation_without_the_extra_is_told_the_mend(monkeypatch):
    monkeypatch.setattr("training.search.study.util.find_spec", lambda _: None)

    with pytest.raises(UnavailableError, match="the extra `tune`, or train without --search"):
        room.refuse_without_optuna()


def test_settings_outside_their_range_are_refused_before_a_search():
    with pytest.raises(UsageError, match=r"model\.trees is 10, but must be from 100 to 800"):
        replace(FAST, search=replace(FAST.search, trees=(100, 800)))
