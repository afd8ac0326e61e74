"""The features, drawn: small ledgers and what each feature must be as of a day."""

import math
from pathlib import Path

import pytest

from features.catalogue import FEATURE_NAMES
from features.ledger.open import open_ledger
from features.snapshot import snapshots
from tests.drawn import write_ledger
from tests.spec.books import D, Story
from tests.spec.cases import CASES, STORIES
from tests.spec.together import differences, pairs_of

__all__ = ["CASES", "D"]  # an engine's own tests draw on them too


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_features_as_drawn(tmp_path: Path, story: Story) -> None:
    with open_ledger(write_ledger(tmp_path, **story.whole)) as ledger:
        rows = snapshots(ledger, pairs_of((story.customer, day) for day in story.days))
        found = {day: rows.row(place) for place, day in enumerate(story.days)}
    assert differences(story, found) == {}


def test_every_feature_is_drawn_with_two_values() -> None:
    drawn: dict[str, set[float | None]] = {name: set() for name in FEATURE_NAMES}
    for story in STORIES.values():
        for expected in story.days.values():
            for name, value in expected.items():
                drawn[name].add(value if value is None else round(float(value), 9))
    assert [name for name, values in drawn.items() if len(values) < 2] == []


def test_a_difference_is_told_and_nothing_else() -> None:
    story = Story({}, {D: {"a": 1, "b": None, "c": 1 / 3, "d": 2, "e": None}})
    found = {D: {"a": 1.0, "b": math.nan, "c": 1 / 3 + 1e-15, "d": math.nan, "e": 0.0}}
    assert differences(story, found) == {f"{D} d": "nan, not 2", f"{D} e": "0.0, not None"}
