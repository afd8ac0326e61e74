"""Snapshots as a matrix: one row per (customer, as-of date), one column per feature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.errors import LedgerError

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]


@dataclass(frozen=True)
class Snapshots:
    """Hold the features of customers as of days; NaN means unknown, nothing else.

    Attributes
    ----------
    customer_ids : tuple of str
        One per row.
    as_of : ndarray of datetime64[D], shape (n,)
        The day each row is computed for.
    names : tuple of str
        Feature of each column, in catalogue order.
    values : ndarray of float64, shape (n, len(names))
        Feature values in the catalogue's units.
    """

    customer_ids: tuple[str, ...]
    as_of: Days
    names: tuple[str, ...]
    values: Floats

    def __post_init__(self) -> None:
        """Refuse parts that do not belong together."""
        wanted = (len(self.customer_ids), len(self.names))
        if self.values.shape != wanted or self.as_of.shape != wanted[:1]:
            message = (
                f"Snapshots of {wanted[0]} customers and {wanted[1]} features cannot hold values "
                f"of shape {self.values.shape} and as-of dates of shape {self.as_of.shape}."
            )
            raise ValueError(message)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.customer_ids)

    def column(self, name: str) -> Floats:
        """Return one feature of every row, shape (n,)."""
        return self.values[:, self.names.index(name)]

    def row(self, index: int) -> dict[str, float]:
        """Return the features of one row by name; NaN means unknown."""
        return dict(zip(self.names, self.values[index].tolist(), strict=True))

    def take(self, indices: Sequence[int] | NDArray[np.intp]) -> Snapshots:
        """Return the rows at these positions, in this order."""
        places = np.asarray(indices, dtype=np.intp)
        ids = tuple(self.customer_ids[i] for i in places)
        return Snapshots(ids, self.as_of[places], self.names, self.values[places])

    def select(self, names: Sequence[str]) -> Snapshots:
        """Return the columns of these features, in this order.

        Raises
        ------
        LedgerError
            If a feature is missing: the snapshots come from another catalogue.
        """
        missing = [name for name in names if name not in self.names]
        if missing:
            message = (
                f"The snapshots lack the feature {missing[0]!r}; compute them again with "
                "`tradegrade features`."
            )
            raise LedgerError(message)
        places = [self.names.index(name) for name in names]
        return Snapshots(self.customer_ids, self.as_of, tuple(names), self.values[:, places])

    def to_arrow(self) -> pa.Table:
        """Return a table with customer_id, as_of, then the features; unknown is null."""
        columns: dict[str, pa.Array] = {
            "customer_id": pa.array(self.customer_ids, pa.string()),
            "as_of": pa.array(self.as_of.astype("datetime64[D]"), pa.date32()),
        }
        for place, name in enumerate(self.names):
            values = np.ascontiguousarray(self.values[:, place])
            columns[name] = pa.array(values, pa.float64(), from_pandas=True)
        return pa.table(columns)

    @classmethod
    def from_arrow(cls, table: pa.Table) -> Snapshots:
        """Return the snapshots of a table made by :meth:`to_arrow`."""
        names = tuple(n for n in table.column_names if n not in ("customer_id", "as_of"))
        values = np.empty((table.num_rows, len(names)), dtype=np.float64)
        for place, name in enumerate(names):
            column = table.column(name).cast(pa.float64()).fill_null(float("nan"))
            values[:, place] = column.to_numpy()
        as_of = table.column("as_of").cast(pa.date32()).to_numpy().astype("datetime64[D]")
        return cls(tuple(table.column("customer_id").to_pylist()), as_of, names, values)
