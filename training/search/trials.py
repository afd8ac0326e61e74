"""What a trial came to, and which trial is kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from training.config import ModelSettings

Settings = dict[str, int | float]


@dataclass(frozen=True)
class Trial:
    """Settings, and how trees with them did on the folds.

    Attributes
    ----------
    number : int
        0 judged the settings as they were.
    settings : dict of str to number
        Keys of ``[model]``.
    log_losses : tuple of float
        Of each fold's judged rows, in nats a row, after calibration.
    areas : tuple of float
        The AUC of each fold.
    """

    number: int
    settings: Settings
    log_losses: tuple[float, ...]
    areas: tuple[float, ...]

    @property
    def log_loss(self) -> float:
        """The mean over folds."""
        return float(np.mean(self.log_losses))

    @property
    def auc(self) -> float:
        """The mean over folds."""
        return float(np.mean(self.areas))

    @property
    def splits(self) -> int:
        """The most splits that such trees have: what an account of a score has to go over."""
        return int(self.settings["trees"] * (self.settings["leaves"] - 1))

    def within(self, model: ModelSettings) -> ModelSettings:
        """Return the settings of a model with this trial's in the place of its own."""
        return replace(model, **self.settings)  # type: ignore[arg-type]


def standard_error(one: Trial, other: Trial) -> float:
    """Return the standard error of the difference of two trials' log losses, paired by fold.

    s / √k, s being the standard deviation of the k folds' differences: what makes a fold hard
    makes it hard for both, and drops out.

    Examples
    --------
    >>> one, other = (Trial(0, {}, losses, ()) for losses in ((0.1, 0.2), (0.1, 0.4)))
    >>> round(standard_error(one, other), 6)
    0.1
    """
    gaps = np.subtract(one.log_losses, other.log_losses)
    return float(np.std(gaps, ddof=1) / math.sqrt(len(gaps)))


def best(trials: Sequence[Trial]) -> Trial:
    """Return the trial with the least mean log loss, the first of equals."""
    return min(trials, key=lambda trial: (trial.log_loss, trial.number))


def chosen(trials: Sequence[Trial]) -> Trial:
    """Return the smallest trees that the folds cannot tell from the best.

    Of the trials within one standard error of the best (Breiman et al. 1984, §3.4.3), the error
    paired by fold, that with the fewest splits. A trial that did worse than the settings as they
    were is never taken for being small: a search loses nothing on its folds.

    Parameters
    ----------
    trials : sequence of Trial
        The first judged the settings as they were.

    Examples
    --------
    >>> small = {"trees": 100, "leaves": 4}
    >>> large = {"trees": 300, "leaves": 8}
    >>> as_it_was = Trial(0, large, (0.10, 0.20), ())
    >>> best_by_a_hair = Trial(1, large, (0.08, 0.185), ())
    >>> smaller = Trial(2, small, (0.09, 0.180), ())
    >>> chosen([as_it_was, best_by_a_hair, smaller]).number
    2
    """
    top, before = best(trials), trials[0]
    near = [
        trial
        for trial in trials
        if trial.log_loss <= top.log_loss + standard_error(trial, top)
        and trial.log_loss <= before.log_loss
    ]
    return min(near, key=lambda trial: (trial.splits, trial.log_loss, trial.number))
