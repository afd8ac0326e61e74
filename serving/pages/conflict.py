"""Rules against model on a customer's page: both accounts side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from features.catalogue import FEATURES
from models.conflicts import (
    SHOWN_PARTS,
    Conflict,
    OneAccount,
    Part,
    conflict_sentence,
    conflicts_of,
)
from models.explain.words import label
from serving.grades.replay import Account
from serving.pages.known import value_shown
from serving.pages.waterfall import told_points
from serving.pages.words import Words


@dataclass(frozen=True)
class PartShown:
    """A feature's value and its points of one score."""

    title: str
    value: str
    points: Decimal


@dataclass(frozen=True)
class SideShown:
    """The account of the rules, or of the model; its rows add up exactly.

    Attributes
    ----------
    rest : Decimal or None
        What the ``others`` features give together; None where there are none.
    """

    grade: str
    reference: Decimal
    parts: list[PartShown]
    others: int
    rest: Decimal | None
    score: Decimal


@dataclass(frozen=True)
class ConflictShown:
    """Two opinions of one customer."""

    sentence: str
    rules: SideShown
    model: SideShown


def conflict_shown(account: Account, words: Words) -> ConflictShown | None:
    """Return both accounts of a stored grade, None where rules and model are not far apart.

    Parameters
    ----------
    account : Account
        From `serving.grades.replay.account_of`.
    words : Words
        The reader's.
    """
    found: Sequence[Conflict] = conflicts_of([account.explanation], account.grader)
    if not found:
        return None
    conflict = found[0]
    currency = account.stored.currency
    return ConflictShown(
        conflict_sentence(conflict).of(words.language),
        _side(conflict.rules, words, currency),
        _side(conflict.model, words, currency),
    )


def _side(account: OneAccount, words: Words, currency: str | None) -> SideShown:
    shown, hidden = account.parts[:SHOWN_PARTS], account.parts[SHOWN_PARTS:]
    parts = [part.points for part in shown]
    if hidden:
        parts.append(sum(part.points for part in hidden))
    told = told_points(account.reference, parts, account.score)
    return SideShown(
        grade=account.grade,
        reference=told[0],
        parts=[
            _part(part, points, words, currency)
            for part, points in zip(shown, told[1:], strict=False)
        ],
        others=len(hidden),
        rest=told[-2] if hidden else None,
        score=told[-1],
    )


def _part(part: Part, points: Decimal, words: Words, currency: str | None) -> PartShown:
    entry = FEATURES[part.feature]
    return PartShown(
        label(part.feature).of(words.language),
        value_shown(entry, part.value, words, currency),
        points,
    )
