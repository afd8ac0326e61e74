"""Passwords, hashed with argon2id."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

# 19 MiB, two passes: what OWASP's password storage cheat sheet asks of argon2id at the least;
# more memory would be most of what the server needs
_MEMORY_KIB, _PASSES, _LANES = 19_456, 2, 1
_NOBODY = "a password that nobody has"


def hashed(password: str) -> str:
    """Return the argon2id hash of a password, salt and costs included."""
    return _hasher().hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Tell whether a password has this hash; without a hash it takes as long and is False."""
    from argon2.exceptions import VerificationError  # noqa: PLC0415 - only who logs in needs it

    try:
        _hasher().verify(password_hash or _nobodys(), password)
    except VerificationError:
        return False
    return password_hash is not None


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # noqa: PLC0415 - only who logs in needs it

    return PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=_LANES)


@cache
def _nobodys() -> str:
    return hashed(_NOBODY)
