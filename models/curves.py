"""Piecewise-linear curves from a measure to points."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from features.matrix import Floats


@dataclass(frozen=True)
class Curve:
    """A line through knots, flat beyond the first and the last.

    Attributes
    ----------
    knots : tuple of (float, float)
        Measure and points, the measures rising.

    Examples
    --------
    >>> Curve(((0.60, 0.0), (0.95, 100.0)))(np.array([0.5, 0.775, 1.0])).round(6).tolist()
    [0.0, 50.0, 100.0]
    """

    knots: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        """Refuse knots whose measures do not rise, or that are too few."""
        measures = [x for x, _ in self.knots]
        if not all(math.isfinite(value) for knot in self.knots for value in knot):
            message = f"a curve needs finite numbers, not {list(self.knots)}"
            raise ValueError(message)
        if len(measures) < 2 or any(b <= a for a, b in zip(measures, measures[1:], strict=False)):
            message = f"a curve needs two or more knots with rising values, not {measures}"
            raise ValueError(message)

    def __call__(self, measure: Floats) -> Floats:
        """Return the points of each measure; NaN stays NaN."""
        xs = np.array([x for x, _ in self.knots])
        ys = np.array([y for _, y in self.knots])
        points: Floats = np.interp(measure, xs, ys)
        return points

    @property
    def span(self) -> tuple[float, float]:
        """The least and the most that the curve can give."""
        points = [y for _, y in self.knots]
        return min(points), max(points)
