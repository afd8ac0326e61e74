"""The specification: operators build frozen trees, and trees tell what they fold."""

import pytest

from features.expression import (
    AS_OF,
    Aggregate,
    Column,
    Literal,
    Op,
    Relation,
    aggregates,
    children,
    coalesce,
    count,
    largest,
    lift,
    median,
    ratio,
    relations_of,
    total,
    when,
    within,
)

rows = Relation("rows", ("day", "amount", "kind"))


def test_a_relation_gives_its_columns() -> None:
    assert rows.day == Column("day")


def test_a_column_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(AttributeError, match="Relation rows has no column 'colour'; it has .*day"):
        _ = rows.colour


def test_constants_are_lifted_and_nodes_are_left() -> None:
    assert lift(3) == Literal(3)
    day = rows.day
    assert lift(day) is day


def test_operators_build_a_tree() -> None:
    assert (rows.day + 1 <= AS_OF) == Op("<=", (Op("+", (Column("day"), Literal(1))), AS_OF))
    assert ~rows.kind.equals("x") == Op("NOT", (Op("=", (Column("kind"), Literal("x"))),))


def test_equal_trees_are_equal_and_hash_alike() -> None:
    one, other = count(rows, within(rows.day, 90)), count(rows, within(rows.day, 90))
    assert one == other
    assert hash(one) == hash(other)
    assert one != count(rows, within(rows.day, 91))


def test_a_window_leaves_its_first_day_out() -> None:
    assert within(rows.day, 90) == (rows.day > AS_OF - 90) & (rows.day <= AS_OF)


def test_children_are_the_nodes_directly_below() -> None:
    condition = rows.amount > 0
    assert children(when(condition, 1)) == (condition, Literal(1))
    assert children(when(condition, 1, 0)) == (condition, Literal(1), Literal(0))
    assert children(ratio(rows.amount, 2)) == (rows.amount, Literal(2))
    assert children(count(rows)) == (Literal(1),)
    assert children(AS_OF) == ()


def test_aggregates_are_found_wherever_they_stand() -> None:
    whole = coalesce(
        ratio(total(rows, rows.amount), count(rows, rows.amount > 0)),
        when(largest(rows, rows.day) > AS_OF, median(rows, rows.amount)),
    )
    assert [found.kind for found in aggregates(whole)] == ["SUM", "COUNT", "MAX", "MEDIAN"]


def test_relations_are_those_that_are_folded() -> None:
    other = Relation("other", ("day",))
    assert relations_of(count(rows) + count(other)) == {"rows", "other"}
    assert relations_of(AS_OF - 1) == frozenset()


def test_an_aggregate_keeps_its_condition_apart_from_its_value() -> None:
    fold = total(rows, rows.amount, rows.amount > 0)
    assert fold == Aggregate("SUM", "rows", rows.amount, rows.amount > 0)
