import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from features.errors import LedgerError
from tests.training.test_validation import with_ties
from training.statistics.discrimination import (
    auc,
    auc_difference,
    auc_fall,
    auc_interval,
    auc_standard_error,
    gini,
    rank_of,
)

DRAWS = {"resamples": 100, "confidence": 0.9, "seed": 1}


def ids_of(n):
    return [f"c{i}" for i in range(n)]


def test_interval_holds_the_auc_and_narrows_with_more_customers():
    widths = []
    for n in (300, 3000):
        told, happened = with_ties(5, n)
        found = auc_interval(told, happened, ids_of(n), resamples=200, confidence=0.95, seed=1)
        assert found.low < found.estimate < found.high
        assert found.estimate == auc(told, happened)
        assert found.confidence == 0.95
        widths.append(found.high - found.low)
    assert widths[1] < widths[0] / 2


def test_interval_resamples_customers_so_repeated_rows_do_not_narrow_it():
    told, happened = with_ties(5, 300)

    once = auc_interval(told, happened, ids_of(300), **DRAWS)
    monthly = auc_interval(np.tile(told, 12), np.tile(happened, 12), ids_of(300) * 12, **DRAWS)

    assert (monthly.low, monthly.high) == pytest.approx((once.low, once.high), abs=1e-12)


def test_interval_is_the_same_for_a_seed_and_another_for_another():
    told, happened = with_ties(5, 300)

    one, same, other = (
        auc_interval(told, happened, ids_of(300), resamples=50, confidence=0.95, seed=seed)
        for seed in (1, 1, 2)
    )

    assert one == same
    assert one != other


def test_interval_is_that_of_a_resampling_written_out_row_by_row():
    told, happened = with_ties(2, 80)
    generator = np.random.default_rng(1)
    # ids are sorted as text when they are numbered
    order = sorted(range(80), key=lambda i: f"c{i}")
    areas = []
    for _ in range(40):
        rows = np.array([order[k] for k in generator.integers(0, 80, 80)])
        areas.append(roc_auc_score(happened[rows], told[rows]))

    found = auc_interval(told, happened, ids_of(80), resamples=40, confidence=0.8, seed=1)

    assert (found.low, found.high) == pytest.approx(np.quantile(areas, [0.1, 0.9]), abs=1e-12)


def test_a_risk_does_not_differ_from_itself_in_any_draw():
    told, happened = with_ties(5, 300)

    found = auc_difference(told, told * 2, happened, ids_of(300), **DRAWS)

    assert (found.estimate, found.low, found.high) == (0, 0, 0)


def test_paired_difference_is_narrower_than_two_intervals_side_by_side():
    told, happened = with_ties(5, 2000)
    noisy = told + np.random.default_rng(3).normal(0, 0.02, 2000)

    found = auc_difference(told, noisy, happened, ids_of(2000), **DRAWS)
    alone = auc_interval(told, happened, ids_of(2000), **DRAWS)

    assert found.estimate == pytest.approx(auc(told, happened) - auc(noisy, happened))
    assert found.low < found.estimate < found.high
    assert found.high - found.low < (alone.high - alone.low) / 2


def test_difference_changes_sign_with_the_sides():
    told, happened = with_ties(5, 400)
    other = np.random.default_rng(3).uniform(size=400)

    one = auc_difference(told, other, happened, ids_of(400), **DRAWS)
    back = auc_difference(other, told, happened, ids_of(400), **DRAWS)

    assert one.low > 0
    assert (back.low, back.high) == pytest.approx((-one.high, -one.low), abs=1e-12)


def test_grades_rank_by_their_place_and_equal_grades_are_ties():
    grades = ["A", "B", "B", "D"]
    happened = np.array([False, False, True, True])

    risk = rank_of(grades, ("A", "B", "C", "D"))

    # of four pairs: D beats both, B beats A and ties B
    assert auc(risk, happened) == 3.5 / 4
    assert gini(risk, happened) == 0.75


def test_standard_error_is_that_of_the_placements():
    told = np.array([0.1, 0.4, 0.35, 0.8])
    happened = np.array([False, False, True, True])

    # either outcome has placements 0.5 and 1: variance 0.125 over 2, twice
    assert auc_standard_error(told, happened) == pytest.approx(0.125**0.5)
    assert np.isnan(auc_standard_error(told, np.array([False, False, False, True])))


def test_a_fall_by_two_standard_errors_has_the_normal_tail():
    assert auc_fall(0.80, 0.75, 0.025).p == pytest.approx(0.02275013, abs=1e-8)
    assert auc_fall(0.75, 0.80, 0.025).p == pytest.approx(0.97724987, abs=1e-8)
    assert auc_fall(0.75, 0.75, 0.025).p == pytest.approx(0.5)


def test_a_fall_without_a_standard_error_is_certain_or_absent():
    assert auc_fall(1.0, 0.9, 0.0).p == 0
    assert auc_fall(1.0, 1.0, 0.0).p == 1
    assert np.isnan(auc_fall(0.8, 0.7, float("nan")).p)


def test_one_outcome_has_no_interval():
    with pytest.raises(LedgerError, match="Among 2 rows nobody defaulted"):
        auc_interval(np.array([0.1, 0.2]), np.array([False, False]), ["a", "b"], **DRAWS)
