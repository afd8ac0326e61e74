"""How sure one probability is, worked out by grading the customer as it might be.

Two things make a probability unsure. The model was learned from one sample of customers: its
log-odds have a standard error (`ErrorCurve`). And a fact may be missing: the customer is then
graded with the facts of donors that looked alike. Together they give a mixture of normal
distributions of the log-odds, one for each donor; the interval is its central part.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from features.matrix import Floats, Snapshots
from models.adjustments import Override
from models.bands import GRADES
from models.bundle import Bundle
from models.grading import Grading, grades_at, in_catalogue_order
from models.policy.sections import Policy
from models.sureness.curve import Sureness
from models.sureness.facts import BY_CODE, Fact

CONFIDENCE = 0.9
_DONORS = 20
_POINTS = 400  # at which a grade is looked up, over all donors
_HALVINGS = 50
_NORMAL = NormalDist()


@dataclass(frozen=True)
class MissingFact:
    """The fact whose absence costs most certainty.

    Attributes
    ----------
    fact : Fact
        What it is.
    narrows_by : float
        Share of the interval's width, in log-odds, that it takes away once known: 0 to 1.
    low, high : float
        Between which the probability would then be told, for most customers that looked
        alike (`CONFIDENCE` of them).
    """

    fact: Fact
    narrows_by: float
    low: float
    high: float


@dataclass(frozen=True)
class HowSure:
    """How sure a grade is.

    Attributes
    ----------
    probability, low, high : float
        The probability told and its interval, 0 to 1; ``low <= probability <= high``.
    confidence : float
        Of the interval; what it covers is measured in training/README.md.
    chances : dict of str to float
        The chance of each grade, best first; they add up to 1.
    missing : tuple of MissingFact
        The facts that are missing, the one that narrows most first.
    """

    probability: float
    low: float
    high: float
    confidence: float
    chances: dict[str, float]
    missing: tuple[MissingFact, ...]


def how_sure(
    snapshot: Snapshots,
    grading: Grading,
    bundle: Bundle,
    policy: Policy,
    *,
    override: Override | None = None,
) -> HowSure | None:
    """Return how sure a grade is, or None where the bundle does not keep its error.

    Parameters
    ----------
    snapshot : Snapshots
        The one row that was graded.
    grading : Grading
        What came of it.
    bundle, policy : Bundle, Policy
        What graded it.
    override : Override, optional
        The customer's, where one was approved.

    Raises
    ------
    LedgerError
        If the snapshot lacks a feature of the catalogue.
    """
    sureness = bundle.sureness
    if sureness is None:
        return None
    asked = _Asked(in_catalogue_order(snapshot), bundle, sureness)
    rows = asked.as_it_might_be(asked.unknown)
    odds = asked.log_odds(rows)
    own = float(asked.log_odds(asked.row)[0])
    sd = sureness.error.at(own)
    low, high = _interval(odds, sd)
    steps = -(-_POINTS // len(odds))
    quantiles = np.array([_NORMAL.inv_cdf((i + 0.5) / steps) for i in range(steps)])
    grades = grades_at(
        rows, odds[:, None] + sd * quantiles, grading, (bundle, policy), override=override
    )
    return HowSure(
        probability=grading.default_probability,
        # donors that all lie to one side must not push out what was told
        low=min(_chance(low), grading.default_probability),
        high=max(_chance(high), grading.default_probability),
        confidence=CONFIDENCE,
        chances=_shares(grades),
        missing=asked.missing(sd, high - low),
    )


def probability_interval(snapshot: Snapshots, bundle: Bundle) -> tuple[float, float] | None:
    """Return the interval of one customer's probability, as in `how_sure`, without grading it.

    Parameters
    ----------
    snapshot : Snapshots
        One row.
    bundle : Bundle
        The model; None is returned where it does not keep its error.
    """
    if bundle.sureness is None:
        return None
    asked = _Asked(in_catalogue_order(snapshot), bundle, bundle.sureness)
    level = float(asked.log_odds(asked.row)[0])
    odds = asked.log_odds(asked.as_it_might_be(asked.unknown))
    low, high = _interval(odds, bundle.sureness.error.at(level))
    return _chance(min(low, level)), _chance(max(high, level))


@dataclass(frozen=True)
class _Asked:
    """One customer's row, shape (1, features), and what its bundle knows of its error."""

    row: Floats
    bundle: Bundle
    sureness: Sureness

    @property
    def unknown(self) -> tuple[Fact, ...]:
        """The facts that are unknown and of which the bundle has donors."""
        return tuple(
            BY_CODE[code] for code in self.sureness.donors if BY_CODE[code].is_unknown(self.row)[0]
        )

    def log_odds(self, rows: Floats) -> Floats:
        return self.bundle.probability.log_odds(rows[:, self.bundle.places])

    def as_it_might_be(self, facts: Sequence[Fact]) -> Floats:
        """Return the row with these facts filled in from donors, shape (donors, features)."""
        if not facts:
            return self.row
        level = float(self.log_odds(self.row)[0])
        rows = np.repeat(self.row, _DONORS, axis=0)
        for place, fact in enumerate(facts):
            values = self.sureness.donors[fact.code].nearest(level, _DONORS)
            # each fact in an order of its own, so that no two go together by their place
            turn = (np.arange(_DONORS) * (2 * place + 1) + place) % _DONORS
            rows[:, fact.places] = values[turn % len(values)]
        return rows

    def missing(self, sd: float, width: float) -> tuple[MissingFact, ...]:
        """Return each unknown fact with what it takes away from an interval of this width."""
        unknown = self.unknown
        found = []
        for fact in unknown:
            others = [other for other in unknown if other is not fact]
            low, high = _interval(self.log_odds(self.as_it_might_be(others)), sd)
            narrows = 1 - (high - low) / width if width > 0 else 0.0
            told = self.log_odds(self.as_it_might_be([fact]))
            edges = np.quantile(told, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
            found.append(MissingFact(fact, max(narrows, 0.0), _chance(edges[0]), _chance(edges[1])))
        return tuple(sorted(found, key=lambda missing: -missing.narrows_by))


def _interval(odds: Floats, sd: float) -> tuple[float, float]:
    """Return the central part of a mixture of normals with these means and one deviation."""
    share = (1 - CONFIDENCE) / 2
    if len(odds) == 1 or sd == 0:
        half = -_NORMAL.inv_cdf(share) * sd
        low, high = np.quantile(odds, [share, 1 - share])
        return float(low) - half, float(high) + half
    return _quantile(odds, sd, share), _quantile(odds, sd, 1 - share)


def _quantile(odds: Floats, sd: float, share: float) -> float:
    means = odds.tolist()
    low, high = min(means) - 9 * sd, max(means) + 9 * sd
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = sum(math.erf((middle - mean) / (sd * math.sqrt(2))) for mean in means)
        if (1 + below / len(means)) / 2 < share:
            low = middle
        else:
            high = middle
    return float(low + high) / 2


def _chance(log_odds: float) -> float:
    return math.exp(min(log_odds, 0.0)) / (1 + math.exp(-abs(log_odds)))


def _shares(grades: Sequence[Sequence[str]]) -> dict[str, float]:
    every = [grade for row in grades for grade in row]
    return {grade: every.count(grade) / len(every) for grade in GRADES}
