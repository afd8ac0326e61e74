"""The whole account of a change, as the service tells it: facts, grades, points, rows, words."""

from __future__ import annotations

import json
import random
import time
from datetime import date, timedelta
from pathlib import Path

from benchmarks.online import p99, some_customers
from benchmarks.results import Section, Table, told
from benchmarks.timing import Note, Times
from features.ledger.open import Ledger
from features.ledger.prepared import open_prepared_ledger
from features.online import known_among
from models.book import Grader, book_of_day, driver_rows
from models.book_changes import changes_between
from models.bundle import load_bundle
from models.document import change_document, explanation_document
from models.paths.document import paths_document
from models.paths.paths import find_paths, next_better
from models.policy.load import load_policy

PATHS = "a path: the copy, the search, the proof from files, fades, words, JSON"
CHANGE, GRADE = (
    "a change: two days' features, both grades, the account, ledger rows, words, JSON",
    "a grade: features, account, every driver's ledger rows, reasons, JSON",
)
_MOST = 500  # customers
APART = timedelta(days=30)


def change_times(path: Path, bundle: Path, *, customers: int = _MOST, note: Note) -> Section:
    """Measure on the ledger in a folder, with a trained bundle.

    Parameters
    ----------
    path : Path
        Folder of a ledger.
    bundle : Path
        Folder of a trained bundle.
    customers : int
        Drawn at random from those known on both days.
    note : callable
        Told what goes on.
    """
    note("one change, told whole")
    grader = Grader(load_bundle(bundle), load_policy())
    with open_prepared_ledger(path) as ledger:
        last = ledger.last_day
        assert last is not None
        days = _month_end_before(last), last
        known = known_among(ledger, some_customers(ledger, last, customers), days[0])
        times: Times = {CHANGE: [], GRADE: []}
        rows = 0
        for place, customer in enumerate([*sorted(known)[:5], *sorted(known)]):
            begun = time.perf_counter()
            (one,) = changes_between(ledger, days, (grader, grader), customer_ids=[customer])
            json.dumps(change_document(one), ensure_ascii=False)
            between = time.perf_counter()
            book = book_of_day(ledger, last, grader, customer_ids=[customer])
            found = driver_rows(ledger, book.explanations[0])
            json.dumps(explanation_document(book.explanations[0], book.reasons[0], found))
            if place >= 5:  # the first few warm up
                times[CHANGE].append(between - begun)
                times[GRADE].append(time.perf_counter() - between)
                rows += sum(map(len, one.evidence.values()))
        weak, reached, ways = _path_times(ledger, grader, last, customers // 5)
    note(f"{reached} of {weak} paths found")
    return Section(
        "One customer, told whole",
        [
            Table(
                f"{len(known)} customers, each asked for once, {days[0]} to {days[1]}.",
                times,
                more={"p99": {name: told(p99(seconds)) for name, seconds in times.items()}},
            ),
            Table(
                f"{weak} customers, C or D on {last}, each asked for the next better grade.",
                ways,
                more={"p99": {name: told(p99(seconds)) for name, seconds in ways.items()}},
            ),
        ],
        [
            f"A change had {rows / max(len(known), 1):.0f} ledger rows on average.",
            f"{reached} of the {weak} have a path within a year, proved by regrading.",
        ],
    )


def _path_times(ledger: Ledger, grader: Grader, day: date, at_most: int) -> tuple[int, int, Times]:
    """Return how many customers were asked about, how many have a path, and the seconds of each."""
    book = book_of_day(ledger, day, grader)
    weak = [grading for grading in book.gradings if grading.grade in "CD"]
    weak = random.Random(day.toordinal()).sample(weak, min(len(weak), at_most))
    times: Times = {PATHS: []}
    reached = 0
    for grading in weak:
        begun = time.perf_counter()
        found = find_paths(
            ledger, grading.customer_id, day, grader, wanted=next_better(grading.grade) or "A"
        )
        json.dumps(paths_document(found), ensure_ascii=False)
        times[PATHS].append(time.perf_counter() - begun)
        reached += found.reachable
    return len(weak), reached, times


def _month_end_before(day: date) -> date:
    return day.replace(day=1) - timedelta(days=1)
