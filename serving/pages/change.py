"""What changed between two grades: the sentence, the blocks, the features and their rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from features.catalogue import FEATURES
from models.document import change_document
from models.explain.change import MovedFeature
from models.explain.told import ToldChange
from models.explain.words import KINDS, label
from serving.pages.evidence import Rows, rows_shown
from serving.pages.known import value_shown
from serving.pages.waterfall import told_points
from serving.pages.words import Words

SHOWN_FEATURES = 12
SHOWN_ROWS = 20


@dataclass(frozen=True)
class BlockShown:
    """A block of a change in hundredths of a point; all of them add up to the change."""

    title: str
    points: Decimal


@dataclass(frozen=True)
class MovedShown:
    """A feature that moved the points: its values, its points, the rows that came or went.

    Attributes
    ----------
    rule_points, model_points : float
        What the rules and what the model make of it; together its points.
    shown, total : int
        Rows here, and rows in all.
    """

    title: str
    before: str
    after: str
    points: Decimal
    rule_points: float
    model_points: float
    tables: tuple[Rows, ...]
    shown: int
    total: int


@dataclass(frozen=True)
class ChangeShown:
    """The account of a change as a page tells it.

    Attributes
    ----------
    data : Decimal
        The block of the data; ``features`` and ``rest`` add up to it.
    rest : Decimal or None
        What the features without a row of their own give together; None where there are none.
    """

    first: date
    last: date
    grades: tuple[str, str]
    scores: tuple[Decimal, Decimal]
    sentence: str
    blocks: list[BlockShown]
    data: Decimal
    features: list[MovedShown]
    others: int
    rest: Decimal | None


def change_shown(told: ToldChange, words: Words, currency: str | None) -> ChangeShown:
    """Return what a page tells of a change.

    Parameters
    ----------
    told : ToldChange
        From `serving.grades.changes.change_of`.
    words : Words
        The reader's.
    currency : str or None
        Of the amounts.
    """
    change = told.change
    kinds = [kind for kind, points in change.blocks.items() if points != 0]
    points = told_points(
        change.before.score, [change.blocks[kind] for kind in kinds], change.after.score
    )
    blocks = dict(zip(kinds, points[1:-1], strict=True))
    data = blocks.get("data", Decimal("0.00"))
    moved = [feature for feature in change.features if feature.points != 0]
    shown, hidden = moved[:SHOWN_FEATURES], moved[SHOWN_FEATURES:]
    parts = [f.points for f in shown] + ([sum(f.points for f in hidden)] if hidden else [])
    features = told_points(0.0, parts, float(data), slack=len(shown) if hidden else None)[1:-1]
    rows = {f["feature"]: f["evidence"] for f in change_document(told)["features"]}
    return ChangeShown(
        first=change.before.as_of,
        last=change.after.as_of,
        grades=(change.before.notch, change.after.notch),
        scores=(points[0], points[-1]),
        sentence=told.sentence.of(words.language),
        blocks=[BlockShown(KINDS[kind].of(words.language), blocks[kind]) for kind in kinds],
        data=data,
        features=[
            _moved(feature, tenths, rows[feature.feature], words, currency)
            for feature, tenths in zip(shown, features, strict=False)
        ],
        others=len(hidden),
        rest=features[-1] if hidden else None,
    )


def _moved(
    moved: MovedFeature,
    points: Decimal,
    rows: Sequence[dict[str, Any]],
    words: Words,
    currency: str | None,
) -> MovedShown:
    entry = FEATURES[moved.feature]
    return MovedShown(
        title=label(moved.feature).of(words.language),
        before=value_shown(entry, moved.before, words, currency),
        after=value_shown(entry, moved.after, words, currency),
        points=points,
        rule_points=moved.rule_points,
        model_points=moved.model_points,
        tables=rows_shown(rows[:SHOWN_ROWS], words),
        shown=min(len(rows), SHOWN_ROWS),
        total=len(rows),
    )
