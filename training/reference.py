"""The reference customer and the book: what of the training rows a bundle keeps."""

from __future__ import annotations

import hashlib

import numpy as np

from features.errors import LedgerError
from features.matrix import Floats
from models.rules import Book
from training.population import Rows


def reference_customer(rows: Rows, *, sample: int) -> dict[str, float]:
    """Return the medoid of the exposed customers that did not default; NaN is unknown.

    It is the row with the smallest sum of L1 distances to the others, each feature taken as
    its rank from 0 to 1; an unknown value is 0 from an unknown one and 1 from a known one.
    A real row: no value in it was made up.

    Parameters
    ----------
    rows : Rows
        The fit rows; of each customer the latest is looked at.
    sample : int
        At most this many are compared, chosen by a hash and not by chance.

    Raises
    ------
    LedgerError
        If every row defaulted.
    """
    latest = rows.latest()
    exposed = latest.snapshots.column("is_exposed") == 1
    good = ~latest.defaulted
    chosen = latest.where(exposed & good if (exposed & good).any() else good)
    if not len(chosen):
        message = (
            "Every customer of the fit rows defaulted, so there is no good customer to refer to. "
            "Give a ledger with customers that pay."
        )
        raise LedgerError(message)
    known = chosen.snapshots
    keys = [
        hashlib.sha256(f"{customer}:{day}".encode()).digest()
        for customer, day in zip(known.customer_ids, known.as_of, strict=True)
    ]
    places = sorted(range(len(keys)), key=keys.__getitem__)[:sample]
    return known.row(places[medoid(known.values[places])])


def medoid(values: Floats) -> int:
    """Return the row with the smallest summed distance to all others, the first of equals.

    Parameters
    ----------
    values : ndarray of float64, shape (n, features)
        NaN is unknown.

    Examples
    --------
    >>> medoid(np.array([[1.0], [2.0], [9.0]]))
    1
    """
    total = np.zeros(len(values))
    for column in values.T:
        total += _distances(column)
    # rounded, so that equal sums in another order of addition stay equal
    return int(np.argmin(np.round(total, 9)))


def book_of(rows: Rows) -> Book:
    """Return the quantiles of trade and the on-time rate of the book as it was.

    No outcome enters, so the calibration rows may be taken with the fit rows: a year's trade
    can only be told where there is a year of history.

    Parameters
    ----------
    rows : Rows
        The rows that the model comes from, none of the test set; of each customer the latest
        counts.

    Raises
    ------
    LedgerError
        If no invoice of any row fell due in its last 365 days.
    """
    latest = rows.latest().snapshots
    due = np.nan_to_num(latest.column("invoices_due_365d"))
    rate = latest.column("on_time_rate_365d")
    told = (due > 0) & ~np.isnan(rate)
    if not told.any():
        message = (
            "No invoice fell due in the 365 days before the as-of dates, so the "
            "book has no on-time rate. Give a longer ledger or later as-of dates."
        )
        raise LedgerError(message)
    return Book(
        _quantiles(latest.column("invoice_amount_365d")),
        _quantiles(latest.column("invoice_count_365d")),
        float((rate[told] * due[told]).sum() / due[told].sum()),
    )


def _quantiles(values: Floats) -> Floats:
    quantiles: Floats = np.quantile(values[~np.isnan(values)], np.linspace(0, 1, 101))
    return quantiles


def _distances(column: Floats) -> Floats:
    """Return the summed distance of each value to all others, by prefix sums over ranks."""
    known = ~np.isnan(column)
    result: Floats = np.where(known, (~known).sum(), known.sum()).astype(np.float64)
    ordered = np.sort(column[known])
    low = np.searchsorted(ordered, column[known], side="left")
    high = np.searchsorted(ordered, column[known], side="right")
    place = (low + high) / (2 * max(len(ordered), 1))
    order = np.argsort(place, kind="stable")
    sorted_place = place[order]
    before = np.arange(len(place)) * sorted_place - (np.cumsum(sorted_place) - sorted_place)
    after = (sorted_place.sum() - np.cumsum(sorted_place)) - (
        np.arange(len(place))[::-1] * sorted_place
    )
    summed = np.empty(len(place))
    summed[order] = before + after
    result[known] += summed
    return result
