"""The features of the large benchmark as a data scientist would write them in pandas.

Payments are merged and settled once; a loop over the month-ends masks and groups. It reads each
row as it stands and knows nothing of known days, corrections, credit notes, bounced or unallocated
payments.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pandas as pd

_CUSTOMER = "customer_id"
_EPOCH, _YEAR = pd.Timestamp(0), pd.Timedelta(days=365)
_NOT_SUMMED = {_CUSTOMER, "issued_on", "due_on", "settled", "oldest", "worst", "payment_days"}
_FLOOR, _FLOOR_SHARE = 1.0, 0.005  # a remainder within the larger of the two settles an invoice


def pandas_features(ledger: Path, days: Sequence[date]) -> pd.DataFrame:
    """Return the features of every customer invoiced by each day."""
    invoices, payments = _read(ledger)
    invoices["settled"] = _settled(invoices, payments)
    parts = [_as_of(invoices, payments, pd.Timestamp(day)) for day in days]
    return pd.concat(parts, ignore_index=True)


def _read(ledger: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    invoices = pd.read_parquet(
        ledger / "invoices.parquet",
        columns=["invoice_id", _CUSTOMER, "issued_on", "due_on", "amount"],
    )
    payments = pd.read_parquet(
        ledger / "payments.parquet", columns=["invoice_id", "paid_on", "amount"]
    )
    for frame, names in ((invoices, ("issued_on", "due_on")), (payments, ("paid_on",))):
        frame["amount"] = frame["amount"].astype("float64")
        for name in names:
            frame[name] = pd.to_datetime(frame[name])
    invoices = invoices[invoices["amount"] > 0].reset_index(drop=True)
    invoices[_CUSTOMER] = invoices[_CUSTOMER].astype("category")
    ids = invoices[["invoice_id", "issued_on", "amount"]].reset_index(names="row")
    payments = payments.rename(columns={"amount": "paid"}).merge(ids, on="invoice_id")
    return invoices.drop(columns="invoice_id"), payments.drop(columns="invoice_id")


def _settled(invoices: pd.DataFrame, payments: pd.DataFrame) -> pd.Series:
    """Return the day on which each invoice was paid but for the floor."""
    by_day = payments.sort_values(["row", "paid_on"])
    left = by_day["amount"] - by_day.groupby("row")["paid"].cumsum()
    floor = (by_day["amount"] * _FLOOR_SHARE).clip(lower=_FLOOR)
    crossed = by_day[left.round(2) <= floor].drop_duplicates("row").set_index("row")
    day = crossed[["paid_on", "issued_on"]].max(axis=1)
    return day.reindex(invoices.index)


def _as_of(invoices: pd.DataFrame, payments: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    items = invoices[invoices["issued_on"] <= day].copy()
    paid = payments[payments["paid_on"] <= day].groupby("row")["paid"].sum()
    items["open"] = (items["amount"] - paid.reindex(items.index, fill_value=0.0)).round(2)
    done = items["settled"] <= day
    late = (items["settled"].where(done, day) - items["due_on"]).dt.days
    due = (items["due_on"] > day - _YEAR) & (items["due_on"] <= day)
    overdue = ~done & (items["due_on"] < day)
    items = items.assign(
        overdue=items["open"].where(overdue, 0.0),
        overdue_n=overdue,
        oldest=late.where(overdue, 0),
        worst=late.clip(lower=0).where(due),
        payment_days=(items["settled"] - items["issued_on"]).dt.days.where(due & done),
        on_time_amount=items["amount"].where(due & done & (late <= 0), 0.0),
        **_windows(items, day, done, late),
    )
    return _features(items, day)


def _windows(
    items: pd.DataFrame, day: pd.Timestamp, done: pd.Series, late: pd.Series
) -> dict[str, pd.Series]:
    """Return what is summed over 90 and over 365 days."""
    columns: dict[str, pd.Series] = {}
    for days in (90, 365):
        start = day - pd.Timedelta(days=days)
        due = (items["due_on"] > start) & (items["due_on"] <= day)
        issued = items["issued_on"] > start
        columns |= {
            f"due_{days}": due,
            f"on_time_{days}": due & done & (late <= 0),
            f"late_{days}": due & (late > 0),
            f"amount_{days}": items["amount"].where(due, 0.0),
            f"beyond_{days}": (items["amount"] * late.clip(lower=0)).where(due, 0.0),
            f"sales_{days}": items["amount"].where(issued, 0.0),
            f"sales_n_{days}": issued,
        }
    return columns


def _features(items: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    by_customer = items.groupby(_CUSTOMER, observed=True)
    summed = [name for name in items.columns if name not in _NOT_SUMMED]
    of = by_customer[summed].sum()
    most = by_customer[["oldest", "worst"]].max()
    issued = by_customer["issued_on"].agg(["min", "max"])
    found = {
        "on_time_rate_90d": _over(of["on_time_90"], of["due_90"]),
        "on_time_rate_365d": _over(of["on_time_365"], of["due_365"]),
        "on_time_amount_share_365d": _over(of["on_time_amount"], of["amount_365"]),
        "days_beyond_terms_90d": _over(of["beyond_90"], of["amount_90"]),
        "days_beyond_terms_365d": _over(of["beyond_365"], of["amount_365"]),
        "worst_days_late_365d": most["worst"],
        "payment_days_median_365d": by_customer["payment_days"].median(),
        "overdue_count_90d": of["late_90"],
        "overdue_count_365d": of["late_365"],
        "overdue_share_365d": _over(of["late_365"], of["due_365"]),
        "open_overdue_amount": of["overdue"],
        "open_overdue_share": _over(of["overdue"], of["open"].round(2)).fillna(0.0),
        "oldest_overdue_days": most["oldest"],
        "open_overdue_count": of["overdue_n"],
        "invoice_amount_90d": of["sales_90"],
        "invoice_amount_365d": of["sales_365"],
        "invoice_count_90d": of["sales_n_90"],
        "invoice_count_365d": of["sales_n_365"],
        "amount_trend": _over(of["sales_90"] * 365, of["sales_365"] * 90),
        "days_since_last_invoice": (day - issued["max"]).dt.days,
        "history_days": (day - issued["min"]).dt.days,
        "open_balance": of["open"],
        "dso_90d": _over(of["open"] * 90, of["sales_90"]),
    }
    table = pd.DataFrame(found).reset_index()
    table[_CUSTOMER] = table[_CUSTOMER].astype("str")
    return table.assign(as_of=(day - _EPOCH).days)


def _over(above: pd.Series, below: pd.Series) -> pd.Series:
    return above / below.where(below > 0)
