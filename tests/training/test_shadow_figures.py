"""Figures of a shadow run against answers worked out by hand."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from models.grading import grade_snapshots
from tests.models.bundles import POLICY, bundle_in, bundle_parts, certain, snapshots_of
from training.shadow_figures import migration, money_lines, realised_lines, stability


def paths(*grades):
    """Return month-ends from one text of grades per customer; a dot is a month without one."""
    return [
        {f"c{n}": path[month] for n, path in enumerate(grades) if path[month] != "."}
        for month in range(len(grades[0]))
    ]


def test_the_matrix_counts_from_rows_to_columns():
    found = migration(list("AABCD"), list("ABBBD"))
    assert found == {
        "A": {"A": 1, "B": 1, "C": 0, "D": 0},
        "B": {"A": 0, "B": 1, "C": 0, "D": 0},
        "C": {"A": 0, "B": 1, "C": 0, "D": 0},
        "D": {"A": 0, "B": 0, "C": 0, "D": 1},
    }


def test_an_upgrade_taken_back_within_three_months_is_reversed():
    found = stability(paths("BAAAB"))  # up in the second month, back in the fifth
    assert (found.moves, found.judged, found.reversed) == (2, 1, 1)


def test_an_upgrade_taken_back_in_the_fourth_month_is_not_reversed():
    found = stability(paths("BAAAAB"))
    assert (found.moves, found.judged, found.reversed) == (2, 1, 0)


def test_falling_through_the_old_grade_is_a_reversal_of_the_upgrade():
    found = stability(paths("BACCC"))
    # up to A, then down to C: the first is reversed, the second has but two months after it
    assert (found.moves, found.judged, found.reversed) == (2, 1, 1)


def test_falling_on_is_no_reversal_of_a_downgrade():
    found = stability(paths("ABCDDDD"))
    assert (found.moves, found.judged, found.reversed) == (3, 3, 0)


def test_a_downgrade_mended_beyond_the_old_grade_is_reversed():
    found = stability(paths("BCCAA"))
    assert (found.moves, found.judged, found.reversed) == (2, 1, 1)


def test_half_way_back_is_no_reversal():
    found = stability(paths("ACBBBB"))
    assert (found.judged, found.reversed) == (2, 0)


def test_every_second_move_of_a_zigzag_is_judged_by_itself():
    found = stability(paths("ABABABA"))
    # six moves; the last three have fewer than three months after them
    assert (found.moves, found.judged, found.reversed, found.flip_flop) == (6, 3, 3, 1.0)


def test_the_share_is_of_all_customers_moves():
    found = stability(paths("BABBBB", "BAAAAA", "CCCCCC", "DCCCCD"))
    # c0 moves twice, both judged, the first reversed; c1 once and stays; c3 up, not back in three
    assert (found.judged, found.reversed) == (4, 1)
    assert found.flip_flop == pytest.approx(1 / 4)


def test_moves_per_year_count_the_months_between_gradings():
    found = stability(paths("AAAAAAAAAAAAB", "BBBBBBBBBBBBB"))
    assert (found.moves, found.customer_years, found.moves_per_customer_year) == (1, 2.0, 0.5)


def test_a_month_without_a_grade_makes_no_move():
    found = stability(paths("A.BBBB", "..ABBB"))
    assert (found.moves, found.judged, found.customer_years) == (1, 0, 6 / 12)


@pytest.mark.parametrize("months", [[], [{"c1": "A"}]])
def test_with_fewer_than_two_months_there_is_no_rate(months):
    found = stability(months)
    assert (found.flip_flop, found.moves_per_customer_year) == (None, None)


def test_realised_rates_stand_beside_the_mean_told():
    lines = realised_lines(
        list("AAAABBC"),
        np.array([0.01, 0.02, 0.03, 0.02, 0.2, 0.4, 0.5]),
        np.array([False, True, False, False, True, True, False]),
    )
    told = {line.grade: line for line in lines}
    assert [line.grade for line in lines] == ["A", "B", "C", "D"]
    assert (told["A"].customers, told["A"].defaults, told["A"].default_rate) == (4, 1, 0.25)
    assert told["A"].default_probability == pytest.approx(0.02)
    assert (told["B"].default_rate, told["B"].default_probability) == (1.0, pytest.approx(0.3))
    assert (told["C"].defaults, told["C"].default_rate) == (0, 0.0)
    assert (told["D"].customers, told["D"].default_rate) == (0, None)
    assert told["D"].default_probability is None


def test_money_is_summed_by_grade_and_in_all(tmp_path):
    bundle = certain(bundle_in(tmp_path, bundle_parts()), 0.05)
    book = snapshots_of(
        {"exposure": 1000.0}, {"exposure": 200.0}, {"exposure": None, "in_default": 1.0}
    )
    gradings = grade_snapshots(book, bundle, POLICY)
    limits = [Decimal("100.20"), Decimal("50.20"), Decimal("0.00")]
    gradings = [
        replace(g, terms=replace(g.terms, credit_limit=limit), grade=grade)
        for g, limit, grade in zip(gradings, limits, "BBD", strict=True)
    ]
    lines = {line.grade: line for line in money_lines(gradings, book)}
    assert list(lines) == ["A", "B", "C", "D", "all"]
    both = lines["B"]
    assert (both.customers, both.exposure, both.credit_limit) == (2, Decimal("1200.00"),
                                                                  Decimal("150.40"))  # fmt: skip
    assert both.amount_at_risk == Decimal("60.00")  # 5 % of 1,200
    assert both.limit_at_risk == Decimal("7.52")  # 5 % of 150.40
    assert (lines["A"].customers, lines["A"].credit_limit) == (0, Decimal("0.00"))
    assert (lines["D"].customers, lines["D"].exposure) == (1, Decimal("0.00"))
    assert (lines["all"].customers, lines["all"].amount_at_risk) == (3, Decimal("60.00"))
    assert lines["all"].credit_limit == Decimal("150.40")
