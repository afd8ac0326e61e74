"""Snapshots as a matrix: parts that fit, rows and columns, and the way to a file and back."""

import math

import numpy as np
import pyarrow as pa
import pytest

from features.errors import LedgerError
from features.matrix import Snapshots

DAYS = np.array(["2025-01-31", "2025-02-28"], dtype="datetime64[D]")


def drawn() -> Snapshots:
    values = np.array([[1.5, np.nan], [-0.0, 3.0]])
    return Snapshots(("0001", "c2"), DAYS, ("first", "second"), values)


def test_a_row_and_a_column_are_found_by_name() -> None:
    assert drawn().row(1) == {"first": 0.0, "second": 3.0}
    np.testing.assert_array_equal(drawn().column("second"), [np.nan, 3.0])
    assert len(drawn()) == 2


def test_rows_can_be_taken_in_any_order() -> None:
    taken = drawn().take([1, 0, 1])
    assert taken.customer_ids == ("c2", "0001", "c2")
    assert taken.as_of.tolist() == [DAYS[1].item(), DAYS[0].item(), DAYS[1].item()]
    np.testing.assert_array_equal(taken.column("second"), [3.0, np.nan, 3.0])


def test_columns_can_be_selected_in_any_order() -> None:
    chosen = drawn().select(["second", "first"])
    assert chosen.names == ("second", "first")
    np.testing.assert_array_equal(chosen.values, drawn().values[:, ::-1])


def test_a_feature_that_is_missing_is_named() -> None:
    with pytest.raises(LedgerError, match="lack the feature 'third'; compute them again with"):
        drawn().select(["first", "third"])


@pytest.mark.parametrize(
    ("values", "days"), [(np.zeros((2, 3)), DAYS), (np.zeros((2, 2)), DAYS[:1])]
)
def test_parts_that_do_not_belong_together_are_refused(
    values: np.ndarray, days: np.ndarray
) -> None:
    with pytest.raises(ValueError, match="cannot hold values of shape"):
        Snapshots(("a", "b"), days, ("first", "second"), values)


def test_a_table_holds_unknown_as_null_and_days_as_dates() -> None:
    table = drawn().to_arrow()
    assert table.column_names == ["customer_id", "as_of", "first", "second"]
    assert table.schema.field("as_of").type == pa.date32()
    assert table.column("second").null_count == 1


def test_the_way_to_a_table_and_back_changes_nothing() -> None:
    back = Snapshots.from_arrow(drawn().to_arrow())
    assert (back.customer_ids, back.names) == (drawn().customer_ids, drawn().names)
    np.testing.assert_array_equal(back.as_of, drawn().as_of)
    np.testing.assert_array_equal(back.values, drawn().values)
    assert math.copysign(1, back.values[1, 0]) == -1


def test_a_table_of_other_types_is_read_as_well() -> None:
    table = pa.table(
        {
            "customer_id": pa.chunked_array([["a"], ["b"]]),
            "as_of": pa.array(DAYS.astype("datetime64[s]"), pa.timestamp("s")),
            "first": pa.array([1, None], pa.int64()),
        }
    )
    back = Snapshots.from_arrow(table)
    np.testing.assert_array_equal(back.as_of, DAYS)
    np.testing.assert_array_equal(back.column("first"), [1.0, np.nan])


def test_no_rows_make_an_empty_table_and_back() -> None:
    back = Snapshots.from_arrow(drawn().take([]).to_arrow())
    assert (len(back), back.names) == (0, ("first", "second"))
