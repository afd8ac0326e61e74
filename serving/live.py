"""What grades now, and the ledger: watched, and changed whole under a running server."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from features.catalogue import FEATURE_NAMES
from features.errors import TradegradeError
from features.ledger.open import Ledger
from features.ledger.prepared import open_prepared_ledger
from features.ledger.versions.manifest import NAME as MANIFEST
from features.ledger.versions.manifest import is_versioned
from features.matrix import Snapshots
from models.book import Grader
from models.explain.drivers import explain
from models.explain.words import Text
from models.grading import grade_snapshots
from serving.errors import NO_LEDGER, Problem, not_ready
from serving.logs import log

_AGAIN_SECONDS = 60  # until a book that could not be graded is tried again


@dataclass(frozen=True)
class Sources:
    """Where what grades comes from; the command line knows, this room does not.

    Attributes
    ----------
    grader : callable
        Reads the champion and the active policy; raises a TradegradeError if either is refused.
    stamp : callable
        Something that differs when `grader` would return something else.
    grade_book : callable
        Grades a ledger's book as of a day and stores it, in a process of its own.
    """

    grader: Callable[[], Grader]
    stamp: Callable[[], object]
    grade_book: Callable[[Path, date], None]


class Live:
    """What grades now; readers take it whole and keep it to the end of their request."""

    def __init__(
        self,
        sources: Sources,
        *,
        ledger_path: Path | None,
        watch_seconds: float,
        ledger_wait_seconds: float,
        is_graded: Callable[[Ledger, date, Grader], bool],
    ) -> None:
        """Hold what is needed; nothing is read before `begin`.

        Parameters
        ----------
        sources : Sources
            Where champion and policy come from.
        ledger_path : Path or None
            The ledger to open.
        watch_seconds, ledger_wait_seconds : float
            How often changes are looked for; how long a reader waits for the ledger.
        is_graded : callable
            Whether the store has a ledger's book of a day by a grader.
        """
        self._sources = sources
        self._path = ledger_path
        self._watch_seconds = watch_seconds
        self._wait_seconds = ledger_wait_seconds
        self._is_graded = is_graded
        self._grader: Grader | None = None
        self._grader_stamp: object = None
        self._ledger: Ledger | None = None
        self._ledger_stamp: object = None
        self._ledger_files = ExitStack()
        self._looked: object = None
        self._again_at = 0.0
        self._ledger_lock = threading.Lock()
        self._opened = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="live", daemon=True)

    @property
    def has_ledger(self) -> bool:
        """Whether the server was given a ledger, opened yet or not."""
        return self._path is not None

    @property
    def is_open(self) -> bool:
        """Whether a reader of the ledger need not wait for its opening."""
        return self._ledger is not None

    @property
    def is_ready(self) -> bool:
        """Whether there is something that grades."""
        return self._grader is not None

    def grader(self) -> Grader:
        """Return the champion and the active policy.

        Raises
        ------
        Problem
            While there is none.
        """
        if self._grader is None:
            raise not_ready(
                Text(
                    "还没有可用的模型。请先运行`tradegrade train`。",
                    "There is no model to grade with yet. Run `tradegrade train`.",
                )
            )
        return self._grader

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """Yield the ledger, to one reader at a time.

        Raises
        ------
        Problem
            If the server has none, or it is not open in time.
        """
        if self._path is None:
            raise Problem(
                NO_LEDGER,
                Text(
                    "服务启动时未指定账套。请使用`tradegrade serve --ledger`启动。",
                    "The server was started without a ledger. Start it with "
                    "`tradegrade serve --ledger`.",
                ),
            )
        if not self._opened.wait(self._wait_seconds):
            raise not_ready(
                Text("账套正在打开，请稍后再试。", "The ledger is being opened. Try again soon.")
            )
        with self._ledger_lock:
            ledger = self._ledger
            if ledger is None:
                raise not_ready(
                    Text(
                        "账套无法读取，原因见服务日志。",
                        "The ledger cannot be read; the server's log says why.",
                    )
                )
            yield ledger

    def begin(self) -> None:
        """Read what grades, open the ledger, and watch both, in a thread."""
        self._thread.start()

    def end(self) -> None:
        """Stop watching and close the ledger."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        with self._ledger_lock:
            self._ledger = None
            self._ledger_files.close()

    def _watch(self) -> None:
        while True:
            try:
                self._look_at_grader()
                self._look_at_ledger()
                self._look_at_book()
            except TradegradeError as error:
                log("error", "watch_failed", fault=str(error))
            except Exception as error:  # noqa: BLE001 - the watch must go on, whatever failed
                log("error", "watch_failed", fault=repr(error))
            if self._ending.wait(self._watch_seconds):
                return

    def _look_at_grader(self) -> None:
        """Take a new champion or policy; what cannot be read leaves the old one grading."""
        stamp = self._sources.stamp()
        if stamp == self._grader_stamp:
            return
        self._grader_stamp = stamp
        try:
            grader = self._sources.grader()
            warm_up(grader)
        except TradegradeError as error:
            log("error", "grader_refused", fault=str(error), kept=self._grader is not None)
            return
        self._grader = grader
        log(
            "info", "grader_taken",
            model_version=grader.bundle.model_version,
            policy_version=grader.policy.policy_version,
        )  # fmt: skip

    def _look_at_ledger(self) -> None:
        if self._path is None or self._grader is None:
            return
        currency = self._grader.policy.ledger.currency
        stamp = ledger_stamp(self._path), currency
        if stamp == self._ledger_stamp:
            return
        self._ledger_stamp = stamp
        files = ExitStack()
        try:
            ledger = files.enter_context(open_prepared_ledger(self._path, ledger_currency=currency))
        except TradegradeError as error:
            log("error", "ledger_refused", fault=str(error), kept=self._ledger is not None)
            self._opened.set()
            return
        last_day = str(ledger.last_day)  # asked before others may use the connection
        with self._ledger_lock:
            if self._ending.is_set():  # nobody will close it later
                files.close()
                return
            self._ledger_files.close()
            self._ledger, self._ledger_files = ledger, files
        self._opened.set()
        log("info", "ledger_opened", last_day=last_day)

    def _look_at_book(self) -> None:
        """Have the ledger's last day graded where the store lacks it."""
        if self._path is None or self._ledger is None or self._grader is None:
            return
        key = self._ledger_stamp, self._grader_stamp
        if key == self._looked and time.monotonic() < self._again_at:
            return
        self._looked, self._again_at = key, math.inf
        with self._ledger_lock:
            ledger, grader = self._ledger, self._grader
            day = ledger.last_day
            if day is None or self._is_graded(ledger, day, grader):
                return
        try:
            self._sources.grade_book(self._path, day)
        except TradegradeError:
            self._again_at = time.monotonic() + _AGAIN_SECONDS
            raise
        log("info", "book_graded", as_of=day.isoformat())


def warm_up(grader: Grader) -> None:
    """Grade and explain the reference customer, so that no client waits for the first use.

    Raises
    ------
    ModelError
        If the policy and the bundle do not fit each other.
    """
    names = FEATURE_NAMES
    values = np.array([[grader.bundle.reference.get(name, np.nan) for name in names]])
    row = Snapshots(("reference",), np.array(["2000-01-01"], dtype="datetime64[D]"), names, values)
    gradings = grade_snapshots(row, grader.bundle, grader.policy)
    explain(row, gradings, grader.bundle, grader.policy)


def ledger_stamp(path: Path) -> object:
    """Return what differs when a file of a ledger was written, added or removed.

    Of a versioned ledger that is its manifest: what an import has written so far is no change.
    """
    files = [path / MANIFEST] if is_versioned(path) else sorted(path.rglob("*.parquet"))
    return tuple(
        (str(file.relative_to(path)), seen.st_mtime_ns, seen.st_size, seen.st_ino)
        for file in files
        for seen in [file.stat()]
    )
