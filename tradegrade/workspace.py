"""The workspace: where a run's files lie, and which bundle and policy grade."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from sqlalchemy import Engine

from features.errors import ModelError, UnavailableError
from features.ledger.open import Ledger, open_ledger
from models.book import Grader
from models.bundle import load_bundle
from models.policy.load import load_policy
from serving.database import open_database, store_exists, store_url
from serving.grades.store import GradeStore
from serving.policies.activation import is_unsettled, settle
from serving.promotions import promotion
from tradegrade.output import note
from training import runs

POLICY = "policy.toml"  # the active policy, where a workspace has its own


def home() -> Path:
    """Return the folder that holds everything a run writes: TRADEGRADE_HOME, else ./var."""
    return Path(os.environ.get("TRADEGRADE_HOME") or "var")


def ready_home() -> Path:
    """Return the workspace, made where it is missing, before anything costly is begun.

    Raises
    ------
    UnavailableError
        If it cannot be made or written.
    """
    try:
        home().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home()):
            return home()
    except OSError as error:
        message = (
            f"The workspace {home()} cannot be written ({error.strerror}). Set TRADEGRADE_HOME to "
            "a folder that can."
        )
        raise UnavailableError(message) from error


def grader(bundle: str | None, policy: Path | None) -> Grader:
    """Return what grades.

    Parameters
    ----------
    bundle : str, optional
        A folder, or a version of the workspace; without it the champion.
    policy : Path, optional
        A TOML file; without it the workspace's active policy.

    Raises
    ------
    ModelError
        If there is no such bundle, or it or the policy is refused.
    """
    return Grader(load_bundle(bundle_folder(bundle)), load_policy(policy or active_policy()))


def active_policy() -> Path | None:
    """Return the workspace's policy.toml, None where it has none and the packaged one holds.

    An activation that was recorded and not finished is finished first.
    """
    own = home() / POLICY
    if is_unsettled(own):
        engine = store_engine()
        try:
            settle(engine, own)
        finally:
            engine.dispose()
    return own if own.is_file() else None


def grader_stamp() -> object:
    """Return what differs when the champion or the active policy was changed."""
    return tuple(_seen(home() / name) for name in (runs.CHAMPION, POLICY))


def champion_version() -> str | None:
    """Return the version that grades, None before there is one.

    A promotion that was recorded and whose file never followed is finished first.
    """
    place = home() / runs.CHAMPION
    if promotion.is_unsettled(place):
        engine = store_engine()
        try:
            promotion.settle(engine, place)
        finally:
            engine.dispose()
    return runs.champion(home())


def bundle_folder(bundle: str | None) -> Path:
    """Return the folder of a bundle given by folder or version, else the champion's."""
    if bundle is None:
        champion = champion_version()
        if champion is None:
            message = (
                f"The workspace {home()} has no champion yet. Train one with `tradegrade train`, "
                "or give --bundle."
            )
            raise ModelError(message)
        return runs.bundle_folder(home(), champion)
    own = runs.bundle_folder(home(), bundle)
    if Path(bundle).is_dir() or not own.is_dir():
        if not Path(bundle).is_dir():
            known = sorted(path.name for path in (home() / runs.BUNDLES).glob("[!.]*"))
            message = (
                f"There is no bundle {bundle}: neither a folder nor a version of {home()}, which "
                f"has {', '.join(known) or 'none'}. Give one of these, or train."
            )
            raise ModelError(message)
        return Path(bundle)
    return own


@contextmanager
def ledger_of(path: Path, grading: Grader, latest: date) -> Iterator[Ledger]:
    """Open a ledger in the policy's currency for as-of dates up to ``latest``."""
    with open_ledger(path, ledger_currency=grading.policy.ledger.currency, latest=latest) as ledger:
        for told in ledger.notes():
            note(told)
        yield ledger


def store_engine() -> Engine:
    """Return an engine for the store, made where it is missing; dispose of it after use."""
    return open_database(store_url(ready_home()))


def grade_store() -> GradeStore:
    """Return the store of grades, made where it is missing; close it after use."""
    return GradeStore(store_engine())


def prior_grades(before: date) -> dict[str, str]:
    """Return the last stored grades before a day; none where nothing was ever stored."""
    if not store_exists(home()):
        return {}
    with grade_store() as store:
        return store.prior_grades(before)


def _seen(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
