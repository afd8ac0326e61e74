"""Outcomes given in a file: which customer, which day, defaulted or not."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from features.errors import LedgerError
from features.given import PAIR_COLUMNS, GivenFile, read_given, refuse_strangers
from features.ledger.open import Ledger
from features.snapshot import snapshots
from training.population import Rows

_TEXT = "CAST(defaulted AS VARCHAR)"
# a column with a gap was often written as 1.0 and 0.0
_FLAG = (
    f"coalesce(TRY_CAST({_TEXT} AS BOOLEAN), "
    f"CASE TRY_CAST({_TEXT} AS DOUBLE) WHEN 1 THEN true WHEN 0 THEN false END)"
)
OUTCOMES_FILE = GivenFile(
    "The outcomes",
    {**PAIR_COLUMNS, "defaulted": _FLAG},
    "customer_id is text, as_of a date such as 2025-09-30, defaulted true, false, 1 or 0",
)


def given_rows(ledger: Ledger, path: Path) -> Rows:
    """Return the rows that a file of outcomes fixes, by as-of date and customer.

    Nobody is left out: who is in the file is learned from.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger that has every customer of the file.
    path : Path
        Parquet or CSV with customer_id, as_of (a date) and defaulted (true, false, 1 or 0).

    Raises
    ------
    UsageError
        If the suffix is neither, or the file cannot be read.
    LedgerError
        If a column is missing, a value is empty or of another kind, a pair stands twice, or
        a customer is not in the ledger.
    """
    found = sorted(read_given(Path(path), OUTCOMES_FILE), key=lambda row: (row[1], row[0]))
    if len({row[:2] for row in found}) < len(found):
        message = f"The outcomes {path} have a customer twice on one day. Keep one row of each."
        raise LedgerError(message)
    ids = [row[0] for row in found]
    refuse_strangers(ledger, ids, f"The outcomes {path}")
    days = np.array([row[1] for row in found], dtype="datetime64[D]")
    return Rows(snapshots(ledger, (ids, days)), np.array([bool(row[2]) for row in found]))
