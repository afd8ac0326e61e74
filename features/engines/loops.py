"""The loops of a large ledger run: rows streamed from DuckDB, customers spread over threads."""

from __future__ import annotations

import os
from collections.abc import Collection, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from operator import gt

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.engines.compiled import (
    SHAPES,
    Ints,
    Loop,
    NotCompiledError,
    answer_column,
    loop_of,
    sums_fit,
)
from features.expression import Aggregate
from features.render import Named, fold_names

LOOPED_ABOVE = 10_000_000  # rows looked at from which a loop costs less than compiling it
BATCH_ROWS = 1_000_000
_PIECES = 4  # of a batch for each thread, so that none waits long for another


class _UnsortedError(Exception):
    """The rows of a customer do not lie together."""


@dataclass(frozen=True)
class _Pairs:
    """The pairs in order of customers: each one's id, its pairs' slice, and all days."""

    places: dict[str, int]
    bounds: Ints
    as_of: Ints
    table: pa.Table


@dataclass(frozen=True)
class Folded:
    """The pairs with the aggregates that loops have folded.

    Attributes
    ----------
    relations : frozenset of str
        Whose aggregates these are; the others are small, or no loop can say them.
    table : pyarrow.Table
        customer_id, as_of and the columns of `features.render.fold_names`.
    """

    relations: frozenset[str]
    table: pa.Table


def folded_by_loops(
    connection: duckdb.DuckDBPyConnection,
    features: Sequence[Named],
    present: Collection[str],
) -> Folded | None:
    """Return the aggregates of the large relations, folded for the pairs by compiled loops.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Has the facts and ``pairs``.
    features : sequence of Named
        Whose aggregates are wanted.
    present : collection of str
        Relations that the ledger can tell.

    Returns
    -------
    Folded or None
        None where no relation is large enough.
    """
    names = fold_names(features, present)
    columns: dict[str, pa.Array] = {}
    relations: set[str] = set()
    pairs: _Pairs | None = None
    for relation in SHAPES:
        mine = {fold: name for fold, name in names.items() if fold.relation == relation}
        if not mine or not _is_large(connection, SHAPES[relation].table):
            continue
        try:
            loop = loop_of(tuple(mine))
            pairs = pairs or _sorted_pairs(connection)
            columns |= _folded(connection, loop, mine, pairs)
        except NotCompiledError:
            continue  # the engine folds it: the same values, more slowly
        relations.add(relation)
    if pairs is None or not relations:
        return None
    own = {name: pairs.table[name] for name in ("customer_id", "as_of")}
    return Folded(frozenset(relations), pa.table(own | columns))


def _is_large(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    rows, customers, pairs = connection.execute(
        f"SELECT (SELECT count(*) FROM {table}), (SELECT count(*) FROM led_customers), "
        "(SELECT count(*) FROM pairs)"
    ).fetchall()[0]
    return bool(rows * pairs >= LOOPED_ABOVE * max(customers, 1))


def _sorted_pairs(connection: duckdb.DuckDBPyConnection) -> _Pairs:
    table: pa.Table = connection.sql(
        "SELECT customer_id, as_of FROM pairs ORDER BY customer_id, as_of"
    ).to_arrow_table()
    starts = _starts(table["customer_id"])
    ids = table["customer_id"].take(starts).to_pylist()
    return _Pairs(
        {customer: place for place, customer in enumerate(ids)},
        np.append(starts, table.num_rows),
        table["as_of"].to_numpy().astype(np.int64),
        table,
    )


def _folded(
    connection: duckdb.DuckDBPyConnection, loop: Loop, names: dict[Aggregate, str], pairs: _Pairs
) -> dict[str, pa.Array]:
    try:
        answers = _answers(connection, loop, pairs, ordered=False)
    except _UnsortedError:
        answers = _answers(connection, loop, pairs, ordered=True)
    return {
        names[fold]: answer_column(fold, column)
        for fold, column in zip(loop.folds, answers, strict=True)
    }


def _answers(
    connection: duckdb.DuckDBPyConnection, loop: Loop, pairs: _Pairs, *, ordered: bool
) -> Ints:
    """Return what the loop gives for every pair, shape (folds, pairs)."""
    # of a customer without a row nothing is known: the answers of no rows
    nothing = [0 if fold.kind in ("COUNT", "SUM") else -(2**63) for fold in loop.folds]
    answers = np.empty((len(loop.folds), len(pairs.as_of)), dtype=np.int64)
    answers[:] = np.array(nothing, dtype=np.int64)[:, None]
    workers = os.cpu_count() or 1
    with (
        ThreadPoolExecutor(workers) as pool,
        closing(_whole_customers(connection, loop, ordered=ordered)) as batches,
    ):
        for rows in batches:
            first, end, places = _spans(rows, pairs)
            if not len(places):
                continue
            columns = [rows[name].to_numpy() for name in loop.shape.columns]
            most = int((end - first).max())
            if not all(sums_fit(rows[name].to_numpy(), most) for name in loop.shape.amounts):
                message = "amounts whose sums may leave 64 bits"
                raise NotCompiledError(message)
            pieces = np.array_split(np.arange(len(places)), workers * _PIECES)

            def run(piece: Ints, given=(first, end, places, columns)) -> None:  # type: ignore[no-untyped-def]
                begin, until, at, values = given
                chosen = at[piece]
                found = loop.run(begin[piece], until[piece], pairs.as_of[chosen], *values)
                answers[:, chosen] = found.T

            list(pool.map(run, [piece for piece in pieces if len(piece)]))
    return answers


def _spans(rows: pa.Table, pairs: _Pairs) -> tuple[Ints, Ints, Ints]:
    """Return for each pair whose customer has rows here where they begin and end, and its place."""
    starts = _starts(rows["customer_id"])
    ends = np.append(starts[1:], rows.num_rows)
    ids = rows["customer_id"].take(starts).to_pylist()
    of_rows = np.array([pairs.places.get(customer, -1) for customer in ids], dtype=np.int64)
    asked = of_rows >= 0
    of_rows, starts, ends = of_rows[asked], starts[asked], ends[asked]
    many = pairs.bounds[of_rows + 1] - pairs.bounds[of_rows]
    before = np.cumsum(many) - many
    places = np.arange(int(many.sum())) - np.repeat(before - pairs.bounds[of_rows], many)
    return np.repeat(starts, many), np.repeat(ends, many), places


def _whole_customers(
    connection: duckdb.DuckDBPyConnection, loop: Loop, *, ordered: bool
) -> Generator[pa.Table]:
    """Yield the rows of the facts in batches that part no customer.

    Raises
    ------
    _UnsortedError
        If customers do not ascend, so that they may be parted.
    """
    columns = ", ".join(loop.shape.read(column) for column in loop.shape.columns)
    query = f"SELECT customer_id, {columns} FROM {loop.shape.table}"
    reader = connection.sql(f"{query} ORDER BY customer_id" if ordered else query).to_arrow_reader(
        BATCH_ROWS
    )
    try:
        held: pa.Table | None = None
        last = ""
        for batch in reader:
            rows = pa.Table.from_batches([batch])
            if held is not None:
                rows = pa.concat_tables([held, rows])
            starts = _starts(rows["customer_id"])
            ids = rows["customer_id"].take(starts).to_pylist()
            if ids and (ids[0] < last or any(map(gt, ids[:-1], ids[1:]))):
                raise _UnsortedError
            if not ids:
                continue
            last = ids[-1]
            whole, held = rows.slice(0, starts[-1]), rows.slice(starts[-1])
            if whole.num_rows:
                yield whole.combine_chunks()
        if held is not None and held.num_rows:
            yield held.combine_chunks()
    finally:
        reader.close()  # the connection takes no other query while one is being read


def _starts(column: pa.ChunkedArray) -> Ints:
    """Return where a new value begins."""
    values = column.combine_chunks()
    if not len(values):
        return np.empty(0, dtype=np.int64)
    changed = pc.not_equal(values[1:], values[:-1]).to_numpy(zero_copy_only=False)
    return np.concatenate(([0], np.flatnonzero(changed) + 1))
