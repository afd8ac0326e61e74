"""Why one grade is what it is: ``score = reference + Σ drivers + Σ adjustments``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.matrix import Snapshots
from models.bundle import Bundle
from models.explain.attribution import attribute, attributed_names
from models.grading import Grading, blend_of
from models.policy.sections import Policy


@dataclass(frozen=True)
class Driver:
    """The signed points that one feature gives a blend, against the reference customer.

    Attributes
    ----------
    value, reference_value : float
        In the feature's unit; NaN is unknown.
    points : float
        ``rule_points + model_points``; above zero it is better than the reference.
    """

    feature: str
    value: float
    reference_value: float
    points: float
    rule_points: float
    model_points: float


@dataclass(frozen=True)
class Explanation:
    """A grading with its account: ``grading.score = reference + Σ drivers + Σ adjustments``."""

    grading: Grading
    reference: float
    drivers: tuple[Driver, ...]


def reference_snapshot(bundle: Bundle, like: Snapshots) -> Snapshots:
    """Return the reference customer as many times as there are rows."""
    row = np.array([bundle.reference.get(name, np.nan) for name in like.names])
    values = np.tile(row, (len(like), 1))
    return Snapshots(like.customer_ids, like.as_of, like.names, values)


def explain(
    snapshots: Snapshots, gradings: Sequence[Grading], bundle: Bundle, policy: Policy
) -> list[Explanation]:
    """Return the account of each grading, drivers by size of their points.

    Parameters
    ----------
    snapshots : Snapshots
        What was graded.
    gradings : sequence of Grading
        From `grade_snapshots` with the same bundle and policy.
    """
    if not len(snapshots):
        return []
    background = reference_snapshot(bundle, snapshots)
    found = attribute(snapshots, background, bundle, policy)
    reference = float(blend_of(background.take([0]), bundle, policy).score[0])
    columns = [snapshots.names.index(name) for name in attributed_names(bundle)]
    explanations = []
    for row, grading in enumerate(gradings):
        drivers = [
            Driver(
                feature=name,
                value=float(snapshots.values[row, column]),
                reference_value=float(background.values[row, column]),
                points=float(found.rule_points[row, place] + found.model_points[row, place]),
                rule_points=float(found.rule_points[row, place]),
                model_points=float(found.model_points[row, place]),
            )
            for place, (name, column) in enumerate(zip(found.names, columns, strict=True))
        ]
        drivers.sort(key=lambda driver: (-abs(driver.points), driver.feature))
        explanations.append(Explanation(grading, reference, tuple(drivers)))
    return explanations
