import numpy as np
import pytest

from models.scale import probability
from training.config import load_config
from training.search.judge import log_loss_of
from training.search.trials import Trial, best, chosen, standard_error
from training.validation import log_loss

SMALL, LARGE = {"trees": 100, "leaves": 4}, {"trees": 300, "leaves": 8}


def trial(number, losses, settings=LARGE):
    return Trial(number, settings, tuple(losses), ())


def test_error_is_that_of_the_paired_differences():
    one, other = trial(0, [0.1, 0.5, 0.9]), trial(1, [0.2, 0.5, 0.7])

    gaps = np.array([-0.1, 0.0, 0.2])
    assert standard_error(one, other) == pytest.approx(gaps.std(ddof=1) / 3**0.5)


def test_smaller_trees_within_one_error_of_the_best_are_kept():
    found = [trial(0, [0.2, 0.3]), trial(1, [0.1, 0.2]), trial(2, [0.13, 0.19], SMALL)]

    assert best(found).number == 1
    assert chosen(found).number == 2


def test_smaller_trees_beyond_one_error_are_not():
    found = [trial(0, [0.2, 0.3]), trial(1, [0.1, 0.2]), trial(2, [0.13, 0.229], SMALL)]

    assert chosen(found).number == 1


def test_smaller_trees_that_did_worse_than_the_settings_as_they_were_are_never_kept():
    found = [trial(0, [0.101, 0.201]), trial(1, [0.1, 0.2]), trial(2, [0.0, 0.31], SMALL)]

    assert chosen(found).log_loss <= found[0].log_loss
    assert chosen(found).number == 1


def test_settings_as_they_were_are_kept_where_nothing_is_better():
    assert chosen([trial(0, [0.1, 0.2]), trial(1, [0.2, 0.3], SMALL)]).number == 0


def test_splits_are_those_of_all_trees():
    assert (trial(0, [0.1], SMALL).splits, trial(0, [0.1], LARGE).splits) == (300, 2100)


def test_log_loss_is_that_of_the_test_set_where_no_row_has_a_weight():
    odds = np.random.default_rng(1).normal(-2, 2, 500)
    defaulted = np.random.default_rng(2).uniform(size=500) < probability(odds)

    plain = log_loss(probability(odds), defaulted)

    assert log_loss_of(odds, defaulted, None) == pytest.approx(plain, rel=1e-12)
    twice = np.where(defaulted, 1.0, 2.0)
    doubled = np.concatenate([np.arange(500), np.flatnonzero(~defaulted)])
    assert log_loss_of(odds, defaulted, twice) == pytest.approx(
        log_loss_of(odds[doubled], defaulted[doubled], None), rel=1e-12
    )


def test_kept_settings_take_the_place_of_the_models_own_and_leave_the_rest():
    model = load_config().model

    found = trial(0, [0.1], {"trees": 7, "l2": 3.5}).within(model)

    assert (found.trees, found.l2, found.leaves, found.threads) == (7, 3.5, model.leaves, 2)
