"""Facts about a customer that somebody could look up, and the features that wait for them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from features.catalogue import FEATURE_NAMES
from features.matrix import Floats


@dataclass(frozen=True)
class Fact:
    """One thing that is known of a customer or not.

    Attributes
    ----------
    code : str
        Its name in documents.
    told_by : str
        The feature that is unknown where the fact is.
    features : tuple of str
        All features that the fact decides, ``told_by`` among them.
    stand_ins : mapping of str to str
        Feature that a feature is taken from as long as the fact is unknown.
    counts : tuple of str
        Features among them that are 0 and not unknown as long as the fact is.
    """

    code: str
    told_by: str
    features: tuple[str, ...]
    stand_ins: Mapping[str, str]
    counts: tuple[str, ...]

    @property
    def places(self) -> list[int]:
        """The places of the features in the catalogue."""
        return [FEATURE_NAMES.index(name) for name in self.features]

    def is_unknown(self, values: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Return which rows lack the fact, shape (n,).

        Parameters
        ----------
        values : ndarray of float64, shape (n, features)
            In the catalogue's order; NaN is unknown.
        """
        told = values[:, FEATURE_NAMES.index(self.told_by)]
        # a score taken from the industry is not the customer's own
        return np.isnan(told) | (told == _OF_INDUSTRY) if self.stand_ins else np.isnan(told)

    def hidden(self, values: Floats) -> Floats:
        """Return rows as they would stand if the fact were not known, shape (n, features)."""
        found = values.copy()
        found[:, self.places] = math.nan
        found[:, [FEATURE_NAMES.index(name) for name in self.counts]] = 0
        for name, source in self.stand_ins.items():
            found[:, FEATURE_NAMES.index(name)] = values[:, FEATURE_NAMES.index(source)]
        if self.stand_ins:
            known = ~np.isnan(found[:, FEATURE_NAMES.index("external_score")])
            found[known, FEATURE_NAMES.index(self.told_by)] = _OF_INDUSTRY
        return found


_OF_INDUSTRY = 2  # external_score_source where the score is that of the industry


def _fact(
    code: str,
    features: tuple[str, ...],
    *,
    stand_ins: Mapping[str, str] | None = None,
    counts: tuple[str, ...] = (),
) -> Fact:
    every = (*features, *counts)
    return Fact(code, features[0], every, stand_ins or {}, counts)


FACTS: tuple[Fact, ...] = (
    _fact(
        "own_score",
        ("external_score_source", "external_score", "external_score_change_180d"),
        stand_ins={"external_score": "industry_score"},
    ),
    _fact(
        "industry_score",
        ("industry_score",),
    ),
    _fact(
        "litigation",
        (
            "legal_count_730d",
            "legal_amount_730d",
            "legal_open_count",
            "enforcement_count_365d",
            "enforcement_open_count",
            "days_since_last_legal_event",
            "is_dishonest",
        ),
    ),
    _fact(
        "payment_record",
        (
            "on_time_rate_365d",
            "on_time_rate_90d",
            "on_time_amount_share_365d",
            "days_beyond_terms_90d",
            "days_beyond_terms_365d",
            "days_beyond_terms_trend",
            "worst_days_late_365d",
            "payment_days_median_365d",
            "overdue_share_365d",
        ),
        counts=("overdue_count_90d", "overdue_count_365d"),
    ),
    _fact(
        "credit_limit",
        ("credit_limit", "limit_utilisation"),
    ),
    _fact(
        "signals",
        (
            "negative_news_180d",
            "complaint_count_365d",
            "contract_breach_count_365d",
            "contact_change_count_365d",
        ),
    ),
    _fact(
        "supplier_review",
        ("supplier_review_365d",),
    ),
    _fact(
        "guarantees",
        ("guaranteed_amount", "guaranteed_share"),
    ),
    _fact(
        "contract",
        ("contract_in_force",),
    ),
)
BY_CODE: Mapping[str, Fact] = {fact.code: fact for fact in FACTS}
