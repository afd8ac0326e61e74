import math

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score, roc_curve
from sklearn.metrics import log_loss as sklearn_log_loss

from features.errors import LedgerError
from training.validation import (
    NAMES,
    auc,
    brier,
    ece,
    frequency_bins,
    ks,
    log_loss,
    metrics,
)

TOLD = np.array([0.1, 0.2, 0.2, 0.4, 0.8])
HAPPENED = np.array([False, True, False, False, True])


def with_ties(seed, n=3000):
    """Return probabilities on a grid, so that many are tied, and what happened."""
    generator = np.random.default_rng(seed)
    told = np.round(generator.beta(1, 6, n), 2).clip(0.01, 0.99)
    return told, generator.uniform(size=n) < told


def test_auc_counts_pairs_and_half_of_the_ties():
    # of six pairs: 0.8 beats three, 0.2 beats 0.1, ties 0.2, loses to 0.4
    assert auc(TOLD, HAPPENED) == pytest.approx((3 + 1 + 0.5) / 6)


def test_ks_is_the_largest_gap_of_the_distributions():
    # after 0.4 all three survivors are below, of the defaults one
    assert ks(TOLD, HAPPENED) == pytest.approx(1 - 1 / 2)


def test_brier_is_the_mean_squared_distance():
    assert brier(TOLD, HAPPENED) == pytest.approx((0.01 + 0.64 + 0.04 + 0.16 + 0.04) / 5)


def test_log_loss_is_the_mean_negative_log_likelihood():
    likelihood = 0.9 * 0.2 * 0.8 * 0.6 * 0.8

    assert log_loss(TOLD, HAPPENED) == pytest.approx(-math.log(likelihood) / 5)


def test_log_loss_of_a_certainty_that_was_wrong_is_finite():
    assert math.isfinite(log_loss(np.array([0.0, 1.0]), np.array([True, False])))


def test_calibration_error_weighs_each_bin_by_its_rows():
    # bins: 0.1 0.2 0.2 with one default of three, and 0.4 0.8 with one of two
    assert ece(TOLD, HAPPENED, bins=2) == pytest.approx((abs(0.5 - 1) + abs(1.2 - 1)) / 5)


def test_perfect_calibration_has_no_error():
    told = np.repeat([0.25, 0.5], [4, 2])
    happened = np.array([True, False, False, False, True, False])

    assert ece(told, happened, bins=2) == 0


def test_equal_probabilities_share_a_bin_whatever_the_order_of_rows():
    told, happened = with_ties(3)
    order = np.random.default_rng(0).permutation(len(told))

    bins = frequency_bins(told, 10)

    assert all(len(set(bins[told == value])) == 1 for value in np.unique(told))
    assert ece(told[order], happened[order]) == pytest.approx(ece(told, happened), abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_statistics_equal_those_of_scikit_learn_with_ties(seed):
    told, happened = with_ties(seed)
    false, hit, _ = roc_curve(happened, told)

    assert auc(told, happened) == pytest.approx(roc_auc_score(happened, told), abs=1e-12)
    assert ks(told, happened) == pytest.approx(float((hit - false).max()), abs=1e-12)
    assert brier(told, happened) == pytest.approx(brier_score_loss(happened, told), abs=1e-12)
    assert log_loss(told, happened) == pytest.approx(sklearn_log_loss(happened, told), abs=1e-12)


def test_metrics_are_of_the_probability_and_gini_follows_from_auc():
    told, happened = with_ties(1)
    odds = np.log(told / (1 - told))

    found = metrics(odds, happened)

    assert tuple(found.to_dict()) == NAMES
    assert found.gini == pytest.approx(2 * found.auc - 1)
    assert found.auc == auc(told, happened)
    assert found.brier == pytest.approx(brier(told, happened))
    assert found.ece == pytest.approx(ece(told, happened), abs=1e-9)


@pytest.mark.parametrize(
    ("happened", "who"), [([True, True], "everybody"), ([False, False], "nobody")]
)
def test_one_outcome_cannot_judge_a_model(happened, who):
    for statistic in (auc, ks, metrics):
        with pytest.raises(LedgerError, match=f"Among 2 rows {who} defaulted"):
            statistic(np.array([0.1, 0.2]), np.array(happened))
