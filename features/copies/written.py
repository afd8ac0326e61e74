"""A copy as a ledger of files, which every command reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from features.copies.copy import Copy, Row
from features.ledger.normalise import ALWAYS
from features.ledger.open import EPOCH
from features.ledger.tables import TABLES, Column

_SCORE_PLACES = 4
_AS_TEXT = pa.string()
_READ: dict[str, tuple[pa.DataType, Callable[[Any], Any]]] = {
    "date": (pa.date32(), lambda day: EPOCH + timedelta(days=day)),
    "money": (pa.decimal128(20, 2), lambda minor: Decimal(minor).scaleb(-2)),
    "score": (pa.decimal128(12, 4), lambda score: Decimal(score).scaleb(-_SCORE_PLACES)),
    "number": (pa.float64(), float),
}


def write_copy(copy: Copy, folder: Path) -> None:
    """Write a copy into an empty folder, one Parquet file per table that it has.

    Amounts are in the copy's currency, which no row names; a row is known from the day that it
    was known in the ledger.

    Parameters
    ----------
    copy : Copy
        As it stands.
    folder : Path
        Is there, and empty.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    for name, rows in copy.tables.items():
        columns = {column.name: _values(column, rows) for column in TABLES[name].columns}
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")


def _values(column: Column, rows: tuple[Row, ...]) -> pa.Array:
    kind, read = _READ.get(column.kind, (_AS_TEXT, str))
    if column.name == "currency":  # converted already
        return pa.nulls(len(rows), kind)
    if column.name == "known_on":
        days = [None if row["row_from"] == ALWAYS else row["row_from"] for row in rows]
        return pa.array([None if day is None else read(day) for day in days], kind)
    values = [row[column.name] for row in rows]
    return pa.array([None if value is None else read(value) for value in values], kind)
