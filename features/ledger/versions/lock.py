"""Writers of a versioned ledger queue; readers need no lock."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from features.errors import UsageError

_LOCK = ".writing"


@contextmanager
def writing(folder: Path, *, waits: Callable[[], None]) -> Iterator[None]:
    """Hold a ledger for writing; the lock ends with the process, however that ends.

    Parameters
    ----------
    folder : Path
        The ledger's folder; made where it is missing.
    waits : callable
        Called once where another process holds the ledger, before waiting for it.

    Raises
    ------
    UsageError
        If the folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / _LOCK).open("a")
    except OSError as error:
        message = f"The ledger {folder} cannot be written ({error.strerror}). Give another folder."
        raise UsageError(message) from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waits()
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield
