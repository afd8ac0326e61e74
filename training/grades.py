"""What became of each grade: the default rate realised beside the probability told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.bands import GRADES, NOTCHES
from models.bundle import Bundle
from models.grading import grade_snapshots
from models.policy.sections import Policy
from training.population import Rows


@dataclass(frozen=True)
class GradeRate:
    """The rows of one grade or notch.

    Attributes
    ----------
    grade : str
        A to D, or A1 to D3.
    rows : int
        How many rows have it.
    default_probability : float
        Mean probability told, 0 to 1.
    default_rate : float
        Share that defaulted within the horizon, 0 to 1.
    """

    grade: str
    rows: int
    default_probability: float
    default_rate: float


def grade_rates(rows: Rows, bundle: Bundle, policy: Policy) -> tuple[GradeRate, ...]:
    """Return the grades that rows have, A to D, then their notches, A1 to D3.

    Graded by the one scoring path without prior grades, so without hysteresis; a grade that
    no row has is left out.
    """
    gradings = grade_snapshots(rows.snapshots, bundle, policy)
    told = np.array([grading.default_probability for grading in gradings])
    found = []
    for names, given in (
        (GRADES, [grading.grade for grading in gradings]),
        (NOTCHES, [grading.notch for grading in gradings]),
    ):
        labels = np.array(given)
        for name in names:
            chosen = labels == name
            if chosen.any():
                rate = float(rows.defaulted[chosen].mean())
                found.append(GradeRate(name, int(chosen.sum()), float(told[chosen].mean()), rate))
    return tuple(found)
