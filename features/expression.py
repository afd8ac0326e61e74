"""The small specification in which features are written; it renders portable SQL.

An expression is a tree of frozen nodes. A row expression speaks of one row of a
relation (`items.due_on <= AS_OF`), an aggregate folds the rows of a relation for one
customer and day (`count(items, where)`), and a feature combines aggregates. Day numbers
and minor units are integers, so sums are exact on every engine and in any order; a
ratio is formed once, at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

FAR = 2_000_000  # the day number of an open date: far beyond any day of a ledger


class Expr:
    """A node of the specification; operators build larger nodes."""

    def __add__(self, other: Expr | int) -> Expr:
        """Return the sum."""
        return Op("+", (self, lift(other)))

    def __sub__(self, other: Expr | int) -> Expr:
        """Return the difference."""
        return Op("-", (self, lift(other)))

    def __mul__(self, other: Expr | int) -> Expr:
        """Return the product."""
        return Op("*", (self, lift(other)))

    def __lt__(self, other: Expr | int) -> Expr:
        """Return the comparison."""
        return Op("<", (self, lift(other)))

    def __le__(self, other: Expr | int) -> Expr:
        """Return the comparison."""
        return Op("<=", (self, lift(other)))

    def __gt__(self, other: Expr | int) -> Expr:
        """Return the comparison."""
        return Op(">", (self, lift(other)))

    def __ge__(self, other: Expr | int) -> Expr:
        """Return the comparison."""
        return Op(">=", (self, lift(other)))

    def __and__(self, other: Expr) -> Expr:
        """Return the conjunction."""
        return Op("AND", (self, other))

    def __or__(self, other: Expr) -> Expr:
        """Return the disjunction."""
        return Op("OR", (self, other))

    def __invert__(self) -> Expr:
        """Return the negation."""
        return Op("NOT", (self,))

    def equals(self, other: Expr | int | str) -> Expr:
        """Return the test for equality (`==` stays Python's own)."""
        return Op("=", (self, lift(other)))

    def is_known(self) -> Expr:
        """Return the test that the value is not null."""
        return Op("IS NOT NULL", (self,))


@dataclass(frozen=True)
class Column(Expr):
    """A column of the relation that the enclosing aggregate folds."""

    name: str


@dataclass(frozen=True)
class Literal(Expr):
    """A constant integer or code word of the specification, never a user's input."""

    value: int | str


@dataclass(frozen=True)
class AsOf(Expr):
    """The as-of date of the row, as a day number."""


@dataclass(frozen=True)
class Op(Expr):
    """An operator applied to its arguments."""

    name: str
    args: tuple[Expr, ...]


@dataclass(frozen=True)
class When(Expr):
    """One value where a condition holds and another, or null, where it does not."""

    condition: Expr
    then: Expr
    otherwise: Expr | None


@dataclass(frozen=True)
class Aggregate(Expr):
    """A fold over the rows of a relation for one customer and day."""

    kind: str
    relation: str
    value: Expr
    where: Expr | None


@dataclass(frozen=True)
class Ratio(Expr):
    """A quotient in double precision; null where the divisor is zero or null."""

    above: Expr
    below: Expr


@dataclass(frozen=True)
class Relation:
    """A set of rows that features may fold; its columns read as attributes."""

    name: str
    columns: tuple[str, ...]

    key: ClassVar[tuple[str, ...]] = ("customer_id", "as_of")

    def __getattr__(self, name: str) -> Column:
        """Return a column of the relation."""
        if name.startswith("__") or name not in self.columns:
            message = f"Relation {self.name} has no column {name!r}; it has {self.columns}."
            raise AttributeError(message)
        return Column(name)


AS_OF = AsOf()


def lift(value: Expr | int | str) -> Expr:
    """Return a node for a constant, and a node as it is."""
    return value if isinstance(value, Expr) else Literal(value)


def within(day: Expr, days: int) -> Expr:
    """Return the test that a day lies in (as_of − days, as_of]."""
    return (day > AS_OF - days) & (day <= AS_OF)


def count(relation: Relation, where: Expr | None = None) -> Expr:
    """Return the number of rows, 0 when there are none."""
    return Aggregate("COUNT", relation.name, Literal(1), where)


def total(relation: Relation, value: Expr, where: Expr | None = None) -> Expr:
    """Return the sum of a value, 0 when there are no rows."""
    return Aggregate("SUM", relation.name, value, where)


def largest(relation: Relation, value: Expr, where: Expr | None = None) -> Expr:
    """Return the largest value, null when there are no rows."""
    return Aggregate("MAX", relation.name, value, where)


def smallest(relation: Relation, value: Expr, where: Expr | None = None) -> Expr:
    """Return the smallest value, null when there are no rows."""
    return Aggregate("MIN", relation.name, value, where)


def median(relation: Relation, value: Expr, where: Expr | None = None) -> Expr:
    """Return the median of a value, null when there are no rows."""
    return Aggregate("MEDIAN", relation.name, value, where)


def ratio(above: Expr | int, below: Expr | int) -> Expr:
    """Return a quotient, null where the divisor is zero or null."""
    return Ratio(lift(above), lift(below))


def positive(value: Expr) -> Expr:
    """Return a value where it is above zero, else null: a divisor that makes sense."""
    return when(value > 0, value)


def when(condition: Expr, then: Expr | int, otherwise: Expr | int | None = None) -> Expr:
    """Return one value where a condition holds, else the other, else null."""
    return When(condition, lift(then), None if otherwise is None else lift(otherwise))


def coalesce(*choices: Expr | int) -> Expr:
    """Return the first value that is not null."""
    return Op("COALESCE", tuple(lift(c) for c in choices))


def greatest(*choices: Expr | int) -> Expr:
    """Return the largest of some values, none of which may be null."""
    return Op("GREATEST", tuple(lift(c) for c in choices))


def least(*choices: Expr | int) -> Expr:
    """Return the smallest of some values, none of which may be null."""
    return Op("LEAST", tuple(lift(c) for c in choices))


def root(value: Expr) -> Expr:
    """Return the square root in double precision."""
    return Op("SQRT", (value,))


def whole(value: Expr) -> Expr:
    """Return the integer part of the quotient by the packing base; see `relations`."""
    return Op("UNPACK", (value,))


def children(node: Expr) -> tuple[Expr, ...]:
    """Return the nodes directly below a node."""
    match node:
        case Op(args=args):
            return args
        case When(condition=condition, then=then, otherwise=otherwise):
            return (condition, then) + (() if otherwise is None else (otherwise,))
        case Aggregate(value=value, where=where):
            return (value,) + (() if where is None else (where,))
        case Ratio(above=above, below=below):
            return (above, below)
        case _:
            return ()


def aggregates(node: Expr) -> Iterator[Aggregate]:
    """Yield the aggregates of an expression, outermost first."""
    if isinstance(node, Aggregate):
        yield node
        return
    for child in children(node):
        yield from aggregates(child)


def relations_of(node: Expr) -> frozenset[str]:
    """Return the names of the relations that an expression folds."""
    return frozenset(found.relation for found in aggregates(node))
