"""The manifest of a versioned ledger: which files are its state now.

A reader reads it once and has a whole state, whatever is imported meanwhile: the files that
it names never change. A writer writes new files beside them and swaps the manifest.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from features.errors import LedgerError
from features.ledger.tables import TABLES
from features.settings import FACTS_VERSION, SETTINGS
from features.whole import whole

NAME = "manifest.json"
FILES = "files"  # the folder of the immutable files
FORMAT = 1


@dataclass(frozen=True)
class Part:
    """Rows of a table that were written together.

    Attributes
    ----------
    rows : tuple of str
        Names of the Parquet files, sorted by owner, each beginning where the last one ended.
    owners : str or None
        Name of the file with the owners whose rows of every earlier part this one replaces;
        None for the first part, which replaces nothing.
    count : int
        Number of rows.
    sha256 : str
        Of the contents of all its files, in order.
    """

    rows: tuple[str, ...]
    owners: str | None
    count: int
    sha256: str

    @property
    def files(self) -> tuple[str, ...]:
        """The names of all its files."""
        return self.rows if self.owners is None else (*self.rows, self.owners)


@dataclass(frozen=True)
class Imported:
    """A line of the import log.

    Attributes
    ----------
    number : int
        Of the state that it made.
    day : str
        The import's day, ISO: from it a changed row is known.
    files : dict of str to str
        The sha256 of every file taken, by name.
    taken : dict of str to int
        Rows that the ledger gained, by table.
    """

    number: int
    day: str
    files: dict[str, str]
    taken: dict[str, int]


@dataclass(frozen=True)
class Manifest:
    """A state of a versioned ledger.

    Attributes
    ----------
    number : int
        Counts the states; 0 before the first import.
    currency : str
        The currency of the stored facts.
    several : bool
        Whether the ledger names several currencies, so that ``converted`` holds its money.
    facts : str
        Key of the settings that the facts were computed with; see `facts_key`.
    tables : dict of str to tuple of Part
        Rows as imported, all versions, in their own currency.
    converted : dict of str to tuple of Part
        Invoices, orders and payments in ``currency``, where there are several.
    items : tuple of Part
        The settlement of each invoice: the rows of ``fact_items``.
    rounded : dict of str to dict of str to int
        Values with more than two places, by table and column.
    imports : tuple of Imported
        The import log, the first import first.
    dropped : dict of str to str
        Files that earlier states named and this one does not, with the moment (ISO, UTC)
        that they were dropped: a reader may be reading them still.
    """

    number: int = 0
    currency: str = "CNY"
    several: bool = False
    facts: str = ""
    tables: dict[str, tuple[Part, ...]] = field(default_factory=dict)
    converted: dict[str, tuple[Part, ...]] = field(default_factory=dict)
    items: tuple[Part, ...] = ()
    rounded: dict[str, dict[str, int]] = field(default_factory=dict)
    imports: tuple[Imported, ...] = ()
    dropped: dict[str, str] = field(default_factory=dict)

    def parts(self) -> Iterator[Part]:
        """Yield every part of this state."""
        for group in (*self.tables.values(), *self.converted.values(), self.items):
            yield from group

    def files(self) -> frozenset[str]:
        """Return the names of every file of this state."""
        return frozenset(name for part in self.parts() for name in part.files)

    @property
    def fingerprint(self) -> str:
        """The sha256 of the imported rows: the same imports in any folder give the same."""
        total = sha256()
        for name in sorted(self.tables):
            for part in self.tables[name]:
                total.update(f"{name}:{part.sha256}\n".encode())
        return total.hexdigest()


def facts_key() -> str:
    """Return the key of what stored facts depend on beside the rows."""
    told = json.dumps([FACTS_VERSION, asdict(SETTINGS)], sort_keys=True)
    return sha256(told.encode()).hexdigest()[:16]


def is_versioned(folder: Path) -> bool:
    """Tell whether a folder holds a versioned ledger."""
    return (folder / NAME).is_file()


def read_manifest(folder: Path) -> Manifest:
    """Return the state of a versioned ledger now.

    Raises
    ------
    LedgerError
        If the manifest cannot be read, is of another format, or names a file that is missing.
    """
    path = folder / NAME
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        number = found["format"]
        if number != FORMAT:
            message = (
                f"{path} has the format {number}, and this release reads {FORMAT}. Read the "
                "ledger with the release that wrote it, export it, and import the export anew."
            )
            raise LedgerError(message)
        manifest = _manifest(found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = (
            f"{path} is no manifest of a ledger ({type(error).__name__}: {error}). Restore it from "
            "a copy, or import the facts anew into another folder."
        )
        raise LedgerError(message) from error
    missing = sorted(n for n in manifest.files() if not (folder / FILES / n).is_file())
    if missing:
        message = (
            f"The ledger {folder} lacks {len(missing)} of its files, such as {missing[0]}. "
            "Restore the folder from a copy, or import the facts anew into another folder."
        )
        raise LedgerError(message)
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Make a state the current one: whole or not at all, and lasting when this returns."""
    told = {"format": FORMAT, **asdict(manifest)}
    with whole(folder / NAME) as half:
        half.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
        to_disk(half)
    to_disk(folder)


def to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, have reached the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _manifest(found: dict[str, Any]) -> Manifest:
    strange = set(found["tables"]) - set(TABLES)
    if strange:
        message = f"it names the unknown table {min(strange)}"
        raise ValueError(message)
    return Manifest(
        number=int(found["number"]),
        currency=str(found["currency"]),
        several=bool(found["several"]),
        facts=str(found["facts"]),
        tables={name: _parts(parts) for name, parts in found["tables"].items()},
        converted={name: _parts(parts) for name, parts in found["converted"].items()},
        items=_parts(found["items"]),
        rounded=found["rounded"],
        imports=tuple(Imported(**line) for line in found["imports"]),
        dropped=found["dropped"],
    )


def _parts(found: list[dict[str, Any]]) -> tuple[Part, ...]:
    parts = tuple(
        Part(tuple(p["rows"]), p["owners"], int(p["count"]), str(p["sha256"])) for p in found
    )
    for name in (n for part in parts for n in part.files):
        if Path(name).name != name:
            message = f"{name!r} is not the name of a file"
            raise ValueError(message)
    return parts
