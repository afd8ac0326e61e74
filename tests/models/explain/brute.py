"""Shapley values by their definition, for tests."""

from collections.abc import Callable
from itertools import combinations
from math import factorial

import numpy as np

from features.matrix import Floats
from models.explain.shapley import moved


def brute_force(value: Callable[[Floats], float], x: Floats, z: Floats) -> Floats:
    """Return the Shapley values by the definition, over the features that moved."""
    players = np.flatnonzero(moved(x, z)).tolist()
    n = len(players)
    found = np.zeros(len(x))
    known: dict[tuple[int, ...], float] = {}

    def worth(coalition: tuple[int, ...]) -> float:
        if coalition not in known:
            row = z.copy()
            row[list(coalition)] = x[list(coalition)]
            known[coalition] = value(row)
        return known[coalition]

    for player in players:
        others = [p for p in players if p != player]
        for size in range(n):
            share = factorial(size) * factorial(n - size - 1) / factorial(n)
            for coalition in combinations(others, size):
                joined = tuple(sorted((*coalition, player)))
                found[player] += share * (worth(joined) - worth(coalition))
    return found
