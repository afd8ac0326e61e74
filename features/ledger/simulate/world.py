"""The world that all customers share: the cycles of industries, and rates of exchange."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from features.ledger.simulate.arrays import Floats, dates, numbers, same_word, words
from features.ledger.simulate.assumptions import INDUSTRIES, Assumptions
from features.ledger.simulate.chance import Chance, Topic, chance_of
from features.ledger.simulate.facts import Facts, facts, told
from features.ledger.simulate.span import Span

INDUSTRY_NAMES = tuple(industry[0] for industry in INDUSTRIES)


@dataclass(frozen=True)
class World:
    """Hold what every customer lives in.

    Attributes
    ----------
    span : Span
        The months of the ledger.
    cycle : ndarray of float64, shape (industries, months)
        How well each industry does; 0 is ordinary, in units of a customer's quality.
    season : ndarray of float64, shape (industries, months)
        Volume of each month against an ordinary one.
    """

    span: Span
    cycle: Floats
    season: Floats


def world_of(span: Span, seed: int, assumed: Assumptions) -> World:
    """Return the world of a seed: one industry meets a downturn, the others drift."""
    chance = chance_of(seed, Topic.WORLD)
    cycle = memory_walk(
        chance,
        (len(INDUSTRIES), span.months),
        memory=assumed.quality.cycle_memory,
        spread=assumed.quality.cycle_spread,
    )
    hit = int(chance.generator.integers(len(INDUSTRIES)))
    cycle[hit] -= _downturn(chance, span, assumed)
    return World(span, cycle, _season(span, assumed))


def memory_walk(chance: Chance, shape: tuple[int, int], *, memory: float, spread: float) -> Floats:
    """Return AR(1) series, one per row, in their stationary distribution.

    Parameters
    ----------
    chance : Chance
        The stream to draw from.
    shape : tuple of int
        Series and months.
    memory : float
        Correlation of a month with the one before, in [0, 1).
    spread : float
        Standard deviation of every month.
    """
    steps = chance.generator.normal(0.0, spread, shape)
    steps[:, 1:] *= np.sqrt(1.0 - memory**2)
    for month in range(1, shape[1]):
        steps[:, month] += memory * steps[:, month - 1]
    return steps


def industry_scores(world: World, seed: int, assumed: Assumptions) -> pa.Table:
    """Return the monthly scores of all industries as rows of external_scores."""
    chance = chance_of(seed, Topic.OUTSIDE)
    industries, months = world.cycle.shape
    level = np.array([industry[1] for industry in INDUSTRIES])[:, None]
    score = level + assumed.outside.industry_per_cycle * world.cycle
    score += chance.generator.normal(0.0, assumed.outside.industry_noise, score.shape)
    rows = industries * months
    industry = np.repeat(np.arange(industries), months)
    published = np.tile(world.span.starts[1:] - 1, industries)
    columns = {
        "subject": same_word("industry", rows),
        "subject_id": words(industry, INDUSTRY_NAMES),
        "published_on": dates(published),
        "score": numbers(np.clip(score, 1.0, 99.0).round(1).ravel()),
        "source": same_word(assumed.outside.industry_source, rows),
    }
    return told(world.span.last_day, facts(columns, industry, published, published))


def fx_rates(world: World, seed: int, assumed: Assumptions) -> pa.Table:
    """Return monthly rates to the ledger's currency; no invoice needs them."""
    chance = chance_of(seed, Topic.RATES)
    names = tuple(name for name, _ in assumed.agreement.currencies)
    first = np.array([rate for _, rate in assumed.agreement.currencies])[:, None]
    steps = chance.generator.normal(
        0.0, assumed.agreement.rate_spread, (len(names), world.span.months)
    )
    rate = first * np.exp(np.cumsum(steps, axis=1))
    currency = np.repeat(np.arange(len(names)), world.span.months)
    published = np.tile(world.span.starts[:-1], len(names))
    columns = {
        "currency": words(currency, names),
        "published_on": dates(published),
        "rate": numbers(rate.ravel().round(4)),
    }
    rows: Facts = facts(columns, currency, published, published)
    return told(world.span.last_day, rows)


def _downturn(chance: Chance, span: Span, assumed: Assumptions) -> Floats:
    """Return how far a downturn pulls each month: a smooth dip in the middle of the span."""
    length = int(chance.whole(assumed.quality.downturn_months, 1)[0])
    start = chance.generator.uniform(0.25, 0.60) * span.months
    phase = np.clip((np.arange(span.months) - start) / length, 0.0, 1.0)
    dip: Floats = np.sqrt(np.sin(np.pi * phase).clip(0.0))
    return assumed.quality.downturn_depth * dip


def _season(span: Span, assumed: Assumptions) -> Floats:
    strength = np.array([industry[2] for industry in INDUSTRIES])[:, None]
    peak = np.array([industry[3] for industry in INDUSTRIES])[:, None]
    month = span.month_of_year[None, :]
    season: Floats = 1.0 + strength * np.cos(2.0 * np.pi * (month - peak) / 12.0)
    for place, dip in enumerate(assumed.trading.new_year_dip):
        season = np.where(month == place + 1, season * dip, season)
    return season
