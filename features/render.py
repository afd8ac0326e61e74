"""Render features into one SQL query: a fold per relation, joined to the pairs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from features.expression import (
    Aggregate,
    AsOf,
    Column,
    Expr,
    Literal,
    Op,
    Ratio,
    When,
    aggregates,
)
from features.relations import RELATIONS, SCORE_BASE

_INFIX = frozenset({"+", "-", "*", "<", "<=", ">", ">=", "=", "AND", "OR"})
_CALLS = frozenset({"COALESCE", "GREATEST", "LEAST"})


class Named(Protocol):
    """Anything with a name and an expression: a feature."""

    @property
    def name(self) -> str:
        """The column's name."""

    @property
    def value(self) -> Expr:
        """What the column holds."""


@dataclass(frozen=True)
class Dialect:
    """What an engine spells its own way.

    Attributes
    ----------
    double : str
        The eight-byte floating type.
    median : callable
        The median of an expression that may be null.
    floor_divide : callable
        The whole quotient of two integers.
    """

    double: str
    median: Callable[[str], str]
    floor_divide: Callable[[str, int], str]


def present_relations(tables: Collection[str]) -> frozenset[str]:
    """Return the relations whose ledger tables are all there."""
    return frozenset(n for n, base in RELATIONS.items() if set(base.needs) <= set(tables))


def fold_names(features: Sequence[Named], present: Collection[str]) -> dict[Aggregate, str]:
    """Return the aggregates that features need, each with its column in `snapshot_query`."""
    found = (fold for feature in features for fold in aggregates(feature.value))
    folds = dict.fromkeys(fold for fold in found if fold.relation in present)
    return {fold: f"{fold.relation}_{place}" for place, fold in enumerate(folds)}


def snapshot_query(
    features: Sequence[Named],
    present: Collection[str],
    dialect: Dialect,
    *,
    folded: Collection[str] = (),
) -> str:
    """Return the query that yields one row per pair: customer_id, as_of, then the features.

    Parameters
    ----------
    features : sequence of Named
        Each with its expression, in the order of the columns wanted.
    present : collection of str
        Relations that the ledger can tell; an aggregate over another is null.
    dialect : Dialect
        The engine's own spellings.
    folded : collection of str
        Relations whose aggregates are there already: then the query reads the table
        ``pairs_folded``, which has the pairs with the columns of `fold_names`.
    """
    names = fold_names(features, present)
    relations = [r for r in dict.fromkeys(fold.relation for fold in names) if r not in folded]
    ctes = [_fold_cte(r, {f: n for f, n in names.items() if f.relation == r}, dialect)
            for r in relations]  # fmt: skip
    render = _Final(names, dialect, folded)
    columns = [f"CAST({render(f.value)} AS {dialect.double}) AS {f.name}" for f in features]
    joins = [
        f"LEFT JOIN fold_{r} ON fold_{r}.customer_id = p.customer_id AND fold_{r}.as_of = p.as_of"
        for r in relations
    ]
    with_clause = "WITH " + ",\n".join(ctes) + "\n" if ctes else ""
    return (
        with_clause
        + "SELECT p.customer_id, p.as_of,\n  "
        + ",\n  ".join(columns)
        + f"\nFROM {'pairs_folded' if folded else 'pairs'} AS p\n"
        + "\n".join(joins)
    )


def row_query(relation: str, where: Expr, columns: Sequence[str]) -> str:
    """Return the query that yields the rows of a relation that a predicate selects."""
    base = RELATIONS[relation]
    chosen = ", ".join(f"r.{column}" for column in ("customer_id", "as_of", *columns))
    return f"SELECT {chosen} FROM ({base.sql}) AS r WHERE {row_sql(where)}"


def row_sql(node: Expr) -> str:
    """Return the SQL of a row expression over an alias ``r`` with its ``as_of``."""
    return _render(node, row_sql, _row_leaf)


def _fold_cte(relation: str, names: dict[Aggregate, str], dialect: Dialect) -> str:
    folds = ",\n    ".join(f"{_fold_sql(fold, dialect)} AS {name}" for fold, name in names.items())
    return (
        f"fold_{relation} AS (\n  SELECT r.customer_id, r.as_of,\n    {folds}\n"
        f"  FROM ({RELATIONS[relation].sql}) AS r\n  GROUP BY r.customer_id, r.as_of)"
    )


def _fold_sql(fold: Aggregate, dialect: Dialect) -> str:
    value = row_sql(fold.value)
    if fold.where is not None:
        value = f"CASE WHEN {row_sql(fold.where)} THEN {value} END"
    if fold.kind == "MEDIAN":
        return dialect.median(value)
    return f"{fold.kind}({value})"


def _row_leaf(node: Expr) -> str:
    match node:
        case Column(name=name):
            return f"r.{name}"
        case AsOf():
            return "r.as_of"
        case _:
            message = f"{node!r} cannot stand in a row expression."
            raise TypeError(message)


class _Final:
    """Render the part of a feature above its aggregates."""

    def __init__(
        self, names: dict[Aggregate, str], dialect: Dialect, folded: Collection[str]
    ) -> None:
        self._names = names
        self._dialect = dialect
        self._folded = folded

    def __call__(self, node: Expr) -> str:
        match node:
            case Ratio(above=above, below=below):
                return (
                    f"(CAST({self(above)} AS {self._dialect.double}) / "
                    f"NULLIF(CAST({self(below)} AS {self._dialect.double}), 0))"
                )
            case Op(name="SQRT", args=(value,)):
                return f"SQRT({self(value)})"
            case Op(name="UNPACK", args=(value,)):
                inner = self(value)
                return f"({inner} - {self._dialect.floor_divide(inner, SCORE_BASE)} * {SCORE_BASE})"
            case _:
                return _render(node, self, self._leaf)

    def _leaf(self, node: Expr) -> str:
        if isinstance(node, AsOf):
            return "p.as_of"
        if isinstance(node, Aggregate):
            return self._fold(node)
        message = f"{node!r} cannot stand above an aggregate."
        raise TypeError(message)

    def _fold(self, fold: Aggregate) -> str:
        if fold not in self._names:
            return "CAST(NULL AS BIGINT)"
        table = "p" if fold.relation in self._folded else f"fold_{fold.relation}"
        name = f"{table}.{self._names[fold]}"
        return f"COALESCE({name}, 0)" if fold.kind in ("COUNT", "SUM") else name


def _render(node: Expr, inner: Callable[[Expr], str], leaf: Callable[[Expr], str]) -> str:
    match node:
        case Literal(value=int(value)):
            return str(value)
        case Literal(value=str(word)):
            return f"'{word}'"
        case Op(name="NOT", args=(only,)):
            return f"NOT ({inner(only)})"
        case Op(name="IS NOT NULL", args=(only,)):
            return f"({inner(only)} IS NOT NULL)"
        case Op(name="+", args=(Op(name="+") as left, right)):
            # the same sum: Spark's parser looks ahead from each bracket to its end, for seconds
            return f"({inner(left)[1:-1]} + {inner(right)})"
        case Op(name=name, args=(left, right)) if name in _INFIX:
            return f"({inner(left)} {name} {inner(right)})"
        case Op(name=name, args=args) if name in _CALLS:
            return f"{name}({', '.join(inner(a) for a in args)})"
        case When(condition=condition, then=then, otherwise=otherwise):
            tail = "" if otherwise is None else f" ELSE {inner(otherwise)}"
            return f"CASE WHEN {inner(condition)} THEN {inner(then)}{tail} END"
        case _:
            return leaf(node)
