from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from tests.training.books import made_rows
from training.config import load_config
from training.population import Rows
from training.search.folds import search_folds
from training.windows import FIT, customer_parts, month_ends

CONFIG = replace(load_config(), search=replace(load_config().search, folds=3))
GAP = np.timedelta64(90 + 30, "D")


def book_of(days, customers=150):
    """Return rows of the same customers on every one of these days."""
    rows = made_rows(customers * len(days), 4)
    ids = tuple(f"c{n:04d}" for n in range(customers)) * len(days)
    as_of = np.repeat(np.array(days, dtype="datetime64[D]"), customers)
    return Rows(replace(rows.snapshots, customer_ids=ids, as_of=as_of), rows.defaulted)


LONG = book_of(month_ends(date(2022, 1, 1), date(2023, 3, 31)))
SHORT = book_of(month_ends(date(2022, 1, 1), date(2022, 6, 30)))


def folds_of(rows, config=CONFIG, horizon_days=90):
    return search_folds(rows, config, horizon_days=horizon_days)


def test_judged_rows_are_later_than_every_label_that_was_fitted_on():
    found = folds_of(LONG)
    as_of = LONG.snapshots.as_of

    assert found.kind == "time"
    for fold in found.folds:
        trained = fold.fit | fold.calibrate
        assert as_of[trained].max() + GAP < as_of[fold.judged].min()
    assert "fitted on 9 dates 2022-01-31 to 2022-09-30" in found.reason
    assert "judged on 3 dates 2023-01-31 to 2023-03-31" in found.reason


@pytest.mark.parametrize("rows", [LONG, SHORT], ids=["time", "customer"])
def test_no_customer_is_in_two_parts_of_a_fold(rows):
    ids = np.array(rows.snapshots.customer_ids)

    for fold in folds_of(rows).folds:
        parts = [set(ids[part]) for part in (fold.fit, fold.calibrate, fold.judged)]
        assert sum(len(part) for part in parts) == len(set.union(*parts))
        assert all(parts)


@pytest.mark.parametrize("rows", [LONG, SHORT], ids=["time", "customer"])
def test_every_judged_row_is_judged_once(rows):
    found = folds_of(rows)
    times = np.sum([fold.judged for fold in found.folds], axis=0)
    judged = np.isin(rows.snapshots.as_of, np.array(found.judged_days, dtype="datetime64[D]"))

    assert (times == judged).all()


def test_a_short_fit_window_is_told_and_grouped_by_customer_only():
    found = folds_of(SHORT)

    assert found.kind == "customer"
    assert found.fitted_days == found.judged_days
    assert "the fit window of 6 dates 2022-01-31 to 2022-06-30 is too short" in found.reason
    assert "120 days of horizon and reporting lag between" in found.reason


def test_few_defaults_in_a_window_mean_folds_of_customers():
    many = replace(CONFIG, windows=replace(CONFIG.windows, least_defaults=10_000))

    found = folds_of(LONG, many)

    assert found.kind == "customer"
    assert "fewer than 10000 defaults" in found.reason


def test_customers_that_the_split_put_into_the_fit_part_can_still_be_calibrated_on():
    parts = customer_parts(LONG.snapshots.customer_ids, CONFIG.windows)
    fit = LONG.where(parts == FIT)

    for fold in folds_of(fit).folds:
        share = fold.calibrate.sum() / (fold.calibrate.sum() + fold.fit.sum())
        assert 0.1 < share < 0.45


def test_folds_do_not_depend_on_the_seed():
    one, other = folds_of(LONG), folds_of(LONG, CONFIG.with_options(seed=9))

    for left, right in zip(one.folds, other.folds, strict=True):
        assert (left.judged == right.judged).all()
        assert (left.calibrate == right.calibrate).all()
