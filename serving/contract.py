"""Pieces of the OpenAPI document that several routes share."""

from __future__ import annotations

from typing import Any

from serving.errors import MEDIA_TYPE, Kind

Part = dict[str, Any]
BEARER, ZH = "bearer", "zh"
CUSTOMER_ID: Part = {
    "name": "customer_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 128},
    "example": "C0000001",
}
DAY: Part = {
    "type": "string",
    "format": "date",
    "pattern": r"^(199\d|20\d\d|21\d\d)-\d\d-\d\d$",
    "examples": ["2025-12-31"],
}
LANGUAGE: Part = {
    "name": "Accept-Language",
    "in": "header",
    "description": "Language of problems: zh or en.",
    "schema": {"type": "string"},
}
_PROBLEM: Part = {"$ref": "#/components/schemas/ProblemBody"}


def problems(*kinds: Kind) -> dict[int | str, Part]:
    """Return the problems that a route can answer with, by status."""
    by_status: dict[int | str, Part] = {}
    for kind in kinds:
        told = by_status.setdefault(kind.status, {"content": {MEDIA_TYPE: {"schema": _PROBLEM}}})
        for name, text in (("description", kind.title.en), (f"x-description-{ZH}", kind.title.zh)):
            told[name] = f"{told[name]} · {text}" if name in told else text
    return by_status


def in_chinese(summary: str) -> Part:
    """Return a route's summary in Chinese, as its entry carries it beside the English one."""
    return {f"x-summary-{ZH}": summary}


def reads_grades(summary_zh: str, *parameters: Part) -> Part:
    """Return what a route that reads grades adds to its entry: key, scope, parameters."""
    return needs("grades:read", *parameters) | in_chinese(summary_zh)


def needs(scope: str, *parameters: Part) -> Part:
    """Return what a route with a scope adds to its entry."""
    return {
        "security": [{BEARER: []}],
        "x-scope": scope,
        "parameters": [*parameters, LANGUAGE],
    }
