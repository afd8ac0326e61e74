"""A change of a grade, exactly: data, model, policy, then the differences of the adjustments.

The first three blocks are the order-free Shapley values of the change of the blend over
(features, bundle, policy): all eight corners are graded. Data is split per feature by
baseline Shapley values with the earlier snapshot as the background, averaged over the same
orders.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import NamedTuple

import numpy as np

from features.catalogue import FEATURE_NAMES
from features.matrix import Floats, Snapshots
from models.adjustments import KINDS
from models.bundle import Bundle
from models.explain.attribution import attribute, layout_of
from models.grading import Grading, blend_of, in_catalogue_order
from models.policy.sections import Policy

BLOCKS = ("data", "model", "policy", *KINDS)
# share of the orders in which the data moves at a corner of (model, policy)
_ORDERS = {(0, 0): 1 / 3, (0, 1): 1 / 6, (1, 0): 1 / 6, (1, 1): 1 / 3}


@dataclass(frozen=True)
class Side:
    """One end of a change: the snapshots and what graded them."""

    snapshots: Snapshots
    bundle: Bundle
    policy: Policy


class MovedFeature(NamedTuple):
    """The points that one feature's movement gives the data block."""

    feature: str
    before: float
    after: float
    points: float
    rule_points: float
    model_points: float


@dataclass(frozen=True)
class Change:
    """The exact account of the difference between two gradings of one customer.

    Attributes
    ----------
    blocks : dict of str to float
        Points of each of ``BLOCKS``; they add up to the difference of the scores.
    features : tuple of MovedFeature
        By size of points; they add up to ``blocks["data"]``.
    """

    before: Grading
    after: Grading
    blocks: dict[str, float]
    features: tuple[MovedFeature, ...]


def changes(
    before: Side, after: Side, gradings: tuple[list[Grading], list[Grading]]
) -> list[Change]:
    """Return the account of each customer's change.

    Parameters
    ----------
    before, after : Side
        Snapshots of the same customers in the same order, with bundle and policy.
    gradings : tuple of two lists of Grading
        What `grade_snapshots` gave for each side, the later with the earlier's grades
        before override as its prior grades.
    """
    corners = _corners(before, after)
    data = _data(before, after)
    found = []
    for row, (first, second) in enumerate(zip(*gradings, strict=True)):
        blend = {corner: float(scores[row]) for corner, scores in corners.items()}
        blocks = dict(zip(("data", "model", "policy"), _shapley(blend, before, after), strict=True))
        features = data[row]
        # the features' points say the data block to the last bit
        blocks["data"] = sum(f.points for f in features)
        for kind in KINDS:
            blocks[kind] = _line(second, kind) - _line(first, kind)
        found.append(Change(first, second, blocks, features))
    return found


def _corners(before: Side, after: Side) -> dict[tuple[int, int, int], Floats]:
    """Return the blends of all eight corners; those that are the same are worked out once."""
    sides = (before, after)
    found: dict[tuple[int, int, int], Floats] = {}
    corner_of = _merged(before, after)
    for d, m, p in product((0, 1), repeat=3):
        same = d, *corner_of(m, p)
        if same not in found:
            of, by = sides[same[1]], sides[same[2]]
            found[same] = blend_of(sides[d].snapshots, of.bundle, by.policy).score
        found[d, m, p] = found[same]
    return found


def _merged(before: Side, after: Side) -> Callable[[int, int], tuple[int, int]]:
    """Return what takes a corner of (model, policy) to the first that is the same."""
    same_model = before.bundle.model_version == after.bundle.model_version
    same_policy = before.policy.sha256 == after.policy.sha256
    return lambda m, p: (0 if same_model else m, 0 if same_policy else p)


def _shapley(
    blend: dict[tuple[int, int, int], float], before: Side, after: Side
) -> tuple[float, float, float]:
    data = sum(share * (blend[1, m, p] - blend[0, m, p]) for (m, p), share in _ORDERS.items())
    model = 0.0
    if before.bundle.model_version != after.bundle.model_version:
        model = sum(share * (blend[d, 1, p] - blend[d, 0, p]) for (d, p), share in _ORDERS.items())
    policy = 0.0
    if before.policy.sha256 != after.policy.sha256:
        policy = sum(share * (blend[d, m, 1] - blend[d, m, 0]) for (d, m), share in _ORDERS.items())
    return data, model, policy


# as MovedFeature._make, without a call of Python's for each of the many
_moved_feature = partial(tuple.__new__, MovedFeature)


def _data(before: Side, after: Side) -> list[tuple[MovedFeature, ...]]:
    """Return the points that each feature's movement gives, the largest first, then by name."""
    names, rule_points, model_points = _points(before, after)
    table = np.empty((len(after.snapshots), 5, len(names)))
    places = [FEATURE_NAMES.index(name) for name in names]
    for place, side in enumerate((before, after)):
        table[:, place] = in_catalogue_order(side.snapshots)[:, places]
    table[:, 2] = rule_points + model_points
    table[:, 3], table[:, 4] = rule_points, model_points
    by_name = np.argsort(np.argsort(names))
    found = []
    for row in table:
        order = np.lexsort((by_name, -np.abs(row[2])))
        chosen = [names[place] for place in order.tolist()]
        found.append(tuple(map(_moved_feature, zip(chosen, *row[:, order].tolist(), strict=True))))
    return found


def _points(before: Side, after: Side) -> tuple[list[str], Floats, Floats]:
    """Return the features of either bundle, and the points of rules and model, (n, features)."""
    sides = (before, after)
    names = list(dict.fromkeys(name for side in sides for name in layout_of(side.bundle).names))
    column = {name: place for place, name in enumerate(names)}
    rule_points, model_points = (np.zeros((len(after.snapshots), len(names))) for _ in sides)
    for (m, p), share in _merged_orders(before, after).items():
        part = attribute(after.snapshots, before.snapshots, sides[m].bundle, sides[p].policy)
        places = [column[name] for name in part.names]
        rule_points[:, places] += share * part.rule_points
        model_points[:, places] += share * part.model_points
    return names, rule_points, model_points


def _merged_orders(before: Side, after: Side) -> dict[tuple[int, int], float]:
    """Return the corners' shares, equal corners counted once."""
    corner_of = _merged(before, after)
    if corner_of(1, 1) == (0, 0):
        return {(0, 0): 1.0}
    merged: dict[tuple[int, int], float] = {}
    for (m, p), share in _ORDERS.items():
        corner = corner_of(m, p)
        merged[corner] = merged.get(corner, 0.0) + share
    return merged


def _line(grading: Grading, kind: str) -> float:
    return sum((line.points for line in grading.adjustments if line.kind == kind), 0.0)
