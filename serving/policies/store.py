"""Activations of policies: append-only, the newest says which policy is active."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from features.errors import UsageError
from models.policy.sections import Policy
from serving.database import reading
from serving.grades.tables import POLICIES
from serving.policies.tables import ACTIVATIONS, LONGEST_NAME

LONGEST_REASON = 2_000


@dataclass(frozen=True)
class Activation:
    """A policy that was made the active one.

    Attributes
    ----------
    activation_id : int
        Rises with every activation.
    activated_at : datetime
        In UTC, without a zone.
    activated_by, reason : str
        Who did it, and why.
    policy_sha256, policy_version : str
        Of the policy that became active; its text is kept.
    previous_sha256 : str or None
        Of the text that was active before; None where it could not be read.
    previous_version : str or None
        Of the policy that was active before; None where the text was no policy.
    """

    activation_id: int
    activated_at: datetime
    activated_by: str
    reason: str
    policy_sha256: str
    policy_version: str
    previous_sha256: str | None
    previous_version: str | None


@dataclass(frozen=True)
class Previous:
    """What was active before: the hash of the text, and the policy if the text is one."""

    sha256: str | None
    policy: Policy | None


def checked_words(by: str, reason: str, *, act: str = "An activation") -> tuple[str, str]:
    """Return who acts and why, without the space around them; ``act`` stands in the errors.

    Raises
    ------
    UsageError
        If one of them is empty, too long or no text.
    """
    for option, given, longest in (("by", by, LONGEST_NAME), ("reason", reason, LONGEST_REASON)):
        if not 1 <= len(given.strip()) <= longest:
            message = (
                f"--{option} has 1 to {longest:,} characters, not {len(given.strip()):,}. "
                f"{act} is answered for: say who makes it and why."
            )
            raise UsageError(message)
        if "\0" in given or any("\ud800" <= letter <= "\udfff" for letter in given):
            message = f"--{option} holds what is no text. Write it in UTF-8."
            raise UsageError(message)
    return by.strip(), reason.strip()


def record_activation(
    connection: Connection, policy: Policy, previous: Previous, *, by: str, reason: str
) -> Activation:
    """Record an activation with the texts of both policies, in the connection's transaction."""
    for kept in (policy, previous.policy):
        if kept is not None:
            _keep(connection, kept)
    row = {
        "activated_at": datetime.now(UTC).replace(tzinfo=None),
        "activated_by": by,
        "reason": reason,
        "policy_sha256": policy.sha256,
        "policy_version": policy.policy_version,
        "previous_sha256": previous.sha256,
        "previous_version": None if previous.policy is None else previous.policy.policy_version,
    }
    done = connection.execute(insert(ACTIVATIONS).values(row).returning(ACTIVATIONS))
    return Activation(**done.one()._mapping)


def newest_activation(connection: Connection) -> Activation | None:
    """Return the newest activation, None where there was none."""
    query = select(ACTIVATIONS).order_by(ACTIVATIONS.c.activation_id.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else Activation(**row._mapping)


def activations(engine: Engine) -> list[Activation]:
    """Return every activation, the newest first."""
    query = select(ACTIVATIONS).order_by(ACTIVATIONS.c.activation_id.desc())
    with reading(engine) as connection:
        return [Activation(**row._mapping) for row in connection.execute(query)]


def _keep(connection: Connection, policy: Policy) -> None:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(
        dialect.insert(POLICIES).on_conflict_do_nothing(),
        {
            "policy_sha256": policy.sha256,
            "policy_version": policy.policy_version,
            "content": policy.content,
        },
    )
