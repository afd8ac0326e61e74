"""The tables of a ledger: columns, kinds, keys and the day that each row speaks of."""

from __future__ import annotations

from dataclasses import dataclass

EARLIEST_EVENT = "1990-01-01"
EARLIEST_REGISTRATION = "1850-01-01"
YEARS_AHEAD = 5
LARGEST_AMOUNT = 10**15
LONGEST_ID = 128
SHOWN_ROWS = 5  # of the rows that break a rule


@dataclass(frozen=True)
class Column:
    """A column of a ledger table.

    Attributes
    ----------
    name : str
        As it stands in the file.
    kind : str
        ``id``, ``text``, ``date``, ``money``, ``score``, ``number`` or ``code``.
    required : bool
        Whether it must exist and be filled in every row.
    codes : tuple of str
        The allowed words of a ``code``.
    """

    name: str
    kind: str
    required: bool = False
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A ledger table: what it holds, its key, and the date of its own event."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    own_date: str | None
    required: bool = False

    def column(self, name: str) -> Column:
        """Return a column by its name."""
        return next(column for column in self.columns if column.name == name)


def _ids(*names: str) -> tuple[Column, ...]:
    return tuple(Column(n.rstrip("*"), "id", required=n.endswith("*")) for n in names)


def _of(kind: str, *names: str) -> tuple[Column, ...]:
    return tuple(Column(n.rstrip("*"), kind, required=n.endswith("*")) for n in names)


def _code(name: str, *codes: str, required: bool = False) -> tuple[Column, ...]:
    return (Column(name, "code", required=required, codes=codes),)


_KNOWN = _of("date", "known_on")

CUSTOMERS = Table(
    "customers",
    _ids("customer_id*", "group_id")
    + _of("text", "name", "uscc", "industry", "region", "owner")
    + _of("date", "registered_on", "customer_since")
    + _of("money", "credit_limit")
    + _KNOWN,
    key=("customer_id",),
    own_date="customer_since",
    required=True,
)
ORDERS = Table(
    "orders",
    _ids("order_id*", "customer_id*")
    + _of("date", "ordered_on*", "closed_on")
    + _of("money", "amount*")
    + _code("status", "open", "fulfilled", "cancelled", "returned")
    + _of("text", "currency")
    + _KNOWN,
    key=("order_id",),
    own_date="ordered_on",
)
INVOICES = Table(
    "invoices",
    _ids("invoice_id*", "customer_id*", "order_id", "credits_invoice_id")
    + _of("date", "issued_on*", "due_on*", "disputed_on")
    + _of("money", "amount*")
    + _of("text", "currency")
    + _KNOWN,
    key=("invoice_id",),
    own_date="issued_on",
    required=True,
)
PAYMENTS = Table(
    "payments",
    _ids("payment_id*", "customer_id*", "invoice_id")
    + _of("date", "paid_on*")
    + _of("money", "amount*")
    + _KNOWN,
    key=("payment_id",),
    own_date="paid_on",
    required=True,
)
LEGAL_EVENTS = Table(
    "legal_events",
    _ids("event_id*", "customer_id*")
    + _of("date", "filed_on*", "closed_on")
    + _code("kind", "lawsuit", "judgment", "enforcement", "dishonest", "bankruptcy", required=True)
    + _of("money", "amount")
    + _of("text", "source")
    + _KNOWN,
    key=("event_id",),
    own_date="filed_on",
)
EXTERNAL_SCORES = Table(
    "external_scores",
    _code("subject", "customer", "industry", required=True)
    + _of("text", "subject_id*", "source")
    + _of("date", "published_on*")
    + _of("score", "score*")
    + _KNOWN,
    key=("subject", "subject_id", "published_on", "source"),
    own_date="published_on",
)
SIGNALS = Table(
    "signals",
    _ids("signal_id*", "customer_id*")
    + _of("date", "observed_on*")
    + _code(
        "kind",
        "negative_news",
        "complaint",
        "return",
        "contract_breach",
        "supplier_review",
        "contact_change",
        "address_change",
        "financial_statement",
        required=True,
    )
    + _of("number", "value")
    + _KNOWN,
    key=("signal_id",),
    own_date="observed_on",
)
COVERAGE = Table(
    "coverage",
    _ids("customer_id*") + _of("text", "source*") + _of("date", "searched_on*") + _KNOWN,
    key=("customer_id", "source", "searched_on"),
    own_date="searched_on",
)
GUARANTEES = Table(
    "guarantees",
    _ids("guarantee_id*", "customer_id*")
    + _of("money", "amount*")
    + _of("date", "valid_from*", "valid_to")
    + _of("text", "kind")
    + _KNOWN,
    key=("guarantee_id",),
    own_date="valid_from",
)
CONTRACTS = Table(
    "contracts",
    _ids("contract_id*", "customer_id*")
    + _of("date", "signed_on*", "expires_on")
    + _of("text", "template")
    + _KNOWN,
    key=("contract_id",),
    own_date="signed_on",
)
BAD_DEBTS = Table(
    "bad_debts",
    _ids("bad_debt_id*", "customer_id*", "invoice_id")
    + _of("date", "recognised_on*")
    + _of("money", "amount")
    + _KNOWN,
    key=("bad_debt_id",),
    own_date="recognised_on",
)
RECOVERIES = Table(
    "recoveries",
    _ids("recovery_id*", "bad_debt_id*")
    + _of("date", "recovered_on*")
    + _of("money", "amount*")
    + _KNOWN,
    key=("recovery_id",),
    own_date="recovered_on",
)
FX_RATES = Table(
    "fx_rates",
    _of("text", "currency*") + _of("date", "published_on*") + _of("number", "rate*") + _KNOWN,
    key=("currency", "published_on"),
    own_date="published_on",
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        CUSTOMERS,
        ORDERS,
        INVOICES,
        PAYMENTS,
        LEGAL_EVENTS,
        EXTERNAL_SCORES,
        SIGNALS,
        COVERAGE,
        GUARANTEES,
        CONTRACTS,
        BAD_DEBTS,
        RECOVERIES,
        FX_RATES,
    )
}
