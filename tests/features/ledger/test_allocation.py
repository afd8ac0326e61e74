"""The settlement kernel: plain and compiled agree, and agree with an account kept slowly."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from features.expression import FAR
from features.ledger import allocation
from features.ledger.allocation import POOL, Ints

_DAY = st.integers(0, 60)
_AMOUNT = st.one_of(st.integers(-300, 1_000), st.sampled_from([-200, 0, 100, 200, 300]))


@st.composite
def customer(draw: st.DrawFn) -> tuple[list[list[int]], list[list[int]]]:
    """Draw one customer's invoice rows, with corrections, and its money."""
    items, money = [], []
    many = draw(st.integers(0, 4))
    for number in range(many):
        known = draw(_DAY)
        until = draw(st.sampled_from([FAR, known + 7]))
        amount = abs(draw(_AMOUNT))
        issued = known - draw(st.sampled_from([0, 0, 3, 25]))
        due = issued + draw(st.integers(0, 30))
        items.append([number, known, until, amount, issued, due, max(10, amount // 200)])
        if until != FAR and draw(st.booleans()):
            corrected = abs(draw(_AMOUNT))
            items.append([number, until, FAR, corrected, issued, due, max(10, corrected // 200)])
    for _ in range(draw(st.integers(0, 6))):
        day = draw(_DAY)
        target = draw(st.integers(POOL, many))
        known = day + draw(st.integers(0, 20))
        until = draw(st.sampled_from([FAR, FAR, known + 5]))
        money.append([target, day, draw(_AMOUNT), known, until])
    return items, sorted(money, key=lambda m: (m[0], m[1]))


def arrays(customers: list[Any]) -> tuple[Ints, Ints, Ints, Ints]:
    """Return the kernel's arguments, invoices numbered through all customers."""
    items, money, items_of, money_of = [], [], [0], [0]
    for place, (own, paid) in enumerate(customers):
        base = place * 10
        items += [[row[0] + base, *row[1:]] for row in own]
        money += [[m[0] if m[0] == POOL else m[0] + base, *m[1:]] for m in paid]
        items_of.append(len(items))
        money_of.append(len(money))
    return (
        np.array(items_of, dtype=np.int64),
        np.array(items, dtype=np.int64).reshape(-1, 7),
        np.array(money_of, dtype=np.int64),
        np.array(money, dtype=np.int64).reshape(-1, 5),
    )


def account(items: Ints, money: Ints, day: int) -> dict[int, tuple[int, int]]:
    """Return row → (settled on, outstanding) of one customer as known on a day, kept day by day.

    The books are made up anew at the end of each own day of all that is known.
    """
    known = [i for i, row in enumerate(items) if row[1] <= day < row[2]]
    paid = [m for m in money if m[3] <= day < m[4]]
    books = {
        end: remainders(items[[i for i in known if items[i, 4] <= end]], paid, end)
        for end in sorted({*(int(items[i, 4]) for i in known), *(int(m[1]) for m in paid)})
    }
    found = {}
    for i in known:
        number, issued, floor = int(items[i, 0]), int(items[i, 4]), int(items[i, 6])
        of_days = {end: book[number] for end, book in books.items() if end >= issued}
        above = [end for end, left in of_days.items() if left > floor]
        fine = [end for end in of_days if not above or end > above[-1]]
        found[i] = (min(fine, default=FAR), of_days[max(of_days)])
    return found


def remainders(issued: Ints, paid: list[Any], end: int) -> dict[int, int]:
    """Return what is left of each invoice at the end of a day, paid bill by bill."""
    left = {int(row[0]): int(row[3]) for row in issued}
    pool = 0
    for target, own_day, amount, *_ in paid:
        if own_day <= end and target == POOL:
            pool += int(amount)
        elif own_day <= end and target in left:
            left[int(target)] -= int(amount)
    for number, rest in left.items():
        if rest < 0:
            pool, left[number] = pool - rest, 0
    for row in sorted(issued.tolist(), key=lambda row: (row[5], row[4], row[0])):
        drawn = min(left[row[0]], max(pool, 0))
        left[row[0]] -= drawn
        pool -= drawn
    return left


@settings(max_examples=60, deadline=None)
@given(customers=st.lists(customer(), min_size=1, max_size=3))
def test_plain_and_compiled_give_equal_versions(customers: list[Any]) -> None:
    given_rows = arrays(customers)
    plain, compiled = allocation.settle(*given_rows), allocation.compiled()(*given_rows)
    np.testing.assert_array_equal(plain, compiled)


@settings(max_examples=150, deadline=None)
@given(one=customer(), day=st.integers(0, 120))
def test_versions_hold_what_a_slow_account_of_the_day_says(one: Any, day: int) -> None:
    items_of, items, money_of, money = arrays([one])
    versions = allocation.settle(items_of, items, money_of, money)
    held = versions[(versions[:, 1] <= day) & (day < versions[:, 2])]
    found = {int(row): (int(settled), int(left)) for row, _, _, settled, left in held}
    assert found == account(items, money, day)


@settings(max_examples=60, deadline=None)
@given(customers=st.lists(customer(), min_size=1, max_size=3))
def test_versions_of_a_row_follow_each_other_without_overlap(customers: list[Any]) -> None:
    versions = allocation.settle(*arrays(customers))
    for row in np.unique(versions[:, 0]):
        spans = versions[versions[:, 0] == row]
        spans = spans[np.argsort(spans[:, 1])]
        assert (spans[:, 1] < spans[:, 2]).all()
        assert (spans[1:, 1] == spans[:-1, 2]).all()


def test_no_customers_have_no_versions() -> None:
    kernels: list[Callable[..., Ints]] = [allocation.settle, allocation.compiled()]
    for kernel in kernels:
        assert kernel(*arrays([])).shape == (0, allocation.COLUMNS)


def test_the_far_day_is_the_expressions_own() -> None:
    assert allocation.FAR == FAR
