"""Points of the blend per feature, for pairs of snapshots: the model's part and the rules'."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.matrix import Floats, Snapshots
from models.bundle import Bundle
from models.explain.shapley import rule_values, tree_values
from models.policy.sections import Policy
from models.rules import RULE_INPUTS


@dataclass(frozen=True)
class Attribution:
    """Points per feature, each array of shape (n, len(names)).

    Attributes
    ----------
    names : tuple of str
        The bundle's features, then the rule inputs that the bundle does not use.
    """

    names: tuple[str, ...]
    rule_points: Floats
    model_points: Floats

    @property
    def points(self) -> Floats:
        """Points of the blend."""
        return self.rule_points + self.model_points


def attribute(x: Snapshots, z: Snapshots, bundle: Bundle, policy: Policy) -> Attribution:
    """Return how the blend of each x differs from that of its z, per feature.

    Parameters
    ----------
    x, z : Snapshots
        The same number of rows; row i of x is explained against row i of z.
    bundle : Bundle
        The model, and the book of the rules.
    policy : Policy
        Weights, curves, scale and the share of the rules.
    """
    names = attributed_names(bundle)
    rule_points = np.zeros((len(x), len(names)))
    model_points = np.zeros((len(x), len(names)))
    w = policy.blend.rule_weight
    own = [names.index(name) for name in RULE_INPUTS]
    rule_points[:, own] = w * rule_values(
        {name: x.column(name) for name in RULE_INPUTS},
        {name: z.column(name) for name in RULE_INPUTS},
        bundle.book,
        policy,
    )
    model = bundle.probability
    per_margin = (1 - w) * policy.point_scale(bundle.horizon_days).slope * model.calibration.slope
    xs = model.prepare(x.select(bundle.feature_names).values)
    zs = model.prepare(z.select(bundle.feature_names).values)
    for row in range(len(x)):
        values = tree_values(model.leaves, xs[row], zs[row])
        # adding zero turns the −0.0 of a feature that did not move into 0.0
        model_points[row, : len(bundle.feature_names)] = per_margin * values + 0.0
    return Attribution(names, rule_points, model_points)


def attributed_names(bundle: Bundle) -> tuple[str, ...]:
    """Return the features that a blend can depend on."""
    others = (name for name in RULE_INPUTS if name not in bundle.feature_names)
    return (*bundle.feature_names, *others)
