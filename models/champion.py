"""The file that says which bundle grades: written by one room, watched by another."""

from __future__ import annotations

import json
from pathlib import Path

from features.errors import ModelError

FILE = "champion.json"
_KEY = "model_version"


def champion_in(path: Path) -> str | None:
    """Return the model version that a champion's file names, None where there is no file.

    Raises
    ------
    ModelError
        If the file is damaged.
    """
    if not path.is_file():
        return None
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))[_KEY])
    except (ValueError, KeyError, TypeError) as error:
        message = (
            f"{path} is damaged ({error}). Remove it and train, or write "
            '{"model_version": "…"} with a version of bundles/ into it.'
        )
        raise ModelError(message) from error


def champion_text(model_version: str) -> str:
    """Return the text of a champion's file.

    Examples
    --------
    >>> champion_text("ab8bf85d6e79").split()
    ['{', '"model_version":', '"ab8bf85d6e79"', '}']
    """
    return json.dumps({_KEY: model_version}, indent=1) + "\n"
