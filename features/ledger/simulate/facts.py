"""Rows of one table on their way to a file: their two times, their corrections, their order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from features.ledger.simulate.arrays import NEVER, Flags, Ints, dates


@dataclass(frozen=True)
class Facts:
    """Hold rows with the customer, own day and known day of each.

    Attributes
    ----------
    columns : pyarrow.Table
        Every column of the table but ``known_on``.
    customer : ndarray of int64
        Place of the customer in its chunk; what rows are sorted by first.
    day : ndarray of int64
        The row's own date.
    known : ndarray of int64
        The day from which it is known; equal to ``day`` where ``known_on`` stays null.
    """

    columns: pa.Table
    customer: Ints
    day: Ints
    known: Ints

    def corrected(self, rows: Ints, known: Ints, changes: Mapping[str, pa.Array]) -> Facts:
        """Return correction rows: these rows again, with changes, known later.

        Parameters
        ----------
        rows : ndarray of int64
            Places of the rows that are corrected.
        known : ndarray of int64
            Day of each correction; it is moved after the day of the row it corrects.
        changes : mapping of str to pyarrow.Array
            New content of the columns that change.
        """
        table = self.columns.take(pa.array(rows))
        for name, values in changes.items():
            table = table.set_column(table.column_names.index(name), name, values)
        later = np.maximum(known, self.known[rows] + 1)
        return Facts(table, self.customer[rows], self.day[rows], later)


def facts(columns: Mapping[str, pa.Array], customer: Ints, day: Ints, known: Ints) -> Facts:
    """Return rows; what would be known before it happens is known when it happens."""
    return Facts(pa.table(dict(columns)), customer, day, np.maximum(known, day))


def told(last_day: int, *parts: Facts) -> pa.Table:
    """Return what is known by the last day, sorted by customer, own date and known day.

    The column ``known_on`` is added: null where a row is known on its own date.
    """
    customer = np.concatenate([part.customer for part in parts])
    day = np.concatenate([part.day for part in parts])
    known = np.concatenate([part.known for part in parts])
    table = pa.concat_tables([part.columns for part in parts])
    order = np.lexsort((known, day, customer))
    order = order[is_told(day[order], known[order], last_day)]
    known_on = dates(np.where(known == day, NEVER, known)[order])
    return table.take(pa.array(order)).append_column("known_on", known_on)


def is_told(day: Ints, known: Ints, last_day: int) -> Flags:
    """Tell which rows happened and became known by the last day."""
    return (day <= last_day) & (known <= last_day)


def numbered(customer: Ints) -> Ints:
    """Return 1, 2, 3, … within each customer, for rows that are sorted by customer.

    Examples
    --------
    >>> numbered(np.array([0, 0, 2, 2, 2])).tolist()
    [1, 2, 1, 2, 3]
    """
    starts = np.flatnonzero(np.diff(customer, prepend=-1))
    lengths = np.diff(np.append(starts, len(customer)))
    return np.arange(len(customer)) - np.repeat(starts, lengths) + 1
