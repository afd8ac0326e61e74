"""What a comparison of candidates says, and its document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from training.folds import FoldFigures
from training.statistics.discrimination import Interval

LIGHTGBM, SCORECARD, RULES = "lightgbm", "scorecard", "rules"


@dataclass(frozen=True)
class Candidate:
    """One way to tell defaults, judged on the test set.

    Attributes
    ----------
    name : str
        ``lightgbm``, ``scorecard`` or ``rules``.
    auc, ks, brier, ece : Interval
        With intervals that resample customers. A drawn set has the noise of the draw beside
        that of the test set, so the interval of an ECE, which only errs upwards, lies high.
    difference_to_lightgbm : Interval or None
        AUC less LightGBM's on the same draws; None for LightGBM itself.
    folds : mapping of str to Spread, optional
        Every statistic over the folds of customers that were asked for.
    """

    name: str
    auc: Interval
    ks: Interval
    brier: Interval
    ece: Interval
    difference_to_lightgbm: Interval | None
    folds: FoldFigures | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON document of one candidate."""
        gap = self.difference_to_lightgbm
        return {
            "name": self.name,
            "auc": _document(self.auc),
            "ks": self.ks.estimate,
            "brier": self.brier.estimate,
            "ece": self.ece.estimate,
            "intervals": {
                name: [found.low, found.high]
                for name, found in (("ks", self.ks), ("brier", self.brier), ("ece", self.ece))
            },
            "difference_to_lightgbm": None if gap is None else _document(gap),
        } | ({"folds": self.folds} if self.folds else {})


def tracked_figures(candidates: Sequence[Candidate]) -> dict[str, float]:
    """Return the figures of a comparison as a tracked run names them, ``candidate.NAME.auc``."""
    figures: dict[str, float] = {}
    for found in candidates:
        told = [("auc", found.auc), ("ks", found.ks), ("brier", found.brier), ("ece", found.ece)]
        if found.difference_to_lightgbm is not None:
            told.append(("difference_to_lightgbm", found.difference_to_lightgbm))
        for name, interval in told:
            key = f"candidate.{found.name}.{name}"
            figures |= {key: interval.estimate, f"{key}_low": interval.low}
            figures[f"{key}_high"] = interval.high
        for name, spread in (found.folds or {}).items():
            figures[f"candidate.{found.name}.fold_mean_{name}"] = spread["mean"]
    return figures


HEAD = ("Candidate", "AUC", "Less LightGBM's", "KS", "Brier", "ECE")


def table_rows(candidates: Sequence[Candidate]) -> Iterator[tuple[str, ...]]:
    """Yield the row of each candidate under ``HEAD``, intervals in brackets."""
    for found in candidates:
        gap = found.difference_to_lightgbm
        yield (
            found.name,
            _told(found.auc),
            "" if gap is None else _told(gap, sign="+"),
            *(_told(figure) for figure in (found.ks, found.brier, found.ece)),
        )


def comparison_lines(candidates: Sequence[Candidate]) -> Iterator[str]:
    """Yield the table as lines of text, columns aligned; none where nothing was compared.

    Examples
    --------
    >>> list(comparison_lines([]))
    []
    """
    if not candidates:
        return
    rows = [HEAD, *table_rows(candidates)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        cells = zip(row, widths, strict=True)
        yield "  ".join(cell.ljust(width) for cell, width in cells).rstrip()


def _told(figure: Interval, sign: str = "") -> str:
    form = f"{sign}.4f"
    return f"{figure.estimate:{form}} ({figure.low:{form}} to {figure.high:{form}})"


def _document(figure: Interval) -> dict[str, float]:
    return {"estimate": figure.estimate, "low": figure.low, "high": figure.high}
