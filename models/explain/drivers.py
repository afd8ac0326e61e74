"""Why one grade is what it is: ``score = reference + Σ drivers + Σ adjustments``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.matrix import Floats, Snapshots
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


@dataclass(frozen=True)
class Ranked:
    """The drivers of n blends by size of their points, of equal points by name.

    Attributes
    ----------
    names : tuple of str
        The k features, in the order of an attribution.
    places : ndarray of int64, shape (n, k)
        Which of them stands at each rank.
    values : ndarray of float64, shape (n, 5, k)
        By rank what a `Driver` holds: value, reference value, points, rule and model points.
    reference : float
        Points of the reference customer.
    """

    names: tuple[str, ...]
    places: NDArray[np.intp]
    values: Floats
    reference: float


def ranked_drivers(snapshots: Snapshots, bundle: Bundle, policy: Policy) -> Ranked:
    """Return the drivers of each snapshot's blend.

    Parameters
    ----------
    snapshots : Snapshots
        What is graded.
    bundle : Bundle
        The model and the reference customer.
    policy : Policy
        Weights, curves, scale and the share of the rules.
    """
    found = attribute_to_reference(snapshots, bundle, policy)
    reference, layout = reference_of(bundle, policy), layout_of(bundle)
    table = np.empty((len(snapshots), 5, len(layout.names)))
    table[:, 0] = in_catalogue_order(snapshots)[:, layout.places]
    table[:, 1] = reference.row[layout.places]
    table[:, 2] = found.points
    table[:, 3] = found.rule_points
    table[:, 4] = found.model_points
    by_name = np.repeat(layout.by_name[None], len(table), axis=0)
    places = np.lexsort((by_name, -np.abs(table[:, 2])))
    values = table[np.arange(len(table))[:, None], :, places].transpose(0, 2, 1)
    return Ranked(layout.names, places, values, reference.blend)


def explanations_of(
    ranked: Ranked, gradings: Sequence[Grading], at_most: int | None = None
) -> list[Explanation]:
    """Return the account of each grading.

    Parameters
    ----------
    ranked : Ranked
        From `ranked_drivers` of what was graded.
    gradings : sequence of Grading
        Of the same rows.
    at_most : int, optional
        Drivers that each account keeps, the largest; without it all.
    """
    explanations = []
    places, values = ranked.places[:, :at_most].tolist(), ranked.values[:, :, :at_most].tolist()
    for grading, order, columns in zip(gradings, places, values, strict=True):
        names = [ranked.names[place] for place in order]
        drivers = tuple(map(_driver, zip(names, *columns, strict=True)))
        explanations.append(Explanation(grading, ranked.reference, drivers))
    return explanations


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
    return explanations_of(ranked_drivers(snapshots, bundle, policy), gradings)
