"""How sure a grade is, as the fields of a JSON document."""

from __future__ import annotations

from typing import Any

from models.sureness.told import HowSure, MissingFact
from models.sureness.words import LABELS, TO_DO, sureness_sentence


def sureness_document(sure: HowSure, grade: str) -> dict[str, Any]:
    """Return how sure a grade is; probabilities and shares are unrounded, 0 to 1.

    Parameters
    ----------
    sure : HowSure
        From `models.sureness.told.how_sure`.
    grade : str
        The grade that was given.
    """
    sentence = sureness_sentence(sure, grade)
    return {
        "default_probability": sure.probability,
        "low": sure.low,
        "high": sure.high,
        "confidence": sure.confidence,
        "grades": dict(sure.chances),
        "missing": [_missing(missing) for missing in sure.missing],
        "zh": sentence.zh,
        "en": sentence.en,
    }


def _missing(missing: MissingFact) -> dict[str, Any]:
    label, to_do = LABELS[missing.fact.code], TO_DO[missing.fact.code]
    return {
        "fact": missing.fact.code,
        "zh": label.zh,
        "en": label.en,
        "to_do": {"zh": to_do.zh, "en": to_do.en},
        "narrows_by": missing.narrows_by,
        "low": missing.low,
        "high": missing.high,
    }
