"""The trials of a search in the workspace: Optuna's journal, which a killed search goes on with.

The only file that knows Optuna, and only once there is a search.
"""

from __future__ import annotations

import fcntl
import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import util
from pathlib import Path
from typing import Any

from features.errors import UnavailableError
from training.config import SearchSettings
from training.config.checks import SEARCHED
from training.search.trials import Settings, Trial

FOLDER = "searches"
_EVENLY = ("row_share", "column_share")  # all others are drawn on a logarithmic scale
_COUNTS = ("leaves", "trees")
_DIGITS = 3  # of a drawn setting: more would say what no fold can tell
_NAME = "tradegrade"


def refuse_without_optuna() -> None:
    """Raise an UnavailableError, before the work, where a search cannot be."""
    if util.find_spec("optuna") is None:
        message = (
            "A search for settings needs optuna, which this installation lacks. Install "
            "Tradegrade with the extra `tune`, or train without --search."
        )
        raise UnavailableError(message)


class Study:
    """The trials so far, and what to try next.

    What is tried next follows from the seed and the complete trials alone, so a search that was
    killed goes on as if it had not been.

    Parameters
    ----------
    storage : Any
        Optuna's, opened.
    ranges : SearchSettings
        Least and most of each setting.
    seed : int
        Drives what is tried.
    """

    def __init__(self, storage: Any, ranges: SearchSettings, *, seed: int) -> None:
        import optuna  # noqa: PLC0415 - an extra, and a second to import

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._optuna, self._seed = optuna, seed
        self._ranges = _distributions(optuna, ranges)
        self._study = optuna.create_study(
            storage=storage, study_name=_NAME, direction="minimize", load_if_exists=True
        )
        for left in self._study.get_trials(states=(optuna.trial.TrialState.RUNNING,)):
            # its process is gone: one at a time holds the study
            self._study.tell(left.number, state=optuna.trial.TrialState.FAIL)

    def trials(self) -> list[Trial]:
        """Return the complete trials in order, the first being the settings as they were."""
        complete = (self._optuna.trial.TrialState.COMPLETE,)
        found = self._study.get_trials(states=complete)
        return [
            Trial(
                number,
                kept.user_attrs["settings"],
                tuple(kept.user_attrs["log_losses"]),
                tuple(kept.user_attrs["areas"]),
            )
            for number, kept in enumerate(found)
        ]

    def begin(self, settings: Settings, judge: Callable[[int, Settings], Trial]) -> Trial:
        """Judge the settings as they are, keep the trial and return it."""
        trial = judge(0, settings)
        self._study.add_trial(
            self._optuna.trial.create_trial(
                params=settings,
                distributions=self._ranges,
                value=trial.log_loss,
                user_attrs=_attributes(trial),
            )
        )
        return trial

    def next(self, number: int, judge: Callable[[int, Settings], Trial]) -> Trial:
        """Judge settings drawn in view of the trials so far, keep the trial and return it."""
        # a sampler of its own for each trial: how it draws must not depend on who drew before
        self._study.sampler = self._optuna.samplers.TPESampler(seed=self._seed + number)
        asked = self._study.ask(self._ranges)
        settings = {name: self._rounded(name, value) for name, value in asked.params.items()}
        trial = judge(number, settings)
        for name, value in _attributes(trial).items():
            asked.set_user_attr(name, value)
        self._study.tell(asked, trial.log_loss)
        return trial

    def _rounded(self, name: str, value: float) -> int | float:
        if name in _COUNTS:
            return int(value)
        ends = self._ranges[name]
        return float(min(max(float(f"{value:.{_DIGITS}g}"), ends.low), ends.high))


@contextmanager
def opened(
    home: Path, key: str, ranges: SearchSettings, *, seed: int, progress: Callable[[str], None]
) -> Iterator[Study]:
    """Hold the study of this key in a workspace; it ends with the process, however that ends.

    Parameters
    ----------
    home : Path
        The workspace.
    key : str
        Names the study: equal for equal rows, folds and settings but the budget.
    ranges : SearchSettings
        Least and most of each setting.
    seed : int
        Drives what is tried.
    progress : callable
        Told if the journal was mended.

    Raises
    ------
    UnavailableError
        If another process searches the same, or the workspace cannot be written.
    """
    path = home / FOLDER / f"{key}.journal"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.with_suffix(".searching").open("a")
    except OSError as error:
        message = (
            f"The search cannot be kept in {path.parent} ({error.strerror}). Make it writable."
        )
        raise UnavailableError(message) from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = (
                f"Another process searches with the same settings in {home}. Wait until it ends "
                "and give the command again: what it found is used."
            )
            raise UnavailableError(message) from error
        yield Study(_storage(path, progress), ranges, seed=seed)


def _storage(path: Path, progress: Callable[[str], None]) -> Any:
    from optuna.storages import JournalStorage  # noqa: PLC0415 - an extra
    from optuna.storages.journal import JournalFileBackend  # noqa: PLC0415

    _mend(path, progress)
    # Optuna's own lock outlives a killed process, for half a minute; ours is held, so it is stale
    path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="JournalStorage is experimental")
        return JournalStorage(JournalFileBackend(str(path)))


def _mend(path: Path, progress: Callable[[str], None]) -> None:
    """Cut a journal off where its first broken line begins: Optuna would refuse all of it."""
    if not path.is_file():
        return
    text, good = path.read_bytes(), 0
    for line in text.splitlines(keepends=True):
        if not _is_entry(line):
            break
        good += len(line)
    if good < len(text):
        with path.open("r+b") as stream:
            stream.truncate(good)
        progress(
            f"{path} ends in the middle of a line: the search was cut off while it wrote. It goes "
            "on from the trials before"
        )


def _is_entry(line: bytes) -> bool:
    try:
        return line.endswith(b"\n") and isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _attributes(trial: Trial) -> dict[str, Any]:
    return {
        "settings": trial.settings,
        "log_losses": list(trial.log_losses),
        "areas": list(trial.areas),
    }


def _distributions(optuna: Any, ranges: SearchSettings) -> dict[str, Any]:
    kinds = {name: optuna.distributions.FloatDistribution for name in SEARCHED}
    kinds |= dict.fromkeys(_COUNTS, optuna.distributions.IntDistribution)
    return {
        name: kind(*getattr(ranges, name), log=name not in _EVENLY) for name, kind in kinds.items()
    }
