"""The pictures of the validation report, each a self-contained SVG text."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from features.matrix import Floats
from models.scale import probability
from training.validation import Flags, frequency_bins

_BLUE, _GREY, _RED = "#1f5fa8", "#9aa3ad", "#b5452c"
_SIZE = (4.6, 3.4)


def reliability(log_odds: Floats, defaulted: Flags, *, bins: int) -> str:
    """Return a plot of the default rate against the probability told, by bins of rows."""
    told = probability(log_odds)
    bin_of = frequency_bins(told, bins)
    count = np.bincount(bin_of)
    mean = np.bincount(bin_of, told)[count > 0] / count[count > 0]
    rate = np.bincount(bin_of, defaulted)[count > 0] / count[count > 0]
    figure, axes = _axes("Probability told", "Default rate")
    edge = float(max(mean.max(), rate.max())) * 1.05
    axes.plot([0, edge], [0, edge], color=_GREY, linewidth=1)
    axes.plot(mean, rate, color=_BLUE, marker="o")
    return _svg(figure)


def roc(log_odds: Floats, defaulted: Flags) -> str:
    """Return a plot of the share of defaults caught against the share of survivors accused."""
    order = np.argsort(-log_odds, kind="stable")
    hit = np.concatenate(([0.0], np.cumsum(defaulted[order]) / defaulted.sum()))
    false = np.concatenate(([0.0], np.cumsum(~defaulted[order]) / (~defaulted).sum()))
    figure, axes = _axes("Share of survivors", "Share of defaults")
    axes.plot([0, 1], [0, 1], color=_GREY, linewidth=1)
    axes.plot(false, hit, color=_BLUE)
    return _svg(figure)


def distribution(log_odds: Floats, defaulted: Flags) -> str:
    """Return histograms of the log-odds of survivors and of defaults."""
    figure, axes = _axes("Log-odds of default", "Share of rows")
    edges = np.histogram_bin_edges(log_odds, bins=30)
    for chosen, colour, label in ((~defaulted, _BLUE, "survived"), (defaulted, _RED, "defaulted")):
        share = np.histogram(log_odds[chosen], edges)[0] / chosen.sum()
        axes.stairs(share, edges, color=colour, label=label, fill=True, alpha=0.5)
    axes.legend(frameon=False)
    return _svg(figure)


def importance(labels: list[str], gains: Floats) -> str:
    """Return bars of the shares of the gain that features have in the trees."""
    figure, axes = _axes("Share of gain", "")
    axes.barh(labels[::-1], gains[::-1], color=_BLUE)
    return _svg(figure)


def _axes(across: str, up: str) -> tuple[Any, Any]:
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to import

    figure = Figure(figsize=_SIZE, layout="tight")
    axes = figure.add_subplot()
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: Any) -> str:
    import matplotlib as mpl  # noqa: PLC0415

    stream = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "tradegrade", "svg.fonttype": "none"}):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    return text[text.index("<svg") :]
