"""A small seller, graded on two month-ends and served, for tests of routes and pages."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from fastapi import FastAPI
from starlette.testclient import TestClient

from features.ledger.open import open_ledger
from features.ledger.simulate import simulate
from models.book import Grader, book_of_day
from models.bundle import load_bundle
from models.policy.load import load_policy
from serving.app import create_app
from serving.database import open_database, store_url
from serving.grades.keeping import keep_book
from serving.grades.store import GradeStore
from serving.keys.store import create_key
from serving.live import Sources
from serving.run import make_service
from serving.settings import load_settings
from tests.models.bundles import bundle_in, bundle_parts

DAYS = (date(2025, 11, 30), date(2025, 12, 31))


@dataclass(frozen=True)
class Shop:
    """A workspace with a store of two graded month-ends.

    Attributes
    ----------
    home, ledger, bundle : Path
        Folders.
    key : str
        May read grades.
    """

    home: Path
    ledger: Path
    bundle: Path
    key: str

    def grader(self) -> Grader:
        """Return what graded it."""
        return Grader(load_bundle(self.bundle), load_policy())

    def app(self, *, ledger: bool = False, **settings: object) -> FastAPI:
        """Return an application over the workspace."""
        given = {"watch_seconds": 0.05, "key_seconds": 0, "log_level": "error"} | settings
        sources = Sources(self.grader, lambda: "same", lambda path, day: None)
        where = self.ledger if ledger else None
        service = make_service(load_settings(home=self.home, ledger=where, **given), sources)
        return create_app(service)

    def copy_to(self, home: Path) -> Shop:
        """Return the same with a store of its own."""
        shutil.copytree(self.home, home)
        return Shop(home, self.ledger, self.bundle, self.key)


def open_shop(folder: Path) -> Shop:
    """Simulate, grade two month-ends and store them under a folder."""
    ledger, home = folder / "ledger", folder / "home"
    simulate(60, 24, 3, ledger)
    bundle = bundle_in(home / "bundles", bundle_parts(horizon_days=180))
    shop_bundle = home / "bundles" / bundle.model_version
    grader = Grader(load_bundle(shop_bundle), load_policy())
    with GradeStore(open_database(store_url(home))) as store, open_ledger(ledger) as opened:
        for day in DAYS:
            prior = store.prior_grades(day)
            book = book_of_day(opened, day, grader, prior_grades=prior)
            keep_book(store, book, opened, grader)
    engine = open_database(store_url(home))
    _, key = create_key(engine, "tests", ["grades:read"])
    engine.dispose()
    return Shop(home, ledger, shop_bundle, key)


def wait_until_ready(client: TestClient, seconds: float = 20) -> None:
    """Wait until a server says that it is ready."""
    ends = time.monotonic() + seconds
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < ends, client.get("/readyz").text
        time.sleep(0.02)
