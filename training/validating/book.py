"""The book behind a model: conflicts with the rules, unknowns, lead time, audit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from features.catalogue import FEATURES
from models.bands import GRADES, edges_of
from models.bundle import Bundle
from models.conflicts import BANDS_APART, bands_between
from models.policy.sections import Policy
from training.outcomes import Flags
from training.statistics.lead_time import LeadTime, lead_time
from training.statistics.monotonicity import Audit, audit
from training.statistics.stability import migration_counts
from training.validating.judged import JudgedRows

OVERDUE_DAYS = 30  # what an oldest overdue must exceed to warn by itself
AUDITED = 200  # customers probed: each feature of each at every quantile
_LOOKED_AT = timedelta(days=31)  # a default so soon after a look was looked at until then


@dataclass(frozen=True)
class ConflictFigures:
    """Rows whom rules and model would grade bands apart, and who was right.

    Attributes
    ----------
    bands : int
        From how many bands apart on.
    rows, conflicts : int
        Of the judged month-ends with a rule score of which something is known.
    share : float
        Their ratio.
    model_worse, rules_worse : int
        Conflicts in which the model, or the rules, see the higher risk.
    model_worse_rate, rules_worse_rate : float or None
        What share of these defaulted; None where there are none.
    matrix : tuple of tuple of int
        Rows by the grade of the rules (row) and of the model.
    """

    bands: int
    rows: int
    conflicts: int
    share: float
    model_worse: int
    rules_worse: int
    model_worse_rate: float | None
    rules_worse_rate: float | None
    matrix: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Unknown:
    """The share of judged rows that have a feature unknown."""

    feature: str
    share: float


def conflict_figures(
    judged: JudgedRows, policy: Policy, *, bands: int = BANDS_APART
) -> ConflictFigures:
    """Return how often rules and model disagree by bands, and what became of those customers.

    As `models.conflicts` has it, a rule score of which nothing is known is no opinion.
    """
    edges = edges_of(policy.bands)
    known = np.array([g.known_weight > 0 for g in judged.gradings], dtype=bool)
    rules = [edges.grade(g.rule_score) for g in judged.gradings]
    model = [edges.grade(g.model_score) for g in judged.gradings]
    pairs = list(zip(rules, model, strict=True))
    apart = known & np.array([bands_between(a, b) >= bands for a, b in pairs], dtype=bool)
    # a later letter is a worse grade
    model_worse = apart & np.array([b > a for a, b in pairs], dtype=bool)
    rules_worse = apart & ~model_worse
    rows = int(known.sum())
    seen = [pair for pair, own in zip(pairs, known, strict=True) if own]
    matrix = migration_counts([a for a, _ in seen], [b for _, b in seen], GRADES)

    def rate(chosen: Flags) -> float | None:
        return float(judged.defaulted[chosen].mean()) if chosen.any() else None

    return ConflictFigures(
        bands=bands,
        rows=rows,
        conflicts=int(apart.sum()),
        share=float(apart.sum()) / max(rows, 1),
        model_worse=int(model_worse.sum()),
        rules_worse=int(rules_worse.sum()),
        model_worse_rate=rate(model_worse),
        rules_worse_rate=rate(rules_worse),
        matrix=tuple(tuple(row) for row in matrix.tolist()),
    )


def unknowns(judged: JudgedRows) -> tuple[Unknown, ...]:
    """Return the share of unknown values of every feature, the largest first."""
    found = judged.rows.snapshots
    shares = np.isnan(found.values).mean(axis=0).tolist()
    lines = [Unknown(name, share) for name, share in zip(found.names, shares, strict=True)]
    return tuple(sorted(lines, key=lambda line: (-line.share, line.feature)))


def warnings_before_default(judged: JudgedRows) -> LeadTime:
    """Return how early grades C and D warned of defaults, against the oldest overdue alone.

    Looks are the month-ends of the path. A default that came more than a month after the last
    look is left out, because nobody looked at the customer in between.
    """
    looks = judged.looks
    last = looks.as_of.max().item()
    seen = np.array(
        [judged.default_on.get(c, last) <= last + _LOOKED_AT for c in looks.customer_ids],
        dtype=bool,
    )
    kept = looks.take(np.flatnonzero(seen))
    # each month is in the order of the book that it was made from, as the looks are
    graded = [grading for month in judged.path for grading in month.values()]
    low = np.array([grading.grade in ("C", "D") for grading in graded], dtype=bool)
    overdue = kept.column("oldest_overdue_days")
    return lead_time(
        kept.customer_ids, kept.as_of, low[seen], overdue, judged.default_on,
        threshold=OVERDUE_DAYS,
    )  # fmt: skip


def monotonicity(judged: JudgedRows, bundle: Bundle, *, seed: int) -> list[Audit]:
    """Return the audit of the shipped model on customers of the last book, whoever they are."""
    looks = judged.looks.select(bundle.feature_names)
    book = looks.values[looks.as_of == looks.as_of.max()]
    generator = np.random.default_rng(seed)
    chosen = np.sort(generator.choice(len(book), min(AUDITED, len(book)), replace=False))
    directions = {name: FEATURES[name].direction for name in bundle.feature_names}
    model = bundle.probability.log_odds
    return audit(model, book[chosen], bundle.feature_names, directions, book=book)
