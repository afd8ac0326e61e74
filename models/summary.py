"""A book in a few figures: one line per grade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from features.matrix import Floats, Snapshots
from models.bands import GRADES
from models.grading import Grading


@dataclass(frozen=True)
class GradeLine:
    """The customers of one grade.

    Attributes
    ----------
    customers : int
        How many have it.
    share : float
        Of all customers, 0 to 1.
    default_probability : float or None
        Mean within the bundle's horizon; None where nobody has the grade.
    exposure : Decimal
        Summed exposure in the ledger's currency.
    amount_at_risk : Decimal
        Σ default probability · exposure: what is expected to default, before recoveries.
    """

    grade: str
    customers: int
    share: float
    default_probability: float | None
    exposure: Decimal
    amount_at_risk: Decimal


def grade_lines(gradings: Sequence[Grading], snapshots: Snapshots) -> list[GradeLine]:
    """Return one line per grade, A to D, whether or not anybody has it.

    Parameters
    ----------
    gradings : sequence of Grading
        One per row of the snapshots.
    snapshots : Snapshots
        What was graded; tells the exposure.
    """
    return lines_of(
        [grading.grade for grading in gradings],
        np.array([grading.default_probability for grading in gradings]),
        snapshots.column("exposure"),
    )


def lines_of(grades: Sequence[str], probability: Floats, exposure: Floats) -> list[GradeLine]:
    """Return one line per grade, A to D, from the figures of n customers.

    Parameters
    ----------
    grades : sequence of str, length n
        A to D.
    probability : ndarray of float64, shape (n,)
        Of default.
    exposure : ndarray of float64, shape (n,)
        In the ledger's currency; an unknown one counts as 0.
    """
    exposure, grade_of = np.nan_to_num(exposure), np.asarray(grades)
    lines = []
    for grade in GRADES:
        chosen = grade_of == grade
        number = int(chosen.sum())
        lines.append(
            GradeLine(
                grade=grade,
                customers=number,
                share=number / max(len(grades), 1),
                default_probability=float(probability[chosen].mean()) if number else None,
                exposure=_money(exposure[chosen].sum()),
                amount_at_risk=_money((exposure * probability)[chosen].sum()),
            )
        )
    return lines


def _money(value: float) -> Decimal:
    return Decimal(f"{value:.2f}")
