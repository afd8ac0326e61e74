"""A file that follows a record of the store: laid beside it first, renamed after the record.

The record comes first and the file follows it: the content is laid beside the file, the record is
written, and then the content takes the file's name. Killed before the record, nothing happened;
killed after it, what lies there takes its name when somebody looks.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from features.whole import whole


@dataclass(frozen=True)
class Following:
    """A file, and the mark by which contents that are to become it are told.

    Attributes
    ----------
    place : Path
        The file, which need not be there.
    mark : str
        Stands in the names of the contents laid beside it.
    """

    place: Path
    mark: str

    def name(self, key: str) -> Path:
        """Return where the content with this key lies."""
        return self.place.with_name(f".{self.mark}-{key}{self.place.suffix}")

    def laid(self) -> list[Path]:
        """Return the contents that lie beside the file, by name."""
        return sorted(self.place.parent.glob(f".{self.mark}-*{self.place.suffix}"))

    def lay(self, key: str, content: bytes) -> None:
        """Write a content beside the file, on the disk before anything is recorded of it."""
        with whole(self.name(key)) as half:
            half.write_bytes(content)
            _sync(half)
        _sync(self.place.parent)

    def take(self, key: str) -> None:
        """Give the content with this key the file's name."""
        os.replace(self.name(key), self.place)
        _sync(self.place.parent)

    def clear(self) -> None:
        """Remove whatever lies beside the file."""
        for path in self.laid():
            path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
