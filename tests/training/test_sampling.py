from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from features.catalogue import MODEL_FEATURES
from features.ledger.open import open_ledger
from models.probability import Calibration, ProbabilityModel
from models.scale import probability
from tests.training.books import LAST, made_rows, rows_of, spread, write_book
from training.config import load_config
from training.dataset import given_dataset, ledger_dataset
from training.fit import fit_calibration, fit_model, fit_trees
from training.population import Population
from training.reference import book_of, reference_customer
from training.sampling import Thinner, joined_rows
from training.windows import CALIBRATE, FIT, TEST

CONFIG = load_config().with_options(default_on=("bad_debt",), horizon_days=90)
DAYS = [date(2024, month, 28) for month in range(1, 7)]


def rows_over(days, customers=400, seed=1):
    """Return rows of the same customers on each of these days."""
    rows = made_rows(customers * len(days), seed)
    ids = tuple(f"c{n:04d}" for n in range(customers)) * len(days)
    as_of = np.repeat(np.array(days, dtype="datetime64[D]"), customers)
    return replace(rows, snapshots=replace(rows.snapshots, customer_ids=ids, as_of=as_of))


def thinned(rows, most_rows, *, at_once=400):
    thinner = Thinner(most_rows)
    for first in range(0, len(rows), at_once):
        thinner.add(rows.at(np.arange(first, min(first + at_once, len(rows)))))
    return thinner.result()


ROWS = rows_over(DAYS)


def pairs_of(rows):
    return list(zip(rows.snapshots.customer_ids, rows.snapshots.as_of.tolist(), strict=True))


def test_every_default_is_kept_and_the_rows_are_as_many_as_asked_for():
    kept, sampling = thinned(ROWS, 1500)

    assert len(kept) == 1500
    assert kept.defaults == ROWS.defaults == sampling.defaults
    assert sampling.others_kept == 1500 - ROWS.defaults
    assert sampling.others_in_all == len(ROWS) - ROWS.defaults
    assert sampling.left_out == len(ROWS) - 1500


def test_weights_stand_for_all_rows_exactly():
    kept, sampling = thinned(ROWS, 1500)

    assert (kept.weights[kept.defaulted] == 1).all()
    assert kept.weights.sum() == pytest.approx(len(ROWS), rel=1e-12)
    rate = np.average(kept.defaulted, weights=kept.weights)
    assert rate == pytest.approx(ROWS.defaulted.mean(), rel=1e-12)
    assert sampling.rate * kept.weights.max() == pytest.approx(1)


def test_many_defaults_leave_half_the_rows_to_others():
    kept, sampling = thinned(ROWS, 150)

    assert ROWS.defaults > 150
    assert sampling.others_kept == 75
    assert len(kept) == ROWS.defaults + 75


def test_rows_that_are_few_enough_are_all_kept_without_weights():
    kept, sampling = thinned(ROWS, len(ROWS))

    assert sampling is None
    assert kept.weights is None
    assert pairs_of(kept) == pairs_of(ROWS)


@pytest.mark.parametrize("at_once", [1, 37, 400, 2400])
def test_the_draw_does_not_depend_on_how_many_rows_are_read_at_once(at_once):
    some = ROWS.at(np.arange(0, len(ROWS), 4))
    one, told = thinned(some, 240, at_once=len(some))

    other, told_too = thinned(some, 240, at_once=at_once)

    assert pairs_of(one) == pairs_of(other)
    assert (told.others_kept, told.others_by_day) == (told_too.others_kept, told_too.others_by_day)
    assert pairs_of(told.latest) == pairs_of(told_too.latest)


def test_rows_are_drawn_alike_among_customers_and_days():
    kept, sampling = thinned(ROWS, 1500)
    others = ~kept.defaulted
    by_day = np.unique(kept.snapshots.as_of[others], return_counts=True)[1]

    in_all = np.array([sampling.others_by_day[day] for day in DAYS])
    error = np.sqrt(in_all * sampling.rate * (1 - sampling.rate))
    assert (np.abs(by_day - in_all * sampling.rate) < 4 * error).all()
    assert len(set(kept.snapshots.customer_ids)) > 390


def test_latest_rows_are_those_of_every_customer_sampled_or_not():
    _, sampling = thinned(ROWS, 300)

    assert pairs_of(sampling.latest) == pairs_of(ROWS.latest())


def test_rows_without_weights_weigh_one_beside_a_sample():
    kept, _ = thinned(ROWS, 1500)

    both = joined_rows([kept, ROWS])

    assert (both.weights[:1500] == kept.weights).all()
    assert (both.weights[1500:] == 1).all()
    assert joined_rows([ROWS, ROWS]).weights is None


def known_odds(n, seed):
    """Return rows, and the log-odds by which they defaulted, 3 in 200 of them."""
    generator = np.random.default_rng(seed)
    late, on_time = generator.gamma(2.0, 8.0, n), generator.uniform(0, 1, n)
    odds = -4.6 + 0.05 * late - 1.5 * on_time
    columns = {"days_beyond_terms_365d": late, "on_time_rate_365d": on_time}
    return rows_of(columns, generator.uniform(size=n) < probability(odds)), odds


def raw_margins(fit, judged):
    """Return the margins of trees, not calibrated: nothing but the weights mends a sample."""
    settings = replace(CONFIG.model, threads=1, l2=1.0, trees=150)
    text = fit_trees(
        fit.snapshots.select(MODEL_FEATURES).values,
        fit.defaulted,
        MODEL_FEATURES,
        settings=settings,
        seed=1,
        weights=fit.weights,
    )
    trees = ProbabilityModel(
        model_text=text,
        calibration=Calibration(0.0, 1.0),
        null_seen=np.ones(len(MODEL_FEATURES), dtype=bool),
        reference=np.zeros(len(MODEL_FEATURES)),
    )
    return trees.log_odds(judged.snapshots.select(MODEL_FEATURES).values)


@pytest.fixture(scope="module")
def drawn():
    """Return a sample of rows whose probabilities are known, and all of them with their odds."""
    rows, odds = known_odds(40_000, 3)
    kept, sampling = thinned(rows, 5000, at_once=10_000)
    assert sampling.rate < 0.15
    return kept, rows, odds


def test_trees_fitted_on_a_sample_tell_the_base_rate_of_all_rows_within_its_error(drawn):
    kept, rows, odds = drawn
    true = probability(odds)
    error = np.sqrt((true * (1 - true)).sum()) / len(true)

    told = probability(raw_margins(kept, rows))
    unweighted = probability(raw_margins(replace(kept, weights=None), rows))

    assert told.mean() == pytest.approx(rows.defaulted.mean(), abs=error)
    assert unweighted.mean() > 4 * rows.defaulted.mean()


def test_trees_fitted_on_a_sample_are_calibrated_as_those_fitted_on_all(drawn):
    kept, rows, _ = drawn
    fresh, _ = known_odds(40_000, 4)

    found = fit_calibration(raw_margins(kept, fresh), fresh.defaulted, CONFIG.calibration)
    whole = fit_calibration(raw_margins(rows, fresh), fresh.defaulted, CONFIG.calibration)

    assert found.slope == pytest.approx(1, abs=0.15)
    assert found.slope == pytest.approx(whole.slope, abs=0.1)


def test_calibration_of_a_sample_is_that_of_all_rows(drawn):
    kept, rows, _ = drawn
    generator = np.random.default_rng(8)
    noisy = {pair: generator.normal() for pair in pairs_of(rows)}
    margins = [
        np.array([noisy[pair] for pair in pairs_of(some)]) + some.defaulted for some in (kept, rows)
    ]

    sampled = fit_calibration(margins[0], kept.defaulted, CONFIG.calibration, weights=kept.weights)
    whole = fit_calibration(margins[1], rows.defaulted, CONFIG.calibration)

    assert sampled.slope == pytest.approx(whole.slope, abs=0.06)
    assert sampled.intercept == pytest.approx(whole.intercept, abs=0.1)


def test_model_of_a_sample_refers_to_the_customer_that_all_rows_refer_to():
    kept, sampling = thinned(ROWS, 1500)
    other = made_rows(600, 7)

    model = fit_model(kept, other, CONFIG, customers=sampling.latest)

    assert model.reference == pytest.approx(
        reference_customer(ROWS, sample=CONFIG.reference.sample), nan_ok=True
    )


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """Return a ledger whose defaults are spread over its years."""
    folder = tmp_path_factory.mktemp("book") / "ledger"
    return write_book(folder, 220, spread(range(200), date(2023, 5, 1), LAST))


def with_most(most_rows):
    return replace(CONFIG, sampling=replace(CONFIG.sampling, most_rows=most_rows))


@pytest.fixture(scope="module")
def both(book):
    """Return the rows of a ledger, whole and with a thinned fit window."""
    with open_ledger(book) as ledger:
        return tuple(
            ledger_dataset(ledger, with_most(1000), sampled=sampled, progress=lambda _: None)
            for sampled in (False, True)
        )


def test_fit_rows_of_a_large_ledger_are_a_sample_and_all_others_are_there(both):
    whole, sampled = both

    assert len(whole.part(FIT)) > 1000 == len(sampled.part(FIT))
    assert sampled.part(FIT).defaults == whole.part(FIT).defaults
    for part in (CALIBRATE, TEST):
        assert pairs_of(sampled.part(part)) == pairs_of(whole.part(part))
    assert set(pairs_of(sampled.rows)) <= set(pairs_of(whole.rows))
    assert pairs_of(sampled.rows) == sorted(pairs_of(sampled.rows), key=lambda pair: pair[::-1])


def test_statistics_of_all_rows_are_told_beside_the_sample(both):
    whole, sampled = both

    assert (sampled.size, sampled.base_rate) == (whole.size, whole.base_rate)
    assert sampled.counts == whole.counts
    assert sampled.split_reason == whole.split_reason
    told = sampled.sampling.to_dict()
    assert sampled.warnings == (*whole.warnings, sampled.sampling.told)
    assert f"all {told['kept_defaults']} rows that defaulted" in sampled.warnings[-1]
    assert f"{told['others_kept']} of the {told['others_in_all']} others" in sampled.warnings[-1]
    assert told["kept_defaults"] + told["others_in_all"] == len(whole.part(FIT))
    assert told["weight"] * told["rate"] == pytest.approx(1)


def test_book_and_reference_customer_are_those_of_all_rows(both):
    whole, sampled = both
    one, other = (book_of(found.book_customers()) for found in both)

    assert one.on_time_rate == other.on_time_rate
    assert (one.amount_quantiles == other.amount_quantiles).all()
    sample = CONFIG.reference.sample
    assert reference_customer(sampled.fit_customers(), sample=sample) == pytest.approx(
        reference_customer(whole.fit_customers(), sample=sample), nan_ok=True
    )


def test_folds_go_over_the_windows_that_are_whole(both):
    whole, sampled = both

    assert whole.unsampled is whole.rows
    assert len(sampled.unsampled) == len(whole.part(CALIBRATE)) + len(whole.part(TEST))
    assert sampled.unsampled.weights is None


def test_rows_of_given_outcomes_are_thinned_alike():
    rows = rows_over([date(2024, 1, 31)], customers=5000, seed=2)
    whole = given_dataset(rows, with_most(1000))
    sampled = given_dataset(rows, with_most(1000), sampled=True)

    assert whole.sampling is None
    assert sampled.part(FIT).defaults == whole.part(FIT).defaults
    assert sampled.base_rate == whole.base_rate
    assert len(sampled.part(TEST)) == len(whole.part(TEST))
    assert sampled.sampling.others_in_all == len(whole.part(FIT)) - whole.part(FIT).defaults


def test_a_ledger_read_in_batches_gives_the_rows_that_it_gives_at_once(book, monkeypatch):
    monkeypatch.setattr("training.population._PAIRS_AT_ONCE", 1000)
    days = [date(2024, month, 28) for month in range(1, 12)] + [date(2025, 1, 31)]
    with open_ledger(book) as ledger:
        at_once = Population(ledger, CONFIG.default)
        in_batches = Population(ledger, CONFIG.default)
        one = at_once.rows(days, 90)
        batches = list(in_batches.batches(days, 90))
        other = joined_rows(batches)

        assert len(batches) > 2
        assert max(map(len, batches)) <= 1000
        assert pairs_of(one) == pairs_of(other)
        assert (one.defaulted == other.defaulted).all()
        assert in_batches.counts(days) == at_once.counts(days)
        assert in_batches.pairs(days) == at_once.counts(days).considered
