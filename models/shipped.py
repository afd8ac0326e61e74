"""What grades, sent to other processes: its files, and nothing that lies on their machine."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from models.book import Grader
from models.bundle import read_bundle
from models.policy.load import parse_policy


@dataclass(frozen=True)
class Shipped:
    """The files of a bundle and the text of a policy.

    Attributes
    ----------
    bundle : tuple of (str, bytes)
        The bundle's files by name, in order.
    policy : bytes
        The policy's TOML.
    """

    bundle: tuple[tuple[str, bytes], ...]
    policy: bytes

    @classmethod
    def of(cls, grader: Grader) -> Shipped:
        """Return a grader's files."""
        return cls(tuple(sorted(grader.bundle.files.items())), grader.policy.content)

    def grader(self) -> Grader:
        """Return what grades, read once in a process."""
        return _grader(self)


@lru_cache(maxsize=2)
def _grader(shipped: Shipped) -> Grader:
    source = "sent to another process"
    bundle = read_bundle(dict(shipped.bundle), source=source)
    return Grader(bundle, parse_policy(shipped.policy, source=source))
