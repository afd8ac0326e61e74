"""Expected losses: probability · exposure · loss given default, by customer, grade and bucket."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from features.ledger.open import Ledger
from features.matrix import Floats, Snapshots
from models.bands import GRADES
from models.book import Grader
from models.grading import Grading
from models.losses.ageing import Buckets, History, Owed, history_of, owed_by_customer
from models.losses.given_default import LossGivenDefault, loss_given_default
from models.losses.owed import number_of, receivables_of
from models.losses.provisions import (
    ProvisionMatrix,
    history_rates,
    matrix_at,
    matrix_of,
    policy_rates,
)
from models.policy.sections import LossSection

Ints = NDArray[np.int64]
_MINOR = 100


@dataclass(frozen=True)
class LossFacts:
    """What a ledger knew on a day that losses are reckoned from.

    Attributes
    ----------
    owed : mapping of str to Owed
        By customer; who owes nothing may be absent.
    within_horizon : int
        Minor units of what, unpaid, would be in default by its days past due in the horizon.
    lgd : LossGivenDefault
        Loss given default.
    history : History
        The buckets over past month-ends.
    """

    as_of: date
    currency: str
    buckets: Buckets
    owed: Mapping[str, Owed]
    within_horizon: int
    lgd: LossGivenDefault
    history: History


@dataclass(frozen=True)
class Cell:
    """What is outstanding in a grade and a bucket, what of it is expected to be lost, of how many.

    ``customers`` have something outstanding in the bucket.
    """

    grade: str
    bucket: str
    outstanding: Decimal
    expected_loss: Decimal
    customers: int


@dataclass(frozen=True)
class CustomerLoss:
    """The expected loss of one customer, money in the ledger's currency.

    Attributes
    ----------
    default_probability : float
        Within the horizon; 1 where the customer is in default already.
    outstanding : tuple of Decimal
        By bucket, net of bad debts.
    exposure : Decimal
        What is at risk at default: outstanding, the policy's shares of open orders and unused
        limit, less the recognised share of guarantees.
    expected_loss : Decimal
        The sum of ``bucket_losses``.
    bucket_losses : tuple of Decimal
        The expected loss divided by what is outstanding in each bucket; all of it not due where
        nothing is outstanding.
    written_off : Decimal
        Open in the ledger and given up before.
    unallocated_credit : Decimal
        Money that no invoice has used yet; it lowers nothing here.
    """

    customer_id: str
    grade: str
    default_probability: float
    in_default: bool
    outstanding: tuple[Decimal, ...]
    exposure: Decimal
    lgd: float
    expected_loss: Decimal
    bucket_losses: tuple[Decimal, ...]
    written_off: Decimal
    unallocated_credit: Decimal


@dataclass(frozen=True)
class LossBook:
    """The expected losses of a book beside its provisions.

    Attributes
    ----------
    cells : list of Cell
        By grade, then bucket, whether or not anything stands there.
    by_policy, by_history, by_model : ProvisionMatrix
        The provision matrix at the policy's rates, at those of the ledger's own past, and the
        expected losses as one.
    """

    facts: LossFacts
    horizon_days: int
    model_version: str
    policy_version: str
    customers: list[CustomerLoss]
    cells: list[Cell]
    by_policy: ProvisionMatrix
    by_history: ProvisionMatrix
    by_model: ProvisionMatrix

    def total(self, name: str) -> Decimal:
        """Return the sum over the customers of one of their amounts, by its name."""
        return sum((getattr(line, name) for line in self.customers), Decimal("0.00"))

    @property
    def outstanding(self) -> Decimal:
        """The sum of what is outstanding."""
        return sum((cell.outstanding for cell in self.cells), Decimal("0.00"))

    @property
    def within_horizon(self) -> float | None:
        """The share of the outstanding that could default by its days past due in the horizon."""
        owed = self.outstanding
        return float(_money(self.facts.within_horizon) / owed) if owed else None


def loss_facts(
    ledger: Ledger, as_of: date, grader: Grader, *, default_on: Sequence[str]
) -> LossFacts:
    """Return what a ledger knew on a day that losses are reckoned from.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger.
    as_of : date
        Only what was known on this day counts, also of bad debts and recoveries.
    grader : Grader
        Its policy has the times, its bundle the horizon.
    default_on : sequence of str
        What the bundle's probability calls a default.
    """
    rule, settings = grader.policy.loss, ledger.settings
    buckets = Buckets(rule.provision.edges)
    first = None if ledger.first_day is None else number_of(ledger.first_day)
    with receivables_of(ledger, as_of) as receivables:
        owed, within = owed_by_customer(
            receivables,
            buckets,
            default_days=settings.default_days,
            horizon_days=grader.bundle.horizon_days,
        )
        return LossFacts(
            as_of=as_of,
            currency=ledger.currency,
            buckets=buckets,
            owed=owed,
            within_horizon=within,
            lgd=loss_given_default(receivables, settings, rule, default_on=default_on),
            history=history_of(
                receivables, buckets, first_day=first, resolved_days=rule.write_off_days
            ),
        )


def expected_losses(
    facts: LossFacts, snapshots: Snapshots, gradings: Sequence[Grading], grader: Grader
) -> LossBook:
    """Return the expected losses of a graded book, exact to the cent in every sum.

    A customer's loss is rounded once, half a cent up, and divided over its buckets by the largest
    remainder; grades, buckets and the book add up what is told of the customers.

    Parameters
    ----------
    facts : LossFacts
        As known on the day that was graded.
    snapshots : Snapshots
        What was graded, row i of grading i.
    gradings : sequence of Grading
        Of everybody on the day.
    grader : Grader
        What graded.
    """
    rule, width = grader.policy.loss, len(facts.buckets.codes)
    nothing = Owed((0,) * width, 0, 0)
    owed = [facts.owed.get(grading.customer_id, nothing) for grading in gradings]
    at_default = _exposures(owed, snapshots, rule, grader.policy.terms.guarantee_share)
    in_default = _in_default(snapshots, facts.lgd.default_on)
    told = np.array([grading.default_probability for grading in gradings])
    probability = np.where(in_default, 1.0, told)
    losses = np.floor(probability * at_default * facts.lgd.estimate + 0.5).astype(np.int64)
    customers = [
        _customer(grading, line, facts.lgd.estimate, figures)
        for grading, line, figures in zip(
            gradings, owed, zip(probability, in_default, at_default, losses, strict=True),
            strict=True,
        )
    ]  # fmt: skip
    codes, cells = facts.buckets.codes, _cells(customers, facts.buckets.codes)
    stood = [_sum(cell.outstanding for cell in cells if cell.bucket == code) for code in codes]
    expected = [_sum(cell.expected_loss for cell in cells if cell.bucket == code) for code in codes]
    past = history_rates(facts.history, facts.lgd.severity)
    return LossBook(
        facts=facts,
        horizon_days=grader.bundle.horizon_days,
        model_version=grader.bundle.model_version,
        policy_version=grader.policy.policy_version,
        customers=customers,
        cells=cells,
        by_policy=matrix_at(codes, stood, policy_rates(rule.provision.shares)),
        by_history=matrix_at(codes, stood, past),
        by_model=matrix_of(codes, stood, expected),
    )


def divided(whole: int, parts: Sequence[int]) -> tuple[int, ...]:
    """Return a whole number divided in proportion to parts, adding up to it exactly.

    Each share is cut down, and what is left goes to the largest remainders, the first of equals.
    Where every part is 0, the first has all.

    Examples
    --------
    >>> divided(10, [1, 1, 1]), divided(7, [0, 0])
    ((4, 3, 3), (7, 0))
    """
    base = sum(parts)
    if not base:
        return (whole, *(0 for _ in parts[1:]))
    shares = [whole * part // base for part in parts]
    order = sorted(range(len(parts)), key=lambda place: -(whole * parts[place] % base))
    for place in order[: whole - sum(shares)]:
        shares[place] += 1
    return tuple(shares)


def _exposures(
    owed: Sequence[Owed], snapshots: Snapshots, rule: LossSection, guarantee_share: float
) -> Ints:
    """Return what is at risk at default in minor units, at least 0.

    The recognised share of guarantees is the one that raises a limit, so that a limit of 100,000
    with a guarantee of 50,000 at one half is 125,000, and of those 25,000 are not at risk.
    """
    outstanding = np.array([line.outstanding for line in owed], dtype=np.float64)
    exposure = np.nan_to_num(snapshots.column("exposure"))
    orders = np.maximum(exposure - np.nan_to_num(snapshots.column("open_balance")), 0)
    undrawn = np.maximum(np.nan_to_num(snapshots.column("credit_limit")) - exposure, 0)
    guaranteed = np.nan_to_num(snapshots.column("guaranteed_amount"))
    more: Floats = (
        rule.order_share * orders + rule.undrawn_share * undrawn - guarantee_share * guaranteed
    )
    return np.floor(np.maximum(outstanding + more * _MINOR, 0) + 0.5).astype(np.int64)


def _in_default(snapshots: Snapshots, default_on: Sequence[str]) -> NDArray[np.bool_]:
    flags = [snapshots.column(f"default_{criterion}") == 1 for criterion in default_on]
    found: NDArray[np.bool_] = np.logical_or.reduce(flags)
    return found


def _customer(
    grading: Grading, owed: Owed, lgd: float, figures: tuple[float, bool, int, int]
) -> CustomerLoss:
    probability, in_default, exposure, loss = figures
    parts = divided(int(loss), owed.by_bucket)
    return CustomerLoss(
        customer_id=grading.customer_id,
        grade=grading.grade,
        default_probability=float(probability),
        in_default=bool(in_default),
        outstanding=tuple(map(_money, owed.by_bucket)),
        exposure=_money(int(exposure)),
        lgd=lgd,
        expected_loss=_money(int(loss)),
        bucket_losses=tuple(map(_money, parts)),
        written_off=_money(owed.written_off),
        unallocated_credit=_money(owed.unallocated),
    )


def _cells(customers: Sequence[CustomerLoss], codes: Sequence[str]) -> list[Cell]:
    cells = []
    for grade in GRADES:
        chosen = [line for line in customers if line.grade == grade]
        for place, code in enumerate(codes):
            owed = [line.outstanding[place] for line in chosen]
            cells.append(
                Cell(
                    grade=grade,
                    bucket=code,
                    outstanding=_sum(owed),
                    expected_loss=_sum(line.bucket_losses[place] for line in chosen),
                    customers=sum(amount > 0 for amount in owed),
                )
            )
    return cells


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal("0.00"))


def _money(minor: int) -> Decimal:
    return Decimal(minor).scaleb(-2)
