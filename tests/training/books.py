"""Small books and rows for the tests of this room: who defaults when is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from features.catalogue import FEATURE_NAMES
from features.matrix import Floats, Snapshots
from tests.drawn import write_ledger
from training.population import Flags, Rows

FIRST, LAST = date(2023, 1, 10), date(2025, 12, 20)


def write_book(folder: Path, customers: int, bad_on: Mapping[int, date]) -> Path:
    """Write customers that buy every second month and pay, some of them with a bad debt."""
    issued = [FIRST + timedelta(days=n) for n in range(0, (LAST - FIRST).days + 1, 61)]
    invoices, payments = [], []
    for number in range(customers):
        for place, day in enumerate((*issued, LAST)):
            due = day + timedelta(days=30)
            key = f"{number}-{place}"
            amount = str(1000 + number)
            row = {"customer_id": f"c{number}", "amount": amount, "invoice_id": f"i{key}"}
            invoices.append(row | {"issued_on": str(day), "due_on": str(due)})
            if due < LAST:
                payments.append(row | {"payment_id": f"p{key}", "paid_on": str(due)})
    bad = [
        {"bad_debt_id": f"b{n}", "customer_id": f"c{n}", "recognised_on": str(day)}
        for n, day in bad_on.items()
    ]
    return write_ledger(folder, invoices=invoices, payments=payments, bad_debts=bad)


def spread(numbers: Iterable[int], first: date, last: date) -> dict[int, date]:
    """Return a day for each customer, evenly from the first day to the last."""
    chosen = list(numbers)
    run = (last - first).days
    return {n: first + timedelta(days=i * run // len(chosen)) for i, n in enumerate(chosen)}


def rows_of(
    columns: Mapping[str, Sequence[float] | Floats],
    defaulted: Sequence[bool] | Flags,
    *,
    customer_ids: Sequence[str] | None = None,
    days: Sequence[date] | None = None,
) -> Rows:
    """Return rows with these features; the others are 0, and every customer is exposed."""
    n = len(defaulted)
    values = np.zeros((n, len(FEATURE_NAMES)))
    for name, column in {"is_exposed": np.ones(n), **columns}.items():
        values[:, FEATURE_NAMES.index(name)] = column
    ids = tuple(customer_ids or (f"c{i:06d}" for i in range(n)))
    as_of = np.array(days or [date(2025, 6, 30)] * n, dtype="datetime64[D]")
    return Rows(Snapshots(ids, as_of, FEATURE_NAMES, values), np.asarray(defaulted, dtype=bool))


def made_rows(n: int, seed: int) -> Rows:
    """Return rows whose risk rises with days beyond terms and falls with the on-time rate."""
    generator = np.random.default_rng(seed)
    late = generator.gamma(2.0, 8.0, n)
    on_time = generator.uniform(0, 1, n)
    score = np.where(generator.uniform(size=n) < 0.3, np.nan, generator.uniform(0, 100, n))
    odds = -3.0 + 0.05 * late - 1.5 * on_time
    defaulted = generator.uniform(size=n) < 1 / (1 + np.exp(-odds))
    columns = {
        "days_beyond_terms_365d": late,
        "on_time_rate_365d": on_time,
        "external_score": score,
        "invoice_amount_365d": generator.lognormal(10, 1, n),
    }
    return rows_of(columns, defaulted)
