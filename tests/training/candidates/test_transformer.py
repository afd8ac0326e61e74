import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from training.candidates.transformer import WoeTransformer
from training.candidates.woe import BinSettings, feature_bins

SMALL = BinSettings(bins=5, least_rows=1, least_defaults=1)


@parametrize_with_checks([WoeTransformer(settings=SMALL)])
def test_scikit_learn_takes_it_for_one_of_its_own(estimator, check):
    check(estimator)


@pytest.fixture
def known():
    generator = np.random.default_rng(1)
    values = generator.normal(size=(400, 2))
    values[:40, 1] = np.nan
    return values, generator.uniform(size=400) < 1 / (1 + np.exp(-values[:, 0]))


def test_each_feature_is_cut_by_its_own_direction(known):
    values, defaulted = known
    told = WoeTransformer([1, -1], SMALL).fit(values, defaulted).transform(values)

    for column, direction in enumerate((1, -1)):
        bins = feature_bins(values[:, column], defaulted, direction=direction, settings=SMALL)
        assert (told[:, column] == bins.transform(values[:, column])).all()


def test_unknown_values_are_told_too(known):
    values, defaulted = known

    told = WoeTransformer(settings=SMALL).fit_transform(values, defaulted)

    assert np.isfinite(told).all()


def test_larger_label_is_the_default(known):
    values, defaulted = known
    words = np.where(defaulted, "later", "early")

    one = WoeTransformer(settings=SMALL).fit(values, defaulted).transform(values)
    other = WoeTransformer(settings=SMALL).fit(values, words).transform(values)

    assert (one == other).all()


def test_number_of_directions_must_be_that_of_the_features(known):
    with pytest.raises(ValueError, match="a direction for each of 2 features"):
        WoeTransformer([1]).fit(*known)
