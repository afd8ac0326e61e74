"""The way to a better grade as a page tells it."""

from __future__ import annotations

from dataclasses import dataclass

from models.explain.words import Text
from models.paths.paths import Paths, next_better
from models.paths.told import conduct_text, headline, path_end
from serving.errors import NO_LEDGER, Problem
from serving.grades.records import StoredGrade
from serving.pages.words import Words
from serving.paths.service import customer_paths
from serving.service import Service

SHOWN_FADES = 12


@dataclass(frozen=True)
class PathShown:
    """One path: what it takes and where it ends, and what to do."""

    end: str
    grade: str
    actions: list[str]


@dataclass(frozen=True)
class WayShown:
    """What would bring the customer to the next better grade.

    Attributes
    ----------
    wanted : str or None
        The next better grade; None of a customer that has the best.
    asked : bool
        Whether the reader asked for it: it takes about a second.
    why_not : str or None
        Why nothing can be told.
    headline, conduct : str or None
        Where the customer stands, and when good conduct alone is enough.
    fades : list of str
        When bad facts stop counting; ``more`` are not shown.
    """

    wanted: str | None
    asked: bool
    why_not: str | None = None
    headline: str | None = None
    paths: tuple[PathShown, ...] = ()
    conduct: str | None = None
    fades: tuple[str, ...] = ()
    more: int = 0


def way_shown(service: Service, stored: StoredGrade, words: Words, wanted: str | None) -> WayShown:
    """Return what the page tells of the way to a better grade.

    Parameters
    ----------
    service : Service
        Store, ledger, and what grades now.
    stored : StoredGrade
        The customer's current grade.
    words : Words
        The reader's.
    wanted : str or None
        The grade that the reader asked for; None where nobody asked.
    """
    better = next_better(stored.document["grade"])
    if wanted is None:
        return WayShown(better, asked=False)
    try:
        found = customer_paths(service, stored, wanted)
    except Problem as problem:
        detail = _NO_LEDGER if problem.kind is NO_LEDGER else problem.detail
        return WayShown(better, asked=True, why_not=detail.of(words.language))
    return _told(found, better, words.language)


_NO_LEDGER = Text(
    "服务未指定账套，无法在其副本上试算。",
    "The server has no ledger of which a copy could be graded.",
)


def _told(found: Paths, better: str | None, language: str) -> WayShown:
    conduct = conduct_text(found)
    return WayShown(
        wanted=better,
        asked=True,
        headline=headline(found).of(language),
        paths=tuple(
            PathShown(
                path_end(path).of(language),
                path.grading.notch,
                [action.note.of(language) for action in path.actions],
            )
            for path in found.paths
        ),
        conduct=None if conduct is None else conduct.of(language),
        fades=tuple(fade.text.of(language) for fade in found.fades[:SHOWN_FADES]),
        more=max(len(found.fades) - SHOWN_FADES, 0),
    )
