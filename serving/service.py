"""What every route works with: the store, what grades now, and the ledger if there is one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Engine
from starlette.requests import Request

from features.evidence import RowsFound
from models.book import driver_rows
from serving.grades.replay import Account, Graders
from serving.grades.store import GradeStore
from serving.keys.access import Access
from serving.live import Live
from serving.metrics import Metrics
from serving.paths.searches import Searches
from serving.settings import Settings

T = TypeVar("T")

_KEPT = 256  # accounts whose ledger rows are held in memory


@dataclass
class Service:
    """The parts of a running server.

    Attributes
    ----------
    engine : Engine
        Of the store.
    graders : Graders
        What gave stored grades, for replays.
    live : Live
        What grades now, and the ledger.
    access : Access
        Keys.
    metrics : Metrics
        Figures.
    searches : Searches
        Paths to better grades.
    """

    settings: Settings
    engine: Engine
    store: GradeStore
    graders: Graders
    live: Live
    access: Access
    metrics: Metrics
    searches: Searches = field(default_factory=Searches, repr=False)
    _rows: dict[tuple[int, str], dict[str, RowsFound]] = field(default_factory=dict, repr=False)

    async def run(self, work: Callable[[], T]) -> T:
        """Return what a short look into the store gives, without holding up other requests.

        SQLite's readers wait for nobody and answer faster than a thread could be woken.
        """
        if self.engine.dialect.name == "sqlite":
            return work()
        return await asyncio.to_thread(work)

    def driver_rows(self, account: Account) -> dict[str, RowsFound] | None:
        """Return the ledger rows behind each driver of an account; None without a ledger.

        Raises
        ------
        Problem
            If the ledger is still being opened and does not become ready in time.
        """
        if not self.live.has_ledger:
            return None
        with self.live.ledger() as ledger:
            key = account.stored.grade_id, ledger.fingerprint
            if key not in self._rows:
                while len(self._rows) >= _KEPT:
                    self._rows.pop(next(iter(self._rows)))
                self._rows[key] = driver_rows(ledger, account.explanation)
            return self._rows[key]


def service_of(request: Request) -> Service:
    """Return the service of the application that a request came to."""
    service: Service = request.app.state.service
    return service
