"""The validation as one HTML page in Chinese or English that needs no other file.

It is drawn from the JSON document and from nothing else: no number is worked out here.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from importlib import resources
from string import Template
from typing import Any

from features.errors import UsageError
from models.explain.words.text import LANGUAGES
from training.validating.markup import heading, note, table, whole
from training.validating.page_book import (
    concentration_part,
    conflicts_part,
    lead_time_part,
    missing_part,
    monotonicity_part,
    stability_part,
)
from training.validating.page_risks import calibration_part, discrimination_part
from training.validating.words import WORDS

Document = Mapping[str, Any]
Say = Callable[[str], str]
PARTS = (
    discrimination_part,
    calibration_part,
    stability_part,
    concentration_part,
    conflicts_part,
    missing_part,
    lead_time_part,
    monotonicity_part,
)


def validation_page(document: Document, language: str) -> str:
    """Return a validation's document as HTML text.

    Parameters
    ----------
    document : mapping
        From `training.validating.document.validation_document`.
    language : str
        ``zh`` or ``en``.

    Raises
    ------
    UsageError
        If the language is neither.
    """
    if language not in LANGUAGES:
        message = f"The page speaks {' and '.join(LANGUAGES)}, not {language!r}."
        raise UsageError(message)

    def say(key: str) -> str:
        return WORDS[key].of(language)

    template = (resources.files("training.validating") / "page.html").read_text(encoding="utf-8")
    body = [_facts(document, say), _warnings(document, say, language)]
    body += [part(document, say, language) for part in PARTS]
    body += [heading(say("overrides")), note(document["overrides"]["note"][language])]
    return Template(template).substitute(
        language={"zh": "zh-CN", "en": "en"}[language],
        title=html.escape(f"{say('title')} {document['model_version']}"),
        body="\n".join(body),
    )


def _facts(document: Document, say: Say) -> str:
    months = document["months"]
    span = months[0] if len(months) == 1 else f"{months[0]} – {months[-1]} ({len(months)})"
    rows = [
        (say("model"), document["model_version"]),
        (say("policy"), document["policy_version"]),
        (say("months"), span),
        (say("horizon"), document["horizon_days"]),
        *((say(key), whole(document[key])) for key in ("rows", "customers", "defaults")),
    ]
    return table([], rows)


def _warnings(document: Document, say: Say, language: str) -> str:
    if not document["warnings"]:
        return ""
    lines = "".join(f"<li>{html.escape(told[language])}</li>" for told in document["warnings"])
    return f'<div class="warnings">{heading(say("warnings"))}<ul>{lines}</ul></div>'
