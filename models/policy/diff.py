"""What differs between two policies, key by key, and what each key means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from models.curves import Curve
from models.explain.words.text import Text
from models.policy.meanings import meaning
from models.policy.sections import Policy, Steps

Value = str | int | float | list[Any] | None
_NOT_KEYS = ("content", "sha256")


@dataclass(frozen=True)
class Difference:
    """One key whose value differs.

    Attributes
    ----------
    key : str
        Dotted, as ``blend.rule_weight``.
    before, after : str, int, float, list or None
        The values as the TOML writes them; None where a policy lacks the key, which only an
        anchor of ``scale.anchors`` may be.
    meaning : Text
        What the key means.
    """

    key: str
    before: Value
    after: Value
    meaning: Text


def policy_values(policy: Policy) -> dict[str, Value]:
    """Return every value of a policy by its dotted key, in the order of its sections.

    Examples
    --------
    >>> from models.policy.load import load_policy
    >>> values = policy_values(load_policy())
    >>> values["bands.A"], values["rules.industry_score.curve"]
    (80.0, [[35.0, 0.0], [85.0, 100.0]])
    """
    return dict(_values(policy, ""))


def policy_differences(before: Policy, after: Policy) -> list[Difference]:
    """Return the keys whose values differ between two policies, none where they are equal.

    The text around the values counts for nothing: a comment or another order of the keys is
    no difference, though it gives the policy another hash and so another version.

    Examples
    --------
    >>> from models.policy.load import load_policy
    >>> policy_differences(load_policy(), load_policy())
    []
    """
    old, new = policy_values(before), policy_values(after)
    return [
        Difference(key, old.get(key), new.get(key), meaning(key))
        for key in dict.fromkeys((*old, *new))
        if old.get(key) != new.get(key)
    ]


def _values(section: Any, path: str) -> Iterator[tuple[str, Value]]:
    for field in fields(section):
        if not path and field.name in _NOT_KEYS:
            continue
        key = f"{path}{field.name}"
        value = getattr(section, field.name)
        if isinstance(value, Curve | Steps):
            yield key, [list(knot) for knot in value.knots]
        elif isinstance(value, dict):
            ordered = sorted(value.items(), key=lambda item: int(item[0]))
            yield from ((f"{key}.{name}", list(pair)) for name, pair in ordered)
        elif is_dataclass(value):
            yield from _values(value, f"{key}.")
        else:
            yield key, value
