"""Make a policy the active one, so that record and file agree whatever is killed.

The record comes first and the file follows it (`serving.following`): the text is laid beside
``policy.toml``, the activation is recorded, and then the text takes the file's name. All of it
happens under the writers' lock of the store, so that two people who activate at once queue, and
the newest record is the file.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from sqlalchemy import Connection, Engine

from features.errors import ModelError
from models.policy.load import load_policy, parse_policy
from models.policy.sections import Policy
from serving.database import writing
from serving.following import Following
from serving.policies.store import (
    Activation,
    Previous,
    checked_words,
    newest_activation,
    record_activation,
)

_MARK = "activating"


def activate(
    engine: Engine, place: Path, policy: Policy, *, by: str, reason: str
) -> Activation | None:
    """Record a policy as the active one and write its text as the file that grades.

    Parameters
    ----------
    engine : Engine
        The store.
    place : Path
        The workspace's ``policy.toml``, which need not be there.
    policy : Policy
        Read and checked.
    by, reason : str
        Who activates, and why.

    Returns
    -------
    Activation or None
        None where the policy was active already: then nothing is recorded.

    Raises
    ------
    UsageError
        If name or reason are empty or too long.
    """
    by, reason = checked_words(by, reason)
    with writing(engine) as connection:
        _settle(connection, place)
        previous = active_text(place)
        if previous.sha256 == policy.sha256:
            return None
        _lay(place, policy)
        recorded = record_activation(connection, policy, previous, by=by, reason=reason)
    settle(engine, place)
    return recorded


def settle(engine: Engine, place: Path) -> None:
    """Finish an activation that was recorded but whose text never took the file's name.

    What was laid but not recorded is removed. A file that a person wrote since stays: it is
    not the text that the activation meant to replace.
    """
    with writing(engine) as connection:
        _settle(connection, place)


def is_unsettled(place: Path) -> bool:
    """Tell whether an activation of this file was begun and not finished."""
    return bool(Following(place, _MARK).laid())


def active_text(place: Path) -> Previous:
    """Return what is active: the file, else the packaged policy."""
    try:
        content = place.read_bytes()
    except FileNotFoundError:
        packaged = load_policy()
        return Previous(packaged.sha256, packaged)
    except OSError:
        return Previous(None, None)
    try:
        policy = parse_policy(content, source=str(place))
    except ModelError:
        return Previous(hashlib.sha256(content).hexdigest(), None)
    return Previous(policy.sha256, policy)


def _settle(connection: Connection, place: Path) -> None:
    following = Following(place, _MARK)
    laid = following.laid()
    if not laid:
        return
    newest = newest_activation(connection)
    if (
        newest is not None
        and following.name(newest.policy_sha256) in laid
        and active_text(place).sha256 == newest.previous_sha256
    ):
        following.take(newest.policy_sha256)
    following.clear()


def _lay(place: Path, policy: Policy) -> None:
    Following(place, _MARK).lay(policy.sha256, policy.content)
