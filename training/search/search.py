"""Search for the trees' settings on the fit window: calibration and test rows are never seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from features.catalogue import feature_set_hash
from training.config import SearchSettings, TrainingConfig
from training.config.checks import SEARCHED
from training.population import Rows
from training.search.folds import Layout, search_folds
from training.search.judge import judged
from training.search.study import Study, opened
from training.search.trials import Settings, Trial, best, chosen, standard_error
from training.versions import library_versions

Progress = Callable[[str], None]
Watch = Callable[[Trial, int], None]
_WHAT_MATTERS = (
    "seed",
    "windows",
    "default",
    "sampling",
    "model",
    "search",
    "calibration",
    "reference",
)


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Attributes
    ----------
    config : TrainingConfig
        The settings that were given, with those found in ``[model]``.
    trials : tuple of Trial
        In order; the first judged the settings as they were.
    layout : Layout
        The folds.
    resumed : int
        Trials that an earlier run had judged.
    study : str
        Under which the workspace keeps the trials.
    """

    config: TrainingConfig
    trials: tuple[Trial, ...]
    layout: Layout
    resumed: int
    study: str

    @property
    def packaged(self) -> Trial:
        """The trial of the settings as they were."""
        return self.trials[0]

    @property
    def chosen(self) -> Trial:
        """The trial whose settings are kept."""
        return chosen(self.trials)

    def to_dict(self) -> dict[str, Any]:
        """Return the part ``search`` of the JSON document of ``tradegrade train``."""
        kept, before = self.chosen, self.packaged
        return {
            "trials": len(self.trials),
            "asked": self.config.search.trials,
            "resumed": self.resumed,
            "study": self.study,
            "folds": len(self.layout.folds),
            "folds_by": self.layout.kind,
            "folds_reason": self.layout.reason,
            "chosen_trial": kept.number,
            "best_trial": best(self.trials).number,
            "chosen": kept.settings,
            "packaged": before.settings,
            "chosen_log_loss": kept.log_loss,
            "packaged_log_loss": before.log_loss,
            "standard_error": standard_error(kept, before),
            "chosen_auc": kept.auc,
            "packaged_auc": before.auc,
        }


def searched(
    rows: Rows,
    config: TrainingConfig,
    *,
    horizon_days: int,
    fingerprint: str,
    home: Path,
    progress: Progress,
    watch: Watch | None = None,
) -> Found:
    """Judge trial after trial until the budget is used, and return the settings to keep.

    The result follows from the rows, the settings and the number of trials; a limit in seconds
    makes it depend on the machine.

    Parameters
    ----------
    rows : Rows
        Of the fit window.
    config : TrainingConfig
        ``search.trials`` is at least 2.
    horizon_days : int
        Days of the horizon.
    fingerprint : str
        Of the ledger.
    home : Path
        The workspace; keeps the trials, so that a search that was cut off goes on.
    progress : callable
        Told in a sentence what goes on.
    watch : callable, optional
        Told of each trial and of their number in all; without it `progress` is.

    Raises
    ------
    LedgerError
        If a fold would have only one outcome.
    UnavailableError
        If Optuna is not installed, or another process searches the same.
    """
    layout = search_folds(rows, config, horizon_days=horizon_days)
    key = study_key(rows, config, layout, fingerprint=fingerprint)
    progress(f"searching {config.search.trials} settings. {layout.reason}")
    judge = partial(judged, rows=rows, layout=layout, config=config)
    tell = watch or partial(_lines, progress)
    with opened(home, key, config.search, seed=config.seed, progress=progress) as study:
        kept = study.trials()[: config.search.trials]
        for trial in kept:
            tell(trial, config.search.trials)
        trials = [*kept, *_further(study, len(kept), config, judge=judge, tell=tell)]
    found = replace(config, model=chosen(trials).within(config.model))
    return Found(found, tuple(trials), layout, len(kept), key)


def study_key(rows: Rows, config: TrainingConfig, layout: Layout, *, fingerprint: str) -> str:
    """Return the name of a study: equal for equal rows, folds and settings but the budget."""
    settings = {name: config.to_dict()[name] for name in _WHAT_MATTERS}
    for budget in ("trials", "seconds"):
        del settings["search"][budget]
    del settings["model"]["threads"]
    told = {
        "ledger": fingerprint,
        "rows": _digest(rows),
        "features": feature_set_hash(),
        "settings": settings,
        "layout": layout.to_dict(),
        # another version may draw or fit otherwise, and would not go on but mix
        "libraries": library_versions(more=("optuna",)),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _further(
    study: Study,
    done: int,
    config: TrainingConfig,
    *,
    judge: Callable[[int, Settings], Trial],
    tell: Watch,
) -> list[Trial]:
    until = _end(config.search)
    trials: list[Trial] = []
    for number in range(done, config.search.trials):
        if number and monotonic() >= until:
            break
        trial = study.next(number, judge) if number else study.begin(_as_they_are(config), judge)
        trials.append(trial)
        tell(trial, config.search.trials)
    return trials


def _end(settings: SearchSettings) -> float:
    return monotonic() + settings.seconds if settings.seconds else float("inf")


def _as_they_are(config: TrainingConfig) -> Settings:
    return {name: getattr(config.model, name) for name in SEARCHED}


def _lines(progress: Progress, trial: Trial, of: int) -> None:
    told = ", ".join(f"{name} {value:g}" for name, value in trial.settings.items())
    progress(
        f"trial {trial.number + 1} of {of}: log loss {trial.log_loss:.5f}, "
        f"AUC {trial.auc:.4f} ({told})"
    )


def _digest(rows: Rows) -> str:
    digest = hashlib.sha256("\n".join(rows.snapshots.customer_ids).encode())
    digest.update(rows.snapshots.as_of.astype("datetime64[D]").astype("int64").tobytes())
    digest.update(rows.defaulted.tobytes())
    return digest.hexdigest()
