"""Random numbers: one stream per chunk of customers and topic, so that topics do not disturb."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from features.ledger.simulate.arrays import Flags, Floats, Ints


class Topic(IntEnum):
    """What a stream is drawn for; the numbers are part of every ledger's identity."""

    WORLD = 0
    POPULATION = 1
    QUALITY = 2
    FAILURE = 3
    ORDERS = 4
    INVOICES = 5
    PAYMENTS = 6
    LOSSES = 7
    COURTS = 8
    OUTSIDE = 9
    SIGNALS = 10
    LIMITS = 11
    CORRECTIONS = 12
    GUARANTEES = 13
    CONTRACTS = 14
    RECOVERIES = 15
    COVERAGE = 16
    RATES = 17


@dataclass(frozen=True)
class Chance:
    """Draw what the simulation needs from one generator."""

    generator: np.random.Generator

    def happens(self, probability: Floats | float, rows: int) -> Flags:
        """Return whether events of these probabilities happen."""
        return self.generator.random(rows) < probability

    def whole(self, bounds: tuple[int, int], rows: int) -> Ints:
        """Return whole numbers from the lower to the upper bound, both included."""
        return self.generator.integers(bounds[0], bounds[1] + 1, rows)

    def between(self, bounds: tuple[float, float], rows: int) -> Floats:
        """Return numbers spread evenly between two bounds."""
        return self.generator.uniform(bounds[0], bounds[1], rows)

    def beta(self, shape: tuple[float, float], rows: int) -> Floats:
        """Return shares between 0 and 1 from a Beta distribution."""
        return self.generator.beta(shape[0], shape[1], rows)

    def spread(self, deviation: float, rows: int) -> Floats:
        """Return normal numbers around 0."""
        return self.generator.normal(0.0, deviation, rows)

    def one_of(self, shares: tuple[float, ...], rows: int) -> Ints:
        """Return places drawn by their shares."""
        edges = np.cumsum(shares)[:-1]
        return np.searchsorted(edges, self.generator.random(rows), side="right")

    def lag(self, share: float, bounds: tuple[int, int], rows: int) -> Ints:
        """Return days of delay: some between the bounds for a share of the rows, else 0."""
        return np.where(self.happens(share, rows), self.whole(bounds, rows), 0)


def chance_of(seed: int, topic: Topic, *, chunk: int = 0) -> Chance:
    """Return the stream of a topic; chunks of customers count from 1, 0 is the world's."""
    sequence = np.random.SeedSequence(seed, spawn_key=(chunk, int(topic)))
    return Chance(np.random.Generator(np.random.PCG64(sequence)))


def systematic(probability: Floats, start: float) -> Flags:
    """Return events with these probabilities whose number hardly varies.

    Systematic sampling: every whole step of the running sum, from a random start, is one
    event. Each element keeps its own probability, and the total is its expectation, rounded
    up or down.

    Parameters
    ----------
    probability : ndarray of float64
        Chance of each element, at most 1.
    start : float
        A random number in [0, 1).

    Examples
    --------
    >>> systematic(np.full(10, 0.2), 0.5).sum()
    np.int64(2)
    """
    steps = np.floor(np.cumsum(probability.ravel()) + start)
    return (np.diff(steps, prepend=np.floor(start)) > 0).reshape(probability.shape)
