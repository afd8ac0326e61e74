"""The allocation of money to invoices as it was known on each day: the settlement kernel.

As known on day K, the money that names an invoice is applied to it, in order of its own
dates; what it leaves over, and the money that names none (the pool), pays the invoices
oldest due first. Money that names an invoice not yet known waits for it. Every day on
which a row becomes known or is superseded rebuilds the versions from that day on, and
never before.

The functions are plain Python over int64 arrays, so that one customer needs no compiler;
`compiled` gives the same functions compiled by numba for a large ledger.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import cast

import numpy as np
from numpy.typing import NDArray

FAR = 2_000_000  # equals features.expression.FAR; a literal, because numba freezes globals
POOL = -1  # the target of money that names no invoice
COLUMNS = 5

Ints = NDArray[np.int64]


def heads_of(invoice: Ints) -> Ints:
    """Return where each invoice's rows begin, and the end; shape (invoices + 1,)."""
    heads = np.empty(len(invoice) + 1, dtype=np.int64)
    n = 0
    for i in range(len(invoice)):
        if i == 0 or invoice[i] != invoice[i - 1]:
            heads[n] = i
            n += 1
    heads[n] = len(invoice)
    return heads[: n + 1]


def money_of_invoices(heads: Ints, invoice: Ints, target: Ints) -> Ints:
    """Return the slice of money that names each invoice; the first n + 1 bounds, shape (n, 2)."""
    slices = np.empty((len(heads) - 1, 2), dtype=np.int64)
    at = 0
    while at < len(target) and target[at] == POOL:
        at += 1
    for k in range(len(heads) - 1):
        number = invoice[heads[k]]
        while at < len(target) and target[at] < number:
            at += 1
        slices[k, 0] = at
        while at < len(target) and target[at] == number:
            at += 1
        slices[k, 1] = at
    return slices


def overpaid(heads: Ints, slices: Ints, items: Ints, money: Ints) -> bool:
    """Tell whether any invoice may have received more than it asks, so that money is left over."""
    for k in range(len(slices)):
        least = items[heads[k], 3]
        for i in range(heads[k], heads[k + 1]):
            least = min(least, items[i, 3])
        received = 0
        for m in range(slices[k, 0], slices[k, 1]):
            received += max(money[m, 2], 0)
        if received > least:
            return True
    return False


def knowledge_days(items: Ints, money: Ints) -> Ints:
    """Return the days on which a row becomes known or is superseded, ascending, once each."""
    days = np.concatenate((items[:, 1], items[:, 2], money[:, 3], money[:, 4]))
    days = np.unique(days)
    return days[days < FAR]


def row_known(items: Ints, first: int, end: int, day: int) -> int:
    """Return the row of an invoice that holds on a day, −1 where none does."""
    found = -1
    for i in range(first, end):
        if items[i, 1] <= day < items[i, 2]:
            found = i
    return found


def paid_directly(item: Ints, money: Ints, first: int, end: int, day: int) -> tuple[int, int, int]:
    """Return (settled on, still open, last day of money) from the money that names an invoice."""
    amount, issued, enough = item[3], item[4], item[3] - item[6]
    paid = 0
    last = issued
    settled = issued if enough <= 0 else FAR
    for m in range(first, end):
        if money[m, 3] <= day < money[m, 4]:
            paid += money[m, 2]
            last = max(last, money[m, 1])
            if paid < enough:
                settled = FAR
            elif settled == FAR:
                settled = max(money[m, 1], issued)
    return settled, amount - paid, last


def pool_known(money: Ints, day: int, spare: Ints, spares: int) -> Ints:
    """Return the pool of a day in order of its dates: (day, level never undercut after, balance).

    ``spare`` holds what direct money left over, as (day, amount), in its first rows.
    """
    end = 0
    while end < len(money) and money[end, 0] == POOL:
        end += 1
    pool = np.empty((end + spares, 2), dtype=np.int64)
    n = 0
    for m in range(end):
        if money[m, 3] <= day < money[m, 4]:
            pool[n, 0] = money[m, 1]
            pool[n, 1] = money[m, 2]
            n += 1
    pool[n : n + spares] = spare[:spares]
    n += spares
    rank = np.argsort(pool[:n, 0], kind="mergesort")
    levels = np.empty((n, 3), dtype=np.int64)
    balance = 0
    for s in range(n):
        balance += pool[rank[s], 1]
        levels[s, 0] = pool[rank[s], 0]
        levels[s, 1] = balance
    for s in range(n - 2, -1, -1):
        levels[s, 1] = min(levels[s, 1], levels[s + 1, 1])
    levels[:, 2] = balance
    return levels


def draw_from_pool(items: Ints, state: Ints, pool: Ints) -> None:
    """Pay the open invoices from the pool, oldest due first; changes the state in place.

    ``state`` has (row, settled on, open, last day of direct money) per invoice.
    """
    keys = np.empty(len(state), dtype=np.int64)
    for k in range(len(state)):
        row = state[k, 0]
        keys[k] = items[row, 5] * 4_000_000 + items[row, 4] if row >= 0 else FAR * 4_000_000
    balance = pool[0, 2]
    claimed = 0
    s = 0
    for k in np.argsort(keys, kind="mergesort"):
        row, need = state[k, 0], state[k, 2]
        if row < 0 or need <= 0:
            continue
        if state[k, 1] == FAR:
            enough = claimed + need - items[row, 6]
            while s < len(pool) and pool[s, 1] < enough:
                s += 1
            if s < len(pool):
                state[k, 1] = max(pool[s, 0], state[k, 3])
        state[k, 2] -= min(need, max(balance - claimed, 0))
        claimed += need


def known_state(
    items: Ints, money: Ints, heads: Ints, slices: Ints, day: int, pooled: bool
) -> Ints:
    """Return (row, settled on, open, last day of direct money) of each invoice on a day."""
    n = len(slices)
    state = np.full((n, 4), -1, dtype=np.int64)
    spare = np.empty((n, 2), dtype=np.int64)
    spares = 0
    for k in range(n):
        row = row_known(items, heads[k], heads[k + 1], day)
        if row < 0:
            continue
        settled, left, last = paid_directly(items[row], money, slices[k, 0], slices[k, 1], day)
        if left < 0:
            spare[spares, 0] = last
            spare[spares, 1] = -left
            spares += 1
        state[k, 0] = row
        state[k, 1] = settled
        state[k, 2] = max(left, 0)
        state[k, 3] = last
    if pooled:
        pool = pool_known(money, day, spare, spares)
        if len(pool) > 0:
            draw_from_pool(items, state, pool)
    return state


def versions_of(items: Ints, money: Ints, heads: Ints, slices: Ints, pooled: bool) -> Ints:
    """Return the versions of some invoices whose money is all given, shape (versions, 5)."""
    n = len(slices)
    days = knowledge_days(items, money)
    out = np.empty((n * (len(days) + 1), COLUMNS), dtype=np.int64)
    used = 0
    held = np.full((n, 4), -1, dtype=np.int64)  # row, settled on, open, from
    for day in days:
        state = known_state(items, money, heads, slices, day, pooled)
        for k in range(n):
            same = held[k, 0] == state[k, 0] and (
                state[k, 0] < 0 or (held[k, 1] == state[k, 1] and held[k, 2] == state[k, 2])
            )
            if same:
                continue
            if held[k, 0] >= 0:
                used = emit(out, used, held[k], day)
            held[k, :3] = state[k, :3]
            held[k, 3] = day
    for k in range(n):
        if held[k, 0] >= 0:
            used = emit(out, used, held[k], FAR)
    return out[:used]


def emit(out: Ints, used: int, held: Ints, until: int) -> int:
    """Write one version and return the number written."""
    out[used, 0] = held[0]
    out[used, 1] = held[3]
    out[used, 2] = until
    out[used, 3] = held[1]
    out[used, 4] = held[2]
    return used + 1


def grown(out: Ints, used: int, more: int) -> Ints:
    """Return an array that has room for more rows."""
    if used + more <= len(out):
        return out
    wider = np.empty((max(2 * len(out), used + more), COLUMNS), dtype=np.int64)
    wider[:used] = out[:used]
    return wider


def settle(items_of: Ints, items: Ints, money_of: Ints, money: Ints) -> Ints:
    """Return the settlement versions of all customers.

    Parameters
    ----------
    items_of, money_of : ndarray of int64, shape (customers + 1,)
        Where each customer's rows begin.
    items : ndarray of int64, shape (rows, 7)
        Invoice number, known from, known to, amount, issued on, due on, materiality floor;
        sorted by customer, invoice number, known from.
    money : ndarray of int64, shape (m, 5)
        Target invoice number or ``POOL``, own day, amount, known from, known to; sorted by
        customer, target, own day, id.

    Returns
    -------
    ndarray of int64, shape (versions, 5)
        Row in ``items``, known from, known to, settled on (``FAR`` while open), outstanding.
    """
    out = np.empty((2 * len(items) + 16, COLUMNS), dtype=np.int64)
    used = 0
    for customer in range(len(items_of) - 1):
        first = items_of[customer]
        own = items[first : items_of[customer + 1]]
        paid = money[money_of[customer] : money_of[customer + 1]]
        if len(own) == 0:
            continue
        heads = heads_of(own[:, 0])
        slices = money_of_invoices(heads, own[:, 0], paid[:, 0])
        pooled = (len(paid) > 0 and paid[0, 0] == POOL) or overpaid(heads, slices, own, paid)
        step = len(slices) if pooled else 1
        for k in range(0, len(slices), step):
            # without a pool no invoice touches another: each has its own few days
            base = 0 if pooled else heads[k]
            low, high = (0, len(paid)) if pooled else (slices[k, 0], slices[k, 1])
            found = versions_of(
                own[base : heads[k + step]],
                paid[low:high],
                heads[k : k + step + 1] - base,
                slices[k : k + step] - low,
                pooled,
            )
            out = grown(out, used, len(found))
            found[:, 0] += first + base
            out[used : used + len(found)] = found
            used += len(found)
    return out[:used]


_PARTS = (
    heads_of,
    money_of_invoices,
    overpaid,
    knowledge_days,
    row_known,
    paid_directly,
    pool_known,
    draw_from_pool,
    known_state,
    emit,
    versions_of,
    grown,
    settle,
)


@cache
def compiled() -> Callable[[Ints, Ints, Ints, Ints], Ints]:
    """Return `settle` compiled by numba, kept on disk between runs."""
    from numba import njit  # noqa: PLC0415 - half a second to import, for large ledgers only

    scope = dict(globals())
    for part in _PARTS:
        plain = cast("FunctionType", part)
        function = FunctionType(plain.__code__, scope, plain.__name__)
        try:
            scope[plain.__name__] = njit(cache=True)(function)
        except RuntimeError:  # no folder to keep it in: compiled anew in every process
            scope[plain.__name__] = njit(function)
    return cast("Callable[[Ints, Ints, Ints, Ints], Ints]", scope["settle"])
