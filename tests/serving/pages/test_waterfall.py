"""The waterfall adds up, whatever it is drawn from."""

import math
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from serving.pages.waterfall import Account, Part, told_points, waterfall

FLOORS = {"A": 80.0, "B": 60.0, "C": 40.0, "D": 0.0}
POINTS = st.floats(-60, 60, allow_nan=False).map(lambda x: round(x, 9))


def account_of(reference: float, drivers: list[float], adjustments: list[float]) -> Account:
    by_size = sorted(drivers, key=abs, reverse=True)
    return Account(
        reference,
        [Part(f"d{place}", points) for place, points in enumerate(by_size)],
        [Part(f"a{place}", points) for place, points in enumerate(adjustments)],
        math.fsum([reference, *by_size, *adjustments]),
    )


@given(st.floats(0, 100), st.lists(POINTS, max_size=40), st.lists(POINTS, max_size=4))
def test_what_is_drawn_adds_up(
    reference: float, drivers: list[float], adjustments: list[float]
) -> None:
    account = account_of(reference, drivers, adjustments)
    drawn = waterfall(account, FLOORS)
    first, *moved, last = drawn.bars
    assert first.end == reference
    assert last.end == account.score
    assert math.isclose(
        first.end + math.fsum(bar.points for bar in moved), account.score, abs_tol=1e-9
    )
    for one, next_one in zip(drawn.bars[:-1], drawn.bars[1:], strict=True):
        assert math.isclose(one.end, next_one.start, abs_tol=1e-9)


@given(st.floats(0, 100), st.lists(POINTS, max_size=15))
def test_what_is_told_adds_up_to_the_hundredth(reference: float, parts: list[float]) -> None:
    score = math.fsum([reference, *parts])
    first, *told, last = told_points(reference, parts, score)
    if any(part != round(part, 2) for part in parts) or not parts:
        for part, points in zip(parts, told, strict=True):
            assert abs(float(points) - part) < 0.0100001
    if len([part for part in parts if part != round(part, 2)]) >= 2:
        assert first + sum(told, Decimal(0)) == last


def test_the_others_take_what_rounding_leaves() -> None:
    account = account_of(80.0, [-1.0 - n / 1000 for n in range(1, 15)], [-0.0149])
    drawn = waterfall(account, FLOORS)
    assert sum(bar.told for bar in drawn.bars[:-1]) == drawn.bars[-1].told
    for bar in drawn.bars:
        if bar.kind in ("driver", "adjustment"):
            assert bar.told == round(Decimal(repr(round(bar.points, 9))), 2)


def test_the_largest_drivers_come_first_then_the_others_then_adjustments() -> None:
    account = account_of(80.0, [float(n) / 8 for n in range(1, 15)], [-20.0, 0.0])
    drawn = waterfall(account, FLOORS)
    kinds = [bar.kind for bar in drawn.bars]
    assert kinds == ["reference", *["driver"] * 10, "others", *["adjustment"] * 2, "score"]
    assert drawn.others == 4
    sizes = [abs(bar.points) for bar in drawn.bars[1:11]]
    assert sizes == sorted(sizes, reverse=True)
    assert math.isclose(drawn.bars[11].points, (1 + 2 + 3 + 4) / 8)


def test_few_drivers_need_no_others() -> None:
    drawn = waterfall(account_of(80.0, [1.0, -2.0], []), FLOORS)
    assert [bar.kind for bar in drawn.bars] == ["reference", "driver", "driver", "score"]
    assert drawn.others == 0


def test_everything_lies_on_the_axis() -> None:
    drawn = waterfall(account_of(82.0, [-90.0, 40.0, -30.0], [12.0, -0.01]), FLOORS)
    for bar in drawn.bars:
        assert 0 <= bar.left <= bar.left + bar.width <= 100
    assert [zone.grade for zone in drawn.zones] == ["D", "C", "B", "A"]
    assert math.isclose(sum(zone.width for zone in drawn.zones), 100, abs_tol=0.01)


def test_only_grades_in_view_are_drawn() -> None:
    drawn = waterfall(account_of(90.0, [0.5], []), FLOORS)
    assert [zone.grade for zone in drawn.zones] == ["B", "A"] or [
        zone.grade for zone in drawn.zones
    ] == ["A"]
    assert waterfall(account_of(90.0, [0.5], []), {"A": 0.0}).zones[0].width == 100


def test_the_reference_customer_itself_has_two_rows() -> None:
    drawn = waterfall(account_of(81.953, [], []), FLOORS)
    assert [str(bar.told) for bar in drawn.bars] == ["81.95", "81.95"]
