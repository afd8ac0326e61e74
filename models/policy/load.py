"""Read a policy: every key known, every value of its kind, every part fitting the others."""

from __future__ import annotations

import difflib
import hashlib
import math
import tomllib
import typing
from dataclasses import MISSING, fields, is_dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from features.errors import ModelError
from models.curves import Curve
from models.policy.checks import faults
from models.policy.sections import Policy, Steps

T = TypeVar("T")
_OUR_OWN = frozenset({"content", "sha256"})
_KINDS = {int: "a whole number", float: "a number", str: "a text"}


def load_policy(path: Path | None = None) -> Policy:
    """Return the policy of a TOML file, or the packaged default.

    Raises
    ------
    ModelError
        If the file cannot be read or a key is unknown, missing or out of range; the message
        names the key, the value and the mend.
    """
    if path is None:
        return parse_policy((resources.files("models.policy") / "default.toml").read_bytes())
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        message = f"The policy {path} cannot be read ({error.strerror}). Give a TOML file."
        raise ModelError(message) from error
    return parse_policy(content, source=str(path))


def parse_policy(content: bytes, *, source: str = "models/policy/default.toml") -> Policy:
    """Return the policy of a TOML text; ``source`` stands in the errors."""
    try:
        document = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"The policy {source} is not readable TOML: {error}. Correct the line."
        raise ModelError(message) from error
    sha256 = hashlib.sha256(content).hexdigest()
    policy = replace(_section(Policy, document, "", source), content=content, sha256=sha256)
    for fault in faults(policy):
        message = f"Policy {source}: {fault}"
        raise ModelError(message)
    return policy


def _section(kind: type[T], given: Any, path: str, source: str) -> T:
    if not isinstance(given, dict):
        message = f"Policy {source}: [{path}] must be a table, not {given!r}."
        raise ModelError(message)
    hints = typing.get_type_hints(kind)
    known = [f.name for f in fields(kind) if f.name not in _OUR_OWN]  # type: ignore[arg-type]
    for key in given:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=2)
            hint = f" Did you mean {' or '.join(near)}?" if near else f" Keys: {', '.join(known)}."
            message = f"Policy {source}: unknown key {_key(path, key)}.{hint}"
            raise ModelError(message)
    # what a later version of the program added has a default: older policies stay readable
    needed = [f.name for f in fields(kind) if f.default is MISSING]  # type: ignore[arg-type]
    missing = [name for name in needed if name not in given]
    if missing:
        message = f"Policy {source}: the key {_key(path, missing[0])} is missing. Add it."
        raise ModelError(message)
    values = {k: _value(hints[k], v, _key(path, k), source) for k, v in given.items()}
    return kind(**values)


def _value(kind: Any, given: Any, key: str, source: str) -> Any:
    if kind is Steps:
        return _steps(given, key, source)
    if is_dataclass(kind) and kind is not Curve:
        return _section(kind, given, key, source)  # type: ignore[arg-type]
    if kind is Curve:
        return _curve(given, key, source)
    if typing.get_origin(kind) is dict:
        return _anchors(given, key, source)
    if kind is float and isinstance(given, int | float) and not isinstance(given, bool):
        if math.isfinite(given):
            return float(given)
    elif isinstance(given, kind) and not isinstance(given, bool):
        return given
    message = f"Policy {source}: {key} = {given!r} must be {_KINDS[kind]}."
    raise ModelError(message)


def _curve(given: Any, key: str, source: str) -> Curve:
    try:
        return Curve(tuple((float(x), float(y)) for x, y in given))
    except (TypeError, ValueError) as error:
        message = (
            f"Policy {source}: {key} = {given!r} is no curve ({error}). Write a list of "
            "[value, points] with rising values."
        )
        raise ModelError(message) from error


def _steps(given: Any, key: str, source: str) -> Steps:
    pairs = (
        [pair for pair in given if isinstance(pair, list) and len(pair) == 2]
        if (isinstance(given, list))
        else []
    )
    kinds = [type(days) is int and type(share) in (int, float) for days, share in pairs]
    if not kinds or len(kinds) != len(given) or not all(kinds):
        message = (
            f"Policy {source}: {key} = {given!r} must be a list of [days, share], as [[0, 0.003], "
            "[30, 0.015]]."
        )
        raise ModelError(message)
    return Steps(tuple((days, float(share)) for days, share in pairs))


def _anchors(given: Any, key: str, source: str) -> dict[str, tuple[float, float]]:
    if not isinstance(given, dict):
        message = f"Policy {source}: [{key}] must be a table, not {given!r}."
        raise ModelError(message)
    anchors = {}
    for days, pair in given.items():
        good = (
            days.isdigit()
            and isinstance(pair, list)
            and len(pair) == 2
            and all(isinstance(p, float) and 0 < p < 1 for p in pair)
            and pair[0] < pair[1]
        )
        if not good:
            message = (
                f"Policy {source}: {key}.{days} = {pair!r} must be two probabilities between 0 "
                "and 1, the safe one first, under a horizon in days."
            )
            raise ModelError(message)
        anchors[days] = (pair[0], pair[1])
    return anchors


def _key(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
