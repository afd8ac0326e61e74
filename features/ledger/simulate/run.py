"""Simulate a seller: check what is asked, draw chunk by chunk, write as we go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from features.errors import UsageError
from features.ledger.simulate.assumptions import (
    ASSUMED,
    CHUNK_CUSTOMERS,
    LONGEST_MONTHS,
    MOST_CUSTOMERS,
)
from features.ledger.simulate.chunk import tables_of
from features.ledger.simulate.setting import setting_of
from features.ledger.simulate.span import span_of
from features.ledger.simulate.world import fx_rates, industry_scores, world_of
from features.ledger.simulate.write import new_ledger


def simulate(
    customers: int,
    months: int,
    seed: int,
    out: Path,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write the ledger of a made-up seller: all tables, the same bytes for the same arguments.

    Parameters
    ----------
    customers : int
        How many, 1 to 9,999,999; memory does not grow with them.
    months : int
        Length of the ledger, 1 to 240; it ends on 2025-12-31 whatever the day of the run.
    seed : int
        Any whole number from 0 on.
    out : Path
        Folder to make, or an empty one: one Parquet file per table.
    progress : callable, optional
        Called with the customers done and their total, from time to time.

    Raises
    ------
    UsageError
        If a number lies outside its range, or ``out`` is not empty.
    """
    _refuse_outside("--customers", customers, (1, MOST_CUSTOMERS))
    _refuse_outside("--months", months, (1, LONGEST_MONTHS))
    _refuse_outside("--seed", seed, (0, None))
    world = world_of(span_of(months), seed, ASSUMED)
    with new_ledger(out) as ledger:
        for chunk, first in enumerate(range(0, customers, CHUNK_CUSTOMERS), start=1):
            last = min(first + CHUNK_CUSTOMERS, customers)
            number = np.arange(first + 1, last + 1)
            setting = setting_of(number, world, chunk=chunk, seed=seed, assumed=ASSUMED)
            ledger.append(tables_of(setting))
            if progress is not None:
                progress(last, customers)
        ledger.append(
            {
                "external_scores": industry_scores(world, seed, ASSUMED),
                "fx_rates": fx_rates(world, seed, ASSUMED),
            }
        )


def _refuse_outside(option: str, value: int, bounds: tuple[int, int | None]) -> None:
    low, high = bounds
    if value < low or (high is not None and value > high):
        span = f"from {low} on" if high is None else f"from {low} to {high:,}"
        message = f"{option} is {value}, but must be a whole number {span}."
        raise UsageError(message)
