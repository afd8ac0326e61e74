"""The fields of grades over HTTP, for the OpenAPI document and for nothing else.

What is sent is made by `models.document`; a test holds the two together.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.contract import DAY

Points = float


class Shown(BaseModel):
    """What an answer is made of: no other field."""

    model_config = ConfigDict(extra="forbid")


class Evidence(BaseModel):
    """One ledger row; the other fields depend on its table."""

    model_config = ConfigDict(extra="allow")
    table: str
    id: str


class AdjustmentLine(Shown):
    """A line in points after the blend."""

    kind: Literal["bound", "provisional", "ceiling", "hysteresis", "override"]
    points: Points
    reason: str
    also: list[str]


class Terms(Shown):
    """What the grade means in business; money as decimal strings in the ledger's currency."""

    credit_limit: str = Field(examples=["120000.00"])
    warning_line: str
    payment_days: int
    prepayment_share: float
    approval: str
    contract: str


class Reason(Shown):
    """Why, in both languages, with the ledger rows that show it."""

    code: str
    zh: str
    en: str
    value: float | None
    normal: float | None
    points: Points
    evidence: list[Evidence]
    evidence_total: int


class Grade(Shown):
    """A grade; ``score = blend + Σ adjustments``."""

    customer_id: str
    as_of: date
    grade: Literal["A", "B", "C", "D"]
    notch: str = Field(pattern="^[ABCD][123]$")
    score: Points
    blend: Points
    default_probability: float = Field(ge=0, le=1)
    rule_score: Points
    model_score: Points
    known_weight: float = Field(ge=0, le=1)
    provisional: bool
    prior_grade: Literal["A", "B", "C", "D"] | None
    adjustments: list[AdjustmentLine]
    terms: Terms
    reasons: list[Reason]
    model_version: str
    policy_version: str
    provisional_until: date | None
    rule_score_worst: Points
    rule_score_best: Points
    indicators: dict[str, float | None]
    grade_before_override: Literal["A", "B", "C", "D"]
    override_suspended: bool
    hard_facts: list[str]
    unseen_unknowns: list[str]


class Driver(Shown):
    """The signed points that a feature gives the blend, against the reference customer.

    ``evidence_total`` is null where nobody looked: the server has no ledger, and the grade's
    reasons keep no rows of the feature.
    """

    feature: str
    value: float | None
    reference_value: float | None
    points: Points
    rule_points: Points
    model_points: Points
    evidence: list[Evidence]
    evidence_total: int | None


class MissingFact(Shown):
    """A fact that is not known: what it is, how it comes to be known, what that would bring.

    ``narrows_by`` is the share of the interval's width, in log-odds, that it takes away;
    ``low`` and ``high`` bound what the probability would then most likely be.
    """

    fact: str
    zh: str
    en: str
    to_do: dict[Literal["zh", "en"], str]
    narrows_by: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)


class HowSure(Shown):
    """The interval of a probability, the chance of each grade, and the facts that are missing."""

    default_probability: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)
    confidence: float = Field(ge=0, le=1)
    grades: dict[Literal["A", "B", "C", "D"], float]
    missing: list[MissingFact]
    zh: str
    en: str


class Explanation(Shown):
    """The account of a grade: ``score = reference + Σ drivers + Σ adjustments``.

    ``how_sure`` is null where the model's bundle does not keep its error.
    """

    customer_id: str
    as_of: date
    grade: Literal["A", "B", "C", "D"]
    notch: str
    score: Points
    reference: Points
    drivers: list[Driver]
    adjustments: list[AdjustmentLine]
    reasons: list[Reason]
    how_sure: HowSure | None
    model_version: str
    policy_version: str
    evidence_from: Literal["ledger", "stored_reasons"]


class MovedRow(Evidence):
    """A ledger row whose part in a feature differs between the two days.

    ``state`` says how: it happened since (``new``), it had happened and became known since
    (``newly_known``), the ledger says something else of it (``changed``), or time alone brought
    it in or took it out (``aged_in``, ``aged_out``). ``points`` is its share of the feature's
    points where the feature adds up its rows, else null; ``before`` has what differed before.
    """

    state: Literal["new", "newly_known", "changed", "aged_in", "aged_out"]
    points: Points | None
    before: dict[str, Any] | None


class MovedFeature(Shown):
    """The points that one feature's movement gives the change."""

    feature: str
    from_: float | None = Field(alias="from")
    to: float | None
    points: Points
    rule_points: Points
    model_points: Points
    evidence: list[MovedRow]


class Blocks(Shown):
    """Parts of a change; they add up to ``score_to − score_from``."""

    data: Points
    model: Points
    policy: Points
    bound: Points
    provisional: Points
    ceiling: Points
    hysteresis: Points
    override: Points


class Sentence(Shown):
    """The same in Chinese and in English."""

    zh: str
    en: str


class Change(Shown):
    """The exact account of a change; the features' points add up to ``blocks.data``."""

    customer_id: str
    from_: date = Field(alias="from")
    to: date
    grade_from: Literal["A", "B", "C", "D"]
    grade_to: Literal["A", "B", "C", "D"]
    score_from: Points
    score_to: Points
    blocks: Blocks
    features: list[MovedFeature]
    sentence: Sentence


class NumberedGrade(Grade):
    """A stored grade with its number, by which `tradegrade replay` finds it."""

    grade_id: int


class History(Shown):
    """A customer's grades, newest first; ``next_cursor`` leads to older ones, null at the end."""

    customer_id: str
    grades: list[NumberedGrade]
    next_cursor: str | None


class ScoredDriver(Shown):
    """A driver of a grade that was not stored."""

    feature: str
    value: float | None
    reference_value: float | None
    points: Points
    rule_points: Points
    model_points: Points


class ScoredReason(Reason):
    """A reason; ``evidence_total`` is null where nobody looked for rows."""

    evidence_total: int | None  # type: ignore[assignment]


class Scored(Grade):
    """A grade that was not stored; ``reference`` and ``drivers`` where ``explain`` is true.

    ``customer_id`` is null for a snapshot that carried none, ``reasons`` where nobody asked
    for them.
    """

    customer_id: str | None  # type: ignore[assignment]
    reasons: list[ScoredReason] | None  # type: ignore[assignment]
    reference: Points | None = None
    drivers: list[ScoredDriver] | None = None


class Scores(Shown):
    """Grades in the order in which they were asked for."""

    grades: list[Scored]


class Fault(Shown):
    """Where something is wrong, and how to mend it."""

    pointer: str
    detail: str


class ProblemBody(Shown):
    """RFC 9457: what went wrong, in the language of Accept-Language."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[Fault] | None = None


def scores_request(most: int, feature_schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema of the body of ``POST /v1/scores``."""
    identifier = {"type": "string", "minLength": 1, "maxLength": 128, "pattern": r"^[^\x00]*$"}
    explain = {
        "type": "boolean",
        "default": False,
        "description": "Add reasons, reference and drivers to each grade.",
    }
    return {
        "oneOf": [
            {
                "type": "object",
                "title": "Customers",
                "required": ["customer_ids"],
                "additionalProperties": False,
                "properties": {
                    "customer_ids": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": most,
                        "uniqueItems": True,
                        "items": identifier,
                    },
                    "as_of": {
                        **DAY,
                        "description": "Default: the ledger's last day; without a ledger the "
                        "latest stored.",
                    },
                    "explain": explain,
                },
            },
            {
                "type": "object",
                "title": "Snapshots sent along",
                "required": ["features"],
                "additionalProperties": False,
                "properties": {
                    "features": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": most,
                        "items": {
                            "type": "object",
                            "additionalProperties": False,
                            "description": "Features of the catalogue by name; null or absent "
                            "is unknown.",
                            "properties": {
                                "customer_id": {**identifier, "type": ["string", "null"]},
                                "as_of": DAY,
                                **feature_schemas,
                            },
                        },
                    },
                    "as_of": {**DAY, "description": "Of every row that has none; default today."},
                    "explain": explain,
                },
            },
        ]
    }
