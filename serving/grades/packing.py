"""A bundle's files in one piece, and out of it again."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

_WHEN = (1980, 1, 1, 0, 0, 0)  # no clock: the same files pack to the same bytes


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return files by name as one archive."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            writer.writestr(entry, files[name])
    return archive.getvalue()


def unpacked(archive: bytes) -> dict[str, bytes]:
    """Return the files of an archive by name.

    Examples
    --------
    >>> unpacked(packed({"a.txt": b"one"}))
    {'a.txt': b'one'}
    """
    with zipfile.ZipFile(io.BytesIO(archive)) as reader:
        return {name: reader.read(name) for name in reader.namelist()}
