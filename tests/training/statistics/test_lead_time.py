from datetime import date

import numpy as np

from training.statistics.lead_time import lead_time as lead_time_beyond

DAYS = np.array(["2025-01-31", "2025-02-28", "2025-03-31"], dtype="datetime64[D]")


def lead_time(*arguments):
    return lead_time_beyond(*arguments, threshold=30)


def looks(**paths):
    """Return looks at customers: of each three pairs of letters, G for grade and O for overdue."""
    ids = [customer for customer in paths for _ in DAYS]
    signs = [sign for path in paths.values() for sign in path.split(",")]
    grade = np.array(["G" in sign for sign in signs])
    overdue = np.array([31.0 if "O" in sign else np.nan for sign in signs])
    return ids, np.tile(DAYS, len(paths)), grade, overdue


def test_days_run_from_the_first_warning_to_the_default():
    found = lead_time(*looks(c1="-,G,GO"), {"c1": date(2025, 4, 10)})

    assert found.defaults == 1
    assert (found.grade.warned, found.grade.median_days) == (1, 41)
    assert (found.overdue.warned, found.overdue.median_days) == (1, 10)
    assert (found.grade_first, found.overdue_first, found.together) == (1, 0, 0)


def test_a_default_nobody_warned_of_is_counted_and_has_no_days():
    found = lead_time(*looks(c1="-,-,-"), {"c1": date(2025, 4, 10)})

    assert found.defaults == 1
    assert (found.grade.warned, found.grade.median_days, found.together) == (0, None, 0)


def test_what_is_seen_on_the_day_of_the_default_or_later_is_no_warning():
    found = lead_time(*looks(c1="-,G,GO"), {"c1": date(2025, 2, 28)})

    assert (found.grade.warned, found.overdue.warned) == (0, 0)


def test_a_customer_never_looked_at_before_its_default_is_left_out():
    assert lead_time(*looks(c1="G,G,G"), {"c1": date(2025, 1, 31)}).defaults == 0


def test_alarms_are_of_customers_that_did_not_default():
    found = lead_time(*looks(c1="G,G,G", c2="-,-,GO"), {"c1": date(2025, 4, 10)})

    assert found.grade.alarm_share == 1 / 3
    assert found.overdue.alarm_share == 1 / 3


def test_only_one_that_warned_is_first_and_equals_are_together():
    found = lead_time(
        *looks(c1="-,-,O", c2="GO,-,-", c3="G,O,-"),
        dict.fromkeys(("c1", "c2", "c3"), date(2025, 4, 10)),
    )

    assert (found.grade_first, found.overdue_first, found.together) == (1, 1, 1)


def test_an_overdue_watched_daily_warns_from_the_day_that_its_age_tells():
    ids, days, grade, _ = looks(c1="-,-,G")

    found = lead_time(ids, days, grade, np.array([0.0, 10.0, 41.0]), {"c1": date(2025, 4, 10)})

    assert found.overdue.median_days == 10
    assert found.overdue_daily.median_days == 20  # 41 days old on 31 March, 31 on the 21st


def test_an_overdue_older_than_the_first_look_warns_from_that_look():
    ids, days, grade, _ = looks(c1="-,-,-")

    found = lead_time(ids, days, grade, np.array([300.0, 0.0, 0.0]), {"c1": date(2025, 4, 10)})

    assert found.overdue_daily.median_days == found.overdue.median_days == 69


def test_exactly_the_threshold_is_no_warning():
    ids, days, grade, _ = looks(c1="-,-,-")

    found = lead_time(ids, days, grade, np.array([30.0, np.nan, 30.0]), {"c1": date(2025, 4, 10)})

    assert (found.overdue.warned, found.overdue_daily.warned) == (0, 0)
