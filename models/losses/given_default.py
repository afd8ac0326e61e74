"""Loss given default: what of the balance at default was neither paid nor came back.

A probability of default covers customers that pay in the end: an invoice that reached 90 days past
due is a default, and many such are settled. So the loss is given *default*, in the definition of
the probability, and not given a bad debt:

    loss given default = share of the balance at default that was not paid · (1 − share of bad
    debts that came back)

A default counts once it has had its time to be paid or given up, a bad debt once it has had its
time to come back; the others are left out and counted. A mean over all would take what has not
come back yet for lost (EBA/GL/2017/16 on incomplete recovery processes), and every
default is looked at for equally long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from features.settings import FeatureSettings
from models.losses.defaults import defaults_known
from models.losses.owed import Receivables, points_table
from models.policy.sections import LossSection


@dataclass(frozen=True)
class LossGivenDefault:
    """A loss given default with what it comes from; shares run from 0 to 1.

    Attributes
    ----------
    estimate : float
        What is reckoned with: the ledger's own, drawn towards the prior, at least the floor.
    by_amount, by_default : float or None
        The ledger's own long-run average, weighted by the balance at default and by the number
        of defaults; None where no default has had its time.
    lost_by_amount, lost_by_default : float or None
        Share of the balance at default that was given up, or unpaid at the end of the time.
    recovered_by_amount, recovered_by_debt : float or None
        Share of bad debts that came back; None where none has had its time: then nothing is
        reckoned to come back.
    own_weight : float
        Weight of the ledger's own in the estimate before the floor; the prior has the rest.
    floor_applied : bool
        Whether the floor lifted the estimate.
    defaults, complete, paid, without_balance : int
        Defaults known; those that have had their time and owed something; of these, those that
        paid all; those that have had their time and owed nothing, which say nothing of a loss.
    bad_debts, complete_bad_debts : int
        Bad debts known, and those that have had their time to come back.
    default_on : tuple of str
        What counts as a default.
    """

    estimate: float
    by_amount: float | None
    by_default: float | None
    lost_by_amount: float | None
    lost_by_default: float | None
    recovered_by_amount: float | None
    recovered_by_debt: float | None
    own_weight: float
    floor_applied: bool
    defaults: int
    complete: int
    paid: int
    without_balance: int
    bad_debts: int
    complete_bad_debts: int
    default_on: tuple[str, ...]

    @property
    def severity(self) -> float:
        """The share of what is given up that does not come back, weighted by amount."""
        return 1 - (self.recovered_by_amount or 0.0)


@dataclass(frozen=True)
class _Share:
    """A share of amounts: weighted by them, and the mean of the single ones."""

    by_amount: float | None
    by_number: float | None
    number: int


def loss_given_default(
    receivables: Receivables,
    settings: FeatureSettings,
    rule: LossSection,
    *,
    default_on: Sequence[str],
) -> LossGivenDefault:
    """Return the loss given default as known on the receivables' day.

    The estimate is ``max(floor, (n · own + k · prior) / (n + k))`` with n defaults that have had
    their time, k the policy's ``prior_defaults`` and own the average weighted by amount, because
    expected losses are summed in money.

    Parameters
    ----------
    receivables : Receivables
        As known on a day.
    settings : FeatureSettings
        When an unpaid invoice is a default.
    rule : LossSection
        Prior, floor and times of the policy.
    default_on : sequence of str
        What the probability calls a default.
    """
    defaults = defaults_known(
        receivables, settings, default_on=default_on, resolved_days=rule.write_off_days
    )
    over = [d for d in defaults if d.day + rule.write_off_days <= receivables.day]
    receivables.ask(
        points_table([(d.customer_id, d.day, d.day, d.day + rule.write_off_days) for d in over])
    )
    lost, paid = _lost(receivables)
    recovered, bad_debts = _recovered(receivables, rule)
    own = _product(lost.by_amount, recovered.by_amount)
    weight = _weight(lost.number, rule.prior_defaults)
    drawn = rule.prior if own is None else weight * own + (1 - weight) * rule.prior
    return LossGivenDefault(
        estimate=min(max(drawn, rule.floor), 1.0),
        by_amount=own,
        by_default=_product(lost.by_number, recovered.by_number),
        lost_by_amount=lost.by_amount,
        lost_by_default=lost.by_number,
        recovered_by_amount=recovered.by_amount,
        recovered_by_debt=recovered.by_number,
        own_weight=weight,
        floor_applied=drawn < rule.floor,
        defaults=len(defaults),
        complete=lost.number,
        paid=paid,
        without_balance=len(over) - lost.number,
        bad_debts=bad_debts,
        complete_bad_debts=recovered.number,
        default_on=tuple(default_on),
    )


def _product(lost: float | None, recovered: float | None) -> float | None:
    return None if lost is None else lost * (1 - (recovered or 0.0))


def _weight(number: int, prior_defaults: float) -> float:
    return number / (number + prior_defaults) if number else 0.0


def _lost(receivables: Receivables) -> tuple[_Share, int]:
    """Return the share lost of what was owed at the points asked, and how many lost nothing."""
    rows = receivables.rows(
        "SELECT sum(owed), sum(lost), count(*), avg(lost / owed), count(*) FILTER (WHERE lost = 0) "
        "FROM (SELECT sum(owed) AS owed, sum(lost) AS lost FROM loss_items GROUP BY point) "
        "WHERE owed > 0"
    )
    owed, lost, number, mean, paid = (float(str(v or 0)) for v in rows[0])
    if not number:
        return _Share(None, None, 0), 0
    return _Share(lost / owed, mean, int(number)), int(paid)


def _recovered(receivables: Receivables, rule: LossSection) -> tuple[_Share, int]:
    """Return the share of bad debts that came back within their time, and how many there are.

    A bad debt without an amount is what it took of invoices; recoveries above it are cut to it.
    """
    rows = receivables.rows(
        "WITH taken AS (SELECT bad_debt_id, sum(amount) AS amount FROM loss_written GROUP BY ALL), "
        "sized AS (SELECT d.bad_debt_id, d.told_on, d.recognised_on, "
        "coalesce(d.amount, t.amount) AS amount FROM loss_debts AS d "
        "LEFT JOIN taken AS t USING (bad_debt_id)), "
        "back AS (SELECT s.bad_debt_id, s.amount, least(s.amount, coalesce(sum(r.amount / "
        "pow(1 + $rate, greatest(r.recovered_on - s.recognised_on, 0) / 365.0)), 0)) AS recovered "
        "FROM sized AS s LEFT JOIN led_recoveries AS r ON r.bad_debt_id = s.bad_debt_id "
        "AND r.row_from <= $day AND $day < r.row_to AND r.recovered_on <= $day "
        "AND r.recovered_on <= s.told_on + $days "
        "WHERE s.told_on + $days <= $day AND s.amount > 0 GROUP BY s.bad_debt_id, s.amount) "
        "SELECT sum(amount), sum(greatest(recovered, 0)), count(*), "
        "avg(greatest(recovered, 0) / amount), (SELECT count(*) FROM loss_debts) FROM back",
        day=receivables.day,
        days=rule.recovery_days,
        rate=rule.discount_rate,
    )
    amount, recovered, number, mean, known = (float(str(v or 0)) for v in rows[0])
    if not number:
        return _Share(None, None, 0), int(known)
    return _Share(recovered / amount, mean, int(number)), int(known)
