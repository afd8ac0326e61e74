"""The invoices and payments that the drawn cases are made of."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from tests.drawn import invoice, payment

Case = tuple[dict[str, Any], dict[str, float | None]]
Drawn = tuple[Sequence[dict[str, Any]], Sequence[dict[str, Any]]]


def paid(number: str, due: str, settled: str | None, amount: object = 100, **more: object) -> Drawn:
    """Draw an invoice of 30 days' terms and, unless open, the payment that settles it."""
    issued = (date.fromisoformat(due) - timedelta(days=30)).isoformat()
    rows = [invoice(number, issued, due, amount, **more)]
    money = [payment(f"P{number}", settled, amount, invoice_id=number)] if settled else []
    return rows, money


def book(*drawn: Drawn) -> dict[str, Any]:
    """Join drawn invoices and payments into the two tables."""
    return {
        "invoices": [row for rows, _ in drawn for row in rows],
        "payments": [row for _, money in drawn for row in money],
    }


PROMPT = paid("I1", "2025-05-31", "2025-05-20")
LATE = paid("I2", "2025-06-10", "2025-06-20", 300)
OPEN = paid("I3", "2025-06-20", None, 100)
OLD = paid("I4", "2025-01-15", "2025-03-01", 100)
