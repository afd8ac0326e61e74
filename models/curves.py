"""Piecewise-linear curves from a measure to points."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Curve:
    """A line through knots, flat beyond the first and the last.

    Attributes
    ----------
    knots : tuple of (float, float)
        Measure and points, the measures rising.

    Examples
    --------
    >>> curve = Curve(((0.60, 0.0), (0.95, 100.0)))
    >>> [round(curve(measure), 6) for measure in (0.5, 0.775, 1.0)]
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

    def __call__(self, measure: float) -> float:
        """Return the points of a measure; NaN stays NaN."""
        if math.isnan(measure):
            return measure
        measures, points, slopes = self._line
        after = bisect_right(measures, measure)
        if after == 0 or after == len(measures):
            return points[max(after - 1, 0)]
        before = after - 1
        # in the order of numpy.interp, to the last bit
        return slopes[before] * (measure - measures[before]) + points[before]

    @cached_property
    def _line(self) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
        measures, points = (tuple(map(float, column)) for column in zip(*self.knots, strict=True))
        slopes = tuple(
            (points[i + 1] - points[i]) / (measures[i + 1] - measures[i])
            for i in range(len(measures) - 1)
        )
        return measures, points, slopes

    @property
    def span(self) -> tuple[float, float]:
        """The least and the most that the curve can give."""
        points = [y for _, y in self.knots]
        return min(points), max(points)
