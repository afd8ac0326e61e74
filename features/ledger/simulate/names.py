"""The identifiers of a chunk's rows: they name the customer's number and a running number."""

from __future__ import annotations

import pyarrow as pa

from features.ledger.simulate.arrays import Flags, Ints, identifiers
from features.ledger.simulate.setting import Setting

CUSTOMER_DIGITS = 7
ROW_DIGITS = 5


def customer_ids(setting: Setting, customer: Ints) -> pa.Array:
    """Return the customer_id of each row."""
    return identifiers("C", (setting.population.number[customer], CUSTOMER_DIGITS))


def row_ids(
    setting: Setting, prefix: str, customer: Ints, number: Ints, known: Flags | None = None
) -> pa.Array:
    """Return identifiers like ``INV0000012-00034``; null where not known."""
    owner = (setting.population.number[customer], CUSTOMER_DIGITS)
    return identifiers(prefix, owner, (number, ROW_DIGITS), known=known)
