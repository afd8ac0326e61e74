"""When the parts of a table are written together into one, and which files may go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from features.ledger.versions.manifest import FILES, Manifest, Part
from features.ledger.versions.parts import PartWriter, rows_sql

MOST_PARTS = 8
LARGEST_SHARE = 0.25  # of later parts, of the first one's rows
KEPT = timedelta(days=1)  # how long a reader may go on with a state that is no longer current


def appended(
    writer: PartWriter, folder: Path, name: str, parts: Sequence[Part], part: Part
) -> tuple[Part, ...]:
    """Return the parts of a table with one more, or all written together where they are many."""
    together = (*parts, part)
    later = sum(p.count for p in together[1:])
    if len(together) == 1 or (
        len(together) <= MOST_PARTS and later <= together[0].count * LARGEST_SHARE
    ):
        return together
    return (writer.write(name, f"SELECT * FROM ({rows_sql(folder, name, together)})", None),)


def with_dropped(before: Manifest, after: Manifest, now: datetime) -> Manifest:
    """Return a state that knows which files it no longer needs, and since when."""
    gone = dict.fromkeys(before.files() - after.files(), now.isoformat())
    recent = {
        name: moment
        for name, moment in before.dropped.items()
        if now - datetime.fromisoformat(moment) < KEPT
    }
    return replace(after, dropped=recent | gone)


def sweep(folder: Path, state: Manifest) -> None:
    """Remove what neither the state nor a recent reader needs; the ledger is held for writing.

    That is what an import that was killed left behind, and what was dropped a day ago.
    """
    kept = state.files() | state.dropped.keys()
    for path in (folder / FILES).glob("*.parquet"):
        if path.name not in kept:
            path.unlink(missing_ok=True)
    for path in folder.glob(".half-*"):
        path.unlink(missing_ok=True)
