"""A file of features graded: every row by the one scoring path, piece by piece on every core.

A row's grade depends on no other row, so that pieces go to other processes and come back in the
file's order. A few pieces are under way at once and no more is in memory, however long the file.
"""

from __future__ import annotations

import gc
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from itertools import islice
from multiprocessing import get_context

import numpy as np
import pyarrow as pa

from features.compile import has_compiler
from features.errors import UnavailableError
from features.evidence import Key, RowsFound
from features.features_file import FeaturesFile
from features.matrix import Snapshots
from models.accounts import DRIVER_FIELDS
from models.book import Grader
from models.document import GRADE_SCHEMA, grade_document
from models.explain import background, rule_shares
from models.explain.drivers import Ranked, explanations_of, ranked_drivers
from models.explain.reasons import reasons_of
from models.grading import grade_snapshots
from models.shipped import Shipped

PIECE = 10_240  # rows
_LEAST = 3  # pieces for a process, whose start costs as much as one or two
PriorGrades = Callable[[date], Mapping[str, str]]
_Priors = Mapping[date, Mapping[str, str]]
_DAYS_HELD = 16  # whose prior grades are kept while a file goes to and fro between days
DRIVERS = pa.field("drivers", pa.list_(pa.struct(DRIVER_FIELDS)))


def schema_of(*, drivers: bool) -> pa.Schema:
    """Return the columns of a graded file: those of a grade, and its drivers if asked for."""
    return GRADE_SCHEMA.append(DRIVERS) if drivers else GRADE_SCHEMA


def graded_pieces(
    file: FeaturesFile,
    grader: Grader,
    *,
    prior_grades: PriorGrades,
    drivers: bool = False,
    processes: int | None = None,
) -> Iterator[tuple[Snapshots, pa.Table]]:
    """Yield the rows of a file and their grades as tables of `schema_of`, in the file's order.

    Parameters
    ----------
    file : FeaturesFile
        From `features.features_file.open_features`.
    grader : Grader
        Bundle and policy.
    prior_grades : callable
        From a day to each customer's last stored grade before override with an earlier as-of.
    drivers : bool
        Whether every driver of each grade is told.
    processes : int, optional
        At most so many grade; without it one per core. A file of few pieces is graded here.

    Raises
    ------
    ModelError
        If the policy has no scale anchors for the bundle's horizon.
    UnavailableError
        If a process is killed.
    """
    grader.policy.point_scale(grader.bundle.horizon_days)  # refused here, not in a process
    of_day = lru_cache(maxsize=_DAYS_HELD)(prior_grades)
    pieces = ((piece, _priors_of(piece, of_day)) for piece in file.pieces(PIECE))
    number = min(processes or _cores(), file.rows // (_LEAST * PIECE))
    if number <= 1:
        for piece, priors in pieces:
            with _cycles_kept():
                table = graded_table(piece, grader, priors, drivers=drivers)
            yield piece, table
        return
    yield from _elsewhere(pieces, Shipped.of(grader), number, drivers=drivers)


def _elsewhere(
    pieces: Iterator[tuple[Snapshots, _Priors]], shipped: Shipped, number: int, *, drivers: bool
) -> Iterator[tuple[Snapshots, pa.Table]]:
    # a forked child of a process with threads, as LightGBM's library starts, may hang
    pool = ProcessPoolExecutor(
        number, mp_context=get_context("spawn"), initializer=_begin, initargs=(shipped,)
    )
    with pool:
        under_way: deque[tuple[Snapshots, Future[pa.Table]]] = deque()

        def send(count: int) -> None:
            for piece, priors in islice(pieces, count):
                asked = pool.submit(_graded_there, piece, priors, drivers)
                under_way.append((piece, asked))

        try:
            send(number + 1)
            while under_way:
                piece, asked = under_way.popleft()
                table = asked.result()
                send(1)
                yield piece, table
        except BrokenProcessPool as error:
            message = (
                "A process that grades was killed, as the system does when memory runs out. Free "
                "some and grade again: nothing was written."
            )
            raise UnavailableError(message) from error
        finally:
            for _, asked in under_way:
                asked.cancel()


_GRADERS: list[Grader] = []  # of a process that grades for another


def _begin(shipped: Shipped) -> None:
    _GRADERS.append(shipped.grader())
    if has_compiler():  # for pieces that alone would be too few for it
        rule_shares.compiled()
        background.compiled()


def _graded_there(piece: Snapshots, priors: _Priors, drivers: bool) -> pa.Table:
    with _cycles_kept():
        return graded_table(piece, _GRADERS[0], priors, drivers=drivers)


@contextmanager
def _cycles_kept() -> Iterator[None]:
    """Look for no cycles meanwhile: of a million small objects that takes a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def graded_table(
    found: Snapshots, grader: Grader, priors: _Priors, *, drivers: bool = False
) -> pa.Table:
    """Return the grades of snapshots as a table of `schema_of`, in their order.

    Parameters
    ----------
    found : Snapshots
        Features as of days, a customer at most once on a day.
    grader : Grader
        Bundle and policy.
    priors : mapping of date to mapping
        By day, prior grades as `models.grading.grade_snapshots` takes them.
    drivers : bool
        Whether every driver of each grade is told.
    """
    if len(priors) > 1:
        return _by_day(found, grader, priors, drivers=drivers)
    bundle, policy = grader.bundle, grader.policy
    prior = next(iter(priors.values()), {})
    gradings = grade_snapshots(found, bundle, policy, prior_grades=prior)
    ranked = ranked_drivers(found, bundle, policy)
    # as many as reasons can be
    accounts = explanations_of(ranked, gradings, policy.reasons.at_most)
    reasons = reasons_of(accounts, policy, _no_rows)
    documents = [grade_document(*told) for told in zip(gradings, reasons, strict=True)]
    table = pa.Table.from_pylist(documents, GRADE_SCHEMA)
    return table.append_column(DRIVERS, _driver_column(ranked)) if drivers else table


def _by_day(found: Snapshots, grader: Grader, priors: _Priors, *, drivers: bool) -> pa.Table:
    """Return the same for several days, of which a customer may have another prior grade each."""
    days = found.as_of.astype("datetime64[D]")
    places = [np.flatnonzero(days == np.datetime64(day)) for day in priors]
    tables = [
        graded_table(found.take(chosen), grader, {day: prior}, drivers=drivers)
        for chosen, (day, prior) in zip(places, priors.items(), strict=True)
    ]
    return pa.concat_tables(tables).take(np.argsort(np.concatenate(places)))


def _priors_of(piece: Snapshots, of_day: PriorGrades) -> _Priors:
    """Return the prior grades of a piece by day; one empty one where there is none at all."""
    customers = set(piece.customer_ids)
    found: dict[date, dict[str, str]] = {}
    for day in np.unique(piece.as_of).tolist():
        known = of_day(day)
        found[day] = {customer: known[customer] for customer in customers & known.keys()}
    return found if any(found.values()) else {}


def _no_rows(feature: str, keys: Iterable[Key]) -> dict[Key, RowsFound]:
    """Return no row: there is no ledger to look in."""
    return {}


def _driver_column(ranked: Ranked) -> pa.Array:
    rows, number = ranked.places.shape
    names = pa.array(ranked.names, pa.string()).take(pa.array(ranked.places.ravel()))
    columns = [
        # an unknown value is null
        pa.array(np.ascontiguousarray(ranked.values[:, kind]).ravel(), from_pandas=True)
        for kind in range(5)
    ]
    every = pa.StructArray.from_arrays([names, *columns], fields=list(DRIVERS.type.value_type))
    ends = np.arange(rows + 1, dtype=np.int32) * number
    return pa.ListArray.from_arrays(pa.array(ends), every)


def _cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
