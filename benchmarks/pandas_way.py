"""Eight of the features as a data scientist would write them: a loop over month-ends in pandas.

It takes the latest version of each row, as if it had been known on its own date. What it does not
do, and the catalogue does:

- what was known when: rows known late, what a corrected row said before, payments booked after
  the day that they happened;
- payments without an invoice, credit notes, bounced payments;
- several currencies;
- checks of the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

NAMES = (
    "on_time_rate_365d",
    "days_beyond_terms_365d",
    "overdue_count_365d",
    "open_overdue_amount",
    "oldest_overdue_days",
    "invoice_amount_365d",
    "invoice_count_365d",
    "open_balance",
)
_FLOOR, _FLOOR_SHARE = 1.0, 0.005
_YEAR = pd.Timedelta(days=365)


def read_tables(ledger: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return invoices and payments with the columns that the features need."""
    invoices = pd.read_parquet(
        ledger / "invoices.parquet",
        columns=["invoice_id", "customer_id", "issued_on", "due_on", "amount", "known_on"],
    )
    payments = pd.read_parquet(
        ledger / "payments.parquet",
        columns=["payment_id", "invoice_id", "paid_on", "amount", "known_on"],
    )
    invoices = _latest(invoices, "invoice_id")
    payments = _latest(payments, "payment_id")
    for frame, days in ((invoices, ("issued_on", "due_on")), (payments, ("paid_on",))):
        frame["amount"] = frame["amount"].astype("float64")
        for day in days:
            frame[day] = pd.to_datetime(frame[day])
    return invoices[invoices["amount"] > 0], payments


def pandas_features(
    invoices: pd.DataFrame, payments: pd.DataFrame, days: Sequence[date]
) -> pd.DataFrame:
    """Return the features by (as_of, customer_id) of every customer invoiced by the day."""
    parts = {pd.Timestamp(day): _as_of(invoices, payments, pd.Timestamp(day)) for day in days}
    return pd.concat(parts, names=["as_of", "customer_id"])


def _latest(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    by_version = frame.sort_values("known_on", na_position="first", kind="stable")
    return by_version.drop_duplicates(key, keep="last").drop(columns="known_on")


def _as_of(invoices: pd.DataFrame, payments: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    items = _settled(invoices[invoices["issued_on"] <= day], payments[payments["paid_on"] <= day])
    is_open = items["settled_on"].isna()
    late = (items["settled_on"].fillna(day) - items["due_on"]).dt.days
    due = (items["due_on"] <= day) & (items["due_on"] > day - _YEAR)
    issued = items["issued_on"] > day - _YEAR
    overdue = is_open & (items["due_on"] < day)
    columns = pd.DataFrame(
        {
            "customer_id": items["customer_id"],
            "due": due,
            "on_time": due & ~is_open & (late <= 0),
            "due_amount": items["amount"].where(due, 0.0),
            "late_amount": (items["amount"] * late.clip(lower=0)).where(due, 0.0),
            "overdue_count_365d": due & (late > 0),
            "open_overdue_amount": items["open"].where(overdue, 0.0),
            "oldest_overdue_days": late.where(overdue, 0),
            "invoice_amount_365d": items["amount"].where(issued, 0.0),
            "invoice_count_365d": issued,
            "open_balance": items["open"],
        }
    )
    grouped = columns.groupby("customer_id")
    found = grouped.sum()
    found["oldest_overdue_days"] = grouped["oldest_overdue_days"].max()
    found["on_time_rate_365d"] = found["on_time"] / found["due"].where(found["due"] > 0)
    found["days_beyond_terms_365d"] = found["late_amount"] / found["due_amount"].where(
        found["due_amount"] > 0
    )
    return found[list(NAMES)].astype(np.float64)


def _settled(invoices: pd.DataFrame, payments: pd.DataFrame) -> pd.DataFrame:
    paid = payments.groupby("invoice_id").agg(paid=("amount", "sum"), last=("paid_on", "max"))
    items = invoices.join(paid, on="invoice_id")
    items["open"] = (items["amount"] - items["paid"].fillna(0.0)).clip(lower=0)
    floor = (items["amount"] * _FLOOR_SHARE).clip(lower=_FLOOR)
    items["settled_on"] = items["last"].where(items["open"] <= floor)
    return items
