"""What a key or a person may do."""

from __future__ import annotations

from collections.abc import Iterable

from features.errors import UsageError

SCOPES = (
    "grades:read",
    "decisions:write",
    "ledger:write",
    "overrides:request",
    "overrides:approve",
    "admin",
)


def checked_scopes(given: Iterable[str]) -> tuple[str, ...]:
    """Return scopes in their usual order, once each.

    Raises
    ------
    UsageError
        If one is unknown, or there is none.
    """
    wanted = {scope.strip() for scope in given} - {""}
    unknown = sorted(wanted - set(SCOPES))
    if unknown or not wanted:
        fault = f"there is no scope {unknown[0]!r}" if unknown else "no scope was given"
        message = f"In --scopes, {fault}. Join some of these by commas: {', '.join(SCOPES)}."
        raise UsageError(message)
    return tuple(scope for scope in SCOPES if scope in wanted)


def allows(scopes: Iterable[str], wanted: str) -> bool:
    """Tell whether scopes allow an act; ``admin`` allows every one.

    Examples
    --------
    >>> allows(["grades:read"], "grades:read"), allows(["grades:read"], "ledger:write")
    (True, False)
    """
    held = set(scopes)
    return wanted in held or "admin" in held
