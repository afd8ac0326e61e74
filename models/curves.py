"""Piecewise-linear curves from a measure to points."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Line = tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]


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
        found: float = on_line(self.line, measure)
        return found

    @cached_property
    def line(self) -> Line:
        """The measures, points and slopes, as `on_line` takes them."""
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


def on_line(line: Any, measure: Any) -> Any:
    """Return the points of a measure on a curve's line; NaN stays NaN.

    Plain Python over tuples; `models.rules` has it compiled over arrays as well.
    """
    if measure != measure:  # noqa: PLR0124 - an unknown value does not equal itself
        return measure
    measures, points, slopes = line
    after = bisect_right(measures, measure)
    if after == 0:
        return points[0]
    if after == len(measures):
        return points[after - 1]
    before = after - 1
    # in the order of numpy.interp, to the last bit
    return slopes[before] * (measure - measures[before]) + points[before]
