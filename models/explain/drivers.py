"""Why one grade is what it is: ``score = reference + Σ drivers + Σ adjustments``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from features.matrix import Snapshots
from models.bundle import Bundle
from models.explain.attribution import attribute_to_reference, layout_of, reference_of
from models.grading import Grading, in_catalogue_order
from models.policy.sections import Policy


class Driver(NamedTuple):
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


# as Driver._make, without a call of Python's for each of the many
_driver = partial(tuple.__new__, Driver)


@dataclass(frozen=True)
class Explanation:
    """A grading with its account: ``grading.score = reference + Σ drivers + Σ adjustments``."""

    grading: Grading
    reference: float
    drivers: tuple[Driver, ...]


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
    found = attribute_to_reference(snapshots, bundle, policy)
    reference, layout = reference_of(bundle, policy), layout_of(bundle)
    table = np.empty((len(snapshots), 5, len(layout.names)))
    table[:, 0] = in_catalogue_order(snapshots)[:, layout.places]
    table[:, 1] = reference.row[layout.places]
    table[:, 2] = found.points
    table[:, 3] = found.rule_points
    table[:, 4] = found.model_points
    explanations = []
    for row, grading in enumerate(gradings):
        # of equal points the features come by name
        order = np.lexsort((layout.by_name, -np.abs(table[row, 2])))
        names = [layout.names[place] for place in order.tolist()]
        drivers = tuple(map(_driver, zip(names, *table[row][:, order].tolist(), strict=True)))
        explanations.append(Explanation(grading, reference.blend, drivers))
    return explanations
