"""Reasons: few, the largest first, with the rows that show them."""

from collections.abc import Iterable

import pytest

from features.evidence import EvidenceRow, Key, RowsFound
from models.adjustments import HARD_FACTS
from models.bundle import Bundle
from models.explain.drivers import explain
from models.explain.reasons import LEAST_POINTS, reasons_of
from models.grading import grade_snapshots
from tests.models.bundles import POLICY, certain, random_snapshots, snapshots_of


def one_row(feature: str, keys: Iterable[Key]) -> dict[Key, RowsFound]:
    return {key: RowsFound(7, (EvidenceRow("orders", feature, {}),)) for key in keys}


def reasons(bundle: Bundle, *given: dict[str, float | None]):
    snapshots = snapshots_of(*given)
    gradings = grade_snapshots(snapshots, bundle, POLICY)
    return reasons_of(explain(snapshots, gradings, bundle, POLICY), POLICY, one_row)


def test_at_most_four_are_told_and_each_moves_the_points(bundle: Bundle) -> None:
    snapshots = random_snapshots(40)
    gradings = grade_snapshots(snapshots, bundle, POLICY)
    for told in reasons_of(explain(snapshots, gradings, bundle, POLICY), POLICY, one_row):
        assert 0 < len(told) <= 4
        hard = {f"ceiling.{fact}" for fact in HARD_FACTS}
        assert all(abs(r.points) >= LEAST_POINTS or r.code in hard for r in told)
        assert all(reason.text.zh and reason.text.en for reason in told)


def test_a_ceiling_comes_first_with_the_rows_that_show_it(bundle: Bundle) -> None:
    (told,) = reasons(certain(bundle, 0.004), {"is_dishonest": 1.0})
    assert told[0].code == "ceiling.dishonest"
    assert told[0].points < 0
    assert told[0].evidence.rows[0].row_id == "is_dishonest"


def test_default_is_shown_by_whichever_criterion_has_rows(bundle: Bundle) -> None:
    def only_bankruptcy(feature: str, keys: Iterable[Key]) -> dict[Key, RowsFound]:
        return one_row(feature, keys) if feature == "default_bankruptcy" else {}

    snapshots = snapshots_of({"in_default": 1.0, "default_bankruptcy": 1.0})
    sure = certain(bundle, 0.004)
    gradings = grade_snapshots(snapshots, sure, POLICY)
    (told,) = reasons_of(explain(snapshots, gradings, sure, POLICY), POLICY, only_bankruptcy)
    assert told[0].code == "ceiling.in_default"
    assert told[0].evidence.rows[0].row_id == "default_bankruptcy"


def test_drivers_follow_by_size_with_value_and_what_is_normal(bundle: Bundle) -> None:
    (told,) = reasons(bundle, {"on_time_rate_365d": 0.7, "overdue_count_365d": 4.0})
    sizes = [abs(reason.points) for reason in told if "." not in reason.code]
    assert sizes == sorted(sizes, reverse=True)
    by_code = {reason.code: reason for reason in told}
    assert by_code["on_time_rate_365d"].value == 0.7
    assert by_code["on_time_rate_365d"].normal == 1.0
    assert by_code["on_time_rate_365d"].evidence.total == 7


def test_the_reference_customer_itself_needs_no_reason(bundle: Bundle) -> None:
    snapshots = snapshots_of({})
    gradings = grade_snapshots(snapshots, bundle, POLICY)
    explanation = explain(snapshots, gradings, bundle, POLICY)[0]
    assert explanation.reference == pytest.approx(gradings[0].blend, abs=1e-9)
    (told,) = reasons_of([explanation], POLICY, one_row)
    assert all("." in reason.code for reason in told)


def test_a_hard_fact_is_told_even_where_it_costs_nothing_more(bundle: Bundle) -> None:
    bad = {"in_default": 1.0, "on_time_rate_365d": 0.0, "overdue_count_365d": 12.0}
    (told,) = reasons(certain(bundle, 0.9), bad)
    assert told[0].code == "ceiling.in_default"
    assert told[0].points == 0
