"""Features of one customer in this process: the specification folded over its rows.

The same trees that `features.render` turns into SQL are turned once into a program: each
distinct sub-expression is one step over the columns of its relation, each aggregate one
number, and what stands above the aggregates plain arithmetic. It gives the very values that
the SQL gives: integers are exact, and a double is formed where the SQL forms it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.engines.above import Values, above_aggregates
from features.engines.vectors import (
    LARGEST,
    OPERATORS,
    TOO_LARGE,
    Operator,
    Vector,
    choose,
    column,
    scalar,
)
from features.errors import LedgerError
from features.expression import (
    Aggregate,
    AsOf,
    Column,
    Expr,
    Literal,
    Op,
    When,
    aggregates,
)
from features.render import Named

Rows = Sequence[tuple[Any, ...]]
_FOLDS: dict[str, Callable[[Any], Any]] = {
    "MAX": lambda chosen: chosen.max().item(),
    "MIN": lambda chosen: chosen.min().item(),
    "MEDIAN": lambda chosen: _median(chosen),
}


class Program:
    """Features as steps over the rows of one customer.

    Attributes
    ----------
    columns : dict of str to tuple of str
        Relations that the features fold, and the columns that they read of each.
    """

    def __init__(self, features: Sequence[Named]) -> None:
        """Translate features; sub-expressions that they share become one step.

        Raises
        ------
        TypeError
            If an expression stands where it cannot, as `features.render` says it too.
        """
        found = (fold for feature in features for fold in aggregates(feature.value))
        by_relation: dict[str, list[Aggregate]] = {}
        places: dict[Aggregate, int] = {}
        for fold in dict.fromkeys(found):
            places[fold] = len(places)
            by_relation.setdefault(fold.relation, []).append(fold)
        self._relations = {
            name: _RelationProgram(folds, [places[fold] for fold in folds])
            for name, folds in by_relation.items()
        }
        self._count = len(places)
        self._above = above_aggregates([feature.value for feature in features], places)
        self.columns = {name: steps.columns for name, steps in self._relations.items()}

    def values(self, rows: Mapping[str, Rows], as_of: int) -> list[float]:
        """Return the value of each feature; NaN is unknown.

        Parameters
        ----------
        rows : mapping of str to sequence of tuple
            The rows of each relation that the ledger can tell, their values in the order of
            `columns`; an aggregate over a relation that is not there is null.
        as_of : int
            The day's number.

        Raises
        ------
        LedgerError
            If a number leaves 64 bits where the SQL engines refuse it.
        """
        folded: Values = [None] * self._count
        for name, steps in self._relations.items():
            if name in rows:
                steps.fold(rows[name], as_of, folded)
        return self._above(folded, as_of)


@dataclass(frozen=True)
class _Fold:
    """An aggregate: its place among all, and the steps that give value and condition."""

    place: int
    kind: str
    value: int
    where: int | None


class RowSteps:
    """Row expressions over the rows of one relation; a step reads the ones before it.

    Attributes
    ----------
    columns : tuple of str
        The columns that the expressions read, in the order in which a row begins with them.
    """

    def __init__(self, wanted: Sequence[Expr]) -> None:
        """Translate expressions; sub-expressions that they share become one step.

        Raises
        ------
        TypeError
            If an expression is none of a row.
        """
        self._steps: list[tuple[Operator, tuple[int, ...]]] = []
        self._slots: dict[Expr, int] = {}
        for node in wanted:
            _gather_leaves(node, self._slots)
        self._leaves = list(self._slots)
        self.columns = tuple(leaf.name for leaf in self._leaves if isinstance(leaf, Column))
        self._wanted = [self._slot(node) for node in wanted]

    def __call__(self, rows: Rows, as_of: int) -> list[Vector]:
        """Return the value of each expression on every row.

        Parameters
        ----------
        rows : sequence of tuple
            At least one; each begins with the values of `columns`.
        as_of : int
            The day's number.
        """
        slots = self._filled(rows, as_of)
        for operator, arguments in self._steps:
            slots.append(operator(*[slots[place] for place in arguments]))
        return [slots[place] for place in self._wanted]

    def _filled(self, rows: Rows, as_of: int) -> list[Vector]:
        columns = zip(*rows, strict=True)
        return [
            column(next(columns)) if isinstance(leaf, Column)
            else scalar(as_of if isinstance(leaf, AsOf) else leaf.value)  # type: ignore[attr-defined]
            for leaf in self._leaves
        ]  # fmt: skip

    def _slot(self, node: Expr) -> int:
        if node in self._slots:
            return self._slots[node]
        operator, arguments = _step(node)
        places = tuple(self._slot(argument) for argument in arguments)
        self._steps.append((operator, places))
        self._slots[node] = len(self._leaves) + len(self._steps) - 1
        return self._slots[node]


class _RelationProgram:
    """The aggregates over the rows of one relation."""

    def __init__(self, folds: Sequence[Aggregate], places: Sequence[int]) -> None:
        nodes = dict.fromkeys(
            node for fold in folds for node in (fold.value, fold.where) if node is not None
        )
        order = {node: place for place, node in enumerate(nodes)}
        self._steps = RowSteps(list(nodes))
        self.columns = self._steps.columns
        self._folds = [
            _Fold(
                place,
                fold.kind,
                order[fold.value],
                None if fold.where is None else order[fold.where],
            )
            for fold, place in zip(folds, places, strict=True)
        ]

    def fold(self, rows: Rows, as_of: int, folded: Values) -> None:
        """Write each aggregate over the rows to its place."""
        if not rows:
            for fold in self._folds:
                folded[fold.place] = 0 if fold.kind in ("COUNT", "SUM") else None
            return
        found = self._steps(rows, as_of)
        for fold in self._folds:
            where = None if fold.where is None else found[fold.where]
            folded[fold.place] = _folded(fold.kind, found[fold.value], where, len(rows))


def _gather_leaves(node: Expr, leaves: dict[Expr, int]) -> None:
    if isinstance(node, Column | AsOf | Literal):
        leaves.setdefault(node, len(leaves))
        return
    for argument in _step(node)[1]:
        _gather_leaves(argument, leaves)


def _step(node: Expr) -> tuple[Operator, tuple[Expr, ...]]:
    match node:
        case Op(name=name, args=args) if name in OPERATORS:
            return OPERATORS[name], args
        case When(condition=condition, then=then, otherwise=None):
            return _choose_or_null, (condition, then)
        case When(condition=condition, then=then, otherwise=otherwise) if otherwise is not None:
            return choose, (condition, then, otherwise)
        case _:
            message = f"{node!r} cannot stand in a row expression."
            raise TypeError(message)


def _choose_or_null(condition: Vector, then: Vector) -> Vector:
    return choose(condition, then, None)


def _folded(kind: str, value: Vector, where: Vector | None, rows: int) -> Any:
    """Return an aggregate over the rows that are chosen and not null."""
    if value.over is not None or (where is not None and where.over is not None):
        _refuse_over(value, where)
    chosen = None if where is None else where.values
    if value.nulls is not None:
        chosen = ~value.nulls if chosen is None else chosen & ~value.nulls
    if kind == "COUNT":
        return rows if chosen is None else _counted(chosen, rows)
    values = value.values
    if not isinstance(values, np.ndarray) or not values.shape:
        values = np.full(rows, values)
    if chosen is not None:
        values = values[np.broadcast_to(chosen, rows)]
    if kind == "SUM":
        return _sum(values, value.bound)
    return _FOLDS[kind](values) if len(values) else None


def _counted(chosen: Any, rows: int) -> int:
    many = int(np.count_nonzero(chosen))
    return many if np.ndim(chosen) else many * rows


def _sum(values: Any, bound: int) -> int | float:
    if values.dtype.kind == "f":
        # one after the other, as the engines add them
        return float(np.add.accumulate(values)[-1]) if len(values) else 0
    if bound * len(values) <= LARGEST:
        return int(values.sum())
    return int(sum(values.tolist()))


def _median(chosen: Any) -> float:
    ordered = sorted(chosen.tolist())
    middle, odd = divmod(len(ordered), 2)
    if odd:
        return float(ordered[middle])
    low, high = float(ordered[middle - 1]), float(ordered[middle])
    return low + (high - low) * 0.5


def _refuse_over(value: Vector, where: Vector | None) -> None:
    over = value.over
    if where is not None:
        over = None if over is None else over & where.values
        if where.over is not None:
            over = where.over if over is None else over | where.over
    if over is not None and np.any(over):
        raise LedgerError(TOO_LARGE)
