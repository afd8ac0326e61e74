"""The ledger rows that a feature rests on, as a person reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from features.behind.one import rows_of
from features.behind.plan import plans, wanted_by_relation
from features.behind.shown import (
    NOTHING,
    SHOWN,
    SHOWN_DAYS,
    SHOWN_MONEY,
    SHOWN_NUMBERS,
    SHOWN_TEXTS,
    EvidenceRow,
    RowsFound,
    evidence_row,
)
from features.catalogue import FEATURES
from features.engines.indexed import IndexedRows
from features.engines.rows import Columns, LedgerRows, RowSource
from features.feature import Evidence
from features.ledger.open import EPOCH, Ledger
from features.ledger.prepared import PreparedLedger
from features.relations import RELATIONS
from features.render import present_relations, row_sql

__all__ = [
    "NOTHING",
    "SHOWN_DAYS",
    "SHOWN_MONEY",
    "SHOWN_NUMBERS",
    "SHOWN_TEXTS",
    "EvidenceRow",
    "Key",
    "RowsFound",
    "evidence_columns",
    "evidence_rows",
    "evidence_source",
    "rows_behind",
]

Key = tuple[str, date]


def evidence_source(ledger: Ledger) -> RowSource:
    """Return what tells the rows of an opened ledger with all that evidence needs of them.

    As `features.online.online_source`, with other columns: a prepared ledger answers from its
    index, one opened in this process by small queries. It belongs to one thread at a time.
    """
    if isinstance(ledger, PreparedLedger):
        return IndexedRows(ledger.index, evidence_columns(), present_relations(ledger.files))
    return LedgerRows(ledger, evidence_columns())


def evidence_columns() -> Columns:
    """Return the relations whose rows are evidence, and what is needed of each row."""
    return {name: plan.columns for name, plan in plans().items()}


def rows_behind(
    source: RowSource, features: Iterable[str], customer_id: str, as_of: date, *, at_most: int
) -> dict[str, RowsFound]:
    """Return the rows that features of one customer rest on: `evidence_rows`, at once.

    Parameters
    ----------
    source : RowSource
        From :func:`evidence_source`.
    features : iterable of str
        Features of the catalogue.
    customer_id : str
        Whose.
    as_of : date
        Only what was known on this day counts.
    at_most : int
        Rows kept of each feature, the most telling first; ``total`` counts all.

    Returns
    -------
    dict
        By feature; one without rows is absent.
    """
    day = (as_of - EPOCH).days
    rows = source.rows(customer_id, day)
    found: dict[str, RowsFound] = {}
    for plan, names in wanted_by_relation(features, lambda relation: bool(rows.get(relation))):
        if rows.get(plan.name):
            found |= rows_of(plan, names, rows[plan.name], day, at_most)
    return found


def evidence_rows(
    ledger: Ledger, feature: str, pairs: Iterable[Key], *, at_most: int
) -> dict[Key, RowsFound]:
    """Return the rows that a feature rests on, for customers as of days.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger.
    feature : str
        A feature of the catalogue.
    pairs : iterable of (customer_id, date)
        Whose rows, as known on which day.
    at_most : int
        Rows kept of each pair, the most telling first; ``total`` counts all.

    Returns
    -------
    dict
        Pairs without rows are absent; a feature that is an attribute has none at all.
    """
    evidence = FEATURES[feature].evidence
    wanted = sorted(set(pairs))
    present = present_relations(ledger.files)
    found: dict[Key, RowsFound] = {}
    while evidence is not None and wanted:
        if evidence.relation in present:
            found |= _found(ledger, evidence, wanted, at_most)
        if evidence.otherwise is not None and evidence.relation in present:
            wanted = _without(ledger, evidence.relation, wanted)
        evidence = evidence.otherwise
    return found


def _found(
    ledger: Ledger, evidence: Evidence, wanted: Sequence[Key], at_most: int
) -> dict[Key, RowsFound]:
    shown = SHOWN[evidence.relation]
    columns = ", ".join(f"r.{name}" for name, _ in shown.columns)
    whose = "PARTITION BY r.customer_id, r.as_of"
    query = (
        f"SELECT * FROM (SELECT r.customer_id, r.as_of, r.{shown.key} AS row_id, {columns}, "
        f"count(*) OVER ({whose}) AS total, "
        f"row_number() OVER ({whose} ORDER BY {shown.order}) AS place "
        f"FROM ({RELATIONS[evidence.relation].sql}) AS r WHERE {row_sql(evidence.where)}) "
        f"WHERE place <= {int(at_most)} ORDER BY customer_id, as_of, place"
    )
    found: dict[Key, tuple[int, list[EvidenceRow]]] = {}
    for customer, day, row_id, *values, total, _ in _run(ledger, query, wanted):
        key = (customer, EPOCH + timedelta(days=day))
        row = evidence_row(shown, row_id, values, day)
        found.setdefault(key, (total, []))[1].append(row)
    return {key: RowsFound(total, tuple(rows)) for key, (total, rows) in found.items()}


def _without(ledger: Ledger, relation: str, wanted: Sequence[Key]) -> list[Key]:
    """Return the pairs that have no row of a relation."""
    query = f"SELECT DISTINCT r.customer_id, r.as_of FROM ({RELATIONS[relation].sql}) AS r"
    held = {(c, EPOCH + timedelta(days=day)) for c, day in _run(ledger, query, wanted)}
    return [key for key in wanted if key not in held]


def _run(ledger: Ledger, query: str, pairs: Sequence[Key]) -> list[tuple[Any, ...]]:
    days = np.array([day for _, day in pairs], dtype="datetime64[D]").astype(np.int32)
    given = pa.table({"customer_id": pa.array([c for c, _ in pairs], pa.string()), "as_of": days})
    ledger.connection.register("evidence_given", given)
    try:
        ledger.connection.execute("CREATE TEMP TABLE pairs AS SELECT * FROM evidence_given")
        rows: list[tuple[Any, ...]] = ledger.connection.execute(query).fetchall()
    finally:
        ledger.connection.execute("DROP TABLE IF EXISTS pairs")
        ledger.connection.unregister("evidence_given")
    return rows
