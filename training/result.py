"""What a training came to, and how it is told: JSON, the run's record, MLflow's figures."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from training.candidates.figures import tracked_figures
from training.dataset import Dataset
from training.report import Judged
from training.search.search import Found
from training.windows import TEST


@dataclass(frozen=True)
class TrainResult:
    """What a training came to.

    Attributes
    ----------
    run_id : str
        Of the tracked run.
    bundle : Path
        The folder of the bundle.
    model_version, feature_set : str
        Of the bundle.
    champion : bool
        Whether the bundle became champion, being the first.
    dataset : Dataset
        Rows, split, counts and warnings.
    judged : Judged
        Figures of the test set.
    report : Path
        The validation report.
    search : Found, optional
        Where settings were searched for.
    """

    run_id: str
    bundle: Path
    model_version: str
    feature_set: str
    champion: bool
    dataset: Dataset
    judged: Judged
    report: Path
    search: Found | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the figures should know, in sentences."""
        return self.dataset.warnings

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON document of ``tradegrade train``."""
        document = {
            "run_id": self.run_id,
            "model_version": self.model_version,
            "feature_set": self.feature_set,
            "champion": self.champion,
            **facts(self.dataset),
            **self.judged.metrics.to_dict(),
            "auc_interval": list(self.judged.auc_interval),
            "grades": [asdict(line) for line in self.judged.grades],
            "warnings": list(self.warnings),
        }
        if self.judged.folds:
            document["folds"] = self.judged.folds
        if self.judged.candidates:
            document["candidates"] = [found.to_dict() for found in self.judged.candidates]
        if self.search:
            document["search"] = self.search.to_dict()
        return document


def facts(dataset: Dataset) -> dict[str, Any]:
    """Return how the rows came about, by the names of the JSON document."""
    considered = max(dataset.counts.considered, 1)
    return {
        "split": dataset.split,
        "split_reason": dataset.split_reason,
        "horizon_days": dataset.horizon_days,
        "as_of": [str(day) for day in dataset.days],
        "n": dataset.size,
        "n_test": int((dataset.parts == TEST).sum()),
        "base_rate": dataset.base_rate,
        "unexposed_share": dataset.counts.unexposed / considered,
        "in_default_share": dataset.counts.in_default / considered,
        "sampling": dataset.sampling.to_dict() if dataset.sampling else None,
    }


def figures(dataset: Dataset, judged: Judged, search: Found | None) -> dict[str, float]:
    """Return every figure that is tracked, by its name in MLflow."""
    low, high = judged.auc_interval
    told = facts(dataset)
    names = ("n", "n_test", "base_rate", "unexposed_share", "in_default_share")
    folds = judged.folds or {}
    return (
        judged.metrics.to_dict()
        | {"auc_low": low, "auc_high": high}
        | {name: float(told[name]) for name in names}
        | {f"fold_mean_{name}": spread["mean"] for name, spread in folds.items()}
        | {f"fold_sd_{name}": spread["sd"] for name, spread in folds.items()}
        | tracked_figures(judged.candidates)
        | _searched(search)
    )


def _searched(search: Found | None) -> dict[str, float]:
    if search is None:
        return {}
    told = search.to_dict()
    names = ("packaged_log_loss", "chosen_log_loss", "standard_error", "packaged_auc", "chosen_auc")
    return {f"search_{name}": float(told[name]) for name in names}
