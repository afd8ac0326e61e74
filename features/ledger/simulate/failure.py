"""Who fails and when: crises that end badly, crises that pass, and failures without warning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.ledger.simulate.arrays import NEVER, Flags, Floats, Ints
from features.ledger.simulate.assumptions import FailureAssumptions
from features.ledger.simulate.chance import Chance, systematic
from features.ledger.simulate.population import Population
from features.ledger.simulate.world import World

_MONTHS_OF_YEAR = 12
_HALVINGS = 60


@dataclass(frozen=True)
class Fates:
    """Hold what becomes of each customer of a chunk.

    Attributes
    ----------
    stop : ndarray of int64
        Day after which no invoice is paid any more; NEVER for who does not fail.
    shipped_until : ndarray of int64
        Day of the last order of a failed customer; NEVER for others.
    recognised : ndarray of int64
        Day the seller gives the debt up; NEVER for who does not fail.
    sudden, bust_out : ndarray of bool
        Failed without warning; bought more, not less, before it failed.
    crisis : ndarray of float64, shape (customers, months)
        Depth of the crisis from 0 (none) to 1.
    pause_from, pause_to : ndarray of int64
        Days between which a customer that recovers pays nothing; NEVER where none.
    works_out : ndarray of bool
        Whether the pause goes beyond 90 days past due before all is settled.
    """

    stop: Ints
    shipped_until: Ints
    recognised: Ints
    sudden: Flags
    bust_out: Flags
    crisis: Floats
    pause_from: Ints
    pause_to: Ints
    works_out: Flags

    @property
    def fails(self) -> Flags:
        """Tell who fails."""
        return np.asarray(self.stop != NEVER)


def fates_of(
    population: Population,
    world: World,
    quality: Floats,
    *,
    chance: Chance,
    assumed: FailureAssumptions,
) -> Fates:
    """Return who fails, and every crisis on the way.

    The yearly rate of failure is that of the assumptions in every chunk, and who and when
    follow from the quality: a chunk of bad customers does not fail more often as a whole,
    but within it the bad ones do.
    """
    rows, months = len(population), world.span.months
    hazard, sudden_hazard = _hazards(population, world, quality, assumed)
    warned, unwarned = _first_month(hazard, chance), _first_month(sudden_hazard, chance)
    sudden, month = unwarned < warned, np.minimum(warned, unwarned)
    fails = month < months
    day = world.span.day(np.minimum(month, months - 1), chance.generator.random(rows))
    crisis, ends = _crises(hazard, month, fails & ~sudden, chance=chance, assumed=assumed)
    heard_of = (np.arange(months) > month[:, None]) & sudden[:, None]
    pause_from, pause_to, works_out = _pauses(ends, world, chance=chance, assumed=assumed)
    given_up = np.where(
        sudden,
        chance.whole(assumed.sudden_bad_debt_days, rows),
        chance.whole(assumed.bad_debt_days, rows),
    )
    shipped = chance.whole((0, assumed.shipped_after_days), rows)
    crisis = np.where(heard_of, assumed.sudden_after, crisis)
    return Fates(
        stop=np.where(fails, day, NEVER),
        shipped_until=np.where(fails, day + shipped, NEVER),
        recognised=np.where(fails, day + given_up, NEVER),
        sudden=sudden,
        bust_out=chance.happens(assumed.bust_out, rows) & fails & ~sudden,
        crisis=crisis,
        pause_from=pause_from,
        pause_to=pause_to,
        works_out=works_out,
    )


def _hazards(
    population: Population, world: World, quality: Floats, assumed: FailureAssumptions
) -> tuple[Floats, Floats]:
    """Return the monthly chances to fail after a crisis, and to fail without one."""
    at_risk = _at_risk(population, world, assumed)
    wanted = assumed.yearly * float(at_risk.sum()) / _MONTHS_OF_YEAR
    unwarned = wanted * assumed.sudden_share
    hazard = _hazard(quality, at_risk, wanted - unwarned, assumed)
    return hazard, _sudden_hazard(quality, at_risk, unwarned, assumed)


def _at_risk(population: Population, world: World, assumed: FailureAssumptions) -> Flags:
    month = np.arange(world.span.months)
    first = population.arrival + np.where(population.arrival > 0, assumed.spared_months, 0)
    return (month >= first[:, None]) & (month < population.departure[:, None])


def _hazard(quality: Floats, at_risk: Flags, wanted: float, assumed: FailureAssumptions) -> Floats:
    """Return the monthly chance to fail after a crisis, in all as many as wanted."""
    relative = np.where(at_risk, np.exp(-assumed.slope * quality), 0.0)
    relative[:, : assumed.early_months] *= assumed.early_times
    low, high = 1e-9, 1.0
    for _ in range(_HALVINGS):
        middle = np.sqrt(low * high)
        expected = _first_chance(np.minimum(relative * middle, assumed.highest_monthly)).sum()
        low, high = (middle, high) if expected < wanted else (low, middle)
    return np.minimum(relative * low, assumed.highest_monthly)


def _sudden_hazard(
    quality: Floats, at_risk: Flags, wanted: float, assumed: FailureAssumptions
) -> Floats:
    weight = np.where(quality > 0.0, 1.0, assumed.sudden_poor_weight) * at_risk
    total = max(float(weight.sum()), 1.0)
    return np.asarray(weight * (wanted / total))


def _first_chance(hazard: Floats) -> Floats:
    """Return the chance of each month to be the first with an event."""
    alive = np.cumprod(1.0 - hazard, axis=1)
    before = np.hstack([np.ones((len(hazard), 1)), alive[:, :-1]])
    return hazard * before


def _first_month(hazard: Floats, chance: Chance) -> Ints:
    """Return the month of the first event of each customer, or the number of months."""
    happens = systematic(_first_chance(hazard), float(chance.generator.random()))
    first: Ints = happens.argmax(axis=1).astype(np.int64)
    return np.where(happens.any(axis=1), first, np.int64(hazard.shape[1]))


def _crises(
    hazard: Floats, stop_month: Ints, warned: Flags, *, chance: Chance, assumed: FailureAssumptions
) -> tuple[Floats, Ints]:
    """Return the depth of crisis by month, and the last month of a crisis that passed."""
    passing = hazard * (1.0 - assumed.crisis_failing) / assumed.crisis_failing
    who, end = np.nonzero(chance.generator.random(hazard.shape) < passing)
    failing = np.flatnonzero(warned)
    depth = np.zeros(hazard.shape)
    _deepen(depth, who, end, peak=assumed.recovering_peak, chance=chance, assumed=assumed)
    for month in range(1, hazard.shape[1]):  # a crisis that passes leaves its trace
        faded = assumed.recovery_memory * depth[:, month - 1]
        depth[:, month] = np.maximum(depth[:, month], faded)
    ends = np.full(len(hazard), NEVER, dtype=np.int64)
    before = end < stop_month[who]
    ends[who[before]] = end[before]
    last = stop_month[failing]
    _deepen(depth, failing, last, peak=assumed.failing_peak, chance=chance, assumed=assumed)
    after = np.arange(hazard.shape[1]) > np.where(warned, stop_month, NEVER)[:, None]
    at_stop = depth[np.arange(len(depth)), np.minimum(stop_month, hazard.shape[1] - 1)]
    return np.where(after, at_stop[:, None], depth), ends


def _deepen(
    depth: Floats,
    who: Ints,
    end: Ints,
    *,
    peak: tuple[float, float],
    chance: Chance,
    assumed: FailureAssumptions,
) -> None:
    """Let crises build up in a straight line to their end month."""
    length = chance.whole(assumed.crisis_months, len(who))
    height = chance.beta(peak, len(who))
    for back in range(assumed.crisis_months[1]):
        month = end - back
        there = (month >= 0) & (back < length)
        level = height * (1.0 - back / length)
        np.maximum.at(depth, (who[there], month[there]), level[there])


def _pauses(
    ends: Ints, world: World, *, chance: Chance, assumed: FailureAssumptions
) -> tuple[Ints, Ints, Flags]:
    """Return from when to when customers in a passing crisis pay nothing."""
    rows = len(ends)
    pauses = (ends != NEVER) & chance.happens(assumed.pause_share, rows)
    start = world.span.day(np.where(pauses, ends, 0), chance.generator.random(rows))
    works_out = pauses & chance.happens(assumed.workout_share, rows)
    length = np.where(
        works_out, chance.whole(assumed.workout_days, rows), chance.whole(assumed.pause_days, rows)
    )
    return np.where(pauses, start, NEVER), np.where(pauses, start + length, NEVER), works_out
