"""The provision matrix of IFRS 9.B5.5.35: a share of every bucket, by policy, history and model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from models.losses.ageing import History

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Provision:
    """What is provided for in one bucket.

    Attributes
    ----------
    outstanding : Decimal
        Net of bad debts.
    rate : Decimal or None
        Share provided for, 0 to 1; None where it is unknown: nothing ever stood in the bucket.
    amount : Decimal or None
        Rounded to the cent, half up; 0 where nothing is outstanding, None where the rate is
        unknown and something is.
    """

    code: str
    outstanding: Decimal
    rate: Decimal | None
    amount: Decimal | None


@dataclass(frozen=True)
class ProvisionMatrix:
    """The provision of every bucket, and their sum, None where one of them is unknown."""

    lines: tuple[Provision, ...]

    @property
    def total(self) -> Decimal | None:
        """The sum of the buckets."""
        amounts = [line.amount for line in self.lines]
        known = [amount for amount in amounts if amount is not None]
        return sum(known, Decimal("0.00")) if len(known) == len(amounts) else None


def matrix_at(
    codes: Sequence[str], outstanding: Sequence[Decimal], rates: Sequence[Decimal | None]
) -> ProvisionMatrix:
    """Return the provision matrix of given rates.

    Parameters
    ----------
    codes : sequence of str, length n
        Of the buckets.
    outstanding : sequence of Decimal, length n
        In the ledger's currency.
    rates : sequence of Decimal or None, length n
        Shares, 0 to 1.

    Examples
    --------
    >>> owed = [Decimal(7_000_000), Decimal(4_000_000), Decimal(2_500_000), Decimal(1_000_000)]
    >>> rates = [Decimal(rate) for rate in ("0.015", "0.034", "0.071", "0.108")]
    >>> matrix_at(["1-30", "31-60", "61-90", ">90"], owed, rates).total
    Decimal('526500.00')
    """
    lines = []
    for code, owed, rate in zip(codes, outstanding, rates, strict=True):
        amount = None if rate is None else (owed * rate).quantize(CENT, rounding=ROUND_HALF_UP)
        lines.append(Provision(code, owed, rate, Decimal("0.00") if not owed else amount))
    return ProvisionMatrix(tuple(lines))


def matrix_of(
    codes: Sequence[str], outstanding: Sequence[Decimal], amounts: Sequence[Decimal]
) -> ProvisionMatrix:
    """Return the provision matrix that given amounts make; a bucket's rate follows from them."""
    lines = [
        Provision(code, owed, amount / owed if owed else None, amount)
        for code, owed, amount in zip(codes, outstanding, amounts, strict=True)
    ]
    return ProvisionMatrix(tuple(lines))


def policy_rates(shares: Sequence[float]) -> list[Decimal]:
    """Return a policy's shares as they are written: 0.034 is 0.034 and not its binary neighbour."""
    return [Decimal(repr(share)) for share in shares]


def history_rates(history: History, severity: float) -> list[Decimal | None]:
    """Return each bucket's loss rate: the share lost in the past times what does not come back.

    Parameters
    ----------
    history : History
        What stood at past month-ends, and what came of it.
    severity : float
        Share of what is given up that does not come back, 0 to 1.
    """
    lost = [bucket.lost_share for bucket in history.buckets]
    return [None if share is None else Decimal(repr(share * severity)) for share in lost]
