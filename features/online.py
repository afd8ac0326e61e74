"""One customer as of a day, at once: the features of a snapshot without the batch's query.

The batch (`features.snapshot`) renders the specification into one query, which costs more
to plan than to run when one customer is asked for. Here the customer's rows are looked up
and the same specification is folded over them in this process; every value is the batch's.

>>> from features.online import online_source, snapshot  # doctest: +SKIP
>>> with open_ledger(Path("ledger")) as ledger:  # doctest: +SKIP
...     found = snapshot(online_source(ledger), "C0000001", date(2025, 6, 30))
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cache

import numpy as np

from features.catalogue import CATALOGUE, FEATURE_NAMES
from features.engines.fold import Program
from features.engines.indexed import IndexedRows
from features.engines.published import reading
from features.engines.rows import LedgerRows, RowSource
from features.ledger.open import EPOCH, Ledger
from features.ledger.prepared import PreparedLedger
from features.matrix import Snapshots
from features.render import present_relations
from features.snapshot import Pairs, snapshots

# Up to so many pairs are looked up; measured, the batch is cheaper from about 250
FEW = 64


def snapshot(source: RowSource, customer_id: str, as_of: date) -> Snapshots:
    """Return the features of one customer as of a day: one row.

    Parameters
    ----------
    source : RowSource
        From :func:`online_source` or :func:`published_source`.
    customer_id : str
        Whose. Somebody who is not known, or not on that day, has the batch's empty row:
        zeros for counts and NaN elsewhere.
    as_of : date
        Only what was known on this day counts.

    Returns
    -------
    Snapshots
        Every feature of the catalogue, equal to `features.snapshot.snapshots` to the last
        bit; what cannot be known is NaN.

    Raises
    ------
    LedgerError
        If a number of the customer leaves 64 bits, which the batch refuses too.
    """
    return _row_of(source, customer_id, (as_of - EPOCH).days)


def online_source(ledger: Ledger) -> RowSource:
    """Return what tells the rows of an opened ledger.

    A ledger that was prepared (`features.ledger.prepared`) answers from its index; of one
    opened in this process whole columns are read. It uses the ledger's own connections, so it
    belongs to one thread at a time and ends with them.
    """
    if isinstance(ledger, PreparedLedger):
        return IndexedRows(ledger.index, program().columns, present_relations(ledger.files))
    return LedgerRows(ledger, program().columns)


@contextmanager
def published_source(url: str) -> Iterator[RowSource]:
    """Yield what tells the rows of the facts published in PostgreSQL.

    See `features.engines.published.publish_facts`. It holds one connection, so it belongs to
    one thread at a time; a new publication is taken up at the next question.

    Parameters
    ----------
    url : str
        Address of the database.

    Raises
    ------
    UnavailableError
        If psycopg is not installed, the database cannot be reached, or nothing is published.
    """
    with reading(url, program().columns) as rows:
        yield rows


def snapshots_of_few(ledger: Ledger, pairs: Pairs) -> Snapshots:
    """Return what `features.snapshot.snapshots` returns, sooner where the pairs are few.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger.
    pairs : tuple of (sequence of str, ndarray of datetime64[D])
        Customers and the day of each. More than `FEW` are left to the batch, and so are all
        of a ledger without an index, where every look-up reads whole columns.
    """
    customer_ids, as_of = pairs
    if not isinstance(ledger, PreparedLedger) or not 0 < len(customer_ids) <= FEW:
        return snapshots(ledger, pairs)
    source = online_source(ledger)
    days = as_of.astype("datetime64[D]")
    rows = [
        _row_of(source, customer_id, int(day))
        for customer_id, day in zip(customer_ids, days.astype(np.int64), strict=True)
    ]
    values = np.concatenate([row.values for row in rows])
    return Snapshots(tuple(customer_ids), days, FEATURE_NAMES, values)


def known_among(ledger: Ledger, customer_ids: Sequence[str], as_of: date) -> set[str]:
    """Return those of some customers that a ledger knows on a day."""
    rows = ledger.connection.execute(
        "SELECT DISTINCT customer_id FROM led_customers "
        "WHERE row_from <= $day AND list_contains($ids, customer_id)",
        {"day": (as_of - EPOCH).days, "ids": list(customer_ids)},
    ).fetchall()
    return {row[0] for row in rows}


@cache
def program() -> Program:
    """Return the catalogue as a program; the first call translates it."""
    return Program(CATALOGUE)


def _row_of(source: RowSource, customer_id: str, day: int) -> Snapshots:
    values = program().values(source.rows(customer_id, day), day)
    return Snapshots(
        (customer_id,), np.array([day], dtype="datetime64[D]"), FEATURE_NAMES, np.array([values])
    )
