"""Small ledgers with defaults, bad debts and recoveries, and their losses as of a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from features.ledger.open import open_ledger
from features.snapshot import all_pairs, snapshots
from models.book import Grader
from models.bundle import Bundle
from models.grading import grade_snapshots
from models.losses.defaults import CRITERIA
from models.losses.expected import LossBook, LossFacts, expected_losses, loss_facts
from models.losses.owed import receivables_of
from models.policy import Policy
from tests.models.bundles import POLICY

D = date(2025, 6, 30)


def with_loss(**changes: object) -> Policy:
    """Return the default policy with values of its section ``[loss]`` replaced."""
    return replace(POLICY, loss=replace(POLICY.loss, **changes))


def bad_debt(number: str, day: str, amount: object = None, **more: object) -> dict[str, object]:
    """Draw a bad debt of customer c1."""
    row = {"bad_debt_id": number, "customer_id": "c1", "recognised_on": day, "amount": amount}
    return row | more


def recovery(number: str, debt: str, day: str, amount: object, **more: object) -> dict[str, object]:
    """Draw a recovery of a bad debt."""
    row = {"recovery_id": number, "bad_debt_id": debt, "recovered_on": day, "amount": amount}
    return row | more


def facts_of(
    folder: Path,
    bundle: Bundle,
    as_of: date = D,
    *,
    policy: Policy = POLICY,
    default_on: Sequence[str] = CRITERIA,
) -> LossFacts:
    """Return what a ledger knew on a day."""
    with open_ledger(folder, latest=as_of) as ledger:
        return loss_facts(ledger, as_of, Grader(bundle, policy), default_on=default_on)


def losses_of(
    folder: Path, bundle: Bundle, as_of: date = D, *, policy: Policy = POLICY
) -> LossBook:
    """Return the expected losses of a ledger's book as of a day."""
    with open_ledger(folder, latest=as_of) as ledger:
        found = snapshots(ledger, all_pairs(ledger, [as_of]))
        grader = Grader(bundle, policy)
        facts = loss_facts(ledger, as_of, grader, default_on=CRITERIA)
        return expected_losses(facts, found, grade_snapshots(found, bundle, policy), grader)


def written(folder: Path, as_of: date = D) -> dict[str, int]:
    """Return what bad debts took of each invoice, in minor units, as known on a day."""
    with open_ledger(folder, latest=as_of) as ledger, receivables_of(ledger, as_of) as receivables:
        rows = receivables.rows(
            "SELECT invoice_id, sum(amount) FROM loss_written GROUP BY ALL ORDER BY ALL"
        )
    return {str(invoice): int(str(amount)) for invoice, amount in rows}
