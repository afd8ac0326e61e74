"""Promotions: append-only, the newest says which bundle grades."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select

from serving.database import reading
from serving.promotions.tables import PROMOTIONS

PROMOTE, ROLLBACK, FIRST = "promote", "rollback", "first"
Gates = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Wish:
    """What is to be recorded.

    Attributes
    ----------
    kind : str
        ``promote`` (it passed the gates), ``rollback`` (back to an earlier champion, without
        gates) or ``first`` (a training, for want of a champion).
    version : str
        The bundle that is to grade.
    previous_version : str or None
        The bundle that graded before, None where none did.
    by, reason : str
        Who answers for it, and why.
    gates : sequence of mapping
        What it passed, as told; empty where there were no gates.
    """

    kind: str
    version: str
    previous_version: str | None
    by: str
    reason: str
    gates: Gates = ()


@dataclass(frozen=True)
class Promotion:
    """A bundle that was made the champion; the fields are those of `Wish` and two more.

    Attributes
    ----------
    promotion_id : int
        Rises with every promotion.
    promoted_at : datetime
        In UTC, without a zone.
    """

    promotion_id: int
    promoted_at: datetime
    kind: str
    version: str
    previous_version: str | None
    by: str
    reason: str
    gates: Gates

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON document of a promotion."""
        return {**vars(self), "promoted_at": f"{self.promoted_at.isoformat()}Z"}


def record_promotion(connection: Connection, wish: Wish) -> Promotion:
    """Record a promotion in the connection's transaction."""
    row = {
        "promoted_at": datetime.now(UTC).replace(tzinfo=None),
        "promoted_by": wish.by,
        "reason": wish.reason,
        "kind": wish.kind,
        "version": wish.version,
        "previous_version": wish.previous_version,
        "gates": json.dumps(list(wish.gates), ensure_ascii=False, allow_nan=False),
    }
    done = connection.execute(insert(PROMOTIONS).values(row).returning(PROMOTIONS))
    return _promotion(done.one())


def newest_promotion(connection: Connection) -> Promotion | None:
    """Return the newest promotion, None where there was none."""
    query = select(PROMOTIONS).order_by(PROMOTIONS.c.promotion_id.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else _promotion(row)


def promotions(engine: Engine) -> list[Promotion]:
    """Return every promotion, the newest first."""
    query = select(PROMOTIONS).order_by(PROMOTIONS.c.promotion_id.desc())
    with reading(engine) as connection:
        return [_promotion(row) for row in connection.execute(query)]


def champion_before(found: Sequence[Promotion], champion: str | None) -> str | None:
    """Return the bundle that graded before the champion, None where the record tells of none.

    A rollback takes back what came after the bundle that it went to: going back twice leads
    two promotions back, and not to and fro.

    Parameters
    ----------
    found : sequence of Promotion
        From `promotions`, the newest first.
    champion : str or None
        What grades now.
    """
    line: list[str] = []
    for done in reversed(found):
        if done.previous_version is not None and line[-1:] != [done.previous_version]:
            line.append(done.previous_version)  # somebody wrote the file by hand
        if done.kind == ROLLBACK and done.version in line:
            del line[len(line) - line[::-1].index(done.version) :]
        elif line[-1:] != [done.version]:
            line.append(done.version)
    return next((version for version in reversed(line) if version != champion), None)


def earlier_champions(found: Sequence[Promotion], champion: str | None) -> list[str]:
    """Return every bundle that ever graded by the record but the champion, the newest first."""
    ever = [v for done in found for v in (done.version, done.previous_version) if v is not None]
    return [version for version in dict.fromkeys(ever) if version != champion]


def _promotion(row: Row[Any]) -> Promotion:
    return Promotion(
        promotion_id=row.promotion_id,
        promoted_at=row.promoted_at,
        kind=row.kind,
        version=row.version,
        previous_version=row.previous_version,
        by=row.promoted_by,
        reason=row.reason,
        gates=json.loads(row.gates),
    )
