"""What a chunk of customers lives through: the causes that every table is drawn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.ledger.simulate.arrays import Floats, Ints
from features.ledger.simulate.assumptions import Assumptions
from features.ledger.simulate.chance import Chance, Topic, chance_of
from features.ledger.simulate.failure import Fates, fates_of
from features.ledger.simulate.population import Population, population_of
from features.ledger.simulate.quality import quality_of
from features.ledger.simulate.span import Span
from features.ledger.simulate.world import World


@dataclass(frozen=True)
class Setting:
    """Hold the causes behind the rows of a chunk.

    Attributes
    ----------
    chunk : int
        Which chunk, from 1; with the seed and the topic it names the streams of chance.
    seed : int
        The seed of the ledger.
    assumed : Assumptions
        The numbers that relate causes and rows.
    world : World
        What all chunks share.
    population : Population
        Lasting traits of the customers.
    quality : ndarray of float64, shape (customers, months)
        How good each customer is in each month.
    fates : Fates
        Who fails, and every crisis.
    """

    chunk: int
    seed: int
    assumed: Assumptions
    world: World
    population: Population
    quality: Floats
    fates: Fates

    @property
    def span(self) -> Span:
        """Return the months of the ledger."""
        return self.world.span

    def chance(self, topic: Topic) -> Chance:
        """Return the chunk's stream for a topic."""
        return chance_of(self.seed, topic, chunk=self.chunk)

    def at(self, customer: Ints, days: Ints) -> tuple[Floats, Floats]:
        """Return quality and depth of crisis of customers on days."""
        month = self.span.month(days)
        return self.quality[customer, month], self.fates.crisis[customer, month]

    def customer_months(self) -> tuple[Ints, Ints]:
        """Return customer and month of every month from a customer's arrival on."""
        months = np.arange(self.span.months)
        customer, month = np.nonzero(months >= self.population.arrival[:, None])
        return customer.astype(np.int64), month.astype(np.int64)


def setting_of(
    number: Ints, world: World, *, chunk: int, seed: int, assumed: Assumptions
) -> Setting:
    """Return the causes for the customers with these numbers."""
    population = population_of(
        number,
        world.span,
        chance=chance_of(seed, Topic.POPULATION, chunk=chunk),
        assumed=assumed.population,
        taste=assumed.payment.late_taste,
    )
    quality = quality_of(
        population,
        world,
        chance=chance_of(seed, Topic.QUALITY, chunk=chunk),
        assumed=assumed.quality,
    )
    fates = fates_of(
        population,
        world,
        quality,
        chance=chance_of(seed, Topic.FAILURE, chunk=chunk),
        assumed=assumed.failure,
    )
    return Setting(chunk, seed, assumed, world, population, quality, fates)
