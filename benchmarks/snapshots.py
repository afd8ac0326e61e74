"""Snapshots: every feature of every customer as of twelve month-ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks.pandas_way import NAMES, pandas_features, read_tables
from benchmarks.results import Section, Table
from benchmarks.timing import Note, Times, interleaved
from features.catalogue import FEATURE_NAMES, FEATURES
from features.engines.duckdb import DUCKDB
from features.ledger.open import Ledger, open_ledger
from features.ledger.tables import TABLES
from features.matrix import Floats
from features.render import present_relations, snapshot_query
from features.snapshot import Pairs, all_pairs, snapshots

MONTH_ENDS = 12
_UNREAD = {"name", "uscc", "region", "owner"}  # columns that no feature reads
_CENT = 0.005  # two sums of one amount, one in integers and one in floats


def snapshot_times(path: Path, *, rounds: int, note: Note) -> Section:
    """Measure on the ledger in a folder.

    Parameters
    ----------
    path : Path
        Folder of a plain ledger.
    rounds : int
        How often each way is run.
    note : callable
        Told what goes on.
    """
    note("snapshots")
    with open_ledger(path) as ledger:
        days = month_ends(ledger)
        pairs = all_pairs(ledger, days)
        whole = interleaved(
            {
                f"snapshots, {len(FEATURE_NAMES)} features, ledger open": lambda: snapshots(
                    ledger, pairs
                ),
                "opening: read, check, settle (once per ledger)": lambda: _opened(path),
                "bare DuckDB scan of the columns used": lambda: scan(path),
            },
            rounds=rounds,
            note=note,
        )
        loaded, from_files = _against_pandas(path, ledger, pairs, rounds=rounds, note=note)
        agreed = agreement(ledger, path, pairs, pandas_features(*read_tables(path), days))
        counts = [_count(ledger, name) for name in ("invoices", "payments")]
    return Section(
        f"Snapshots: {len(pairs[0]):,} rows from {counts[0]:,} invoices and {counts[1]:,} payments",
        [
            Table(f"All features, {MONTH_ENDS} month-ends.", whole),
            Table(f"The {len(NAMES)} features that both compute, data loaded.", loaded),
            Table(f"The {len(NAMES)} features that both compute, from the files.", from_files),
        ],
        [*_read_so(), *agreed],
    )


def _against_pandas(
    path: Path, ledger: Ledger, pairs: Pairs, *, rounds: int, note: Note
) -> tuple[Times, Times]:
    """Return the times with the data loaded, and from the files."""
    days, frames = month_ends(ledger), read_tables(path)
    times = interleaved(
        {
            "ours: DuckDB from settled facts": lambda: some_features(ledger, pairs),
            "pandas: a loop over the month-ends": lambda: pandas_features(*frames, days),
            "ours: opening (checks, settlement) and features": lambda: _from_files(path, pairs),
            "pandas: reading and the loop, no checks": lambda: pandas_features(
                *read_tables(path), days
            ),
        },
        rounds=rounds,
        note=note,
    )
    names = list(times)
    return {name: times[name] for name in names[:2]}, {name: times[name] for name in names[2:]}


def month_ends(ledger: Ledger) -> list[date]:
    """Return the last month-ends of a ledger, the earliest first."""
    last = ledger.last_day
    assert last is not None
    first_of_month, found = (last + timedelta(days=1)).replace(day=1), []
    for _ in range(MONTH_ENDS):
        found.append(first_of_month - timedelta(days=1))
        first_of_month = found[-1].replace(day=1)
    return sorted(found)


def scan(path: Path) -> None:
    """Read every column that a feature needs, and keep nothing."""
    with duckdb.connect() as connection:
        # a file's statistics know the largest value: without this nothing would be read
        connection.execute("SET disabled_optimizers = 'statistics_propagation'")
        for file in sorted(path.glob("*.parquet")):
            table = TABLES[file.stem]
            columns = [c.name for c in table.columns if c.name not in _UNREAD]
            folded = ", ".join(f'max("{name}")' for name in columns)
            connection.execute(f"SELECT {folded} FROM read_parquet(?)", [str(file)]).fetchall()


def some_features(ledger: Ledger, pairs: Pairs) -> pd.DataFrame:
    """Return the features that the pandas way has, by the engine and plan of `snapshots`."""
    chosen = [FEATURES[name] for name in NAMES]
    given = pa.table(
        {"customer_id": pa.array(pairs[0], pa.string()), "as_of": pairs[1].astype(np.int32)}
    )
    connection = ledger.connection
    connection.register("bench_given", given)
    connection.execute("CREATE TEMP TABLE pairs AS SELECT * FROM bench_given")
    try:
        query = snapshot_query(chosen, present_relations(ledger.files), DUCKDB)
        columns = connection.execute(query).fetchnumpy()
    finally:
        connection.execute("DROP TABLE pairs")
        connection.unregister("bench_given")
    as_of = np.asarray(columns["as_of"]).astype("datetime64[D]")
    index = pd.MultiIndex.from_arrays(
        [pd.DatetimeIndex(as_of), np.asarray(columns["customer_id"])],
        names=["as_of", "customer_id"],
    )
    values: dict[str, Floats] = {
        name: np.ma.filled(np.ma.asarray(columns[name], dtype=np.float64), np.nan) for name in NAMES
    }
    return pd.DataFrame(values, index=index)


def agreement(ledger: Ledger, path: Path, pairs: Pairs, theirs: pd.DataFrame) -> list[str]:
    """Return in sentences how far the two ways agree."""
    ours = some_features(ledger, pairs)
    both = ours.index.intersection(theirs.index)
    a, b = ours.loc[both].to_numpy(), theirs.loc[both].to_numpy()
    equal = np.isclose(a, b, rtol=1e-9, atol=_CENT, equal_nan=True)
    plain = np.isin(both.get_level_values("customer_id"), list(plain_customers(path)))
    by_name = ", ".join(
        f"{name} {share:.1%}" for name, share in zip(NAMES, equal.mean(axis=0), strict=True)
    )
    sentences = [
        f"Of the values of both ways {equal.mean():.1%} are equal ({by_name}): the pandas "
        "way knows no known days, corrections, credit notes, unallocated or bounced payments, nor "
        "rates of exchange.",
    ]
    if plain.any():
        sentences.append(
            f"Of the {len(set(both[plain].get_level_values('customer_id')))} customers that have "
            f"none of these in their rows {equal[plain].mean():.2%} of the values are equal."
        )
    return sentences


def plain_customers(path: Path) -> set[str]:
    """Return the customers whose rows today say all that was ever known of them."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            "WITH i AS (SELECT customer_id, count(*) <> count(DISTINCT invoice_id) "
            "OR bool_or(known_on > issued_on OR amount < 0 OR currency <> 'CNY') AS odd "
            "FROM read_parquet($invoices) GROUP BY 1), "
            "p AS (SELECT customer_id, count(*) <> count(DISTINCT payment_id) "
            "OR bool_or(invoice_id IS NULL OR known_on > paid_on OR amount < 0) AS odd "
            "FROM read_parquet($payments) GROUP BY 1) "
            "SELECT customer_id FROM i LEFT JOIN p USING (customer_id) "
            "WHERE NOT coalesce(i.odd, false) AND NOT coalesce(p.odd, false)",
            {name: str(path / f"{name}.parquet") for name in ("invoices", "payments")},
        ).fetchall()
    return {row[0] for row in rows}


def _read_so() -> Sequence[str]:
    return (
        "Opening is paid once per ledger, whatever the number of days asked; it holds every check "
        "of the ledger and the settlement of each invoice as known on each day.",
        "The pandas way reads two tables and checks nothing. It takes every row as if it had been "
        "known on its own date, so it is right only for a ledger without late-known facts.",
    )


def _opened(path: Path) -> None:
    with open_ledger(path):
        pass


def _from_files(path: Path, pairs: Pairs) -> None:
    with open_ledger(path) as ledger:
        some_features(ledger, pairs)


def _count(ledger: Ledger, table: str) -> int:
    return int(ledger.connection.execute(f"SELECT count(*) FROM led_{table}").fetchall()[0][0])
