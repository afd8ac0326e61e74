"""Pieces of the OpenAPI document that several routes share."""

from __future__ import annotations

from typing import Any

from serving.errors import KINDS, MEDIA_TYPE

Part = dict[str, Any]
BEARER = "bearer"
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


def problems(*statuses: int) -> dict[int | str, Part]:
    """Return the problems that a route can answer with."""
    return {
        status: {
            "description": " · ".join(kind.title.en for kind in KINDS if kind.status == status),
            "content": {MEDIA_TYPE: {"schema": _PROBLEM}},
        }
        for status in statuses
    }


def reads_grades(*parameters: Part) -> Part:
    """Return what a route that reads grades adds to its entry: key, scope, parameters."""
    return needs("grades:read", *parameters)


def needs(scope: str, *parameters: Part) -> Part:
    """Return what a route with a scope adds to its entry."""
    return {
        "security": [{BEARER: []}],
        "x-scope": scope,
        "parameters": [*parameters, LANGUAGE],
    }
