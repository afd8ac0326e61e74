"""A real ledger: 30,000 customers, one snapshot, a quarter of them about to default."""

from collections import defaultdict
from datetime import date

import pytest

from features.ledger.open import open_ledger
from features.snapshot import all_pairs, snapshots
from models.bands import GRADES, NOTCHES
from models.bundle import load_bundle
from models.grading import grade_snapshots
from models.policy.load import load_policy
from training.config import load_config
from training.train import train

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

DAY = date(2005, 9, 30)
GENERIC_AUC = 0.7605  # of 21 point-in-time features of a ledger, told beside the data
LEAST_CUSTOMERS = 100  # in a notch whose default rate says anything


@pytest.fixture(scope="module")
def result(real_ledger, tmp_path_factory):
    """Return the training, once for every test of this file."""
    config = load_config().with_options(
        horizon_days=30, default_on=("bad_debt",), keep_unexposed=True, folds=5
    )
    return train(real_ledger, config, home=tmp_path_factory.mktemp("real"), days=[DAY])


@pytest.fixture(scope="module")
def graded(real_ledger, result):
    """Return (grade, notch, defaulted) of every customer."""
    with open_ledger(real_ledger) as ledger:
        known = snapshots(ledger, all_pairs(ledger, [DAY]))
        rows = ledger.connection.execute("SELECT customer_id FROM led_bad_debts").fetchall()
    bad = {customer for (customer,) in rows}
    gradings = grade_snapshots(known, load_bundle(result.bundle), load_policy())
    return [(g.grade, g.notch, g.customer_id in bad) for g in gradings]


def pooled_rates(pairs, order, least):
    """Return (names, customers, default rate), bands with too few pooled with the next worse."""
    count, bad = defaultdict(int), defaultdict(int)
    for band, defaulted in pairs:
        count[band] += 1
        bad[band] += defaulted
    found, names, n, k = [], [], 0, 0
    for band in order:
        names, n, k = [*names, band], n + count[band], k + bad[band]
        if n >= least:
            found.append((names, n, k))
            names, n, k = [], 0, 0
    if n:  # the worst have no next worse: they go with the next better
        better = found.pop()
        found.append((better[0] + names, better[1] + n, better[2] + k))
    return [(names, n, k / n) for names, n, k in found]


def test_every_customer_is_learned_from(result):
    assert result.to_dict()["n"] == 30_000
    assert round(result.to_dict()["base_rate"], 4) == 0.2212


def test_horizon_that_outruns_the_ledger_is_told(result):
    assert any(
        "ends 5 days after the ledger's last event on 2005-10-25" in warning
        for warning in result.warnings
    )


def test_folds_beat_generic_features(result):
    assert result.to_dict()["folds"]["auc"]["mean"] > GENERIC_AUC


def test_every_customer_is_graded(graded):
    assert len(graded) == 30_000


def test_default_rate_never_falls_from_a_better_to_a_worse_grade(graded):
    rates = pooled_rates(((grade, bad) for grade, _, bad in graded), GRADES, least=1)

    # 22 % default within 30 days: by the ceiling at 30 % a year every customer may be a D
    assert [rate for _, _, rate in rates] == sorted(rate for _, _, rate in rates)
    assert sum(n for _, n, _ in rates) == 30_000


def test_default_rate_never_falls_over_the_notches(graded):
    rates = pooled_rates(((notch, bad) for _, notch, bad in graded), NOTCHES, LEAST_CUSTOMERS)

    assert [rate for _, _, rate in rates] == sorted(rate for _, _, rate in rates)
    assert len(rates) > 1
    assert rates[-1][2] > 2 * rates[0][2]
