"""The indicators' points as functions of plain numbers, for one customer or for a million.

The functions are plain Python over tuples, so that a few customers, and all of the server's,
need no compiler; for many the same source is compiled by numba over arrays, and gives the same
bits. `models.rules` says what they are for. A function that is called for every corner of a
coalition takes what it reads, not the whole law: compiled, that would be copied for each call.

A customer's inputs are measured once: what depends on one input alone is looked up on its curve
or among the book's quantiles, and the indicators are put together from that.
"""

from __future__ import annotations

import inspect
import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from features.compile import compiled_module
from models.curves import Line, on_line

NAN = math.nan
MEASURES = 13  # the twelve rule inputs as the indicators read them, and the legal events counted
MANY = 10_000  # rows from which on a compiler is worth loading
COLUMNS = 9  # of a row of scores: the five indicators, then score, known weight, worst, best


class Law(NamedTuple):
    """What a policy says of the indicators, as plain numbers or as arrays.

    Attributes
    ----------
    neutral, shrink_invoices : float
        As the policy names them.
    weights : sequence of float, length 5
        Of the indicators, in their order.
    payment_timeliness, overdue_count, amount_and_frequency, industry_score : Line
        Curves of the indicators.
    per_event, recency, per_open : Line
        Curves of what legal events cost.
    """

    neutral: float
    shrink_invoices: float
    weights: tuple[float, ...]
    payment_timeliness: Line
    overdue_count: Line
    amount_and_frequency: Line
    industry_score: Line
    per_event: Line
    recency: Line
    per_open: Line


class Quantiles(NamedTuple):
    """What of the whole book the indicators need, as plain numbers or as arrays.

    Attributes
    ----------
    amounts, counts : sequence of float, length 101
        Quantiles of invoice_amount_365d and invoice_count_365d, rising.
    on_time_rate : float
        Of the whole book, 0 to 1.
    """

    amounts: Any
    counts: Any
    on_time_rate: float


def quantile_of(value: Any, quantiles: Any) -> Any:
    """Return the place of a value in a book's quantiles, 0 to 1; ties take the middle.

    Parameters
    ----------
    value : float
        NaN gives NaN.
    quantiles : sequence of float, length 101
        Rising.

    Examples
    --------
    >>> quantile_of(2.5, [0.0, 1.0, 2.0, 3.0, 4.0]), quantile_of(1.0, [0.0, 1.0, 1.0, 1.0, 9.0])
    (0.625, 0.5)
    """
    if value != value:  # noqa: PLR0124 - an unknown value does not equal itself
        return NAN
    low, high = bisect_left(quantiles, value), bisect_right(quantiles, value)
    last = len(quantiles) - 1
    if high > low:
        return (low + high - 1) / 2 / last
    if low == 0:
        return 0.0
    if low > last:
        return 1.0
    before = quantiles[low - 1]
    return (low - 1 + (value - before) / (quantiles[low] - before)) / last


def measure(law: Any, book: Any, inputs: Any, out: Any) -> None:
    """Write a customer's inputs as the indicators read them; unknown stays NaN."""
    out[0] = inputs[0]
    out[1] = inputs[1]
    out[2] = on_line(law.overdue_count, inputs[2])
    out[3] = quantile_of(inputs[3], book.amounts)
    out[4] = quantile_of(inputs[4], book.counts)
    out[5] = inputs[5]
    out[6] = on_line(law.industry_score, inputs[6])
    out[7] = on_line(law.industry_score, inputs[7])
    out[8] = on_line(law.per_event, inputs[8])
    out[9] = on_line(law.recency, inputs[9])
    out[10] = on_line(law.per_open, inputs[10])
    out[11] = inputs[11]
    out[12] = inputs[8]


def payment_timeliness(line: Any, extra: Any, usual: Any, rate: Any, due: Any) -> Any:
    """Return the points of an on-time rate, shrunk to the book's; NaN where nothing fell due."""
    if not due > 0:
        return NAN
    return on_line(line, (rate * due + extra * usual) / (due + extra))


def overdue_count(points: Any, due: Any) -> Any:
    """Return the points of the overdue invoices; NaN where nothing fell due."""
    return points if due > 0 else NAN


def amount_and_frequency(line: Any, amount: Any, count: Any, history: Any) -> Any:
    """Return the points of two places in the book; NaN without history."""
    if not history > 0:
        return NAN
    return on_line(line, (amount + count) / 2)


def industry_score(own: Any, industry: Any) -> Any:
    """Return the points of the customer's own score, else of its industry's."""
    return industry if own != own else own  # noqa: PLR0124 - an unknown value


def litigation(count: Any, event: Any, recency: Any, still_open: Any, dishonest: Any) -> Any:
    """Return 100 less what legal events cost; 0 for the dishonest, NaN where never searched."""
    if dishonest == 1:
        return 0.0
    if count != count:  # noqa: PLR0124 - an unknown value
        return NAN
    cost = 0.0 if count == 0 else event * recency
    left = 100 - (cost + still_open)
    # an unknown cost stays unknown: no comparison with it holds
    if left < 0:
        return 0.0
    if left > 100:
        return 100.0
    return left


def score_into(law: Any, book: Any, inputs: Any, measures: Any, out: Any) -> None:
    """Write the indicators of one customer, its score, known weight, and worst and best score."""
    measure(law, book, inputs, measures)
    line, extra, usual = law.payment_timeliness, law.shrink_invoices, book.on_time_rate
    out[0] = payment_timeliness(line, extra, usual, measures[0], measures[1])
    out[1] = overdue_count(measures[2], measures[1])
    line = law.amount_and_frequency
    out[2] = amount_and_frequency(line, measures[3], measures[4], measures[5])
    out[3] = industry_score(measures[6], measures[7])
    out[4] = litigation(measures[12], measures[8], measures[9], measures[10], measures[11])
    summed = known = 0.0
    for place in range(5):
        points = out[place]
        if points == points:  # noqa: PLR0124 - known
            weight = law.weights[place]
            summed += weight * points
            known += weight
    out[5] = summed / known if known > 0 else law.neutral
    out[6] = min(known, 1.0)
    out[7] = min(max(summed, 0.0), 100.0)
    out[8] = min(max(summed + min(max(1 - known, 0.0), 1.0) * 100, 0.0), 100.0)


def score_rows(law: Any, book: Any, inputs: Any, measures: Any, out: Any) -> None:
    """Write the scores of many customers."""
    for row in range(len(inputs)):
        score_into(law, book, inputs[row], measures, out[row])


PARTS: tuple[Callable[..., Any], ...] = (
    on_line,
    quantile_of,
    measure,
    payment_timeliness,
    overdue_count,
    amount_and_frequency,
    industry_score,
    litigation,
    score_into,
    score_rows,
)
_HEAD = """from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

NAN = math.nan


@njit(cache=True, nogil=True)
def bisect_left(values, value):
    return np.searchsorted(values, value, side="left")


@njit(cache=True, nogil=True)
def bisect_right(values, value):
    return np.searchsorted(values, value, side="right")
"""


def compiled_parts(
    name: str, parts: Iterable[Callable[..., Any]], constants: dict[str, Any] | None = None
) -> ModuleType:
    """Return a module of functions compiled by numba, kept on disk; they free the lock.

    Parameters
    ----------
    name : str
        Begins the module's name.
    parts : iterable of callable
        Plain functions, each after those that it calls.
    constants : dict of str to object, optional
        What else they name.
    """
    named = [f"{key} = {value!r}" for key, value in (constants or {}).items()]
    sources = [f"@njit(cache=True, nogil=True)\n{inspect.getsource(part)}" for part in parts]
    return compiled_module(name, "\n\n".join([_HEAD, *named, *sources]))


@cache
def compiled() -> Callable[..., None]:
    """Return `score_rows` compiled."""
    found: Callable[..., None] = compiled_parts("indicators", PARTS).score_rows
    return found


def as_arrays(numbers: Any) -> Any:
    """Return a Law or Quantiles with arrays for its tuples, as the compiled functions take it."""

    def part(value: Any) -> Any:
        if isinstance(value, float):
            return value
        if isinstance(value[0], tuple):
            return tuple(np.array(column) for column in value)
        return np.array(value)

    return type(numbers)(*map(part, numbers))
