"""Each line of points after the blend: when it holds, what it gives, in which order."""

import math
from datetime import date

import pytest

from models.adjustments import KINDS, Adjusted, Case, Override, adjust, hard_facts, is_new, summed
from models.bands import NOTCHES, Edges
from models.policy.sections import Policy
from models.scale import at_horizon
from tests.models.bundles import GOOD, POLICY, policy_with

EDGES = Edges.of(POLICY.bands)
DAY = date(2025, 6, 30)
NAN = math.nan


def adjusted(
    blend: float = 90.0,
    *,
    prior: str | None = None,
    override: Override | None = None,
    chance: float = 0.001,
    model_score: float = 90.0,
    horizon: int = 365,
    policy: Policy = POLICY,
    **facts: float,
) -> Adjusted:
    case = Case(
        as_of=DAY,
        facts=dict(GOOD) | facts,
        blend=blend,
        model_score=model_score,
        default_probability=chance,
        prior_grade=prior,
        override=override,
    )
    found = adjust(case, policy, horizon, EDGES)
    assert found.score == summed(blend, found.lines)
    return found


def lines(found: Adjusted) -> list[tuple[str, float, str]]:
    return [(line.kind, round(line.points, 9), line.reason) for line in found.lines]


def test_a_blend_that_nothing_moves_is_the_score():
    assert adjusted(71.234).lines == ()
    assert adjusted(71.234).score == 71.234


@pytest.mark.parametrize(
    ("model_score", "points"), [(130.0, 0.6 * -30), (-25.0, 0.6 * 25), (100.0, None), (0.0, None)]
)
def test_the_bound_gives_back_the_models_share_of_what_lies_beyond_the_scale(model_score, points):
    found = adjusted(50.0, model_score=model_score)
    expected = [] if points is None else [("bound", points, "probability_beyond_scale")]
    assert lines(found) == expected


def test_a_newcomer_is_moved_up_or_down_to_the_entry_point():
    assert lines(adjusted(88.0, history_days=30.0)) == [("provisional", -38.0, "no_history")]
    assert lines(adjusted(12.0, history_days=30.0)) == [("provisional", 38.0, "no_history")]


@pytest.mark.parametrize(
    ("facts", "new"),
    [
        ({"invoices_due_365d": 3.0, "history_days": 90.0}, False),
        ({"invoices_due_365d": 2.0}, True),
        ({"history_days": 89.0}, True),
        ({"history_days": NAN}, True),
        ({"invoices_due_365d": NAN}, True),
    ],
)
def test_few_or_unknown_invoices_or_days_make_a_newcomer(facts, new):
    assert is_new(dict(GOOD) | facts, POLICY) is new


def test_a_newcomer_with_a_hard_fact_is_capped_and_not_lifted_to_the_entry_point():
    found = adjusted(20.0, history_days=0.0, is_dishonest=1.0)
    assert not found.provisional
    assert lines(found) == [("ceiling", 0.0, "dishonest")]


def test_a_newcomers_probability_caps_the_entry_point_like_anybody_elses():
    found = adjusted(20.0, history_days=0.0, chance=0.9)
    assert found.provisional
    assert [(kind, reason) for kind, _, reason in lines(found)] == [
        ("provisional", "no_history"),
        ("ceiling", "probability_to_d"),
    ]
    assert found.score == pytest.approx(39.99)
    assert adjusted(20.0, history_days=0.0, chance=0.02).score == 50.0


@pytest.mark.parametrize(
    ("facts", "reason", "score"),
    [
        ({"in_default": 1.0}, "in_default", 39.99),
        ({"is_dishonest": 1.0}, "dishonest", 39.99),
        ({"enforcement_open_count": 1.0}, "enforcement_open", 59.99),
        ({"oldest_overdue_days": 61.0, "open_overdue_amount": 1000.0}, "overdue_to_c", 59.99),
        ({"oldest_overdue_days": 90.0, "open_overdue_amount": 1000.0}, "overdue_to_c", 59.99),
        ({"oldest_overdue_days": 91.0, "open_overdue_amount": 1000.0}, "overdue_to_d", 39.99),
    ],
)
def test_a_hard_fact_stops_the_points_a_hundredth_under_the_better_band(facts, reason, score):
    found = adjusted(95.0, **facts)
    assert [line.reason for line in found.lines] == [reason]
    assert found.score == pytest.approx(score, abs=1e-9)


@pytest.mark.parametrize(
    "facts",
    [
        {"oldest_overdue_days": 60.0, "open_overdue_amount": 5000.0},
        {"oldest_overdue_days": 200.0, "open_overdue_amount": 999.99},
        {"in_default": NAN, "is_dishonest": NAN, "enforcement_open_count": NAN},
        {"oldest_overdue_days": NAN, "open_overdue_amount": 5000.0},
        {"oldest_overdue_days": 200.0, "open_overdue_amount": NAN},
    ],
)
def test_small_old_or_unknown_facts_cap_nothing(facts):
    assert hard_facts(dict(GOOD) | facts, POLICY) == ()
    assert adjusted(95.0, **facts).lines == ()


@pytest.mark.parametrize("horizon", [30, 90, 180, 365])
@pytest.mark.parametrize(
    ("yearly", "reason"),
    [(0.0999, None), (0.10, "probability_to_c"), (0.2999, "probability_to_c"),
     (0.30, "probability_to_d"), (0.9, "probability_to_d")],
)  # fmt: skip
def test_a_probability_caps_at_the_same_yearly_hazard_over_every_horizon(horizon, yearly, reason):
    found = adjusted(95.0, chance=at_horizon(yearly, horizon), horizon=horizon)
    assert [line.reason for line in found.lines] == ([reason] if reason else [])


def test_the_strictest_ceiling_bites_and_the_others_are_named():
    found = adjusted(
        95.0,
        chance=0.15,
        enforcement_open_count=2.0,
        oldest_overdue_days=70.0,
        open_overdue_amount=9000.0,
        in_default=1.0,
    )
    (line,) = found.lines
    assert (line.kind, line.reason) == ("ceiling", "in_default")
    assert line.also == ("enforcement_open", "overdue_to_c", "probability_to_c")
    assert found.score == pytest.approx(39.99, abs=1e-9)


def test_a_ceiling_over_points_that_are_lower_already_is_told_and_takes_nothing():
    found = adjusted(33.0, enforcement_open_count=1.0)
    assert lines(found) == [("ceiling", 0.0, "enforcement_open")]
    assert found.score == 33.0


@pytest.mark.parametrize(
    ("blend", "prior", "score"),
    [
        (81.99, "B", 79.99),
        (82.0, "B", 82.0),
        (81.0, "C", 79.99),
        (81.0, "D", 79.99),
        (61.99, "C", 59.99),
        (61.99, "D", 59.99),
        (41.0, "D", 39.99),
        (95.0, "D", 95.0),
        (79.0, "A", 79.0),
        (30.0, "A", 30.0),
        (80.5, "A", 80.5),
        (70.0, "B", 70.0),
        (80.5, None, 80.5),
    ],
)
def test_an_upgrade_needs_the_margin_and_a_downgrade_needs_none(blend, prior, score):
    found = adjusted(blend, prior=prior)
    assert found.score == pytest.approx(score, abs=1e-9)
    moved = [("hysteresis", round(score - blend, 9), "upgrade_needs_margin")]
    assert lines(found) == (moved if score != blend else [])


def test_a_wide_margin_holds_a_grade_back_by_more_than_one_band():
    policy = policy_with(("upgrade_margin = 2.0", "upgrade_margin = 30.0"))
    assert adjusted(81.0, prior="D", policy=policy).score == pytest.approx(59.99)


def override(notch: str, expires: date = DAY, *hard: str) -> Override:
    return Override(notch, expires, hard)


@pytest.mark.parametrize(
    ("blend", "notch", "score", "now"),
    [
        (75.0, "A3", 80.0, "A3"),  # B1, one up
        (68.0, "A3", 80.0, "A3"),  # B2, two up
        (62.0, "A3", 60 + 20 * 2 / 3, "B1"),  # B3, three up are cut to two
        (45.0, "A1", 40 + 20 * 2 / 3, "C1"),  # C3, eight up are cut to two
        (75.0, "D2", 40 / 3, "D2"),  # down as far as people say
        (75.0, "D3", 0.0, "D3"),
    ],
)
def test_an_override_goes_to_the_floor_of_its_notch_at_most_two_up(blend, notch, score, now):
    found = adjusted(blend, override=override(notch))
    assert EDGES.notch(found.score) == now
    assert found.score == pytest.approx(score, abs=1e-9)
    assert found.before_override == blend


def test_an_override_to_the_notch_that_holds_anyway_is_no_line():
    assert adjusted(75.0, override=override("B1")).lines == ()


def test_an_override_holds_through_its_last_day_and_not_after():
    assert adjusted(75.0, override=override("A3", date(2025, 6, 30))).score == 80.0
    assert adjusted(75.0, override=override("A3", date(2025, 6, 29))).lines == ()


def test_a_new_hard_fact_suspends_an_override():
    found = adjusted(75.0, override=override("A3"), enforcement_open_count=1.0)
    assert found.override_suspended
    assert lines(found) == [("ceiling", -15.01, "enforcement_open")]


def test_a_hard_fact_that_was_known_does_not_suspend_it():
    granted = override("B3", DAY, "enforcement_open")
    found = adjusted(75.0, override=granted, enforcement_open_count=1.0)
    assert not found.override_suspended
    assert [line.kind for line in found.lines] == ["ceiling", "override"]
    assert found.score == pytest.approx(60.0)


def test_an_overdue_that_grew_worse_is_new_and_one_that_grew_milder_is_not():
    old = {"open_overdue_amount": 5000.0}
    to_c, to_d = override("B3", DAY, "overdue_to_c"), override("B3", DAY, "overdue_to_d")
    assert adjusted(75.0, override=to_c, oldest_overdue_days=95.0, **old).override_suspended
    assert not adjusted(75.0, override=to_d, oldest_overdue_days=70.0, **old).override_suspended


def test_an_expired_override_is_not_suspended():
    found = adjusted(75.0, override=override("A3", date(2025, 1, 1)), in_default=1.0)
    assert not found.override_suspended


def test_the_lines_come_in_their_order_and_add_up():
    found = adjusted(
        90.0,
        prior="D",
        model_score=140.0,
        enforcement_open_count=1.0,
        override=override("B3", DAY, "enforcement_open"),
    )
    kinds = [line.kind for line in found.lines]
    assert kinds == ["bound", "ceiling", "override"]
    assert kinds == sorted(kinds, key=KINDS.index)


def test_provisional_hysteresis_and_override_can_follow_one_another():
    found = adjusted(95.0, model_score=101.0, history_days=10.0, prior="D", override=override("C1"))
    assert [line.kind for line in found.lines] == ["bound", "provisional", "override"]
    assert NOTCHES[NOTCHES.index(EDGES.notch(50.0)) - 1] == "C1"
    policy = policy_with(("upgrade_margin = 2.0", "upgrade_margin = 15.0"))
    found = adjusted(95.0, history_days=10.0, prior="D", policy=policy, override=override("C3"))
    assert [line.kind for line in found.lines] == ["provisional", "hysteresis", "override"]
    assert found.before_override == pytest.approx(39.99)
