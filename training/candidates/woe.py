"""Weight of evidence: one feature cut into bins whose default rate runs one way.

The weight of evidence of a bin is how much its default odds lie above those of everybody, in
log-odds: ``ln(d / s) − ln(D / S)`` with d defaults and s survivors in the bin, D and S in all.
Above 0 is riskier. (Scorecards often print it with the other sign.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.matrix import Floats
from models.scale import log_odds

Flags = NDArray[np.bool_]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class BinSettings:
    """How finely a feature is cut.

    Attributes
    ----------
    bins : int
        Quantile bins to begin with, at least 1; merging leaves fewer.
    least_rows, least_defaults : int
        That every bin has, at least 1; of survivors too as many as of defaults. An unknown
        that fewer have says nothing.
    smoothing : float
        Rows at the base rate that are added to each bin, above 0: the fewer a bin has of its
        own, the closer its weight of evidence is to 0.
    """

    bins: int = 20
    least_rows: int = 50
    least_defaults: int = 10
    smoothing: float = 1.0

    def __post_init__(self) -> None:
        """Refuse settings that cut nothing."""
        if min(self.bins, self.least_rows, self.least_defaults) < 1 or not self.smoothing > 0:
            message = f"Bins, rows and defaults are at least 1, smoothing above 0, not {self}."
            raise ValueError(message)


@dataclass(frozen=True)
class FeatureBins:
    """The bins of one feature.

    Attributes
    ----------
    edges : ndarray of float64, shape (bins − 1,)
        Rising; a value on an edge belongs to the bin below it.
    rows, defaults : ndarray of float64, shape (bins + 1,)
        Of each bin; the last is the unknown's.
    woe : ndarray of float64, shape (bins + 1,)
        Weight of evidence of each bin, above 0 riskier; the last is the unknown's.
    information_value : float
        Σ (share of the defaults − share of the survivors) · weight of evidence; 0 where the
        feature tells nothing.

    Examples
    --------
    >>> settings = BinSettings(bins=2, least_rows=1, least_defaults=1)
    >>> values = np.array([1.0, 1, 1, 1, 2, 2, 2, 2])
    >>> found = feature_bins(values, np.array([True, 0, 0, 0, True, True, True, 0], bool),
    ...                      direction=1, settings=settings)
    >>> found.edges.tolist(), found.woe.round(6).tolist()
    ([1.0], [-0.847298, 0.847298, 0.0])
    """

    edges: Floats
    rows: Floats
    defaults: Floats
    woe: Floats
    information_value: float

    def places(self, values: Floats) -> Places:
        """Return the bin of each value, shape (n,); the last bin is the unknown's."""
        found = np.searchsorted(self.edges, values, side="left")
        return np.where(np.isnan(values), len(self.edges) + 1, found)

    def transform(self, values: Floats) -> Floats:
        """Return the weight of evidence of each value, shape (n,); never NaN."""
        told: Floats = self.woe[self.places(values)]
        return told


def feature_bins(
    values: Floats, defaulted: Flags, *, direction: int, settings: BinSettings
) -> FeatureBins:
    """Return the bins of a feature, the default rate of the known ones monotone.

    Quantile bins are merged until each has rows and outcomes enough, then pooled with their
    neighbours wherever the default rate turns back (adjacent violators: the closest monotone
    rates there are). Where the feature has no direction, both are tried and the one with the
    higher information value is kept.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        NaN is unknown.
    defaulted : ndarray of bool, shape (n,)
        What happened; both outcomes.
    direction : int
        +1 where the feature raises the risk, −1 where it lowers it, 0 where either may be.
    settings : BinSettings
        How finely it is cut.

    Raises
    ------
    ValueError
        If there is only one outcome.
    """
    if defaulted.all() or not defaulted.any():
        message = f"Weight of evidence needs both outcomes, but all {len(defaulted)} rows have one."
        raise ValueError(message)
    known = ~np.isnan(values)
    edges = _enough(
        values[known], defaulted[known], _quantile_edges(values[known], settings), settings
    )
    ways = (direction,) if direction else (1, -1)
    found = [
        _counted(
            values, defaulted, _monotone(values[known], defaulted[known], edges, way), settings
        )
        for way in ways
    ]
    return max(found, key=lambda bins: bins.information_value)


def _quantile_edges(known: Floats, settings: BinSettings) -> Floats:
    """Return the inner edges to begin with; each is a value that occurs, none the largest."""
    if not len(known):
        return np.empty(0)
    parts = np.linspace(0, 1, settings.bins + 1)[1:-1]
    # quantiles of the distinct values too: where most are 0, those of all would be 0 throughout
    both = (known, np.unique(known))
    edges = np.concatenate([np.quantile(v, parts, method="inverted_cdf") for v in both])
    distinct = np.unique(edges)
    inner: Floats = distinct[distinct < known.max()]
    return inner


def _counts(known: Floats, defaulted: Flags, edges: Floats) -> tuple[Floats, Floats]:
    """Return rows and defaults of each bin, shape (len(edges) + 1,)."""
    place = np.searchsorted(edges, known, side="left")
    size = len(edges) + 1
    rows = np.bincount(place, minlength=size).astype(np.float64)
    return rows, np.bincount(place, defaulted, minlength=size).astype(np.float64)


def _enough(known: Floats, defaulted: Flags, edges: Floats, settings: BinSettings) -> Floats:
    """Return the edges of which each bin, from the left, has rows and both outcomes enough."""
    rows, bad = _counts(known, defaulted, edges)
    needed = np.array([settings.least_rows, settings.least_defaults, settings.least_defaults])
    cells = np.column_stack([rows, bad, rows - bad])
    kept: list[float] = []
    inside, left = np.zeros(3), cells.sum(axis=0)
    for cell, edge in zip(cells, edges, strict=False):
        inside, left = inside + cell, left - cell
        if (inside >= needed).all() and (left >= needed).all():
            kept.append(float(edge))
            inside = np.zeros(3)
    return np.array(kept)


def _monotone(known: Floats, defaulted: Flags, edges: Floats, way: int) -> Floats:
    """Return the edges between which the default rate rises (+1) or falls (−1) strictly."""
    rows, bad = _counts(known, defaulted, edges)
    pooled: list[tuple[float, float, int]] = []  # rows, defaults, last bin
    for place in range(len(rows)):
        block = (rows[place], bad[place], place)
        # compared as products: equal rates are equal, whatever the numbers of rows
        while pooled and way * (block[1] * pooled[-1][0] - pooled[-1][1] * block[0]) <= 0:
            before = pooled.pop()
            block = (before[0] + block[0], before[1] + block[1], place)
        pooled.append(block)
    return edges[[last for _, _, last in pooled[:-1]]]


def _counted(values: Floats, defaulted: Flags, edges: Floats, settings: BinSettings) -> FeatureBins:
    unknown = np.isnan(values)
    rows, bad = _counts(values[~unknown], defaulted[~unknown], edges)
    rows = np.append(rows, unknown.sum())
    bad = np.append(bad, defaulted[unknown].sum())
    good = rows - bad
    base = bad.sum() / rows.sum()
    drawn = settings.smoothing * base
    told = np.log(bad + drawn) - np.log(good + settings.smoothing - drawn)
    woe = told - log_odds(float(base))
    if rows[-1] < settings.least_rows or min(bad[-1], good[-1]) < settings.least_defaults:
        woe[-1] = 0.0
    if len(rows) == 2 and rows[-1] == 0:
        woe[:] = 0.0  # one bin of everybody: exactly nothing, not a rounding error
    value = float(((bad / bad.sum() - good / good.sum()) * woe).sum())
    return FeatureBins(edges, rows, bad, woe, value)
