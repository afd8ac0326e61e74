"""The point scale: points are linear in the log-odds of default."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from features.errors import ModelError
from features.matrix import Floats


def log_odds(default_probability: float) -> float:
    """Return ln(p / (1 − p)).

    Raises
    ------
    ValueError
        If not strictly between 0 and 1: a percentage or a raw margin was passed.
    """
    if not 0 < default_probability < 1:
        message = (
            f"A probability lies strictly between 0 and 1, not {default_probability}; was a "
            "percentage or a raw margin passed?"
        )
        raise ValueError(message)
    return math.log(default_probability) - math.log1p(-default_probability)


def probability(odds: Floats) -> Floats:
    """Return the probability of log-odds, 1 / (1 + exp(−x)), without overflow."""
    small = np.exp(-np.abs(odds))
    chances: Floats = np.where(odds >= 0, 1.0, small) / (1 + small)
    return chances


def at_horizon(yearly_probability: float, horizon_days: int) -> float:
    """Return a yearly probability at a horizon of the same hazard: 1 − (1 − p)^(h / 365).

    Examples
    --------
    >>> round(at_horizon(0.10, 180), 6)
    0.050632
    """
    return 1 - math.pow(1 - yearly_probability, horizon_days / 365)


@dataclass(frozen=True)
class PointScale:
    """Points as ``offset + slope · log-odds``, fixed by two anchors; the slope is negative.

    Examples
    --------
    >>> scale = PointScale.through((0.01, 80.0), (0.10, 40.0))
    >>> round(scale.points_of_probability(0.01), 6)
    80.0
    """

    offset: float
    slope: float

    @classmethod
    def through(cls, safe: tuple[float, float], risky: tuple[float, float]) -> PointScale:
        """Return the scale through two (probability, points)."""
        run = log_odds(risky[0]) - log_odds(safe[0])
        slope = (risky[1] - safe[1]) / run
        return cls(safe[1] - slope * log_odds(safe[0]), slope)

    @classmethod
    def of_anchors(
        cls,
        horizon_days: int,
        anchors: Mapping[str, tuple[float, float]],
        *,
        safe_points: float,
        risky_points: float,
    ) -> PointScale:
        """Return the scale of a horizon from a policy's anchors.

        Raises
        ------
        ModelError
            If the policy has no anchors for the horizon.
        """
        pair = anchors.get(str(horizon_days))
        if pair is None:
            message = (
                f"The policy has no scale anchors for the bundle's horizon of {horizon_days} days "
                f"(it has {', '.join(anchors)}). Add {horizon_days} to [scale.anchors]."
            )
            raise ModelError(message)
        return cls.through((pair[0], safe_points), (pair[1], risky_points))

    def points(self, odds: Floats) -> Floats:
        """Return the points of log-odds; not clipped, higher is safer."""
        return self.offset + self.slope * odds

    def points_of_probability(self, default_probability: float) -> float:
        """Return the points that a default probability is worth.

        Parameters
        ----------
        default_probability : float
            Calibrated chance, strictly between 0 and 1, of default within the horizon.

        Returns
        -------
        float
            Points on the grade scale; not clipped, higher is safer.
        """
        return self.offset + self.slope * log_odds(default_probability)
