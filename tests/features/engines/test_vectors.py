"""Row expressions with the null semantics of SQL: what DuckDB itself says of the same rows."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.engines.duckdb import DUCKDB
from features.engines.fold import Program
from features.engines.vectors import column
from features.errors import LedgerError
from features.expression import (
    AS_OF,
    Aggregate,
    Expr,
    Literal,
    Relation,
    coalesce,
    count,
    greatest,
    largest,
    least,
    median,
    positive,
    ratio,
    root,
    smallest,
    total,
    when,
    whole,
)
from features.relations import ITEMS, LEGAL, RELATIONS, SCORE_BASE, SIGNALS
from features.render import snapshot_query

DAY = 30
items = ITEMS.relation
signals = SIGNALS.relation
legal = LEGAL.relation
NUMBERS = ("filed_on", "closed_on", "amount")

numbers = st.one_of(st.none(), st.integers(-50, 50))
words = st.sampled_from([None, "lawsuit", "judgment"])
rows = st.lists(st.tuples(st.integers(-50, 50), numbers, words, numbers), max_size=6)
KINDS = ("COUNT", "SUM", "MAX", "MIN", "MEDIAN")


@dataclass(frozen=True)
class Plain:
    """A name and an expression."""

    name: str
    value: Expr


@dataclass(frozen=True)
class Drawing:
    """Draw expressions of some depth: of rows, or with ``above`` of aggregates."""

    draw: st.DrawFn
    above: bool

    def value(self, depth: int) -> Expr:
        if depth == 0 or self.one_in(4):
            return self.leaf()
        a, b, c = (partial(self.value, depth - 1) for _ in range(3))
        build = self.draw(st.integers(0, 9))
        if build == 9 and self.above:
            return ratio(a(), b())
        return [
            lambda: a() + b(),
            lambda: a() - b(),
            lambda: a() * b(),
            lambda: coalesce(a(), b(), c()),
            lambda: greatest(a(), b(), c()),
            lambda: least(a(), b()),
            lambda: when(self.truth(depth - 1), a(), b()),
            lambda: when(self.truth(depth - 1), a()),
            lambda: positive(a()),
            lambda: a() + 1,
        ][build]()

    def truth(self, depth: int) -> Expr:
        a, b = self.value(depth), self.value(depth)
        if depth == 0 or self.one_in(3):
            choices = [a < b, a <= b, a > b, a >= b, a.equals(b), a.is_known()]
            if not self.above:
                choices.append(legal.kind.equals("lawsuit"))
            return self.draw(st.sampled_from(choices))
        one, other = self.truth(depth - 1), self.truth(depth - 1)
        return self.draw(st.sampled_from([one & other, one | other, ~one]))

    def leaf(self) -> Expr:
        if self.above and not self.one_in(4):
            within = Drawing(self.draw, above=False)
            where = None if self.one_in(3) else within.truth(2)
            kind = self.draw(st.sampled_from(KINDS))
            return Aggregate(kind, "legal", within.value(2), where)
        plain = [AS_OF, Literal(self.draw(st.integers(-9, 9)))]
        columns = [] if self.above else [getattr(legal, name) for name in NUMBERS]
        return self.draw(st.sampled_from(plain + columns))

    def one_in(self, many: int) -> bool:
        return self.draw(st.integers(1, many)) == 1


@st.composite
def features(draw: st.DrawFn) -> list[Expr]:
    return [Drawing(draw, above=True).value(2) for _ in range(draw(st.integers(1, 6)))]


def by_duckdb(expressions: list[Expr], drawn: list[tuple[Any, ...]]) -> list[float | None]:
    query = snapshot_query(
        [Plain(f"x{n}", e) for n, e in enumerate(expressions)], RELATIONS, DUCKDB
    )
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE pairs AS SELECT 'c' AS customer_id, {DAY} AS as_of")
        connection.execute(
            "CREATE TABLE led_legal_events (customer_id VARCHAR, event_id VARCHAR, filed_on "
            "INTEGER, closed_on INTEGER, kind VARCHAR, amount BIGINT, row_from INTEGER, "
            "row_to INTEGER)"
        )
        for row in drawn:
            connection.execute(
                "INSERT INTO led_legal_events VALUES ('c', 'e', ?, ?, ?, ?, -100, 100)", row
            )
        return list(connection.execute(query).fetchall()[0][2:])


def by_program(expressions: list[Expr], drawn: list[tuple[Any, ...]]) -> list[float | None]:
    program = Program([Plain(f"x{n}", e) for n, e in enumerate(expressions)])
    names = ("filed_on", "closed_on", "kind", "amount")
    seen = [row for row in drawn if row[0] <= DAY]
    given_rows = {
        name: [tuple(dict(zip(names, row, strict=True))[c] for c in columns) for row in seen]
        for name, columns in program.columns.items()
    }
    return [None if np.isnan(v) else v for v in program.values(given_rows, DAY)]


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(expressions=features(), drawn=rows)
def test_any_expression_is_what_duckdb_says(expressions: list[Expr], drawn: list[Any]) -> None:
    assert by_program(expressions, drawn) == by_duckdb(expressions, drawn)


def fold_items(expression: Expr, *amounts: object) -> float:
    program = Program([Plain("x", expression)])
    given_rows = [(amount,) for amount in amounts]
    return program.values({name: given_rows for name in program.columns}, DAY)[0]


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        (count(items), 3),
        (count(items, items.amount > 1), 1),
        (total(items, items.amount), 3),
        (largest(items, items.amount), 2),
        (smallest(items, items.amount), 1),
        (median(items, items.amount), 1.5),
        (root(count(items) + 1), 2),
        (whole(largest(items, items.amount) * SCORE_BASE + 7), 7),
        (whole(largest(items, items.amount) * -SCORE_BASE - 7), -7),
    ],
)
def test_a_null_is_in_no_fold_of_a_value(expression: Expr, wanted: float) -> None:
    assert fold_items(expression, 1, 2, None) == wanted


def test_a_sum_is_exact_beyond_64_bits() -> None:
    large = 2**62
    exact = total(items, items.amount) - large
    assert fold_items(exact, large, large, large) == 2 * large


def test_what_leaves_64_bits_is_refused_only_where_it_is_chosen() -> None:
    product = items.amount * items.amount
    with pytest.raises(LedgerError, match="leaves 64 bits"):
        fold_items(total(items, product), 2**40)
    assert fold_items(total(items, product, items.amount < 9), 2**40, 3) == 9
    assert fold_items(count(items, when(items.amount < 9, product, 1) > 0), 2**40, 3) == 2
    with pytest.raises(LedgerError, match="leaves 64 bits"):
        fold_items(largest(items, items.amount) * 1000, 2**60)
    assert fold_items(total(items, items.amount) * 1000, 2**60) == 2**60 * 1000


def test_a_number_of_more_than_64_bits_is_refused() -> None:
    with pytest.raises(LedgerError, match="leaves 64 bits"):
        column([2**63])


def test_doubles_are_added_in_the_order_of_the_rows() -> None:
    added = 0.1 + 0.2 + 0.3 + 1e16 - 1e16
    expression = total(signals, signals.value)
    assert fold_items(expression, 0.1, 0.2, 0.3, 1e16, -1e16) == added


def test_an_expression_out_of_its_place_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot stand in a row expression"):
        Program([Plain("x", count(items, count(items) > 0))])
    with pytest.raises(TypeError, match="cannot stand above an aggregate"):
        Program([Plain("x", Relation("items", ("amount",)).amount + 0)])
