"""What a model was made with: the versions of the libraries, and the commit of the code.

It stands in the run's record and in MLflow, never in the bundle: the same ledger and settings give
the same bytes, whoever's checkout they came from.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

LIBRARIES = ("lightgbm", "numpy", "duckdb", "scikit-learn")
_SECONDS = 20  # git answers in milliseconds; a dead network drive never does


@dataclass(frozen=True)
class Code:
    """Which code ran.

    Attributes
    ----------
    commit : str or None
        The commit that was checked out; None where that cannot be told.
    dirty : bool or None
        Whether files differed from the commit, or were there beside it.
    absent : str or None
        Why the commit cannot be told.
    """

    commit: str | None = None
    dirty: bool | None = None
    absent: str | None = None

    @property
    def told(self) -> str:
        """The commit, with ``+dirty`` behind it, or ``unknown`` and why."""
        if self.commit is None:
            return f"unknown: {self.absent}"
        return f"{self.commit}+dirty" if self.dirty else self.commit


def library_versions(*, more: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the versions of Python and of the libraries that decide a bundle's bytes.

    Parameters
    ----------
    more : tuple of str
        Further distributions that took part.

    Raises
    ------
    PackageNotFoundError
        If one of them is not installed: then it cannot have taken part.
    """
    versions = {name: metadata.version(name) for name in (*LIBRARIES, *more)}
    return {"python": platform.python_version(), **versions}


def code_version(room: Path | None = None) -> Code:
    """Return the commit of the checkout that the code runs from.

    Parameters
    ----------
    room : Path, optional
        The folder of this room, where it is not the one that runs.
    """
    root = (room or Path(__file__).parent).resolve().parent
    git = shutil.which("git")
    if git is None:
        return Code(absent="git is not installed")
    top = _git(git, root, "rev-parse", "--show-toplevel")
    # installed into an environment inside somebody's repository, the code is not that repository's
    if top is None or Path(top).resolve() != root:
        return Code(absent="the code does not run from a checkout that git can read")
    commit = _git(git, root, "rev-parse", "--verify", "HEAD")
    changes = _git(git, root, "status", "--porcelain")
    if commit is None or changes is None:
        return Code(absent="the checkout has no commit yet, or git cannot read it")
    return Code(commit=commit, dirty=bool(changes))


def _git(git: str, root: Path, *command: str) -> str | None:
    """Return what git prints, None where it fails; it takes no lock that others wait for."""
    try:
        found = subprocess.run(  # noqa: S603 - a fixed command, no text from outside
            [git, "--no-optional-locks", "-C", str(root), *command],
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if found.returncode else found.stdout.strip()
