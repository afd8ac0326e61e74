"""A change of a grade, exactly: data, model, policy, then the differences of the adjustments.

The first three blocks are the order-free Shapley values of the change of the blend over
(features, bundle, policy): all eight corners are graded. Data is split per feature by
baseline Shapley values with the earlier snapshot as the background, averaged over the same
orders.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from features.matrix import Floats, Snapshots
from models.adjustments import KINDS
from models.bundle import Bundle
from models.explain.attribution import attribute
from models.grading import Grading, blend_of
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


@dataclass(frozen=True)
class MovedFeature:
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
    sides = (before, after)
    return {
        (d, m, p): blend_of(sides[d].snapshots, sides[m].bundle, sides[p].policy).score
        for d, m, p in product((0, 1), repeat=3)
    }


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


def _data(before: Side, after: Side) -> list[tuple[MovedFeature, ...]]:
    sides = (before, after)
    weights = _merged_orders(before, after)
    rule_points: dict[str, Floats] = {}
    model_points: dict[str, Floats] = {}
    for (m, p), share in weights.items():
        part = attribute(after.snapshots, before.snapshots, sides[m].bundle, sides[p].policy)
        for place, name in enumerate(part.names):
            zero = np.zeros(len(part.points))
            rule_points[name] = rule_points.get(name, zero) + share * part.rule_points[:, place]
            model_points[name] = model_points.get(name, zero) + share * part.model_points[:, place]
    return [
        _features_of(before.snapshots, after.snapshots, row, rule_points, model_points)
        for row in range(len(after.snapshots))
    ]


def _merged_orders(before: Side, after: Side) -> dict[tuple[int, int], float]:
    """Return the corners' shares, equal corners counted once."""
    same_model = before.bundle.model_version == after.bundle.model_version
    same_policy = before.policy.sha256 == after.policy.sha256
    merged: dict[tuple[int, int], float] = {}
    for (m, p), share in _ORDERS.items():
        corner = (0 if same_model else m, 0 if same_policy else p)
        merged[corner] = merged.get(corner, 0.0) + share
    if same_model and same_policy:
        return {(0, 0): 1.0}
    return merged


def _features_of(
    before: Snapshots,
    after: Snapshots,
    row: int,
    rule_points: dict[str, Floats],
    model_points: dict[str, Floats],
) -> tuple[MovedFeature, ...]:
    features = [
        MovedFeature(
            feature=name,
            before=float(before.column(name)[row]),
            after=float(after.column(name)[row]),
            points=float(rule_points[name][row] + model_points[name][row]),
            rule_points=float(rule_points[name][row]),
            model_points=float(model_points[name][row]),
        )
        for name in rule_points
    ]
    features.sort(key=lambda f: (-abs(f.points), f.feature))
    return tuple(features)


def _line(grading: Grading, kind: str) -> float:
    return sum((line.points for line in grading.adjustments if line.kind == kind), 0.0)
