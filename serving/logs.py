"""Logs: one JSON object a line on standard error, without ids, names or bodies."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

import orjson

LEVELS = ("debug", "info", "warning", "error")
_least = LEVELS.index("info")


def log(level: str, event: str, **fields: object) -> None:
    """Write a line.

    Parameters
    ----------
    level : str
        One of ``LEVELS``.
    event : str
        What happened, in a word.
    **fields : object
        What else there is to know: nothing that a client sent, nothing about a person.
    """
    if LEVELS.index(level) < _least:
        return
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    told = {"at": now, "level": level, "event": event, **fields}
    try:
        line = orjson.dumps(told, default=str).decode()
    except TypeError:  # half a surrogate pair, as a path of a file can hold
        line = json.dumps(told, default=str)
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def set_level(level: str) -> None:
    """Write no line below a level."""
    global _least  # noqa: PLW0603 - the process has one log
    _least = LEVELS.index(level)
