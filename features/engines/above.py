"""What stands above the aggregates: plain arithmetic on whole numbers and doubles, with nulls.

As SQL does it, only the branch that a condition chooses is computed; a sum is exact, and
every other whole number stays within 64 bits or is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from features.engines.vectors import LARGEST, SMALLEST, TOO_LARGE
from features.errors import LedgerError
from features.expression import Aggregate, AsOf, Expr, Literal, Op, Ratio, When, children
from features.relations import SCORE_BASE

Values = list[Any]  # aggregates, then the day, then what several expressions share
_Compute = Callable[[Values], Any]
_UNSET = object()
_UNKNOWN = float("nan")
_CHOICES = frozenset({"COALESCE", "GREATEST", "LEAST"})


def above_aggregates(
    wanted: Sequence[Expr], places: Mapping[Aggregate, int]
) -> Callable[[Values, int], list[float]]:
    """Return what computes expressions from their aggregates.

    Parameters
    ----------
    wanted : sequence of Expr
        One for each value.
    places : mapping of Aggregate to int
        Where each aggregate stands.

    Returns
    -------
    callable
        Takes the aggregates and the day's number; returns doubles, NaN where null.
    """
    compiler = _Compiler(wanted, places)
    computes = [compiler(node) for node in wanted]
    shared = [_UNSET] * compiler.shared

    def values(folded: Values, as_of: int) -> list[float]:
        held = [*folded, as_of, *shared]
        found = [compute(held) for compute in computes]
        return [_UNKNOWN if value is None else float(value) for value in found]

    return values


class _Compiler:
    """Turn each expression into a function; one that stands in several places is kept."""

    def __init__(self, wanted: Sequence[Expr], places: Mapping[Aggregate, int]) -> None:
        self._places = places
        self._uses: dict[Expr, int] = {}
        self._done: dict[Expr, _Compute] = {}
        self.shared = 0
        for node in wanted:
            self._use(node)

    def __call__(self, node: Expr) -> _Compute:
        if node not in self._done:
            compute = self._compute(node)
            if self._uses[node] > 1 and not isinstance(node, Aggregate | AsOf | Literal):
                compute = self._kept(compute)
            self._done[node] = compute
        return self._done[node]

    def _use(self, node: Expr) -> None:
        self._uses[node] = self._uses.get(node, 0) + 1
        if self._uses[node] == 1 and not isinstance(node, Aggregate):
            for child in children(node):
                self._use(child)

    def _kept(self, compute: _Compute) -> _Compute:
        place = len(self._places) + 1 + self.shared
        self.shared += 1

        def kept(held: Values) -> Any:
            value = held[place]
            if value is _UNSET:
                value = held[place] = compute(held)
            return value

        return kept

    def _compute(self, node: Expr) -> _Compute:
        match node:
            case Literal(value=value):
                return lambda held: value
            case AsOf():
                place = len(self._places)
                return lambda held: held[place]
            case Aggregate():
                place = self._places[node]
                return lambda held: held[place]
            case Ratio(above=above, below=below):
                return _ratio(self(above), self(below))
            case When(condition=condition, then=then, otherwise=otherwise):
                last = None if otherwise is None else self._typed(otherwise, node)
                return _when(self(condition), self._typed(then, node), last)
            case Op(name=name, args=args):
                return self._operator(node, name, args)
            case _:
                message = f"{node!r} cannot stand above an aggregate."
                raise TypeError(message)

    def _operator(self, node: Op, name: str, args: tuple[Expr, ...]) -> _Compute:
        if name in _CHOICES:
            return _CALLS[name]([self._typed(argument, node) for argument in args])
        inner = [self(argument) for argument in args]
        if name in _INFIX:
            double = any(_is_double(argument) for argument in args)
            compute = _strict(_INFIX[name], *(_to_double(i) if double else i for i in inner))
            if name in _ARITHMETIC and not double and not _is_wide(node):
                return _within(compute)
            return compute
        if name in _CALLS:
            return _CALLS[name](inner)
        message = f"{node!r} cannot stand above an aggregate."
        raise TypeError(message)

    def _typed(self, node: Expr, whole: Expr) -> _Compute:
        """Return a branch in the type that SQL gives the whole."""
        compute = self(node)
        return _to_double(compute) if _is_double(whole) and not _is_double(node) else compute


def _is_double(node: Expr) -> bool:
    match node:
        case Ratio() | Op(name="SQRT") | Aggregate(kind="MEDIAN"):
            return True
        case When(then=then, otherwise=otherwise):
            return _is_double(then) or (otherwise is not None and _is_double(otherwise))
        case Op(name=name, args=args) if name in _CHOICES or name in _ARITHMETIC:
            return any(_is_double(argument) for argument in args)
        case _:
            return False


def _is_wide(node: Expr) -> bool:
    """Tell whether SQL holds a whole number in more than 64 bits: sums, and what has one."""
    if isinstance(node, Aggregate):
        return node.kind == "SUM"
    if isinstance(node, When):
        return any(_is_wide(n) for n in (node.then, node.otherwise) if n is not None)
    return any(_is_wide(child) for child in children(node))


def _ratio(above: _Compute, below: _Compute) -> _Compute:
    def ratio(held: Values) -> float | None:
        upper, lower = above(held), below(held)
        if upper is None or lower is None or lower == 0:
            return None
        return float(upper) / float(lower)

    return ratio


def _when(condition: _Compute, then: _Compute, otherwise: _Compute | None) -> _Compute:
    def when(held: Values) -> Any:
        if condition(held):
            return then(held)
        return None if otherwise is None else otherwise(held)

    return when


def _strict(apply: Callable[[Any, Any], Any], left: _Compute, right: _Compute) -> _Compute:
    def strict(held: Values) -> Any:
        first, second = left(held), right(held)
        return None if first is None or second is None else apply(first, second)

    return strict


def _within(compute: _Compute) -> _Compute:
    def within(held: Values) -> Any:
        value = compute(held)
        if isinstance(value, int) and not SMALLEST <= value <= LARGEST:
            raise LedgerError(TOO_LARGE)
        return value

    return within


def _to_double(compute: _Compute) -> _Compute:
    def double(held: Values) -> float | None:
        value = compute(held)
        return None if value is None else float(value)

    return double


def _and(inner: Sequence[_Compute]) -> _Compute:
    left, right = inner

    def both(held: Values) -> bool | None:
        first = left(held)
        if first is False:
            return False
        second = right(held)
        if second is False:
            return False
        return None if first is None or second is None else True

    return both


def _or(inner: Sequence[_Compute]) -> _Compute:
    left, right = inner

    def one(held: Values) -> bool | None:
        first = left(held)
        if first:
            return True
        second = right(held)
        if second:
            return True
        return None if first is None or second is None else False

    return one


def _not(inner: Sequence[_Compute]) -> _Compute:
    (only,) = inner

    def opposite(held: Values) -> bool | None:
        value = only(held)
        return None if value is None else not value

    return opposite


def _is_known(inner: Sequence[_Compute]) -> _Compute:
    (only,) = inner
    return lambda held: only(held) is not None


def _coalesce(inner: Sequence[_Compute]) -> _Compute:
    def first_known(held: Values) -> Any:
        for choice in inner:
            value = choice(held)
            if value is not None:
                return value
        return None

    return first_known


def _extreme(best: Callable[[list[Any]], Any]) -> Callable[[Sequence[_Compute]], _Compute]:
    def build(inner: Sequence[_Compute]) -> _Compute:
        def extreme(held: Values) -> Any:
            known = [value for choice in inner if (value := choice(held)) is not None]
            return best(known) if known else None

        return extreme

    return build


def _root(inner: Sequence[_Compute]) -> _Compute:
    (only,) = inner

    def root(held: Values) -> float | None:
        value = only(held)
        return None if value is None else math.sqrt(value)

    return root


def _unpack(inner: Sequence[_Compute]) -> _Compute:
    (only,) = inner

    def unpack(held: Values) -> int | None:
        value = only(held)
        if value is None:
            return None
        left = abs(value) % SCORE_BASE  # the engines' whole quotient is the one nearer to zero
        return int(left if value >= 0 else -left)

    return unpack


_ARITHMETIC = frozenset({"+", "-", "*"})
_INFIX: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
}
_CALLS: dict[str, Callable[[Sequence[_Compute]], _Compute]] = {
    "AND": _and,
    "OR": _or,
    "NOT": _not,
    "IS NOT NULL": _is_known,
    "COALESCE": _coalesce,
    "GREATEST": _extreme(max),
    "LEAST": _extreme(min),
    "SQRT": _root,
    "UNPACK": _unpack,
}
