"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FILE_MODE, _FOLDER_MODE = 0o666, 0o777


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a file beside the wanted one that takes its name when the block ends well.

    When the block fails it is removed, and what stood at ``path`` stays. The mode follows
    the process's mask.

    Raises
    ------
    OSError
        If nothing can be written there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=".half-", dir=path.parent)
    os.close(number)
    half = Path(name)
    try:
        yield half
        half.chmod(_FILE_MODE & ~umask())
        os.replace(half, path)
    except BaseException:
        half.unlink(missing_ok=True)
        raise


def open_to_others(folder: Path) -> None:
    """Give a folder that was made for oneself alone the mode that the mask allows."""
    folder.chmod(_FOLDER_MODE & ~umask())


def umask() -> int:
    """Return the process's mask of permissions, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
