"""The rows that moved features of many customers: one query per relation, chunk by chunk.

The query stands a relation's rows of both days side by side, with every predicate and addend
as a column, and leaves out what is the same on both: so what comes out of the database is what
moved. The rest is `features.behind.difference`, as for one customer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.behind.difference import Aligned, Between, Given, MovedRow, Sides
from features.behind.plan import RelationPlan, Told, plans, wanted_by_relation
from features.behind.shown import ENDS
from features.catalogue import FEATURES
from features.ledger.open import Ledger
from features.relations import RELATIONS
from features.render import present_relations, row_sql

CHUNK = 2_000  # differences told at once: bounds the memory, and is enough for a scan to pay
Wanted = tuple[Between, Collection[str]]
Moved = dict[str, tuple[MovedRow, ...]]


def moved_rows_of_many(ledger: Ledger, wanted: Iterable[Wanted]) -> Iterator[Moved]:
    """Yield what `features.moved_rows.moved_rows` returns, for many customers.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger; its connection is in use until the iterator ends.
    wanted : iterable of (Between, collection of str)
        Whose rows on which days, and the features that moved.

    Yields
    ------
    dict of str to tuple of MovedRow
        One for each that is wanted, in their order.

    Raises
    ------
    ValueError
        If days are in the wrong order.
    """
    rest = iter(wanted)
    while chunk := list(islice(rest, CHUNK)):
        yield from _moved_of_chunk(ledger, chunk)


def _moved_of_chunk(ledger: Ledger, chunk: Sequence[Wanted]) -> list[Moved]:
    present = present_relations(ledger.files)
    ledger.connection.register("moves_given", _table([between for between, _ in chunk]))
    try:
        ledger.connection.execute("CREATE TEMP TABLE moves AS FROM moves_given")
        ledger.connection.execute(
            "CREATE TEMP TABLE pairs AS SELECT customer_id, earlier AS as_of FROM moves "
            "UNION SELECT customer_id, later FROM moves"
        )
        asked = _asked(ledger, chunk, present)
        found: list[Moved] = [{} for _ in chunk]
        for plan in plans().values():
            names = {name for wanted in asked for name in wanted.get(plan.name, ())}
            if not names or plan.name not in present:
                continue
            for place, rows in _aligned(ledger, plan, names, chunk):
                found[place] |= rows.moved(asked[place].get(plan.name, ()))
    finally:
        for table in ("pairs", "moves"):
            ledger.connection.execute(f"DROP TABLE IF EXISTS {table}")
        ledger.connection.unregister("moves_given")
    # as of one customer: in the order in which the relations are first asked for
    return [
        {name: rows[name] for names in wanted.values() for name in names if name in rows}
        for rows, wanted in zip(found, asked, strict=True)
    ]


def _asked(
    ledger: Ledger, chunk: Sequence[Wanted], present: Collection[str]
) -> list[dict[str, list[str]]]:
    """Return, for each difference, the features that rest on each relation."""
    names = {name for _, features in chunk for name in features}
    doubtful = {
        evidence.relation for name in names
        if (evidence := FEATURES[name].evidence) is not None and evidence.otherwise is not None
    }  # fmt: skip
    held = {name: _held(ledger, name) if name in present else set() for name in sorted(doubtful)}

    def relations(place: int, features: Collection[str]) -> dict[str, list[str]]:
        wanted = wanted_by_relation(features, lambda relation: place in held[relation])
        return {plan.name: chosen for plan, chosen in wanted}

    return [relations(place, features) for place, (_, features) in enumerate(chunk)]


def _held(ledger: Ledger, relation: str) -> set[int]:
    """Return the places of those who have a row of a relation on either day."""
    query = (
        f"SELECT DISTINCT m.place FROM moves AS m JOIN ({RELATIONS[relation].sql}) AS r "
        "ON r.customer_id = m.customer_id AND r.as_of IN (m.earlier, m.later)"
    )
    return {place for (place,) in ledger.connection.execute(query).fetchall()}


def _table(moves: Sequence[Between]) -> pa.Table:
    days = np.array([between.days for between in moves], dtype=np.int32)
    return pa.table(
        {
            "place": np.arange(len(moves)),
            "customer_id": pa.array([between.customer_id for between in moves], pa.string()),
            "earlier": days[:, 0],
            "later": days[:, 1],
        }
    )


def _aligned(
    ledger: Ledger, plan: RelationPlan, names: Collection[str], chunk: Sequence[Wanted]
) -> Iterator[tuple[int, Aligned]]:
    """Yield the rows of each difference that has any, with its place in the chunk."""
    told = sorted({place for name in names for place in plan.features[name].told})
    predicates = {plan.features[name].where for name in names}
    columns = ledger.connection.execute(_query(plan, told, predicates)).fetchnumpy()
    places = np.asarray(columns["place"])
    then, now = (_rows(columns, plan, side) for side in ("t", "n"))
    values = {k: _sides(columns, k, plan.told[k].kind != "adds") for k in told}
    cuts = np.flatnonzero(np.diff(places)) + 1
    starts, ends = [0, *cuts.tolist()], [*cuts.tolist(), len(places)]
    for start, end in zip(starts, ends, strict=True):
        if start == end:
            return  # nothing at all
        part = slice(start, end)
        place = int(places[start])
        cut = {k: (a[part], b[part]) for k, (a, b) in values.items()}
        yield place, Aligned(plan, chunk[place][0].days, then[part], now[part], cut)


def _query(plan: RelationPlan, wanted: Sequence[int], predicates: Collection[int]) -> str:
    """Return the query of the rows that moved, with what is told of them at some places."""
    read = ", ".join(f"r.{column}" for column in plan.columns)
    computed = ", ".join(f"{_told_sql(plan.told[k])} AS v{k}" for k in wanted)
    truths = [f"v{k}" for k in sorted(predicates)]
    sides = {
        side: f"SELECT m.place, r.* FROM moves AS m JOIN seen AS r "
        f"ON r.customer_id = m.customer_id AND r.as_of = m.{day}"
        for side, day in (("t", "earlier"), ("n", "later"))
    }
    same_row = " AND ".join(f"t.{c} IS NOT DISTINCT FROM n.{c}" for c in plan.identity)
    told = ", ".join(
        f"{side}.{name} AS {side}_{name}"
        for side in sides
        for name in (*plan.columns, *(f"v{k}" for k in wanted))
    )
    counts = " OR ".join(f"{side}.{truth}" for side in sides for truth in truths)
    content = [*truths, *plan.columns]
    differs = " OR ".join(f"t.{name} IS DISTINCT FROM n.{name}" for name in content)
    ended = "".join(
        f" OR (n.{end} > t.as_of AND n.{end} <= n.as_of)" for end in plan.columns if end in ENDS
    )
    order = ", ".join(f"COALESCE(t.{c}, n.{c})" for c in plan.identity)
    return (
        f"WITH seen AS MATERIALIZED (SELECT r.customer_id, r.as_of, {read}, {computed} "
        f"FROM ({RELATIONS[plan.name].sql}) AS r) "
        f"SELECT COALESCE(t.place, n.place) AS place, {told} FROM ({sides['t']}) AS t "
        f"FULL JOIN ({sides['n']}) AS n ON t.place = n.place AND {same_row} "
        f"WHERE ({counts}) AND ({differs}{ended}) ORDER BY 1, {order}"
    )


def _told_sql(told: Told) -> str:
    value = row_sql(told.value)
    if told.kind in ("holds", "adds"):
        return f"COALESCE({value}, {0 if told.kind == 'adds' else 'FALSE'})"
    if told.where is not None:
        value = f"CASE WHEN {row_sql(told.where)} THEN {value} END"
    furthest = "max" if told.kind == "largest" else "min"
    whose = "PARTITION BY r.customer_id, r.as_of"
    return f"COALESCE({value} = {furthest}({value}) OVER ({whose}), FALSE)"


def _rows(columns: Mapping[str, Any], plan: RelationPlan, side: str) -> list[Given]:
    """Return the rows of one side as a look-up gives them."""
    lists = [np.ma.asarray(columns[f"{side}_{name}"]).tolist() for name in plan.columns]
    key = plan.columns.index(plan.shown.key)
    return [None if row[key] is None else row for row in zip(*lists, strict=True)]


def _sides(columns: Mapping[str, Any], place: int, truth: bool) -> Sides:
    kind = np.bool_ if truth else np.int64
    then, now = (_filled(columns[f"{side}_v{place}"], kind) for side in ("t", "n"))
    return then, now


def _filled(column: Any, kind: Any) -> NDArray[Any]:
    filled: NDArray[Any] = np.ma.filled(np.ma.asarray(column), 0).astype(kind)
    return filled
