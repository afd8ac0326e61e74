"""Where rules and model disagree: both accounts of one customer, side by side.

Each account is exact: ``rule_score = reference + Σ points`` in points of the rule score, and
``model_score = reference + Σ points`` in those of the model, against the reference customer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.catalogue import FEATURE_NAMES
from features.matrix import Snapshots
from models.bands import GRADES, edges_of
from models.book import Grader
from models.document import Document
from models.explain.attribution import reference_of
from models.explain.drivers import Driver, Explanation
from models.explain.words import Text, label, points_text, value_text
from models.grading import Grading, blend_of

BANDS_APART = 2  # what counts as a conflict
SHOWN_PARTS = 5
TOLD_PARTS = 2


@dataclass(frozen=True)
class Part:
    """What one feature gives a score, against the reference customer."""

    feature: str
    value: float
    reference_value: float
    points: float


@dataclass(frozen=True)
class OneAccount:
    """The account of the rules alone, or of the model alone.

    Attributes
    ----------
    grade : str
        What the score alone would be.
    score, reference : float
        The customer's and the reference customer's, not clipped.
    parts : tuple of Part
        By size; those of 0 points are left out.
    """

    grade: str
    score: float
    reference: float
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Conflict:
    """A customer whom the rules and the model would grade bands apart."""

    grading: Grading
    rules: OneAccount
    model: OneAccount

    @property
    def bands(self) -> int:
        """How many bands lie between the two grades."""
        return bands_between(self.rules.grade, self.model.grade)


def bands_between(one: str, other: str) -> int:
    """Return how many bands two grades are apart.

    Examples
    --------
    >>> bands_between("A", "C"), bands_between("D", "D")
    (2, 0)
    """
    return abs(GRADES.index(one) - GRADES.index(other))


def conflicts_of(
    explanations: Sequence[Explanation], grader: Grader, *, bands: int = BANDS_APART
) -> list[Conflict]:
    """Return the customers whom rules and model grade so many bands apart, the furthest first.

    A rule score of which nothing is known is no opinion, and no conflict.

    Parameters
    ----------
    explanations : sequence of Explanation
        Of gradings that the grader gave, with all drivers.
    grader : Grader
        Says the bands, the shares of both scores and the reference customer.
    bands : int
        From how many bands apart on.
    """
    references = _references(grader)
    found = [_accounts(explanation, grader, references) for explanation in explanations]
    apart = [
        conflict
        for conflict in found
        if conflict.grading.known_weight > 0 and conflict.bands >= bands
    ]
    return sorted(
        apart,
        key=lambda conflict: (
            -conflict.bands,
            -abs(conflict.rules.score - conflict.model.score),
            conflict.grading.customer_id,
        ),
    )


def _accounts(
    explanation: Explanation, grader: Grader, references: tuple[float, float]
) -> Conflict:
    grading, share = explanation.grading, grader.policy.blend.rule_weight
    edges = edges_of(grader.policy.bands)
    drivers = explanation.drivers
    rules = _parts(drivers, [driver.rule_points for driver in drivers], share)
    model = _parts(drivers, [driver.model_points for driver in drivers], 1 - share)
    return Conflict(
        grading,
        OneAccount(edges.grade(grading.rule_score), grading.rule_score, references[0], rules),
        OneAccount(edges.grade(grading.model_score), grading.model_score, references[1], model),
    )


def _parts(drivers: Sequence[Driver], points: Sequence[float], share: float) -> tuple[Part, ...]:
    """Return points of the blend as points of one score, the largest first."""
    if share == 0:  # the score has no part in the blend, which then cannot account for it
        return ()
    parts = [
        Part(driver.feature, driver.value, driver.reference_value, own / share)
        for driver, own in zip(drivers, points, strict=True)
        if own != 0
    ]
    return tuple(sorted(parts, key=lambda part: (-abs(part.points), part.feature)))


def _references(grader: Grader) -> tuple[float, float]:
    """Return rule score and model score of the reference customer."""
    row = reference_of(grader.bundle, grader.policy).row
    day = np.empty(1, dtype="datetime64[D]")
    blend = blend_of(Snapshots(("",), day, FEATURE_NAMES, row[None]), grader.bundle, grader.policy)
    return float(blend.rule_score[0]), float(blend.model_score[0])


def conflict_sentence(conflict: Conflict) -> Text:
    """Return who disagrees how far, and what weighs most on either side."""
    rules, model = conflict.rules, conflict.model
    rules_better = rules.score >= model.score
    why = [_weighs(rules, rules_better), _weighs(model, not rules_better)]
    return Text(
        f"规则为{rules.grade}级（{rules.score:.1f}分）：{why[0].zh}；"
        f"模型为{model.grade}级（{model.score:.1f}分）：{why[1].zh}",
        f"The rules say {rules.grade} ({rules.score:.1f}): {why[0].en}; "
        f"the model says {model.grade} ({model.score:.1f}): {why[1].en}",
    )


def _weighs(account: OneAccount, is_better: bool) -> Text:
    """Return what lifts the better score most, or lowers the worse."""
    sign = 1 if is_better else -1
    pulling = [part for part in account.parts if part.points * sign > 0][:TOLD_PARTS]
    if not pulling:
        return Text("与参照客户相近", "much as the reference customer")
    told = [(part_text(part), part.points) for part in pulling]
    return Text(
        "、".join(f"{one.zh}（{_signed(points)}）" for one, points in told),
        ", ".join(f"{one.en} ({_signed(points)})" for one, points in told),
    )


def part_text(part: Part) -> Text:
    """Return a feature with its value."""
    name, value = label(part.feature), value_text(part.feature, part.value)
    return Text(f"{name.zh}：{value.zh}", f"{name.en}: {value.en}")


def _signed(points: float) -> str:
    return points_text(points).zh.removesuffix("分")


def conflict_document(conflict: Conflict) -> Document:
    """Return a conflict as plain JSON values; points are unrounded."""
    grading, told = conflict.grading, conflict_sentence(conflict)
    return {
        "customer_id": grading.customer_id,
        "as_of": grading.as_of.isoformat(),
        "grade": grading.grade,
        "score": grading.score,
        "bands": conflict.bands,
        "rules": _account_document(conflict.rules),
        "model": _account_document(conflict.model),
        "default_probability": grading.default_probability,
        "known_weight": grading.known_weight,
        "sentence": {"zh": told.zh, "en": told.en},
        "model_version": grading.model_version,
        "policy_version": grading.policy_version,
    }


def _account_document(account: OneAccount) -> Document:
    return {
        "grade": account.grade,
        "score": account.score,
        "reference": account.reference,
        "parts": [
            {
                "feature": part.feature,
                "value": _known(part.value),
                "reference_value": _known(part.reference_value),
                "points": part.points,
            }
            for part in account.parts
        ],
    }


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
