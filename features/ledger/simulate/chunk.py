"""A chunk of customers: every table that speaks of them."""

from __future__ import annotations

import pyarrow as pa

from features.ledger.simulate.agreements import contract_table, guarantee_table
from features.ledger.simulate.courts import coverage_table, legal_table
from features.ledger.simulate.customers import customer_table
from features.ledger.simulate.invoices import invoice_table, invoices_of
from features.ledger.simulate.losses import bad_debt_table, losses_of, recovery_table
from features.ledger.simulate.orders import order_table, orders_of
from features.ledger.simulate.payments import payment_table, payments_of
from features.ledger.simulate.scores import score_table
from features.ledger.simulate.setting import Setting
from features.ledger.simulate.signals import signal_table


def tables_of(setting: Setting) -> dict[str, pa.Table]:
    """Return the rows of a chunk by table name, each sorted by customer and date.

    Parameters
    ----------
    setting : Setting
        The causes; the rows follow from them and from the chunk's streams of chance.
    """
    orders = orders_of(setting)
    invoices = invoices_of(setting, orders)
    payments = payments_of(setting, invoices)
    losses = losses_of(setting, invoices, payments)
    return {
        "customers": customer_table(setting),
        "orders": order_table(setting, orders),
        "invoices": invoice_table(setting, invoices),
        "payments": payment_table(setting, invoices, payments),
        "legal_events": legal_table(setting),
        "external_scores": score_table(setting),
        "signals": signal_table(setting),
        "coverage": coverage_table(setting),
        "guarantees": guarantee_table(setting),
        "contracts": contract_table(setting),
        "bad_debts": bad_debt_table(setting, losses),
        "recoveries": recovery_table(setting, losses),
    }
