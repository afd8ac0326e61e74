"""The drawn cases in one ledger, so that an engine answers them all with one query."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from features.ledger.open import open_ledger
from features.ledger.tables import TABLES
from features.snapshot import Pairs
from tests.drawn import write_ledger
from tests.properties.ledgers import Tables, renamed
from tests.spec.books import Story
from tests.spec.engines import Compute

Values = dict[tuple[str, str], dict[str, float]]


def answers(compute: Compute, stories: Mapping[str, Story], folder: Path) -> Values:
    """Return (case, day) → the features of the case's customer.

    The cases that speak of a table the ledger lacks share a ledger with those that lack the
    same; all others stand in one, each under names of its own.
    """
    groups: dict[tuple[str, ...], dict[str, Story]] = {}
    for name, story in stories.items():
        lacks = tuple(sorted(set(TABLES) - set(story.whole))) if story.alone else ()
        groups.setdefault(lacks, {})[name] = story
    found: Values = {}
    for place, group in enumerate(groups.values()):
        found |= _of_one_ledger(compute, group, folder / f"ledger{place}")
    return found


def _of_one_ledger(compute: Compute, stories: Mapping[str, Story], folder: Path) -> Values:
    marks = {name: f"@{place}" for place, name in enumerate(stories)}
    tables: Tables = {}
    for name, story in stories.items():
        for table, rows in renamed(dict(story.whole), marks[name]).items():
            tables.setdefault(table, []).extend(rows)
    asked = [(name, day) for name, story in stories.items() for day in story.days]
    with open_ledger(write_ledger(folder, **tables)) as ledger:
        found = compute(ledger, pairs_of((stories[n].customer + marks[n], d) for n, d in asked))
        return {key: found.row(place) for place, key in enumerate(asked)}


def pairs_of(wanted: Iterable[tuple[str, str]]) -> Pairs:
    """Return pairs of ISO text as the engines take them."""
    pairs = list(wanted)
    return [c for c, _ in pairs], np.array([d for _, d in pairs], dtype="datetime64[D]")


def differences(story: Story, found: Mapping[str, Mapping[str, float]]) -> dict[str, str]:
    """Return "day feature" → "what it is, not what it must be", nothing where all is as drawn."""
    told = {}
    for day, expected in story.days.items():
        for feature, value in expected.items():
            seen = found[day][feature]
            wanted = math.nan if value is None else float(value)
            both_unknown = math.isnan(seen) and math.isnan(wanted)
            if not (both_unknown or math.isclose(seen, wanted, rel_tol=1e-12, abs_tol=1e-12)):
                told[f"{day} {feature}"] = f"{seen}, not {value}"
    return told
