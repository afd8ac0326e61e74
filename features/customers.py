"""What a customer is called, as it was known on a day."""

from __future__ import annotations

from datetime import date

from features.ledger.open import EPOCH, Ledger


def customer_names(ledger: Ledger, day: date) -> dict[str, str]:
    """Return the name of each customer that has one; ids stand for the others.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger.
    day : date
        The name that was known on this day.
    """
    number = (day - EPOCH).days
    rows = ledger.connection.execute(
        "SELECT customer_id, name FROM led_customers "
        "WHERE row_from <= $day AND $day < row_to AND name IS NOT NULL",
        {"day": number},
    ).fetchall()
    return dict(rows)
