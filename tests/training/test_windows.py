from datetime import date, timedelta

import numpy as np
import pytest

from training.config import load_config
from training.windows import (
    CALIBRATE,
    FIT,
    TEST,
    covered_month_ends,
    customer_folds,
    customer_parts,
    month_ends,
    time_windows,
)

WINDOWS = load_config().windows
YEARS = month_ends(date(2021, 1, 1), date(2025, 12, 31))
CUSTOMERS = [f"c{n}" for n in range(4000)]


def test_month_ends_know_leap_years_and_both_ends_count():
    found = month_ends(date(2024, 1, 31), date(2024, 3, 31))

    assert found == (date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31))


def test_no_month_ends_within_a_month_or_backwards():
    assert month_ends(date(2024, 2, 1), date(2024, 2, 28)) == ()
    assert month_ends(date(2024, 5, 1), date(2024, 2, 28)) == ()


def test_month_ends_wait_for_history_and_for_their_labels():
    found = covered_month_ends(
        date(2024, 1, 1), date(2025, 12, 31), horizon_days=180, windows=WINDOWS
    )

    assert found[0] == date(2024, 3, 31)  # 90 days after the first invoice
    assert found[-1] + timedelta(days=180 + 30) <= date(2025, 12, 31)
    assert found[-1] == date(2025, 5, 31)


@pytest.mark.parametrize("horizon", [30, 90, 180, 365])
def test_labels_of_a_window_are_known_before_the_next_window_begins(horizon):
    found = time_windows(YEARS, horizon_days=horizon, windows=WINDOWS)

    gap = timedelta(days=horizon + WINDOWS.reporting_lag_days)
    assert max(found.fit) + gap < min(found.calibrate)
    assert max(found.calibrate) + gap < min(found.test)
    assert found.test[-1] == YEARS[-1]


def test_windows_have_about_the_shares_asked_for():
    found = time_windows(YEARS, horizon_days=90, windows=WINDOWS)

    used = len(found.days)
    assert len(found.test) / used == pytest.approx(0.2, abs=0.03)
    assert len(found.calibrate) / used == pytest.approx(0.2, abs=0.03)
    assert len(found.fit) / used == pytest.approx(0.6, abs=0.05)


def test_part_of_a_day_is_that_of_its_window():
    found = time_windows(YEARS, horizon_days=90, windows=WINDOWS)

    assert found.part(found.fit[0]) == FIT
    assert found.part(found.calibrate[0]) == CALIBRATE
    assert found.part(found.test[0]) == TEST


def test_too_few_as_of_dates_leave_no_windows():
    assert time_windows(YEARS[:14], horizon_days=180, windows=WINDOWS) is None
    assert time_windows(YEARS[:1], horizon_days=30, windows=WINDOWS) is None
    assert time_windows((), horizon_days=30, windows=WINDOWS) is None


def test_three_dates_far_enough_apart_are_three_windows():
    days = (date(2023, 6, 30), date(2024, 3, 31), date(2024, 12, 31))

    found = time_windows(days, horizon_days=180, windows=WINDOWS)

    assert (found.fit, found.calibrate, found.test) == (days[:1], days[1:2], days[2:])


def test_customer_never_straddles_parts_or_folds():
    twice = [*CUSTOMERS, *reversed(CUSTOMERS)]

    for found in (customer_parts(twice, WINDOWS), customer_folds(twice, 5)):
        assert (found[: len(CUSTOMERS)] == found[: len(CUSTOMERS) - 1 : -1]).all()


def test_parts_of_customers_have_about_the_shares_asked_for():
    shares = np.bincount(customer_parts(CUSTOMERS, WINDOWS)) / len(CUSTOMERS)

    assert shares == pytest.approx([0.6, 0.2, 0.2], abs=0.03)


def test_folds_are_about_equal_and_do_not_follow_the_parts():
    folds, parts = customer_folds(CUSTOMERS, 5), customer_parts(CUSTOMERS, WINDOWS)

    assert np.bincount(folds) / len(CUSTOMERS) == pytest.approx([0.2] * 5, abs=0.03)
    for fold in range(5):
        assert (parts[folds == fold] == FIT).mean() == pytest.approx(0.6, abs=0.06)


def test_parts_and_folds_are_a_hash_of_the_customer_that_never_changes():
    # a change here would make every stored comparison meaningless
    customers = ["c1", "c2", "c3", "0000611365", "客户"]

    assert customer_parts(customers, WINDOWS).tolist() == [0, 1, 0, 1, 0]
    assert customer_folds(customers, 5).tolist() == [1, 2, 1, 1, 0]
