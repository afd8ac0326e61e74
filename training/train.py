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
from training.config import TrainingConfig
from training.dataset import Dataset, Progress, given_dataset, ledger_dataset
from training.fit import fit_model
from training.folds import FoldFigures, cross_validated
from training.given import given_rows
from training.grades import grade_rates
from training.population import Rows
from training.reference import book_of
from training.report import Judged, report_page
from training.result import TrainResult, facts, figures
from training.sample import write_sample
from training.search.search import Found, Watch, searched
from training.search.study import refuse_without_optuna
from training.statistics.discrimination import auc_interval
from training.sureness import sureness_of
from training.tracking import ChildRun, TrackedRun, track, without_password
from training.validation import metrics
from training.versions import Code, code_version, library_versions
from training.windows import CALIBRATE, FIT, TEST

__all__ = ["TrainResult", "train"]
_SHOWN_FEATURES = 15
_NEEDED = ("sklearn", "matplotlib", "mlflow")


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
    watch: Watch | None = None,
) -> TrainResult:
    """Fit, calibrate, test, write, track and register a model; the first becomes champion.

    The shipped bundle is the one that was tested: it is written, read back, and judged. Where
    settings are searched for, it is the one that those found give without a search.

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
    watch : callable, optional
        Told of each trial of a search and of their number in all; without it `progress` is.

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
        If the extra `train` is not installed, or `tune` for a search, or the run cannot be
        tracked; the bundle is then not registered.
    """
    _refuse_without_extra()
    if config.search.trials:
        refuse_without_optuna()
    code = code_version()
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
            dataset = ledger_dataset(ledger, config, days=days, sampled=True, progress=progress)
        else:
            dataset = given_dataset(given_rows(ledger, outcomes), config, sampled=True)
    policy.point_scale(dataset.horizon_days)  # refuse an unusable horizon before the work
    progress(dataset.split_reason)
    search = None
    if config.search.trials:
        search = searched(
            dataset.part(FIT),
            config,
            horizon_days=dataset.horizon_days,
            fingerprint=fingerprint,
            home=home,
            progress=progress,
            watch=watch,
        )
        config = search.config
    bundle = _bundle(dataset, config, policy=policy, root=home / runs.BUNDLES, progress=progress)
    folds = (
        cross_validated(dataset.unsampled, config, progress=progress)
        if config.windows.folds
        else None
    )
    judged = _judged(bundle, dataset, config, policy=policy, folds=folds)
    if compare:
        beside = compared(dataset, bundle, config, policy=policy, folds=folds, progress=progress)
        judged = replace(judged, candidates=beside)
    trained = _Trained(config, dataset, bundle, judged, fingerprint, code, search)
    result = _tracked(trained, home, progress=progress)
    record = result.to_dict() | {
        "ledger": str(Path(ledger_path).resolve()),
        "ledger_fingerprint": fingerprint,
        "outcomes": None if outcomes is None else str(Path(outcomes).resolve()),
        "config": _told(config),
        "versions": trained.versions,
        "code": asdict(code),
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
    code: Code
    search: Found | None

    @property
    def versions(self) -> dict[str, str]:
        return library_versions(more=("optuna",) if self.search else ())

    @property
    def tags(self) -> dict[str, str]:
        return {
            "model_version": self.bundle.model_version,
            "feature_set": self.bundle.feature_set,
            "ledger_fingerprint": self.fingerprint,
            "split": self.dataset.split,
            "code": self.code.told,
        }

    @property
    def parameters(self) -> dict[str, object]:
        sampling = self.dataset.sampling
        return _told(self.config) | {
            "horizon_days": self.dataset.horizon_days,
            "versions": self.versions,
            "sampled": sampling.to_dict() if sampling else False,
        }


def _bundle(
    dataset: Dataset, config: TrainingConfig, *, policy: Policy, root: Path, progress: Progress
) -> Bundle:
    fit, calibrate = dataset.part(FIT), dataset.part(CALIBRATE)
    progress(f"fitting on {len(fit)} rows, calibrating on {len(calibrate)}")
    model = fit_model(fit, calibrate, config, customers=dataset.fit_customers())
    seen = model.probability.null_seen.tolist()
    parts = Parts(
        model_text=model.probability.model_text,
        calibration=model.probability.calibration,
        feature_names=model.names,
        null_seen=dict(zip(model.names, seen, strict=True)),
        reference=model.reference,
        book=book_of(dataset.book_customers()),
        policy=policy.content,
        horizon_days=dataset.horizon_days,
        sureness=sureness_of(fit, calibrate, model, config, progress=progress),
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
        record=trained.tags | facts(dataset),
        bins=config.validation.bins,
    )
    report = home / runs.REPORTS / f"validation-{bundle.model_version}.html"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(page, encoding="utf-8")
    # a champion that this installation refuses grades nobody: the new one takes its place
    first = runs.usable_champion(home) in (None, bundle.model_version)
    folder = runs.bundle_folder(home, bundle.model_version)
    run = TrackedRun(
        parameters=trained.parameters,
        metrics=figures(dataset, trained.judged, trained.search),
        tags=trained.tags,
        texts={"report.html": page}
        | {f"plots/{name}.svg": svg for name, (_, svg) in pictures.items()},
        bundle=folder,
        feature_names=bundle.feature_names,
        children=_children(trained.search),
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
        search=trained.search,
    )


def _children(search: Found | None) -> tuple[ChildRun, ...]:
    """Return a run of its own for each trial of a search."""
    if search is None:
        return ()
    return tuple(
        ChildRun(
            f"trial {trial.number}",
            parameters=trial.settings,
            metrics={"log_loss": trial.log_loss, "auc": trial.auc, "splits": float(trial.splits)}
            | {f"log_loss_fold_{n}": loss for n, loss in enumerate(trial.log_losses)}
            | {f"auc_fold_{n}": area for n, area in enumerate(trial.areas)},
            tags={"study": search.study, "chosen": str(trial is search.chosen).lower()},
        )
        for trial in search.trials
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
