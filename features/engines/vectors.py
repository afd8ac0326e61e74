"""Row expressions over the columns of one customer's rows, with the null semantics of SQL.

Values are integers, doubles, texts or truths. Integers are exact: a bound of each column
says that no sum or product can leave 64 bits, and where it cannot say so they are computed
without one, and what does leave them is marked, as the SQL engines refuse it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.errors import LedgerError

SMALLEST, LARGEST = -(2**63), 2**63 - 1
TOO_LARGE = "A sum or a product of this customer leaves 64 bits. Correct the amount in the ledger."
Mask = NDArray[np.bool_] | None  # of no row, where it is None


class Vector(NamedTuple):
    """A value per row.

    Attributes
    ----------
    values : ndarray, or one value for all rows
        Whatever stands where it is null; a truth that is null is False.
    nulls : ndarray of bool or None
        Where it is null.
    bound : int
        No integer of it is larger, either way.
    over : ndarray of bool or None
        Where a number left 64 bits: a fold that asks for such a row refuses.
    """

    values: Any
    nulls: Mask = None
    bound: int = 0
    over: Mask = None


def column(values: Sequence[Any]) -> Vector:
    """Return a column as an engine's rows hold it; None is null.

    Raises
    ------
    LedgerError
        If an integer does not fit 64 bits.
    """
    nulls = None
    if None in values:
        nulls = np.array([value is None for value in values])
        given = next((value for value in values if value is not None), 0)
        values = [_like(given) if value is None else value for value in values]
    if isinstance(values[0], str):
        return Vector(np.array(values, dtype=object), nulls)
    if isinstance(values[0], float):
        return Vector(np.array(values, dtype=np.float64), nulls)
    try:
        whole = np.array(values, dtype=np.int64)
    except OverflowError as error:
        raise LedgerError(TOO_LARGE) from error
    return Vector(whole, nulls, max(abs(int(whole.min())), abs(int(whole.max()))))


def scalar(value: int | str) -> Vector:
    """Return one value for every row."""
    return Vector(value, None, abs(value) if isinstance(value, int) else 0)


def either(left: Mask, right: Mask) -> Mask:
    """Return the rows of one mask or the other."""
    if left is None:
        return right
    return left if right is None else left | right


def _like(value: Any) -> Any:
    return "" if isinstance(value, str) else type(value)(0)


def _is_whole(operand: Vector) -> bool:
    return np.asarray(operand.values).dtype.kind == "i"


def _arithmetic(apply: Callable[[Any, Any], Any], bound: Callable[[int, int], int]) -> Operator:
    def operator(left: Vector, right: Vector) -> Vector:
        nulls, over = either(left.nulls, right.nulls), either(left.over, right.over)
        largest = bound(left.bound, right.bound)
        if largest <= LARGEST or not (_is_whole(left) and _is_whole(right)):
            return Vector(apply(left.values, right.values), nulls, largest, over)
        exact = apply(np.asarray(left.values, dtype=object), np.asarray(right.values, dtype=object))
        beyond = np.asarray((exact < SMALLEST) | (exact > LARGEST), dtype=np.bool_)
        kept = np.where(beyond, 0, exact).astype(np.int64)
        if nulls is not None:
            beyond = beyond & ~nulls
        return Vector(kept, nulls, LARGEST, either(over, beyond if beyond.any() else None))

    return operator


def _comparison(apply: Callable[[Any, Any], Any]) -> Operator:
    def operator(left: Vector, right: Vector) -> Vector:
        nulls = either(left.nulls, right.nulls)
        holds = apply(left.values, right.values)
        if nulls is not None:
            holds = holds & ~nulls
        return Vector(holds, nulls, 0, either(left.over, right.over))

    return operator


def _and(left: Vector, right: Vector) -> Vector:
    holds = left.values & right.values
    over = either(left.over, right.over)
    nulls = either(left.nulls, right.nulls)
    if nulls is not None:  # false and null is false
        nulls = nulls & ~(_is_false(left) | _is_false(right))
    return Vector(holds, nulls, 0, over)


def _or(left: Vector, right: Vector) -> Vector:
    holds = left.values | right.values
    nulls = either(left.nulls, right.nulls)
    if nulls is not None:  # true or null is true
        nulls = nulls & ~holds
    return Vector(holds, nulls, 0, either(left.over, right.over))


def _is_false(truth: Vector) -> Any:
    false = np.logical_not(truth.values)
    return false if truth.nulls is None else false & ~truth.nulls


def _not(truth: Vector) -> Vector:
    return Vector(_is_false(truth), truth.nulls, 0, truth.over)


def _is_known(operand: Vector) -> Vector:
    known = np.True_ if operand.nulls is None else ~operand.nulls
    return Vector(known, None, 0, operand.over)


def _extreme(apply: Callable[[Any, Any], Any]) -> Operator:
    def operator(*choices: Vector) -> Vector:
        found = choices[0]
        for choice in choices[1:]:
            found = _pair(found, choice)
        return found

    def _pair(left: Vector, right: Vector) -> Vector:
        bound, over = max(left.bound, right.bound), either(left.over, right.over)
        if left.nulls is None and right.nulls is None:
            return Vector(apply(left.values, right.values), None, bound, over)
        # a null is passed over; null where all are
        first, second = _coalesce(left, right), _coalesce(right, left)
        return Vector(apply(first.values, second.values), first.nulls, bound, over)

    return operator


def _coalesce(*choices: Vector) -> Vector:
    found = choices[-1]
    for choice in choices[-2::-1]:
        if choice.nulls is None:
            found = choice
            continue
        values = np.where(choice.nulls, found.values, choice.values)
        nulls = None if found.nulls is None else choice.nulls & found.nulls
        over = either(choice.over, None if found.over is None else found.over & choice.nulls)
        found = Vector(values, nulls, max(choice.bound, found.bound), over)
    return found


def choose(condition: Vector, then: Vector, otherwise: Vector | None) -> Vector:
    """Return one value where a condition holds, else the other, else null."""
    holds = condition.values
    over = None if then.over is None else then.over & holds
    if otherwise is None:
        nulls = np.logical_not(holds)
        if then.nulls is not None:
            nulls = nulls | then.nulls
        return Vector(then.values, nulls, then.bound, either(condition.over, over))
    nulls = None
    if then.nulls is not None or otherwise.nulls is not None:
        nulls = np.where(holds, _mask(then.nulls), _mask(otherwise.nulls))
    if otherwise.over is not None:
        over = either(over, otherwise.over & np.logical_not(holds))
    values = np.where(holds, then.values, otherwise.values)
    bound = max(then.bound, otherwise.bound)
    return Vector(values, nulls, bound, either(condition.over, over))


def _mask(nulls: Mask) -> Any:
    return False if nulls is None else nulls


Operator = Callable[..., Vector]
OPERATORS: dict[str, Operator] = {
    "+": _arithmetic(lambda a, b: a + b, lambda a, b: a + b),
    "-": _arithmetic(lambda a, b: a - b, lambda a, b: a + b),
    "*": _arithmetic(lambda a, b: a * b, lambda a, b: a * b),
    "<": _comparison(lambda a, b: a < b),
    "<=": _comparison(lambda a, b: a <= b),
    ">": _comparison(lambda a, b: a > b),
    ">=": _comparison(lambda a, b: a >= b),
    "=": _comparison(lambda a, b: a == b),
    "AND": _and,
    "OR": _or,
    "NOT": _not,
    "IS NOT NULL": _is_known,
    "COALESCE": _coalesce,
    "GREATEST": _extreme(np.maximum),
    "LEAST": _extreme(np.minimum),
}
