"""Invoices that share a pool: the account replayed from the first day that new knowledge touches.

As known on a day, the account is kept by the ends of days. At the end of each, an invoice that
was issued by then asks for what the money that names it has not paid by then; the pool (money
that names none, and what invoices leave over) gives to what is asked for, oldest due first. An
invoice is settled on the day from which its remainder is never above the floor again.

What becomes known or is superseded on a day changes the account from the earliest own day of
these rows on, and not before. So the account before that day is summed up and only the days
from then on are replayed; where that does not tell since when an invoice is settled, all are.

Plain Python over int64 arrays, as in `features.ledger.allocation`, which compiles it too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FAR = 2_000_000  # equals features.expression.FAR
POOL = -1

Ints = NDArray[np.int64]


def changed_since(items: Ints, money: Ints, day: int) -> int:
    """Return the earliest own day of the rows that become known or are superseded on a day."""
    since = FAR
    for i in range(len(items)):
        if items[i, 1] == day or items[i, 2] == day:
            since = min(since, items[i, 4])
    for m in range(len(money)):
        if money[m, 3] == day or money[m, 4] == day:
            since = min(since, money[m, 1])
    return since


def ranked(keys: Ints) -> Ints:
    """Return the places of keys in ascending order; equal ones stay as they are."""
    return np.argsort(keys, kind="mergesort")


def due_order(items: Ints, rows: Ints) -> Ints:
    """Return the invoices oldest due first, then oldest issued; those not known come last."""
    keys = np.empty(len(rows), dtype=np.int64)
    for k in range(len(rows)):
        row = rows[k]
        keys[k] = items[row, 5] * 4_000_000 + items[row, 4] if row >= 0 else FAR * 4_000_000
    return ranked(keys)


def movements(
    items: Ints, money: Ints, slices: Ints, rows: Ints, asked: tuple[int, int], named: Ints
) -> Ints:
    """Return what moves the account from a day on, as (day, invoice or ``POOL``, amount).

    Parameters
    ----------
    items, money, slices : ndarray of int64
        As `features.ledger.allocation.settle` takes them, of one customer.
    rows : ndarray of int64, shape (n,)
        The row of each invoice that holds, −1 where none does.
    asked : tuple of (int, int)
        The day that knows, and the day from which movements are wanted.
    named : ndarray of int64, shape (n + 1,)
        Is filled with the money before that day: of each invoice, and last of the pool.

    Returns
    -------
    ndarray of int64, shape (movements, 3)
        In order of their days; an issue is one of amount 0.
    """
    day, since = asked
    n = len(rows)
    found = np.empty((n + len(money), 3), dtype=np.int64)
    many = 0
    for k in range(n):
        row = rows[k]
        if row < 0:
            continue
        issued = items[row, 4]
        if issued >= since:
            found[many, 0], found[many, 1], found[many, 2] = issued, k, 0
            many += 1
        for m in range(slices[k, 0], slices[k, 1]):
            if money[m, 3] <= day < money[m, 4]:
                own = max(money[m, 1], issued)
                if own < since:
                    named[k] += money[m, 2]
                else:
                    found[many, 0], found[many, 1], found[many, 2] = own, k, money[m, 2]
                    many += 1
    m = 0
    while m < len(money) and money[m, 0] == POOL:
        if money[m, 3] <= day < money[m, 4]:
            if money[m, 1] < since:
                named[n] += money[m, 2]
            else:
                found[many, 0], found[many, 1], found[many, 2] = money[m, 1], POOL, money[m, 2]
                many += 1
        m += 1
    return in_order(found, many)


def in_order(moves: Ints, many: int) -> Ints:
    """Return the first of some movements in order of their days; those of one day stay so."""
    days = np.empty(many, dtype=np.int64)
    for place in range(many):
        days[place] = moves[place, 0]
    rank = ranked(days)
    ordered = np.empty((many, 3), dtype=np.int64)
    for place in range(many):
        for c in range(3):
            ordered[place, c] = moves[rank[place], c]
    return ordered


def give(items: Ints, rows: Ints, order: Ints, named: Ints, until: int, open_: Ints) -> None:
    """Write what is open of each invoice issued by a day, once the pool has given; 0 of others."""
    n = len(rows)
    pool = named[n]
    for k in range(n):
        if rows[k] >= 0 and items[rows[k], 4] <= until:
            pool += max(named[k] - items[rows[k], 3], 0)
    for place in range(n):
        k = order[place]
        open_[k] = 0
        if rows[k] >= 0 and items[rows[k], 4] <= until:
            ask = max(items[rows[k], 3] - named[k], 0)
            open_[k] = ask - min(ask, max(pool, 0))
            pool -= ask


def known_rows(items: Ints, heads: Ints, day: int) -> Ints:
    """Return the row of each invoice that holds on a day, −1 where none does."""
    rows = np.full(len(heads) - 1, -1, dtype=np.int64)
    for k in range(len(rows)):
        for i in range(heads[k], heads[k + 1]):
            if items[i, 1] <= day < items[i, 2]:
                rows[k] = i
    return rows


def judged_before(items: Ints, rows: Ints, since: int, open_: Ints, held: Ints) -> Ints:
    """Return (settled on, short, unsure) of each invoice before the replay, as 0 and 1.

    Short is more than the floor open. Unsure is since when an invoice is settled that was
    short later on as known before, and may not be so now.
    """
    marks = np.zeros((len(rows), 3), dtype=np.int64)
    for k in range(len(rows)):
        if rows[k] < 0:
            continue
        if items[rows[k], 4] >= since:
            marks[k, 0] = items[rows[k], 4]
            continue
        marks[k, 0] = held[k, 1]
        if open_[k] > items[rows[k], 6]:
            marks[k, 1] = 1
        elif held[k, 1] >= since:
            marks[k, 2] = 1
    return marks


def judge(items: Ints, rows: Ints, now: int, open_: Ints, marks: Ints) -> None:
    """Bring the marks to the end of a day."""
    for k in range(len(rows)):
        if rows[k] < 0 or items[rows[k], 4] > now:
            continue
        if open_[k] > items[rows[k], 6]:
            marks[k, 1], marks[k, 2] = 1, 0
        elif marks[k, 1] == 1:
            marks[k, 0], marks[k, 1] = now, 0


def replayed(
    items: Ints, money: Ints, heads: Ints, slices: Ints, asked: tuple[int, int], held: Ints
) -> tuple[Ints, bool]:
    """Return (row, settled on, open) of each invoice as known on a day, and whether it is sure.

    Parameters
    ----------
    items, money, heads, slices : ndarray of int64
        One customer's.
    asked : tuple of (int, int)
        The day that knows, and the day before which the account is as it was.
    held : ndarray of int64, shape (n, 4)
        What was known before: row, settled on, open.
    """
    day, since = asked
    n = len(slices)
    rows = known_rows(items, heads, day)
    order = due_order(items, rows)
    named = np.zeros(n + 1, dtype=np.int64)
    moves = movements(items, money, slices, rows, asked, named)
    open_ = np.zeros(n, dtype=np.int64)
    give(items, rows, order, named, since - 1, open_)
    marks = judged_before(items, rows, since, open_, held)
    at = 0
    while at < len(moves):
        now = moves[at, 0]
        while at < len(moves) and moves[at, 0] == now:
            named[moves[at, 1]] += moves[at, 2]  # POOL is the last place
            at += 1
        give(items, rows, order, named, now, open_)
        judge(items, rows, now, open_, marks)
    state = np.full((n, 3), -1, dtype=np.int64)
    sure = True
    for k in range(n):
        if rows[k] >= 0:
            state[k, 0], state[k, 2] = rows[k], open_[k]
            state[k, 1] = FAR if marks[k, 1] == 1 else marks[k, 0]
            sure = sure and marks[k, 2] == 0
    return state, sure


def closed(out: Ints, used: int, held: Ints, day: int) -> tuple[Ints, int]:
    """Write the version that a day ends, if there is one; return the array and its length."""
    if held[0] < 0:
        return out, used
    if used == len(out):
        wider = np.empty((2 * used, 5), dtype=np.int64)
        wider[:used] = out
        out = wider
    out[used, 0], out[used, 1], out[used, 2] = held[0], held[3], day
    out[used, 3], out[used, 4] = held[1], held[2]
    return out, used + 1


def days_known(items: Ints, money: Ints) -> Ints:
    """Return the days on which a row becomes known or is superseded, ascending."""
    days = np.empty(2 * (len(items) + len(money)), dtype=np.int64)
    for i in range(len(items)):
        days[2 * i], days[2 * i + 1] = items[i, 1], items[i, 2]
    for m in range(len(money)):
        at = 2 * (len(items) + m)
        days[at], days[at + 1] = money[m, 3], money[m, 4]
    ascending = np.empty(len(days), dtype=np.int64)
    rank = ranked(days)
    for place in range(len(days)):
        ascending[place] = days[rank[place]]
    return ascending


def pooled_versions(items: Ints, money: Ints, heads: Ints, slices: Ints) -> Ints:
    """Return the versions of a customer's invoices that share a pool, shape (versions, 5)."""
    out = np.empty((4 * (len(items) + len(money)) + 16, 5), dtype=np.int64)
    used, last = 0, -FAR
    held = np.full((len(slices), 4), -1, dtype=np.int64)  # row, settled on, open, from
    for day in days_known(items, money):
        if day == last or day >= FAR:
            continue
        last = day
        since = changed_since(items, money, day)
        state, sure = replayed(items, money, heads, slices, (day, since), held)
        if not sure:
            state, sure = replayed(items, money, heads, slices, (day, -FAR), held)
        for k in range(len(slices)):
            same = held[k, 0] == state[k, 0] and held[k, 1] == state[k, 1]
            if not same or held[k, 2] != state[k, 2]:
                out, used = closed(out, used, held[k], day)
                held[k, 0], held[k, 1], held[k, 2] = state[k, 0], state[k, 1], state[k, 2]
                held[k, 3] = day
    for k in range(len(slices)):
        out, used = closed(out, used, held[k], FAR)
    return out[:used]
