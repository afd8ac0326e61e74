import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from models.policy.load import load_policy
from models.rules import INDICATORS
from training.weights_fit import fitted_weights, in_hundredths, known_or_shared


def drawn(slopes, n=20_000, seed=3):
    """Return points and outcomes whose log-odds fall by these slopes per hundred points."""
    generator = np.random.default_rng(seed)
    points = generator.uniform(0, 100, (n, len(slopes)))
    odds = 1.0 - points @ np.array(slopes) / 100
    return points, generator.uniform(size=n) < 1 / (1 + np.exp(-odds))


def test_weights_that_made_the_outcomes_are_found_again():
    points, defaulted = drawn([3.0, 1.5, 1.0, 0.5])

    found = fitted_weights(points, defaulted, np.ones(len(points)), inverse_penalty=1000)

    assert found == pytest.approx(np.array([3.0, 1.5, 1.0, 0.5]) / 6, abs=0.03)
    assert found.sum() == pytest.approx(1)


def test_where_no_bound_holds_it_is_the_logistic_regression_of_scikit_learn():
    points, defaulted = drawn([3.0, 1.5, 1.0], n=2000)

    found = fitted_weights(points, defaulted, np.ones(len(points)), inverse_penalty=10)

    peer = LogisticRegression(C=10, tol=1e-12, solver="newton-cholesky", max_iter=200)
    slopes = -peer.fit(points / 100, defaulted).coef_[0]
    assert slopes.min() > 0
    assert found == pytest.approx(slopes / slopes.sum(), abs=1e-6)


def test_indicator_that_runs_the_wrong_way_gets_nothing_and_the_others_are_fitted_without_it():
    points, defaulted = drawn([2.0, -2.0, 1.0])
    ones = np.ones(len(points))

    found = fitted_weights(points, defaulted, ones, inverse_penalty=1000)
    without = fitted_weights(points[:, [0, 2]], defaulted, ones, inverse_penalty=1000)

    assert found[1] == 0
    assert found[[0, 2]] == pytest.approx(without, abs=1e-8)


def test_row_that_counts_twice_is_a_row_twice_and_one_that_counts_never_is_absent():
    points, defaulted = drawn([2.0, 1.0], n=500)
    times = np.random.default_rng(1).integers(0, 3, 500)
    places = np.repeat(np.arange(500), times)

    found = fitted_weights(points, defaulted, times.astype(float), inverse_penalty=100)

    repeated = fitted_weights(
        points[places], defaulted[places], np.ones(len(places)), inverse_penalty=100
    )
    assert found == pytest.approx(repeated, abs=1e-8)


def test_answer_does_not_depend_on_where_it_is_begun():
    points, defaulted = drawn([2.0, -1.0, 1.0], n=1000)
    ones = np.ones(1000)

    one, other = (
        fitted_weights(points, defaulted, ones, inverse_penalty=1000, start=start)
        for start in (None, np.array([0.0, 1.0, 0.0]))
    )

    assert one == pytest.approx(other, abs=1e-7)


def test_points_that_separate_the_outcomes_give_weights_all_the_same():
    points = np.array([[90.0, 60.0]] * 50 + [[10.0, 40.0]] * 50)

    found = fitted_weights(points, np.arange(100) >= 50, np.ones(100), inverse_penalty=1000)

    assert found.sum() == pytest.approx(1)
    assert found[0] > found[1] > 0


@pytest.mark.parametrize("slopes", [[-2.0, -1.0]])
def test_where_nothing_runs_the_right_way_there_are_no_weights(slopes):
    points, defaulted = drawn(slopes)

    assert fitted_weights(points, defaulted, np.ones(len(points)), inverse_penalty=1000) is None


def test_one_outcome_gives_no_weights():
    points, _ = drawn([1.0, 1.0], n=50)

    assert fitted_weights(points, np.zeros(50, dtype=bool), np.ones(50), inverse_penalty=1) is None


def test_unknown_with_the_rows_own_score_leaves_the_rule_score_as_it_is():
    weights = np.array([getattr(load_policy().weights, each.name) for each in INDICATORS])
    points = np.array([[80.0, np.nan, 40.0, np.nan, 100.0]])
    known = ~np.isnan(points[0])
    score = (weights[known] * points[0, known]).sum() / weights[known].sum()

    shared = known_or_shared(points, np.array([score]))

    assert (shared @ weights)[0] == pytest.approx(score, abs=1e-12)


@pytest.mark.parametrize(
    ("weights", "wanted"),
    [
        ([0.3013, 0.0, 0.1508, 0.2788, 0.2691], [0.30, 0.0, 0.15, 0.28, 0.27]),
        ([1.0, 0.0], [1.0, 0.0]),
        ([0.125, 0.125, 0.75], [0.13, 0.12, 0.75]),
    ],
)
def test_hundredths_add_up_to_one(weights, wanted):
    found = in_hundredths(np.array(weights))

    assert found == wanted
    assert sum(found) == pytest.approx(1, abs=1e-12)
