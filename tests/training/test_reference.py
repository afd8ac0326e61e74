from datetime import date

import numpy as np
import pytest

from features.errors import LedgerError
from tests.training.books import made_rows, rows_of
from training.reference import book_of, medoid, reference_customer


def summed_distances(values):
    """Return each row's summed L1 distance over ranks, pair by pair."""
    places = np.full(values.shape, np.nan)
    for j, column in enumerate(values.T):
        known = column[~np.isnan(column)]
        for i, value in enumerate(column):
            if not np.isnan(value):
                below, equal = (known < value).sum(), (known == value).sum()
                places[i, j] = (below + equal / 2) / len(known)
    unknown = np.isnan(places)
    total = np.zeros(len(values))
    for i in range(len(values)):
        for k in range(len(values)):
            both, one = unknown[i] & unknown[k], unknown[i] ^ unknown[k]
            gap = np.where(one, 1.0, np.abs(places[i] - places[k]))
            total[i] += np.where(both, 0.0, gap).sum()
    return total


@pytest.mark.parametrize("seed", range(6))
def test_medoid_has_the_smallest_sum_of_distances_by_brute_force(seed):
    generator = np.random.default_rng(seed)
    values = np.round(generator.normal(size=(40, 5)), 1)
    values[generator.uniform(size=values.shape) < 0.2] = np.nan

    total = summed_distances(values)

    assert total[medoid(values)] == pytest.approx(total.min())


def test_medoid_of_equals_is_the_first():
    assert medoid(np.ones((4, 3))) == 0
    assert medoid(np.full((3, 2), np.nan)) == 0


def test_reference_customer_is_a_real_row_of_a_good_exposed_customer():
    rows = made_rows(800, 1)
    exposed = np.arange(800) % 2 == 0
    rows.snapshots.values[:, rows.snapshots.names.index("is_exposed")] = exposed

    found = reference_customer(rows, sample=300)

    same = [
        i for i in range(800) if np.array_equal(rows.snapshots.values[i], [*found.values()], True)
    ]
    assert len(same) == 1
    assert exposed[same[0]]
    assert not rows.defaulted[same[0]]


def test_reference_customer_does_not_depend_on_the_order_of_rows():
    rows = made_rows(500, 1)
    order = np.random.default_rng(0).permutation(500)
    mixed = type(rows)(rows.snapshots.take(order), rows.defaulted[order])

    found, again = reference_customer(rows, sample=100), reference_customer(mixed, sample=100)

    assert np.array_equal([*found.values()], [*again.values()], equal_nan=True)


def test_reference_customer_is_looked_for_among_the_latest_rows():
    early, late = date(2025, 1, 31), date(2025, 6, 30)
    rows = rows_of(
        {"tenure_days": [10, 20, 30, 500, 510, 520]},
        [False] * 6,
        customer_ids=["a", "b", "c"] * 2,
        days=[early] * 3 + [late] * 3,
    )

    assert reference_customer(rows, sample=10)["tenure_days"] == 510


def test_reference_customer_is_any_good_one_where_none_is_exposed():
    rows = rows_of({"is_exposed": [0, 0], "tenure_days": [1, 2]}, [True, False])

    assert reference_customer(rows, sample=10)["tenure_days"] == 2


def test_no_good_customer_is_an_error():
    with pytest.raises(LedgerError, match="Every customer of the fit rows defaulted"):
        reference_customer(rows_of({}, [True, True]), sample=10)


def test_book_holds_quantiles_of_trade_and_the_on_time_rate_by_invoice():
    rows = rows_of(
        {
            "invoice_amount_365d": [0, 50, 100],
            "invoice_count_365d": [0, 1, 2],
            "invoices_due_365d": [0, 1, 3],
            "on_time_rate_365d": [np.nan, 0.0, 1.0],
        },
        [False, False, True],
    )

    book = book_of(rows)

    assert book.on_time_rate == pytest.approx(3 / 4)
    assert book.amount_quantiles.shape == (101,)
    assert book.amount_quantiles[[0, 50, 100]].tolist() == [0, 50, 100]
    assert book.count_quantiles[[0, 50, 100]].tolist() == [0, 1, 2]


def test_book_without_an_invoice_due_is_an_error():
    with pytest.raises(LedgerError, match="so the book has no on-time rate"):
        book_of(rows_of({"on_time_rate_365d": [np.nan]}, [False]))
