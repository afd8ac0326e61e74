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

import inspect
from collections.abc import Callable
from functools import cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

from features.compile import compiled_module
from features.ledger.pool import (
    changed_since,
    closed,
    days_known,
    due_order,
    give,
    in_order,
    judge,
    judged_before,
    known_rows,
    movements,
    pooled_versions,
    ranked,
    replayed,
)

FAR = 2_000_000  # equals features.expression.FAR
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
    """Tell whether any invoice was ever known to have received more than it asks."""
    for k in range(len(slices)):
        rows, named = items[heads[k] : heads[k + 1]], money[slices[k, 0] : slices[k, 1]]
        received, least = 0, rows[0, 3]
        for m in range(len(named)):
            received += max(named[m, 2], 0)
        for i in range(len(rows)):
            least = min(least, rows[i, 3])
        # a bounced payment that was made again is no surplus, if it was known to have bounced
        if received > least and leaves_over(rows, named):
            return True
    return False


def leaves_over(items: Ints, money: Ints) -> bool:
    """Tell whether the money known on some day exceeds one invoice on the way or at the end."""
    day = next_day(items, money, -FAR)
    while day < FAR:
        row = row_known(items, 0, len(items), day)
        paid = 0
        for m in range(len(money)):
            if row >= 0 and money[m, 3] <= day < money[m, 4]:
                paid += money[m, 2]
                if paid > items[row, 3]:
                    return True
        day = next_day(items, money, day)
    return False


def row_known(items: Ints, first: int, end: int, day: int) -> int:
    """Return the row of an invoice that holds on a day, −1 where none does."""
    found = -1
    for i in range(first, end):
        if items[i, 1] <= day < items[i, 2]:
            found = i
    return found


def paid_directly(item: Ints, money: Ints, first: int, end: int, day: int) -> tuple[int, int]:
    """Return (settled on, still open) from the money that names an invoice, by ends of days."""
    amount, issued, enough = item[3], item[4], item[3] - item[6]
    paid = 0
    settled = issued if enough <= 0 else FAR
    before, last = settled, issued
    for m in range(first, end):
        if money[m, 3] <= day < money[m, 4]:
            own = max(money[m, 1], issued)
            if own > last:
                before, last = settled, own
            paid += money[m, 2]
            if paid < enough:
                settled = FAR
            elif settled == FAR:
                settled = min(before, own)  # a day is judged by its end, not on its way
    return settled, amount - paid


def next_day(items: Ints, money: Ints, after: int) -> int:
    """Return the first day after another on which a row becomes known or is superseded."""
    found = FAR
    for i in range(len(items)):
        for c in range(1, 3):
            if after < items[i, c] < found:
                found = items[i, c]
    for m in range(len(money)):
        for c in range(3, 5):
            if after < money[m, c] < found:
                found = money[m, c]
    return found


def settle_alone(items: Ints, money: Ints, base: int, out: Ints, used: int) -> int:
    """Write the versions of one invoice that no pool touches; return the number written."""
    held = np.full(4, -1, dtype=np.int64)  # row, settled on, open, from
    day = next_day(items, money, -FAR)
    while day < FAR:
        row = row_known(items, 0, len(items), day)
        settled, left = -1, -1
        if row >= 0:
            settled, left = paid_directly(items[row], money, 0, len(money), day)
            left = max(left, 0)
        if row != held[0] or settled != held[1] or left != held[2]:
            if held[0] >= 0:
                used = emit(out, used, held, day)
                out[used - 1, 0] += base
            held[0], held[1], held[2], held[3] = row, settled, left, day
        day = next_day(items, money, day)
    if held[0] >= 0:
        used = emit(out, used, held, FAR)
        out[used - 1, 0] += base
    return used


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
        if (len(paid) > 0 and paid[0, 0] == POOL) or overpaid(heads, slices, own, paid):
            found = pooled_versions(own, paid, heads, slices)
            found[:, 0] += first
            out = grown(out, used, len(found))
            out[used : used + len(found)] = found
            used += len(found)
            continue
        for k in range(len(slices)):
            # without a pool no invoice touches another: each has its own few days
            rows = own[heads[k] : heads[k + 1]]
            named = paid[slices[k, 0] : slices[k, 1]]
            out = grown(out, used, 2 * (len(rows) + len(named)) + 1)
            used = settle_alone(rows, named, first + heads[k], out, used)
    return out[:used]


_HEAD = f"""from __future__ import annotations

import numpy as np
from numba import njit

FAR, POOL, COLUMNS = {FAR}, {POOL}, {COLUMNS}
"""
_PARTS = (
    heads_of,
    money_of_invoices,
    row_known,
    next_day,
    leaves_over,
    overpaid,
    paid_directly,
    emit,
    settle_alone,
    grown,
    changed_since,
    ranked,
    due_order,
    in_order,
    movements,
    give,
    known_rows,
    judged_before,
    judge,
    replayed,
    closed,
    days_known,
    pooled_versions,
    settle,
)


@cache
def compiled() -> Callable[[Ints, Ints, Ints, Ints], Ints]:
    """Return `settle` compiled by numba, kept on disk between runs."""
    parts = [f"@njit(cache=True)\n{inspect.getsource(part)}" for part in _PARTS]
    source = "\n\n".join([_HEAD, *parts])
    return cast(
        "Callable[[Ints, Ints, Ints, Ints], Ints]", compiled_module("settle", source).settle
    )
