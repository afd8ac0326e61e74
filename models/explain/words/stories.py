"""Stories: features that one set of facts moves are told once, by those facts.

Every feature of the catalogue belongs to one story. A story is told by the rows that moved
where they tell it, and by the value of the feature that carries it where they do not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from features.catalogue import FEATURES
from models.explain.change import MovedFeature
from models.explain.words.days import Span
from models.explain.words.events import (
    BAD_DEBTS,
    BOUNCED,
    BREACHES,
    CANCELLED,
    COMPLAINTS,
    CONTACTS,
    CONTRACTS,
    GUARANTEES,
    NEWS,
    RETURNED,
    REVIEWS,
    orders,
    published,
    receipts,
    suits,
)
from models.explain.words.invoices import disputed, fell_due, issued, lateness, open_ones
from models.explain.words.kinds import STORY_OF
from models.explain.words.measures import moved_value
from models.explain.words.rows import Evidence, Row, rows_of
from models.explain.words.text import Text, joined, within_brackets

Tell = Callable[[Sequence[Row], Span], list[Text]]


@dataclass(frozen=True)
class Moved:
    """The features of one story that moved the points, the largest first.

    Attributes
    ----------
    story : str
        One of ``STORIES``.
    features : tuple of MovedFeature
        At least one.
    """

    story: str
    features: tuple[MovedFeature, ...]

    @property
    def points(self) -> float:
        """What they give together."""
        return math.fsum(feature.points for feature in self.features)

    @property
    def carrying(self) -> tuple[MovedFeature, ...]:
        """Those that move the points as all of them together do; all where they cancel."""
        chosen = tuple(f for f in self.features if f.points * self.points > 0)
        return chosen or self.features


def stories_of(features: Iterable[MovedFeature]) -> list[Moved]:
    """Return the stories that moved the points, with their features, the largest first.

    Parameters
    ----------
    features : iterable of MovedFeature
        Of a change; those of 0 points are left out.
    """
    found: dict[str, list[MovedFeature]] = {}
    for feature in features:
        if feature.points != 0:
            found.setdefault(STORY_OF[feature.feature], []).append(feature)
    stories = [
        Moved(story, tuple(sorted(parts, key=lambda f: (-abs(f.points), f.feature))))
        for story, parts in found.items()
    ]
    stories.sort(key=lambda moved: (-abs(moved.points), moved.story))
    return stories


def story_clause(moved: Moved, evidence: Evidence, span: Span) -> Text:
    """Return what happened, without its points and without a full stop.

    Only the features that move the points as the story does are told, and their rows. Where
    no row tells it, or where the value is no sum over the rows, or where the rows alone would
    let a person expect the other sign, the feature that carries it is told by its value.

    Parameters
    ----------
    moved : Moved
        A story.
    evidence : mapping of str to sequence of MovedRow
        By feature, every row that moved.
    span : Span
        The days of the change.
    """
    rows = rows_of(evidence, (feature.feature for feature in moved.carrying))
    tell = _TELL.get(moved.story)
    if moved.story in _OVERDUE:
        return _overdue(moved, rows, evidence, span)
    if moved.story in ("score", "industry"):
        return _score(moved, rows)
    if moved.story == "default":
        return _default(moved, evidence, span)
    lead = moved.carrying[0]
    value = _value(lead)
    if tell is None:
        return value
    own = rows_of(evidence, [lead.feature])
    if moved.story in _ROWS_FIRST:
        told = tell(rows, span)
        return joined([*told, value] if not told or not _is_sum(lead.feature) else told)
    whole = _is_sum(lead.feature) or moved.story in _ROWS_EXPLAIN
    aside = within_brackets(tell(own, span) if whole else [])
    return Text(value.zh + aside.zh, value.en + aside.en)


def _value(feature: MovedFeature) -> Text:
    return moved_value(feature.feature, feature.before, feature.after)


def _is_sum(feature: str) -> bool:
    evidence = FEATURES[feature].evidence
    return evidence is not None and evidence.additive


def _overdue(moved: Moved, rows: Sequence[Row], evidence: Evidence, span: Span) -> Text:
    lead = moved.carrying[0]
    clauses = lateness(rows, span, moved.points)
    told = [clause.text for clause in clauses]
    fits = any(clause.sign * moved.points > 0 for clause in clauses)
    if not evidence.get(lead.feature):
        return joined([_value(lead), *told])
    if fits and _is_sum(lead.feature):
        return joined(told)
    return joined([*told, _value(lead)])


def _score(moved: Moved, rows: Sequence[Row]) -> Text:
    lead = moved.carrying[0]
    by_name = {feature.feature: feature for feature in moved.features}
    lead = by_name.get("external_score", lead) if lead.points * moved.points > 0 else lead
    value = _value(lead)
    if lead.feature == "external_score_change_180d" or math.isnan(lead.after):
        return value
    when = published(rows, lead.after)
    return value if when is None else Text(value.zh + when.zh, value.en + when.en)


def _default(moved: Moved, evidence: Evidence, span: Span) -> Text:
    lead = moved.carrying[0]
    rows = rows_of(evidence, [f.feature for f in moved.carrying])
    debts = [row for row in rows if row.row.table == "bad_debts"]
    events = [row for row in rows if row.row.table == "legal_events"]
    told = BAD_DEBTS.clauses(debts, span) + suits(events, span)
    if lead.feature == "past_bad_debt_amount" and debts:
        return joined(told)
    return joined([_value(lead), *told])


_OVERDUE = ("late", "affiliates")
_ROWS_EXPLAIN = ("exposure", "receipts")  # also where the value is no sum of them
_ROWS_FIRST = frozenset(
    (
        "bounced",
        "disputes",
        "cancelled",
        "returned",
        "legal",
        "dishonest",
        "news",
        "complaints",
        "breaches",
        "contacts",
        "reviews",
        "guarantees",
        "contracts",
    )
)
_TELL: Mapping[str, Tell] = {
    "trade": issued,
    "due": fell_due,
    "receipts": receipts,
    "bounced": BOUNCED.clauses,
    "exposure": open_ones,
    "disputes": disputed,
    "cancelled": orders(CANCELLED),
    "returned": orders(RETURNED),
    "legal": suits,
    "dishonest": suits,
    "news": NEWS.clauses,
    "complaints": COMPLAINTS.clauses,
    "breaches": BREACHES.clauses,
    "contacts": CONTACTS.clauses,
    "reviews": REVIEWS.clauses,
    "guarantees": GUARANTEES.clauses,
    "contracts": CONTRACTS.clauses,
}
