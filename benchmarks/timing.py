"""Times of several ways to do one thing, taken in turns."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping

Note = Callable[[str], None]
Times = dict[str, list[float]]


def interleaved(ways: Mapping[str, Callable[[], object]], *, rounds: int, note: Note) -> Times:
    """Return the seconds of every round of every way.

    One round runs each way once, so that what else the machine does falls on all of them
    alike; every other round runs them in the opposite order. With more than one round the
    first is preceded by one that is not counted.
    """
    times: Times = {name: [] for name in ways}
    if rounds > 1:
        note("  a round to warm up, not counted")
        for way in ways.values():
            way()
    for turn in range(rounds):
        note(f"  round {turn + 1} of {rounds}")
        for name in list(ways)[:: 1 if turn % 2 == 0 else -1]:
            gc.collect()
            begun = time.perf_counter()
            ways[name]()
            times[name].append(time.perf_counter() - begun)
    return times


def median(seconds: list[float]) -> float:
    """Return the median."""
    return statistics.median(seconds)
