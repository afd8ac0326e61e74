"""The rows that the drawn cases are made of, and what a case is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.drawn import invoice, payment

Row = dict[str, Any]
Expected = Mapping[str, float | None]
Case = tuple[dict[str, Any], dict[str, float | None]]
Drawn = tuple[Sequence[Row], Sequence[Row]]

D = "2025-06-30"  # the day of the cases that are drawn on one day


@dataclass(frozen=True)
class Story:
    """A small ledger and what the features of one customer must be, day by day.

    Attributes
    ----------
    tables : dict of str to sequence of dict
        The rows of each table.
    days : mapping of str to mapping
        ISO day → feature → its value, None where it is unknown.
    customer : str
        Whose features they are.
    alone : bool
        Whether the case speaks of tables that the ledger lacks, and so needs one of its own.
    """

    tables: dict[str, Sequence[Row]]
    days: Mapping[str, Expected]
    customer: str = "c1"
    alone: bool = False

    @property
    def whole(self) -> dict[str, Sequence[Row]]:
        """The tables, with the customer where none is drawn."""
        return {**self.tables, "customers": self.tables.get("customers") or [{"customer_id": "c1"}]}


def paid(number: str, due: str, settled: str | None, amount: object = 100, **more: object) -> Drawn:
    """Draw an invoice of 30 days' terms and, unless open, the payment that settles it."""
    issued = (date.fromisoformat(due) - timedelta(days=30)).isoformat()
    rows = [invoice(number, issued, due, amount, **more)]
    money = [payment(f"P{number}", settled, amount, invoice_id=number)] if settled else []
    return rows, money


def owed(number: str, due: str, amount: object = 100, **more: object) -> Row:
    """Draw an invoice of 30 days' terms."""
    return paid(number, due, None, amount, **more)[0][0]


def credit(number: str, day: str, amount: object, **more: object) -> Row:
    """Draw a credit note; the amount is what it takes off."""
    return invoice(number, day, day, f"-{amount}", **more)


def book(*drawn: Drawn) -> dict[str, Any]:
    """Join drawn invoices and payments into the two tables."""
    return {
        "invoices": [row for rows, _ in drawn for row in rows],
        "payments": [row for _, money in drawn for row in money],
    }


def corrected(row: Row, known_on: str, **changes: object) -> list[Row]:
    """Draw a row and the later row that corrects it, known from a day on."""
    return [row, {**row, **changes, "known_on": known_on}]


def client(**more: object) -> Row:
    """Draw the customer."""
    return {"customer_id": "c1", **more}


def order(number: str, day: str, amount: object, **more: object) -> Row:
    """Draw an order that is open."""
    row = {"order_id": number, "customer_id": "c1", "ordered_on": day, "amount": str(amount)}
    return {**row, "status": "open", **more}


def event(number: str, filed: str, kind: str, **more: object) -> Row:
    """Draw a legal event."""
    return {"event_id": number, "customer_id": "c1", "filed_on": filed, "kind": kind, **more}


def score(subject: str, name: str, day: str, points: float, **more: object) -> Row:
    """Draw an outside score of a customer or of an industry."""
    row = {"subject": subject, "subject_id": name, "published_on": day, "score": points}
    return {**row, "source": "bureau", **more}


def signal(number: str, day: str, kind: str, **more: object) -> Row:
    """Draw a signal."""
    return {"signal_id": number, "customer_id": "c1", "observed_on": day, "kind": kind, **more}


def guarantee(number: str, valid_from: str, amount: object, **more: object) -> Row:
    """Draw a guarantee."""
    row = {"guarantee_id": number, "customer_id": "c1", "valid_from": valid_from}
    return {**row, "amount": str(amount), **more}


def contract(number: str, signed: str, **more: object) -> Row:
    """Draw a contract."""
    return {"contract_id": number, "customer_id": "c1", "signed_on": signed, **more}


def bad_debt(number: str, day: str, amount: object, **more: object) -> Row:
    """Draw a bad debt."""
    row = {"bad_debt_id": number, "customer_id": "c1", "recognised_on": day}
    return {**row, "amount": amount if amount is None else str(amount), **more}


def recovery(number: str, debt: str, day: str, amount: object, **more: object) -> Row:
    """Draw money recovered of a bad debt."""
    row = {"recovery_id": number, "bad_debt_id": debt, "recovered_on": day}
    return {**row, "amount": str(amount), **more}


PROMPT = paid("I1", "2025-05-31", "2025-05-20")
LATE = paid("I2", "2025-06-10", "2025-06-20", 300)
OPEN = paid("I3", "2025-06-20", None, 100)
OLD = paid("I4", "2025-01-15", "2025-03-01", 100)
