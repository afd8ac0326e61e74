import numpy as np
import pytest

from features.catalogue import FEATURE_NAMES
from models.policy.load import load_policy
from models.rules import RULE_PLACES, rule_scores
from models.scale import probability
from tests.training.books import made_rows
from training.candidates.rules import fit_rules
from training.config import load_config
from training.population import Rows
from training.validation import auc

CONFIG, POLICY = load_config(), load_policy()


def with_trade(rows: Rows) -> Rows:
    """Return the rows with invoices that fell due, without which a book has no on-time rate."""
    rows.snapshots.values[:, FEATURE_NAMES.index("invoices_due_365d")] = 12.0
    return rows


@pytest.fixture(scope="module")
def parts():
    return with_trade(made_rows(2000, 1)), with_trade(made_rows(2000, 2))


@pytest.fixture(scope="module")
def rules(parts):
    return fit_rules(*parts, CONFIG, policy=POLICY)


def test_customers_stand_in_the_order_of_the_rule_score(rules, parts):
    test = parts[1]
    scores = np.array(
        [s.score for s in rule_scores(test.snapshots.values[:, RULE_PLACES], rules.book, POLICY)]
    )

    told = rules.log_odds(test.snapshots)

    assert rules.calibration.slope > 0
    assert auc(told, test.defaulted) == pytest.approx(auc(-scores, test.defaulted), abs=1e-12)
    assert auc(told, test.defaulted) > 0.52


def test_calibrated_rules_tell_the_default_rate_of_their_rows(rules, parts):
    calibrate = parts[1]

    told = probability(rules.log_odds(calibrate.snapshots))

    assert told.mean() == pytest.approx(calibrate.defaulted.mean(), abs=1e-4)


def test_a_book_that_is_given_is_used(rules, parts):
    fit, calibrate = parts

    again = fit_rules(fit, calibrate, CONFIG, policy=POLICY, book=rules.book)

    assert again.book is rules.book
    assert again.calibration == rules.calibration
