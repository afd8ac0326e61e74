"""The hidden quality of customers: lasting, drifting, shocked, and carried by the industry."""

from __future__ import annotations

import numpy as np

from features.ledger.simulate.arrays import Floats
from features.ledger.simulate.assumptions import QualityAssumptions
from features.ledger.simulate.chance import Chance
from features.ledger.simulate.population import Population
from features.ledger.simulate.world import World, memory_walk


def quality_of(
    population: Population, world: World, *, chance: Chance, assumed: QualityAssumptions
) -> Floats:
    """Return the quality of every customer in every month.

    Returns
    -------
    ndarray of float64, shape (customers, months)
        0 is ordinary, higher is better, about 1.1 is one standard deviation; no table
        holds it, everything else follows from it.
    """
    shape = (len(population), world.span.months)
    permanent = _permanent(population, chance=chance, assumed=assumed)
    drift = memory_walk(chance, shape, memory=assumed.drift_memory, spread=assumed.drift_spread)
    shocks = _shocks(shape, chance=chance, assumed=assumed)
    quality = permanent[:, None] + drift + shocks + world.cycle[population.industry]
    return np.clip(quality, -assumed.extreme, assumed.extreme)


def _permanent(population: Population, *, chance: Chance, assumed: QualityAssumptions) -> Floats:
    """Return what lasts; the members of a group share a part of it."""
    own = chance.spread(1.0, len(population))
    common = chance.spread(1.0, len(population))[population.group]
    share = np.where(population.group > 0, assumed.group_share, 0.0)
    return assumed.permanent_spread * (np.sqrt(1.0 - share) * own + np.sqrt(share) * common)


def _shocks(shape: tuple[int, int], *, chance: Chance, assumed: QualityAssumptions) -> Floats:
    """Return sudden blows that fade by and by."""
    struck = chance.generator.random(shape) < assumed.shock_monthly
    blows = np.where(struck, -chance.generator.exponential(assumed.shock_mean, shape), 0.0)
    for month in range(1, shape[1]):
        blows[:, month] += assumed.shock_memory * blows[:, month - 1]
    return blows
