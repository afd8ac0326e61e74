"""Known and unknown: every feature of a snapshot beside the reference customer's."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from features.catalogue import FAMILIES as CATALOGUE
from features.feature import Feature
from models.explain.words import value_text
from serving.pages.codes import FAMILIES, named
from serving.pages.words import Words


@dataclass(frozen=True)
class Known:
    """One feature as a person reads it.

    Attributes
    ----------
    is_known : bool
        Whether the value is.
    reference : str or None
        The reference customer's value; None where nobody can tell.
    points : float, Decimal or None
        What it gives the blend; None where it is not scored.
    """

    label: str
    meaning: str
    value: str
    is_known: bool
    reference: str | None
    points: float | Decimal | None


@dataclass(frozen=True)
class FamilyShown:
    """The features of one family."""

    title: str
    features: tuple[Known, ...]

    @property
    def known(self) -> int:
        """How many are known."""
        return sum(feature.is_known for feature in self.features)


@dataclass(frozen=True)
class Facts:
    """What is told of a customer's features.

    Attributes
    ----------
    snapshot : mapping of str to float
        The customer's; NaN is unknown. What the snapshot lacks is left out.
    reference : mapping of str to float, or None
        The reference customer's; None where it cannot be had.
    points : mapping of str to float or Decimal
        By feature, of those that are scored.
    currency : str or None
        Of amounts.
    """

    snapshot: Mapping[str, float]
    reference: Mapping[str, float] | None
    points: Mapping[str, float | Decimal]
    currency: str | None


def families_shown(facts: Facts, words: Words) -> list[FamilyShown]:
    """Return every feature of the snapshot by family, in the order of the catalogue."""
    return [
        FamilyShown(
            named(FAMILIES, family.name, words),
            tuple(_known(f, facts, words) for f in family.features if f.name in facts.snapshot),
        )
        for family in CATALOGUE
    ]


def value_shown(feature: Feature, value: float, words: Words, currency: str | None) -> str:
    """Return a value with its unit; amounts with their currency."""
    if feature.unit == "amount" and not math.isnan(value):
        return words.money(Decimal(repr(value)), currency)
    text = value_text(feature.name, value).of(words.language)
    return text.replace("-", "\N{MINUS SIGN}") if value < 0 else text


def _known(feature: Feature, facts: Facts, words: Words) -> Known:
    value = facts.snapshot[feature.name]
    zh = words.language == "zh"
    usual = None if facts.reference is None else facts.reference.get(feature.name, math.nan)
    return Known(
        label=feature.label_zh if zh else feature.label_en,
        meaning=feature.meaning_zh if zh else feature.meaning_en,
        value=value_shown(feature, value, words, facts.currency),
        is_known=not math.isnan(value),
        reference=None if usual is None else value_shown(feature, usual, words, facts.currency),
        points=facts.points.get(feature.name),
    )
