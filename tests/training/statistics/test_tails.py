import pytest
from scipy import stats

from training.statistics.tails import (
    beta_below,
    binomial_at_least,
    chi_square_above,
    chi_square_quantile,
)


def test_tails_are_those_of_the_distributions():
    assert beta_below(0.1, 2.5, 7.5) == pytest.approx(stats.beta.cdf(0.1, 2.5, 7.5), abs=1e-14)
    assert chi_square_above(12.3, 7) == pytest.approx(stats.chi2.sf(12.3, 7), abs=1e-14)
    assert chi_square_quantile(0.9, 4) == pytest.approx(stats.chi2.ppf(0.9, 4), abs=1e-9)


@pytest.mark.parametrize("successes", [0, 1, 3, 20, 21])
def test_binomial_tail_includes_the_count_itself(successes):
    expected = stats.binom.sf(successes - 1, 20, 0.07)

    assert binomial_at_least(successes, 20, 0.07) == pytest.approx(expected, abs=1e-14)
