"""The validation report: one plain HTML page that needs no other file."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources
from string import Template

import numpy as np

from features.matrix import Floats
from models.scale import probability
from training.candidates.figures import HEAD, Candidate, table_rows
from training.dataset import PART_NAMES, Dataset
from training.folds import FoldFigures
from training.grades import GradeRate
from training.validation import Flags, Metrics, frequency_bins
from training.windows import FIT

_NAMES = {
    "auc": "AUC",
    "gini": "Gini",
    "ks": "Kolmogorov-Smirnov distance",
    "brier": "Brier score",
    "ece": "Expected calibration error",
    "log_loss": "Log loss",
}
Table = Iterable[Sequence[object]]


@dataclass(frozen=True)
class Judged:
    """What the test set says of a model.

    Attributes
    ----------
    metrics : Metrics
        Of the test set.
    auc_interval : tuple of float
        Ends of the AUC's interval, customers resampled.
    log_odds : ndarray of float64, shape (n_test,)
        What the shipped bundle told.
    defaulted : ndarray of bool, shape (n_test,)
        What happened.
    folds : mapping of str to mapping, optional
        Mean, sd and each of every statistic over folds of customers.
    grades : tuple of GradeRate
        What became of each grade and notch.
    candidates : tuple of Candidate
        The shipped trees beside a scorecard and the plain rules, where they were compared.
    """

    metrics: Metrics
    auc_interval: tuple[float, float]
    log_odds: Floats
    defaulted: Flags
    folds: FoldFigures | None = None
    grades: tuple[GradeRate, ...] = ()
    candidates: tuple[Candidate, ...] = ()


def report_page(
    *,
    model_version: str,
    dataset: Dataset,
    judged: Judged,
    plots: Mapping[str, str],
    record: Mapping[str, object],
    bins: int,
) -> str:
    """Return the page as HTML text.

    Parameters
    ----------
    model_version : str
        Version of the bundle.
    dataset : Dataset
        The rows and their split.
    judged : Judged
        The figures of the test set.
    plots : mapping of str to str
        SVG text by caption.
    record : mapping of str to object
        Further facts of the run, by label.
    bins : int
        Rows of the table of probability and default rate.
    """
    template = (resources.files("training") / "report.html").read_text(encoding="utf-8")
    return Template(template).substitute(
        model_version=html.escape(model_version),
        summary=html.escape(dataset.split_reason),
        warnings=_warnings(dataset.warnings),
        metrics=_table(_metric_rows(judged)),
        folds=_folds(judged.folds),
        candidates=_candidates(judged.candidates),
        bins=_table(_bin_rows(judged, bins), head=("Bin", "Rows", "Told", "Defaulted")),
        grades=_table(_grade_rows(judged), head=("Grade", "Rows", "Told", "Defaulted")),
        dates=_table(_date_rows(dataset), head=("As of", "Window", "Rows", "Defaults", "Rate")),
        plots="".join(
            f"<figure><figcaption>{html.escape(caption)}</figcaption>{svg}</figure>"
            for caption, svg in plots.items()
        ),
        record=_table(record.items()),
    )


def _metric_rows(judged: Judged) -> Table:
    for name, value in judged.metrics.to_dict().items():
        yield _NAMES[name], f"{value:.4f}"
    low, high = judged.auc_interval
    yield "Interval of the AUC, customers resampled", f"{low:.4f} to {high:.4f}"
    yield "Rows", len(judged.defaulted)
    yield "Defaults", int(judged.defaulted.sum())


def _folds(folds: FoldFigures | None) -> str:
    if folds is None:
        return ""
    rows = [(_NAMES[n], f"{f['mean']:.4f}", f"{f['sd']:.4f}") for n, f in folds.items()]
    head = ("Statistic", "Mean", "Standard deviation")
    return f"<h2>Over folds of customers</h2><table>{_table(rows, head=head)}</table>"


def _candidates(candidates: Sequence[Candidate]) -> str:
    if not candidates:
        return ""
    title = "Candidates on the same test set; intervals by customers resampled"
    return f"<h2>{title}</h2><table>{_table(table_rows(candidates), head=HEAD)}</table>"


def _bin_rows(judged: Judged, bins: int) -> Table:
    told = probability(judged.log_odds)
    bin_of = frequency_bins(told, bins)
    for number in np.unique(bin_of):
        chosen = bin_of == number
        rate = judged.defaulted[chosen].mean()
        yield int(number) + 1, int(chosen.sum()), f"{told[chosen].mean():.2%}", f"{rate:.2%}"


def _grade_rows(judged: Judged) -> Table:
    for line in judged.grades:
        yield line.grade, line.rows, f"{line.default_probability:.2%}", f"{line.default_rate:.2%}"


def _date_rows(dataset: Dataset) -> Table:
    as_of = dataset.rows.snapshots.as_of
    for day in dataset.days:
        chosen = as_of == np.datetime64(day)
        parts = np.unique(dataset.parts[chosen])
        window = PART_NAMES[int(parts[0])] if len(parts) == 1 else "all three"
        bad = int(dataset.rows.defaulted[chosen].sum())
        rows = int(chosen.sum()) + _left_out(dataset, day, chosen)
        yield day, window, rows, bad, f"{bad / max(rows, 1):.2%}"


def _left_out(dataset: Dataset, day: date, chosen: Flags) -> int:
    """Return how many rows of a day a sample left out."""
    if dataset.sampling is None:
        return 0
    kept = chosen & (dataset.parts == FIT) & ~dataset.rows.defaulted
    return dataset.sampling.others_by_day.get(day, 0) - int(kept.sum())


def _warnings(warnings: Sequence[str]) -> str:
    if not warnings:
        return ""
    lines = "".join(f"<p>{html.escape(warning)}</p>" for warning in warnings)
    return f'<div class="warnings">{lines}</div>'


def _table(rows: Table, *, head: Sequence[str] = ()) -> str:
    first = [_row(head, "th")] if head else []
    return "\n".join([*first, *(_row(row, "td") for row in rows)])


def _row(cells: Sequence[object], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{html.escape(str(c))}</{tag}>" for c in cells) + "</tr>"
