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
_AMOUNT = st.integers(-300, 1_000)


@st.composite
def customer(draw: st.DrawFn) -> tuple[list[list[int]], list[list[int]]]:
    """Draw one customer's invoice rows, with corrections, and its money."""
    items, money = [], []
    many = draw(st.integers(0, 4))
    for number in range(many):
        known = draw(_DAY)
        until = draw(st.sampled_from([FAR, known + 7]))
        amount = abs(draw(_AMOUNT))
        issued = known - draw(st.integers(0, 5))
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
    """Return row → (settled on, outstanding) of one customer as known on a day, step by step."""
    known = [i for i, row in enumerate(items) if row[1] <= day < row[2]]
    paid = [m for m in money if m[3] <= day < m[4]]
    left, settled, last = {}, {}, {}
    pool = [(m[1], m[2]) for m in paid if m[0] == POOL]
    for i in known:
        number, amount, issued, floor = items[i, 0], items[i, 3], items[i, 4], items[i, 6]
        own = [m for m in paid if m[0] == number]
        last[i] = max([issued, *(m[1] for m in own)])
        rest = amount - sum(m[2] for m in own)
        settled[i] = _first_for_good(own, amount - floor, issued)
        left[i] = max(rest, 0)
        if rest < 0:
            pool.append((last[i], -rest))
    pool.sort(key=lambda entry: entry[0])
    claimed = 0
    for i in sorted(known, key=lambda i: (items[i, 5], items[i, 4])):
        need = left[i]
        if need <= 0:
            continue
        if settled[i] == FAR and pool:
            covered = _first_for_good_of(pool, claimed + need - items[i, 6])
            settled[i] = FAR if covered == FAR else max(covered, last[i])
        balance = sum(amount for _, amount in pool)
        left[i] -= min(need, max(balance - claimed, 0))
        claimed += need
    return {i: (int(settled[i]), int(left[i])) for i in known}


def _first_for_good(own: list[Any], enough: int, issued: int) -> int:
    if enough <= 0 and not own:
        return int(issued)
    return max(_first_for_good_of([(m[1], m[2]) for m in own], enough, issued), int(issued))


def _first_for_good_of(flows: list[Any], enough: int, start: int = FAR) -> int:
    """Return the day from which the running sum is never again below what is enough."""
    balance, since = 0, start if enough <= 0 else FAR
    for day, amount in flows:
        balance += amount
        if balance < enough:
            since = FAR
        elif since == FAR:
            since = int(day)
    return since


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
