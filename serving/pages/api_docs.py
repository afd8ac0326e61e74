"""The programmers' page: the OpenAPI document in a form that is read without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.explain.words import Text
from serving.contract import ZH
from serving.pages.words import _

PLACES = {
    "path": _("in the path"),
    "query": _("in the query"),
    "header": _("header"),
    "cookie": _("cookie"),
}
_METHODS = ("get", "post", "put", "patch", "delete")
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Field:
    """A parameter, or a field of a body.

    Attributes
    ----------
    place : str
        ``path``, ``query`` or ``header``; of a body's field how it is nested.
    kind : str
        Its type in words.
    """

    name: str
    place: str
    kind: str
    is_required: bool
    description: str


@dataclass(frozen=True)
class Answer:
    """An answer by its status, with its fields; problems have the same fields everywhere."""

    status: str
    description: Text
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Operation:
    """One method of one path; ``bodies`` holds a title and fields per shape of the body."""

    method: str
    path: str
    anchor: str
    summary: Text
    description: str
    scope: str | None
    parameters: tuple[Field, ...]
    bodies: tuple[tuple[str, tuple[Field, ...]], ...]
    answers: tuple[Answer, ...]


def operations(document: Schema) -> list[Operation]:
    """Return the operations of an OpenAPI document in its order."""
    parts = document.get("components", {}).get("schemas", {})
    return [
        _operation(method, path, told, parts)
        for path, methods in document.get("paths", {}).items()
        for method, told in methods.items()
        if method in _METHODS
    ]


def fields_of(schema: Schema, parts: Schema, prefix: str = "") -> tuple[Field, ...]:
    """Return the fields of an object's schema, those of listed objects below their list.

    Parameters
    ----------
    schema : mapping
        JSON Schema; may point into ``parts``.
    parts : mapping
        The document's schemas by name.
    prefix : str
        What the names begin with.
    """
    known = resolved(schema, parts)
    required, found = known.get("required", ()), []
    for name, inner in known.get("properties", {}).items():
        told = f"{prefix}{name}"
        found.append(
            Field(told, "body", kind_of(inner, parts), name in required, _described(inner))
        )
        deeper, mark = _nested(inner, parts)
        if not prefix and deeper is not None:
            found.extend(fields_of(deeper, parts, f"{told}{mark}"))
    return tuple(found)


def resolved(schema: Schema, parts: Schema) -> Schema:
    """Return what a schema points at, or itself."""
    name = str(schema.get("$ref", "")).rsplit("/", 1)[-1]
    target: Schema = parts.get(name, {}) if name else schema
    return target


def kind_of(schema: Schema, parts: Schema) -> str:
    """Return a schema's type in words.

    Examples
    --------
    >>> kind_of({"anyOf": [{"type": "number"}, {"type": "null"}]}, {})
    'number or null'
    >>> kind_of({"type": "array", "items": {"type": "string"}, "maxItems": 9}, {})
    'list of string, at most 9'
    """
    known = resolved(schema, parts)
    shapes = known.get("anyOf") or known.get("oneOf")
    if shapes:
        return " or ".join(dict.fromkeys(kind_of(shape, parts) for shape in shapes))
    if "enum" in known:
        return " | ".join(map(str, known["enum"]))
    kind = known.get("type", "any")
    if kind == "array":
        most = f", at most {known['maxItems']}" if "maxItems" in known else ""
        return f"list of {kind_of(known.get('items', {}), parts)}{most}"
    if isinstance(kind, list):
        return " or ".join(kind)
    return str(known.get("format", kind))


def _operation(method: str, path: str, told: Schema, parts: Schema) -> Operation:
    return Operation(
        method=method.upper(),
        path=path,
        anchor=f"{method}-{path.strip('/')}".translate(str.maketrans("/{}:", "----")),
        summary=both(told, "summary"),
        description=told.get("description", ""),
        scope=told.get("x-scope"),
        parameters=tuple(_parameter(p, parts) for p in told.get("parameters", ())),
        bodies=_bodies(told.get("requestBody", {}), parts),
        answers=tuple(_answer(s, a, parts) for s, a in told.get("responses", {}).items()),
    )


def _parameter(told: Schema, parts: Schema) -> Field:
    schema = told.get("schema", {})
    return Field(
        told["name"],
        told["in"],
        kind_of(schema, parts),
        bool(told.get("required")),
        " ".join(filter(None, (told.get("description"), _described(schema)))),
    )


def _bodies(body: Schema, parts: Schema) -> tuple[tuple[str, tuple[Field, ...]], ...]:
    found: list[tuple[str, tuple[Field, ...]]] = []
    for media in body.get("content", {}).values():
        schema = resolved(media.get("schema", {}), parts)
        for shape in schema.get("oneOf") or [schema]:
            known = resolved(shape, parts)
            found.append((known.get("title", ""), fields_of(known, parts)))
    return tuple(found)


def _answer(status: str, told: Schema, parts: Schema) -> Answer:
    content = told.get("content", {})
    is_problem = "application/problem+json" in content
    media: Schema = next(iter(content.values()), {})
    fields = () if is_problem else fields_of(media.get("schema", {}), parts)
    return Answer(status, both(told, "description"), fields)


def _nested(schema: Schema, parts: Schema) -> tuple[Schema | None, str]:
    known = resolved(schema, parts)
    if known.get("type") == "array":
        items = resolved(known.get("items", {}), parts)
        return (items, "[].") if items.get("properties") else (None, "")
    return (known, ".") if known.get("properties") else (None, "")


def both(told: Schema, name: str) -> Text:
    """Return a text of the document in both languages; English where it has no Chinese."""
    english = told.get(name, "")
    return Text(told.get(f"x-{name}-{ZH}", english), english)


def _described(schema: Schema) -> str:
    usual = f"Default: {schema['default']}." if "default" in schema else ""
    return " ".join(filter(None, (schema.get("description", ""), usual)))
