"""From the specification to SQL: what it says, and what it gives when DuckDB runs it."""

from dataclasses import dataclass

import duckdb
import pytest

from features.catalogue import CATALOGUE
from features.engines.duckdb import DUCKDB
from features.expression import (
    AS_OF,
    Expr,
    coalesce,
    count,
    greatest,
    largest,
    least,
    median,
    ratio,
    root,
    smallest,
    total,
    when,
    whole,
    within,
)
from features.relations import ITEMS, ORDERS, RELATIONS, SCORE_BASE
from features.render import present_relations, row_query, row_sql, snapshot_query

items = ITEMS.relation
orders = ORDERS.relation


@dataclass(frozen=True)
class Plain:
    """A name and an expression."""

    name: str
    value: Expr


def answer(expression: Expr, present: frozenset[str] = frozenset(RELATIONS)) -> float | None:
    """Return what an expression gives of two invoices of 100.00 and 50.00, due on days 10, 20."""
    query = snapshot_query([Plain("x", expression)], present, DUCKDB)
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE pairs AS SELECT 'c' AS customer_id, 30 AS as_of")
        connection.execute(
            "CREATE TABLE fact_items AS SELECT 'c' AS customer_id, 'i' || n AS invoice_id, "
            "NULL::VARCHAR AS order_id, 0 AS issued_on, n * 10 AS due_on, 10000 // n AS amount, "
            "2000000 AS disputed_on, 0 AS known_from, 2000000 AS known_to, 2000000 AS settled_on, "
            "10000 // n AS outstanding FROM range(1, 3) AS r(n)"
        )
        found: float | None = connection.execute(query).fetchall()[0][2]
    return found


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        (count(items), 2),
        (count(items, items.due_on > 10), 1),
        (count(items, items.due_on > 99), 0),
        (total(items, items.amount), 15_000),
        (total(items, items.amount, items.due_on > 99), 0),
        (largest(items, items.due_on), 20),
        (largest(items, items.due_on, items.due_on > 99), None),
        (smallest(items, items.due_on), 10),
        (median(items, items.due_on), 15),
        (ratio(total(items, items.amount), count(items)), 7_500),
        (ratio(1, count(items, items.due_on > 99)), None),
        (ratio(1, 3), 1 / 3),
        (count(items, within(items.due_on, 20)), 1),
        (count(items, within(items.due_on, 21)), 2),
        (AS_OF - largest(items, items.due_on), 10),
        (coalesce(largest(items, items.due_on, items.due_on > 99), -1), -1),
        (greatest(count(items), 5), 5),
        (least(count(items), 5), 2),
        (root(count(items) + 2), 2),
        (when(count(items) > 1, 7), 7),
        (when(count(items) > 2, 7), None),
        (when(count(items) > 2, 7, 8), 8),
        (when(~(count(items) > 2), 1, 0), 1),
        (when(largest(items, items.due_on).is_known(), 1, 0), 1),
        (when((count(items) > 9) | (count(items).equals(2)), 1, 0), 1),
        (whole(largest(items, items.due_on) * SCORE_BASE + 7), 7),
    ],
)
def test_an_expression_gives_what_it_says(expression: Expr, wanted: float | None) -> None:
    assert answer(expression) == wanted


def test_a_fold_over_an_absent_table_is_unknown() -> None:
    without = frozenset(RELATIONS) - {"orders"}
    assert answer(count(orders), without) is None
    assert answer(coalesce(count(orders), 0) + count(items), without) == 2


def test_a_fold_used_twice_is_computed_once() -> None:
    twice = count(items) + count(items)
    query = snapshot_query([Plain("x", twice), Plain("y", twice)], RELATIONS, DUCKDB)
    assert query.count("COUNT(1)") == 1


def test_columns_stand_in_the_order_of_the_features() -> None:
    wanted = [Plain("b", count(items)), Plain("a", AS_OF + 0)]
    query = snapshot_query(wanted, RELATIONS, DUCKDB)
    assert query.index(" AS b") < query.index(" AS a")


def test_without_any_fold_the_pairs_alone_are_read() -> None:
    assert snapshot_query([Plain("x", AS_OF + 1)], (), DUCKDB).startswith("SELECT p.customer_id")


def test_a_relation_is_present_when_all_its_tables_are() -> None:
    assert "bad_debts" in present_relations(["bad_debts"])
    assert "items" not in present_relations(["invoices"])
    assert "items" in present_relations(["invoices", "payments"])


def test_a_row_expression_speaks_of_the_row_and_its_day() -> None:
    assert row_sql(items.due_on <= AS_OF) == "(r.due_on <= r.as_of)"


def test_a_row_query_names_pair_and_columns() -> None:
    query = row_query("items", items.amount > 0, ["invoice_id"])
    assert query.startswith("SELECT r.customer_id, r.as_of, r.invoice_id FROM (")
    assert query.endswith("WHERE (r.amount > 0)")


def test_an_aggregate_inside_a_row_expression_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot stand in a row expression"):
        row_sql(count(items) > 0)


def test_a_column_above_the_aggregates_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot stand above an aggregate"):
        snapshot_query([Plain("x", items.amount + 0)], RELATIONS, DUCKDB)


def test_the_whole_catalogue_renders_whatever_tables_there_are() -> None:
    for present in ([], ["items"], list(RELATIONS)):
        query = snapshot_query(CATALOGUE, present, DUCKDB)
        assert all(f" AS {feature.name}" in query for feature in CATALOGUE)
