"""What is settled and what is open in a copy, as it would be known on a later day.

As known on one day, settlement needs no versions. Invoices that share no pool are settled each by
its own money. Where they do, the account of a customer is a matrix, a row for the end of each day
on which something moved and a column for each invoice. Both give what the kernel of
`features.ledger.allocation` gives, which keeps versions and goes step by step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.copies.copy import Row
from features.expression import FAR
from features.settings import FeatureSettings

_CELLS = 1_000_000  # of an account that are worked out at once
Ints = NDArray[np.int64]
_Move = tuple[int, int | None, int]  # day, place of the invoice or None for the pool, amount


class Item(NamedTuple):
    """A row of ``fact_items`` that holds on the day asked; its columns, in their order."""

    customer_id: str
    invoice_id: str
    order_id: str | None
    issued_on: int
    due_on: int
    amount: int
    disputed_on: int
    known_from: int
    known_to: int
    settled_on: int
    outstanding: int


@dataclass(frozen=True)
class _Money:
    """Money for an invoice, by its place; None is for whichever of the payer is due first."""

    target: int | None
    day: int
    amount: int


def settled_items(
    invoices: Sequence[Row],
    payments: Sequence[Row],
    day: int,
    settings: FeatureSettings,
    *,
    customers: Collection[str],
) -> list[Item]:
    """Return the rows of ``fact_items`` that hold on a day, by customer and invoice.

    Parameters
    ----------
    invoices, payments : sequence of row
        Each as it was known last, whoever owes or pays.
    day : int
        Rows that are known later do not count yet.
    settings : FeatureSettings
        The materiality floor.
    customers : collection of str
        Whose invoices are wanted.
    """
    known = [
        row
        for row in invoices
        if row["customer_id"] in customers and max(row["row_from"], row["issued_on"]) <= day
    ]
    known.sort(key=itemgetter("customer_id", "invoice_id"))
    number = {row["invoice_id"]: place for place, row in enumerate(known)}
    money = _money(known, invoices, payments, number, day)
    of_customer: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(known):
        if row["amount"] >= 0:  # a credit note owes nothing
            of_customer[row["customer_id"]].append(place)
    found: dict[int, tuple[int, int]] = {}
    for customer, places in of_customer.items():
        settled_on, left = _account(known, places, money.get(customer, []), settings)
        found |= dict(zip(places, zip(settled_on, left, strict=True), strict=True))
    return [_item(row, *found.get(place, (row["issued_on"], 0))) for place, row in enumerate(known)]


def _money(
    known: Sequence[Row],
    invoices: Sequence[Row],
    payments: Sequence[Row],
    number: Mapping[str, int],
    day: int,
) -> dict[str, list[_Money]]:
    """Return the money of each customer's invoices: payments and credit notes."""
    given = [
        (row["customer_id"], row["invoice_id"], row["paid_on"], row["amount"])
        for row in payments
        if max(row["row_from"], row["paid_on"]) <= day
    ] + [
        (row["customer_id"], row["credits_invoice_id"], row["issued_on"], -row["amount"])
        for row in invoices
        if row["amount"] < 0 and max(row["row_from"], row["issued_on"]) <= day
    ]
    found: dict[str, list[_Money]] = defaultdict(list)
    for payer, named, on, amount in given:
        if named is None:
            found[payer].append(_Money(None, on, amount))
        elif named in number:
            place = number[named]
            found[known[place]["customer_id"]].append(_Money(place, on, amount))
    return found


def _account(
    known: Sequence[Row],
    places: Sequence[int],
    money: Sequence[_Money],
    settings: FeatureSettings,
) -> tuple[list[int], list[int]]:
    """Return (settled on, outstanding) of one customer's invoices."""
    rows = [known[place] for place in places]
    column = {place: k for k, place in enumerate(places)}
    moves: list[_Move] = [
        (one.day, None, one.amount)
        if one.target is None
        else (max(one.day, known[one.target]["issued_on"]), column[one.target], one.amount)
        for one in money
        if one.target is None or one.target in column
    ]
    floors = [
        max(settings.floor_minor, row["amount"] * settings.floor_permille // 1000) for row in rows
    ]
    return _each_alone(rows, floors, moves) or _together(rows, floors, moves)


def _each_alone(
    rows: Sequence[Row], floors: Sequence[int], moves: Sequence[_Move]
) -> tuple[list[int], list[int]] | None:
    """Return the account if no invoice's money touches another's, None where there is a pool."""
    own: list[dict[int, int]] = [{row["issued_on"]: 0} for row in rows]
    for day, column, minor in moves:
        if column is None:
            return None
        own[column][day] = own[column].get(day, 0) + minor
    settled, left = [], []
    for row, floor, by_day in zip(rows, floors, own, strict=True):
        is_open, is_short, since = row["amount"], False, row["issued_on"]
        for day in sorted(by_day):
            is_open -= by_day[day]
            if is_open < 0:
                return None  # what is left over goes to the pool
            if is_open > floor:
                is_short = True
            elif is_short:
                is_short, since = False, day
        settled.append(FAR if is_short else since)
        left.append(is_open)
    return settled, left


def _together(
    rows: Sequence[Row], floors: Sequence[int], moves: Sequence[_Move]
) -> tuple[list[int], list[int]]:
    """Return the account of invoices that share a pool."""
    amount, issued = (
        np.array([row[name] for row in rows], dtype=np.int64) for name in ("amount", "issued_on")
    )
    days = np.unique(np.array([*issued.tolist(), *(day for day, _, _ in moves)], dtype=np.int64))
    # oldest due first, then oldest issued, then by id: the order in which the pool gives
    order = sorted(range(len(rows)), key=lambda k: (rows[k]["due_on"], rows[k]["issued_on"]))
    state = _State(amount, issued, np.array(floors, dtype=np.int64), np.array(order))
    step = max(1, _CELLS // max(len(rows), 1))
    for first in range(0, len(days), step):
        state.go_on(days[first : first + step], moves)
    return state.settled_on.tolist(), state.open.tolist()


class _State:
    """The account at the end of a day, brought forward a block of days at a time."""

    def __init__(self, amount: Ints, issued: Ints, floor: Ints, order: Ints) -> None:
        self._amount, self._issued, self._floor, self._order = amount, issued, floor, order
        self._named = np.zeros(len(amount), dtype=np.int64)
        self._pool = 0
        self._settled = issued.copy()
        self._is_short = np.zeros(len(amount), dtype=bool)
        self.open = np.zeros(len(amount), dtype=np.int64)

    @property
    def settled_on(self) -> Ints:
        """The day since which each is settled, ``FAR`` while it is not."""
        return np.where(self._is_short, FAR, self._settled)

    def go_on(self, days: Ints, moves: Sequence[_Move]) -> None:
        """Bring the account to the last of some days, on which everything between moved."""
        named, pool = self._summed(days, moves)
        there = self._issued[None, :] <= days[:, None]
        surplus = np.where(there, np.maximum(named - self._amount, 0), 0).sum(axis=1)
        asked = np.where(there, np.maximum(self._amount - named, 0), 0)
        in_turn = asked[:, self._order]
        left = np.maximum(pool + surplus, 0)[:, None] - (np.cumsum(in_turn, axis=1) - in_turn)
        is_open = np.empty_like(asked)
        is_open[:, self._order] = in_turn - np.minimum(in_turn, np.maximum(left, 0))
        self._judge(days, there, is_open)
        self._named, self._pool, self.open = named[-1], int(pool[-1]), is_open[-1]

    def _summed(self, days: Ints, moves: Sequence[_Move]) -> tuple[Ints, Ints]:
        """Return the money by the end of each day: of each invoice, and of the pool."""
        named = np.zeros((len(days), len(self._amount)), dtype=np.int64)
        pool = np.zeros(len(days), dtype=np.int64)
        for day, column, minor in moves:
            if days[0] <= day <= days[-1]:
                place = int(np.searchsorted(days, day))
                if column is None:
                    pool[place] += minor
                else:
                    named[place, column] += minor
        named[0] += self._named
        pool[0] += self._pool
        return np.cumsum(named, axis=0), np.cumsum(pool)

    def _judge(self, days: Ints, there: NDArray[np.bool_], is_open: Ints) -> None:
        """Note since when each is settled: since the end of its last day above the floor."""
        short = there & (is_open > self._floor)
        before = np.vstack([self._is_short[None, :], short[:-1]])
        turned = there & before & ~short  # short the day before and no longer
        rows = len(days) - 1 - np.argmax(turned[::-1], axis=0)
        ever = turned.any(axis=0)
        self._settled = np.where(ever, days[rows], self._settled)
        self._is_short = short[-1] | (self._is_short & ~there[-1])


def _item(row: Row, settled_on: int, outstanding: int) -> Item:
    disputed_on = row["disputed_on"]
    return Item(
        row["customer_id"],
        row["invoice_id"],
        row["order_id"],
        row["issued_on"],
        row["due_on"],
        row["amount"],
        FAR if disputed_on is None else disputed_on,
        -FAR,
        FAR,
        settled_on,
        outstanding,
    )
