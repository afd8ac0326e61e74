"""Make a bundle the champion, so that record and file agree whatever is killed.

The record comes first and the file follows it (`serving.following`), under the writers' lock of
the store, so that two people who promote at once queue, and the newest record is the file.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine

from features.errors import ModelError
from models.champion import champion_in, champion_text
from serving.database import writing
from serving.following import Following
from serving.policies.store import checked_words
from serving.promotions.store import Promotion, Wish, newest_promotion, record_promotion

_MARK = "promoting"


def promote(engine: Engine, place: Path, wish: Wish) -> Promotion | None:
    """Record a bundle as the champion and write the file that says so.

    Parameters
    ----------
    engine : Engine
        The store.
    place : Path
        The workspace's ``champion.json``, which need not be there.
    wish : Wish
        What is to grade, and what graded when it was judged.

    Returns
    -------
    Promotion or None
        None where the bundle was the champion already: then nothing is recorded.

    Raises
    ------
    UsageError
        If name or reason are empty or too long.
    ModelError
        If another bundle became champion since this one was judged.
    """
    by, reason = checked_words(wish.by, wish.reason, act="A promotion")
    following = Following(place, _MARK)
    with writing(engine) as connection:
        _settle(connection, following)
        present = champion_of(place)
        if present == wish.version:
            return None
        if present != wish.previous_version:
            message = (
                f"{present or 'No bundle'} became champion while {wish.version} was being judged "
                f"against {wish.previous_version or 'none'}. Run the command again."
            )
            raise ModelError(message)
        following.lay(wish.version, champion_text(wish.version).encode())
        recorded = record_promotion(
            connection,
            Wish(wish.kind, wish.version, present, by, reason, wish.gates),
        )
    settle(engine, place)
    return recorded


def record_first(engine: Engine, wish: Wish) -> Promotion | None:
    """Record what a training has made champion already; None where the newest record says so."""
    with writing(engine) as connection:
        newest = newest_promotion(connection)
        if newest is not None and newest.version == wish.version:
            return None
        return record_promotion(connection, wish)


def settle(engine: Engine, place: Path) -> None:
    """Finish a promotion that was recorded but whose file never followed.

    What was laid but not recorded is removed. A file that somebody wrote since stays: it is
    not the champion that the promotion meant to replace.
    """
    with writing(engine) as connection:
        _settle(connection, Following(place, _MARK))


def is_unsettled(place: Path) -> bool:
    """Tell whether a promotion was begun and its file not written."""
    return bool(Following(place, _MARK).laid())


def champion_of(place: Path) -> str | None:
    """Return the champion, None where there is none or the file is damaged."""
    try:
        return champion_in(place)
    except ModelError:
        return None


def _settle(connection: Connection, following: Following) -> None:
    laid = following.laid()
    if not laid:
        return
    newest = newest_promotion(connection)
    if (
        newest is not None
        and following.name(newest.version) in laid
        and champion_of(following.place) == newest.previous_version
    ):
        following.take(newest.version)
    following.clear()
