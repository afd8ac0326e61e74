from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from features.errors import LedgerError
from features.ledger.open import open_ledger
from tests.drawn import write_ledger
from tests.training.books import LAST, rows_of, spread, write_book
from training.config import load_config
from training.dataset import given_dataset, ledger_dataset
from training.windows import CALIBRATE, FIT, TEST

CONFIG = load_config().with_options(default_on=("bad_debt",))
AT_90 = CONFIG.with_options(horizon_days=90)


def dataset_of(folder, bad_on, *, customers=220, config=AT_90, days=None):
    write_book(folder / "ledger", customers, bad_on)
    with open_ledger(folder / "ledger") as ledger:
        return ledger_dataset(ledger, config, days=days, progress=lambda _: None)


def test_long_ledger_is_split_by_time(tmp_path):
    found = dataset_of(tmp_path, spread(range(200), date(2023, 5, 1), LAST))

    as_of = found.rows.snapshots.as_of
    gap = np.timedelta64(90 + 30, "D")
    assert found.split == "time"
    assert as_of[found.parts == FIT].max() + gap < as_of[found.parts == CALIBRATE].min()
    assert as_of[found.parts == CALIBRATE].max() + gap < as_of[found.parts == TEST].min()
    assert max(found.days) + timedelta(days=90 + 30) <= LAST
    assert "Split by time with a horizon of 90 days: fitted on" in found.split_reason
    assert found.warnings == ()


def test_parts_of_a_split_share_no_row_and_leave_none_out(tmp_path):
    found = dataset_of(tmp_path, spread(range(200), date(2023, 5, 1), LAST))

    assert sum(len(found.part(part)) for part in (FIT, CALIBRATE, TEST)) == len(found.rows)
    assert found.poorest()[1] >= 20


def test_window_with_fewer_than_twenty_defaults_means_a_split_by_customer(tmp_path):
    found = dataset_of(tmp_path, spread(range(120), date(2023, 5, 1), date(2024, 9, 30)))

    assert found.split == "customer"
    assert "because at 90 days the test window has 0 defaults" in found.split_reason
    assert "needs 20 defaults in each window" in found.split_reason
    parts_of = {}
    for customer, part in zip(found.rows.snapshots.customer_ids, found.parts, strict=True):
        parts_of.setdefault(customer, set()).add(part)
    assert {len(parts) for parts in parts_of.values()} == {1}


def test_a_part_with_few_defaults_is_warned_of(tmp_path):
    few = dataset_of(tmp_path / "few", dict.fromkeys(range(10), date(2024, 5, 20)))
    name, defaults = few.poorest()
    assert few.split == "customer"
    assert f"The {name} part has {defaults} defaults, fewer than 20" in few.warnings[-1]

    many = dataset_of(tmp_path / "many", spread(range(120), date(2023, 5, 1), date(2024, 9, 30)))
    assert many.split == "customer"
    assert many.poorest()[1] >= 20
    assert many.warnings == ()


def test_split_by_customer_does_not_depend_on_the_seed(tmp_path):
    bad_on = spread(range(120), date(2023, 5, 1), date(2024, 9, 30))

    one = dataset_of(tmp_path / "one", bad_on)
    other = dataset_of(tmp_path / "other", bad_on, config=AT_90.with_options(seed=99))

    assert (one.parts == other.parts).all()


def test_fewer_than_thirty_defaults_in_all_is_an_error(tmp_path):
    few = dict.fromkeys(range(3), date(2024, 5, 20))

    with pytest.raises(LedgerError, match=r"Only 9 of \d+ rows defaulted, and a model needs 30"):
        dataset_of(tmp_path, few)


def test_thirty_defaults_are_just_enough(tmp_path):
    found = dataset_of(tmp_path, dict.fromkeys(range(10), date(2024, 5, 20)))

    assert found.rows.defaults == 30
    assert found.split == "customer"


def test_longest_horizon_that_the_ledger_bears_is_taken_and_the_others_are_told(tmp_path):
    found = dataset_of(tmp_path, spread(range(200), date(2023, 5, 1), LAST), config=CONFIG)

    assert found.horizon_days == 180
    assert "at 365 days" in found.split_reason
    assert "no three windows" in found.split_reason


def test_explicit_date_whose_horizon_outruns_the_ledger_warns_and_goes_on(tmp_path):
    bad_on = dict.fromkeys(range(40), LAST - timedelta(days=3))
    day = LAST - timedelta(days=50)

    found = dataset_of(tmp_path, bad_on, days=[day])

    assert found.days == (day,)
    assert found.split == "customer"
    assert found.rows.defaults == 40
    assert found.warnings[0] == (
        f"The horizon of 90 days from {day} ends 40 days after the ledger's last event on "
        f"{LAST}: defaults after that are not counted."
    )


def test_explicit_date_takes_the_longest_horizon_whose_labels_are_known(tmp_path):
    bad_on = dict.fromkeys(range(40), LAST - timedelta(days=130))

    found = dataset_of(tmp_path, bad_on, config=CONFIG, days=[LAST - timedelta(days=150)])

    assert found.horizon_days == 90
    assert not any(warning.startswith("The horizon") for warning in found.warnings)


def test_explicit_dates_are_sorted_and_taken_once(tmp_path):
    bad_on = dict.fromkeys(range(40), date(2024, 7, 15))

    found = dataset_of(tmp_path, bad_on, days=[date(2024, 6, 30), date(2024, 5, 31)] * 2)

    assert found.days == (date(2024, 5, 31), date(2024, 6, 30))
    assert len(found.rows) == 2 * 220


def test_short_ledger_is_refused_with_the_days_that_it_needs(tmp_path):
    with pytest.raises(LedgerError, match="too short to learn from: .* need 1485 days"):
        dataset_of(tmp_path, {0: LAST}, customers=2, config=CONFIG.with_options(horizon_days=1365))


def test_ledger_without_an_invoice_is_refused(tmp_path):
    with (
        open_ledger(write_ledger(tmp_path / "ledger", customers=[{"customer_id": "c1"}])) as ledger,
        pytest.raises(LedgerError, match="has no invoice, so nothing can be learned"),
    ):
        ledger_dataset(ledger, CONFIG, progress=lambda _: None)


def given(days, each=200, bad=40):
    """Return rows whose outcomes were given: so many customers on each day, so many bad."""
    ids = [f"c{n}" for n in range(each)] * len(days)
    flags = ([True] * bad + [False] * (each - bad)) * len(days)
    return rows_of({}, flags, customer_ids=ids, days=[day for day in days for _ in range(each)])


def test_given_outcomes_far_apart_in_time_are_split_by_time_without_losing_a_row():
    rows = given([date(2023, 6, 30), date(2024, 3, 31), date(2024, 12, 31)])

    found = given_dataset(rows, AT_90)

    assert found.split == "time"
    assert [len(found.part(part)) for part in (FIT, CALIBRATE, TEST)] == [200, 200, 200]


def test_given_outcomes_that_time_cannot_split_are_split_by_customer():
    found = given_dataset(given([date(2024, 6, 30), date(2024, 7, 31)]), AT_90)

    assert found.split == "customer"
    assert len(found.rows) == 400
    assert "no three windows in time" in found.split_reason


def test_given_outcomes_do_not_tell_their_horizon():
    found = given_dataset(given([date(2024, 6, 30)]), CONFIG)

    assert found.horizon_days == 365
    assert found.warnings == (
        "The outcomes do not tell their horizon: 365 days are taken. Set it to be sure.",
    )
    assert given_dataset(given([date(2024, 6, 30)]), AT_90).warnings == ()


def test_too_few_given_defaults_are_an_error():
    with pytest.raises(LedgerError, match="Only 5 of 200 rows defaulted"):
        given_dataset(given([date(2024, 6, 30)], bad=5), AT_90)


def test_least_defaults_are_settings(tmp_path):
    windows = replace(AT_90.windows, least_defaults_in_all=9)
    few = dict.fromkeys(range(3), date(2024, 5, 20))

    found = dataset_of(tmp_path, few, config=replace(AT_90, windows=windows))

    assert found.rows.defaults == 9
