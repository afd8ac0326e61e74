"""Accounts in sentences, in Chinese and in English, each as true and as exact as the other."""

from __future__ import annotations

from models.explain.words.figures import label, points_text, value_text
from models.explain.words.levels import adjustment_sentence, driver_sentence, grade_sentence
from models.explain.words.lines import ADJUSTMENTS, KINDS, OTHERS, REFERENCE, SCORE
from models.explain.words.text import LANGUAGES, Text

__all__ = [
    "ADJUSTMENTS",
    "KINDS",
    "LANGUAGES",
    "OTHERS",
    "REFERENCE",
    "SCORE",
    "Text",
    "adjustment_sentence",
    "driver_sentence",
    "grade_sentence",
    "label",
    "points_text",
    "value_text",
]
