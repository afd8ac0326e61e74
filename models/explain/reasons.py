"""The few reasons that are told of a grade: what moved the points most, with its evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice, takewhile

from features.evidence import NOTHING, Key, RowsFound
from models.adjustments import HARD_FACTS, Adjustment
from models.explain.drivers import Driver, Explanation
from models.explain.words import Text, adjustment_sentence, driver_sentence
from models.policy.sections import Policy

LEAST_POINTS = 0.05  # less would be told as 0.0
# features whose rows show why a ceiling holds
CEILING_EVIDENCE = {
    "in_default": ("default_bad_debt", "default_bankruptcy", "default_days_past_due"),
    "dishonest": ("is_dishonest",),
    "overdue_to_d": ("oldest_overdue_days",),
    "overdue_to_c": ("oldest_overdue_days",),
    "enforcement_open": ("enforcement_open_count",),
}

FindRows = Callable[[str, Iterable[Key]], dict[Key, RowsFound]]


@dataclass(frozen=True)
class Reason:
    """A reason of a grade.

    Attributes
    ----------
    code : str
        Of a driver its feature, of an adjustment ``<kind>.<reason>``.
    text : Text
        The sentence.
    value, normal : float or None
        The customer's and the reference customer's value; None for an adjustment.
    points : float
        What it adds to the score.
    evidence : RowsFound
        The ledger rows that show it.
    """

    code: str
    text: Text
    value: float | None
    normal: float | None
    points: float
    evidence: RowsFound


def reasons_of(
    explanations: Sequence[Explanation], policy: Policy, find_rows: FindRows
) -> list[tuple[Reason, ...]]:
    """Return the reasons of each grading, at most as many as the policy says.

    An adjustment that moves the points comes first, then the drivers, the largest first, and
    only where there is room the end of the scale, which says nothing of the customer. What
    would be told as 0.0 points is no reason, but a hard fact always is.

    Parameters
    ----------
    explanations : sequence of Explanation
        From `models.explain.drivers.explain`.
    policy : Policy
        Says how many.
    find_rows : callable
        From a feature and (customer, day) pairs to the rows behind it.
    """
    chosen = [_chosen(explanation, policy.reasons.at_most) for explanation in explanations]
    rows = _rows(explanations, chosen, find_rows)
    return [
        tuple(_reason(part, _key(explanation), rows) for part in parts)
        for explanation, parts in zip(explanations, chosen, strict=True)
    ]


Part = Driver | Adjustment


def _chosen(explanation: Explanation, at_most: int) -> tuple[Part, ...]:
    lines: list[Part] = [
        line
        for line in explanation.grading.adjustments
        if _counts(line.points) or line.reason in HARD_FACTS
    ]
    # the drivers come by size: the first that does not count ends them
    told = takewhile(lambda driver: _counts(driver.points), explanation.drivers)
    parts = lines + list(islice(told, at_most))
    parts.sort(key=lambda part: (_rank(part), -abs(part.points)))
    return tuple(parts[:at_most])


def _rank(part: Part) -> int:
    """Return 0 for what people or rules decided, 1 for drivers, 2 for the end of the scale."""
    if isinstance(part, Driver):
        return 1
    return 2 if part.kind == "bound" else 0


def _counts(points: float) -> bool:
    return abs(points) >= LEAST_POINTS


def _features(part: Part) -> tuple[str, ...]:
    if isinstance(part, Driver):
        return (part.feature,)
    return CEILING_EVIDENCE.get(part.reason, ())


def _key(explanation: Explanation) -> tuple[str, date]:
    return explanation.grading.customer_id, explanation.grading.as_of


def _rows(
    explanations: Sequence[Explanation], chosen: Sequence[tuple[Part, ...]], find_rows: FindRows
) -> dict[str, dict[Key, RowsFound]]:
    wanted: dict[str, list[Key]] = {}
    for explanation, parts in zip(explanations, chosen, strict=True):
        for part in parts:
            for feature in _features(part):
                wanted.setdefault(feature, []).append(_key(explanation))
    return {feature: find_rows(feature, keys) for feature, keys in sorted(wanted.items())}


def _reason(part: Part, key: Key, rows: dict[str, dict[Key, RowsFound]]) -> Reason:
    found = [rows[feature].get(key, NOTHING) for feature in _features(part)]
    evidence = next((some for some in found if some.total), NOTHING)
    if isinstance(part, Driver):
        return Reason(
            part.feature,
            driver_sentence(part.feature, part.value, part.reference_value, part.points, evidence),
            part.value,
            part.reference_value,
            part.points,
            evidence,
        )
    return Reason(
        f"{part.kind}.{part.reason}",
        adjustment_sentence(part.reason, part.points),
        None,
        None,
        part.points,
        evidence,
    )
