"""Train: from a ledger to a bundle that was tested, tracked and written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np

from features.catalogue import FEATURES
from features.errors import UnavailableError
from features.ledger.open import open_ledger
from features.matrix import Floats
from models.bundle import Bundle, Parts, load_bundle, write_bundle
from models.policy.load import load_policy
from models.policy.sections import Policy
from training import plots, runs
from training.candidates.compare import compared
from training.candidates.figures import tracked_figures
from training.config import TrainingConfig
from training.dataset import Dataset, Progress, given_dataset, ledger_dataset
from training.fit import fit_model
from training.folds import FoldFigures, cross_validated
from training.given import given_rows
from training.grades import grade_rates
from training.population import Rows
from training.reference import book_of
from training.report import Judged, report_page
from training.sample import write_sample
from training.statistics.discrimination import auc_interval
from training.tracking import TrackedRun, track, without_password
from training.validation import metrics
from training.windows import CALIBRATE, FIT, TEST

_SHOWN_FEATURES = 15
_NEEDED = ("sklearn", "matplotlib", "mlflow")


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
    """

    run_id: str
    bundle: Path
    model_version: str
    feature_set: str
    champion: bool
    dataset: Dataset
    judged: Judged
    report: Path

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
            **_facts(self.dataset),
            **self.judged.metrics.to_dict(),
            "auc_interval": list(self.judged.auc_interval),
            "grades": [asdict(line) for line in self.judged.grades],
            "warnings": list(self.warnings),
        }
        if self.judged.folds:
            document["folds"] = self.judged.folds
        if self.judged.candidates:
            document["candidates"] = [found.to_dict() for found in self.judged.candidates]
        return document


def train(
    ledger_path: Path,
    config: TrainingConfig,
    *,
    home: Path,
    days: Sequence[date] | None = None,
    outcomes: Path | None = None,
    policy: Policy | None = None,
    compare: bool = False,
    progress: Progress = lambda _: None,
) -> TrainResult:
    """Fit, calibrate, test, write, track and register a model; the first becomes champion.

    The shipped bundle is the one that was tested: it is written, read back, and judged.

    Parameters
    ----------
    ledger_path : Path
        Folder of the ledger.
    config : TrainingConfig
        From `training.config.load_config`.
    home : Path
        The workspace: bundle, record, report and, unless set otherwise, MLflow go there.
    days : sequence of date, optional
        As-of dates; without them every month-end whose labels the ledger knows.
    outcomes : Path, optional
        A file that fixes rows and labels; then `days` and the definition of default are moot.
    policy : Policy, optional
        Kept in the bundle as a record, and tells the ledger's currency; the packaged default.
    compare : bool
        Judge a scorecard and the plain rules beside the model; no byte of the bundle depends on it.
    progress : callable
        Told in a sentence what goes on.

    Returns
    -------
    TrainResult

    Raises
    ------
    LedgerError
        If the ledger breaks a rule, is too short, or has too few defaults.
    ModelError
        If the policy has no scale anchors for the horizon.
    UnavailableError
        If the extra `train` is not installed, or the run cannot be tracked; the bundle is then
        not registered.
    """
    _refuse_without_extra()
    policy = policy or load_policy()
    progress(f"reading {ledger_path}")
    with open_ledger(
        ledger_path,
        ledger_currency=policy.ledger.currency,
        latest=max(days) if days else None,
    ) as ledger:
        fingerprint = ledger.fingerprint
        for told in ledger.notes():
            progress(told)
        if outcomes is None:
            dataset = ledger_dataset(ledger, config, days=days, progress=progress)
        else:
            dataset = given_dataset(given_rows(ledger, outcomes), config)
    policy.point_scale(dataset.horizon_days)  # refuse an unusable horizon before the work
    progress(dataset.split_reason)
    bundle = _bundle(dataset, config, policy=policy, root=home / runs.BUNDLES, progress=progress)
    folds = (
        cross_validated(dataset.rows, config, progress=progress) if config.windows.folds else None
    )
    judged = _judged(bundle, dataset, config, policy=policy, folds=folds)
    if compare:
        beside = compared(dataset, bundle, config, policy=policy, folds=folds, progress=progress)
        judged = replace(judged, candidates=beside)
    trained = _Trained(config, dataset, bundle, judged, fingerprint)
    result = _tracked(trained, home, progress=progress)
    record = result.to_dict() | {
        "ledger": str(Path(ledger_path).resolve()),
        "ledger_fingerprint": fingerprint,
        "outcomes": None if outcomes is None else str(Path(outcomes).resolve()),
        "config": _told(config),
        "test_as_of": _days(dataset.part(TEST)),
        "sample": {"sha256": write_sample(home, bundle.model_version, dataset.rows.snapshots)},
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    runs.write_record(home, bundle.model_version, record)
    if result.champion:
        runs.set_champion(home, bundle.model_version)
    return result


def _days(rows: Rows) -> list[str]:
    return [str(day) for day in np.unique(rows.snapshots.as_of)]


def _told(config: TrainingConfig) -> dict[str, Any]:
    """Return the settings as they may be written down: without a password."""
    document = config.to_dict()
    document["tracking"]["uri"] = without_password(document["tracking"]["uri"])
    return document


def _refuse_without_extra() -> None:
    """Raise before the work if what training needs is not installed."""
    missing = [name for name in _NEEDED if util.find_spec(name) is None]
    if missing:
        message = (
            f"Training needs {', '.join(missing)}, which this installation lacks. Install "
            "Tradegrade with the extra `train`."
        )
        raise UnavailableError(message)


@dataclass(frozen=True)
class _Trained:
    config: TrainingConfig
    dataset: Dataset
    bundle: Bundle
    judged: Judged
    fingerprint: str

    @property
    def tags(self) -> dict[str, str]:
        return {
            "model_version": self.bundle.model_version,
            "feature_set": self.bundle.feature_set,
            "ledger_fingerprint": self.fingerprint,
            "split": self.dataset.split,
        }


def _bundle(
    dataset: Dataset, config: TrainingConfig, *, policy: Policy, root: Path, progress: Progress
) -> Bundle:
    fit, calibrate = dataset.part(FIT), dataset.part(CALIBRATE)
    progress(f"fitting on {len(fit)} rows, calibrating on {len(calibrate)}")
    model = fit_model(fit, calibrate, config)
    seen = model.probability.null_seen.tolist()
    parts = Parts(
        model_text=model.probability.model_text,
        calibration=model.probability.calibration,
        feature_names=model.names,
        null_seen=dict(zip(model.names, seen, strict=True)),
        reference=model.reference,
        book=book_of(dataset.rows.where(dataset.parts != TEST)),
        policy=policy.content,
        horizon_days=dataset.horizon_days,
    )
    return load_bundle(write_bundle(root, parts))


def _judged(
    bundle: Bundle,
    dataset: Dataset,
    config: TrainingConfig,
    *,
    policy: Policy,
    folds: FoldFigures | None,
) -> Judged:
    test, settings = dataset.part(TEST), config.validation
    log_odds = bundle.probability.log_odds(test.snapshots.select(bundle.feature_names).values)
    area = auc_interval(
        log_odds,
        test.defaulted,
        test.snapshots.customer_ids,
        resamples=settings.resamples,
        confidence=settings.confidence,
        seed=config.seed,
    )
    return Judged(
        metrics=metrics(log_odds, test.defaulted, bins=settings.bins),
        auc_interval=(area.low, area.high),
        log_odds=log_odds,
        defaulted=test.defaulted,
        folds=folds,
        grades=grade_rates(test, bundle, policy),
    )


def _tracked(trained: _Trained, home: Path, *, progress: Progress) -> TrainResult:
    bundle, dataset, config = trained.bundle, trained.dataset, trained.config
    progress("drawing the report, tracking the run in MLflow")
    pictures = _pictures(trained)
    page = report_page(
        model_version=bundle.model_version,
        dataset=dataset,
        judged=trained.judged,
        plots={caption: svg for caption, svg in pictures.values()},
        record=trained.tags | _facts(dataset),
        bins=config.validation.bins,
    )
    report = home / runs.REPORTS / f"validation-{bundle.model_version}.html"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(page, encoding="utf-8")
    # a champion that this installation refuses grades nobody: the new one takes its place
    first = runs.usable_champion(home) in (None, bundle.model_version)
    folder = runs.bundle_folder(home, bundle.model_version)
    run = TrackedRun(
        parameters=_told(config) | {"horizon_days": dataset.horizon_days},
        metrics=_figures(trained),
        tags=trained.tags,
        texts={"report.html": page}
        | {f"plots/{name}.svg": svg for name, (_, svg) in pictures.items()},
        bundle=folder,
        feature_names=bundle.feature_names,
    )
    alias = "champion" if first else "challenger"
    return TrainResult(
        run_id=track(run, home=home, settings=config.tracking, alias=alias),
        bundle=folder,
        model_version=bundle.model_version,
        feature_set=bundle.feature_set,
        champion=first,
        dataset=dataset,
        judged=trained.judged,
        report=report,
    )


def _facts(dataset: Dataset) -> dict[str, Any]:
    """Return how the rows came about, by the names of the JSON document."""
    considered = max(dataset.counts.considered, 1)
    return {
        "split": dataset.split,
        "split_reason": dataset.split_reason,
        "horizon_days": dataset.horizon_days,
        "as_of": [str(day) for day in dataset.days],
        "n": len(dataset.rows),
        "n_test": int((dataset.parts == TEST).sum()),
        "base_rate": float(dataset.rows.defaulted.mean()),
        "unexposed_share": dataset.counts.unexposed / considered,
        "in_default_share": dataset.counts.in_default / considered,
    }


def _figures(trained: _Trained) -> dict[str, float]:
    low, high = trained.judged.auc_interval
    facts = _facts(trained.dataset)
    names = ("n", "n_test", "base_rate", "unexposed_share", "in_default_share")
    folds = trained.judged.folds or {}
    return (
        trained.judged.metrics.to_dict()
        | {"auc_low": low, "auc_high": high}
        | {name: float(facts[name]) for name in names}
        | {f"fold_mean_{name}": figures["mean"] for name, figures in folds.items()}
        | {f"fold_sd_{name}": figures["sd"] for name, figures in folds.items()}
        | tracked_figures(trained.judged.candidates)
    )


def _pictures(trained: _Trained) -> dict[str, tuple[str, str]]:
    """Return (caption, SVG) of each picture by its file name."""
    judged = trained.judged
    risk, happened = judged.log_odds, judged.defaulted
    labels, shares = _gains(trained.bundle)
    return {
        "reliability": (
            "Default rate against probability told",
            plots.reliability(risk, happened, bins=trained.config.validation.bins),
        ),
        "roc": ("Defaults caught against survivors accused", plots.roc(risk, happened)),
        "distribution": ("Log-odds by outcome", plots.distribution(risk, happened)),
        "importance": ("What the trees gain from", plots.importance(labels, shares)),
    }


def _gains(bundle: Bundle) -> tuple[list[str], Floats]:
    """Return the labels and gain shares of the features that the trees gain most from."""
    import lightgbm  # noqa: PLC0415 - seconds to import, needed only to train

    booster = lightgbm.Booster(model_str=bundle.probability.model_text)
    gains = booster.feature_importance("gain")
    shares = gains / max(float(gains.sum()), 1.0)
    places = np.argsort(-shares, kind="stable")[:_SHOWN_FEATURES]
    return [FEATURES[bundle.feature_names[i]].label_en for i in places], shares[places]
