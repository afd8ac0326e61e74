"""A score is the reference plus its drivers plus its adjustments, to 1e-9."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.catalogue import FEATURE_NAMES
from models.bundle import Bundle
from models.explain.attribution import (
    attribute,
    attribute_to_reference,
    layout_of,
    reference_of,
)
from models.explain.drivers import Explanation, explain
from models.grading import blend_of, grade_snapshots
from models.rules import RULE_INPUTS
from tests.models.bundles import (
    POLICY,
    bundle_in,
    bundle_parts,
    policy_with,
    random_snapshots,
    snapshots_of,
)

MANY = random_snapshots(150, seed=60)
FEW = ("oldest_overdue_days", "tenure_days", "legal_count_730d", "external_score")


def explained(bundle: Bundle, snapshots=MANY, policy=POLICY) -> list[Explanation]:
    gradings = grade_snapshots(
        snapshots, bundle, policy, prior_grades=dict.fromkeys(snapshots.customer_ids, "D")
    )
    return explain(snapshots, gradings, bundle, policy)


def assert_adds_up(found: list[Explanation]) -> None:
    for one in found:
        lines = sum(line.points for line in one.grading.adjustments)
        total = one.reference + sum(d.points for d in one.drivers) + lines
        assert total == pytest.approx(one.grading.score, rel=0, abs=1e-9)


def test_reference_drivers_and_adjustments_add_up_to_the_score(bundle: Bundle):
    assert_adds_up(explained(bundle))


@pytest.mark.parametrize("w", ["0.0", "0.37", "1.0"])
def test_they_add_up_whatever_the_share_of_the_rules(bundle: Bundle, w: str):
    assert_adds_up(
        explained(bundle, policy=policy_with(("rule_weight = 0.4", f"rule_weight = {w}")))
    )


def test_they_add_up_for_a_bundle_on_fewer_features(tmp_path: Path):
    few = bundle_in(tmp_path, bundle_parts(names=FEW))
    found = explained(few)
    assert_adds_up(found)
    names = {driver.feature for driver in found[0].drivers}
    assert names == set(FEW) | set(RULE_INPUTS)
    assert layout_of(few).names[: len(FEW)] == FEW
    told = {d.feature: d.reference_value for d in found[0].drivers}
    assert told["on_time_rate_365d"] == 1.0


def test_a_driver_is_the_sum_of_its_two_parts(bundle: Bundle):
    for one in explained(bundle):
        for driver in one.drivers:
            assert driver.points == driver.rule_points + driver.model_points


def test_drivers_come_by_the_size_of_their_points(bundle: Bundle):
    for one in explained(bundle):
        sizes = [abs(driver.points) for driver in one.drivers]
        assert sizes == sorted(sizes, reverse=True)


def test_the_reference_customer_has_no_drivers(bundle: Bundle):
    like = snapshots_of({})
    reference = replace(like, values=reference_of(bundle, POLICY).row[None])
    (found,) = explained(bundle, reference)
    assert found.reference == found.grading.blend
    assert [driver.points for driver in found.drivers] == [0.0] * len(found.drivers)
    assert not any(math.copysign(1, d.model_points) < 0 for d in found.drivers)


def test_a_feature_as_the_reference_has_it_gives_exactly_nothing(bundle: Bundle):
    (found,) = explained(bundle, snapshots_of({"on_time_rate_365d": 0.4, "external_score": None}))
    moved = {driver.feature for driver in found.drivers if driver.points != 0}
    assert moved <= {"on_time_rate_365d", "external_score"}
    assert "on_time_rate_365d" in moved


def test_an_unknown_that_training_never_saw_is_no_driver_of_the_model(bundle: Bundle):
    (found,) = explained(bundle, snapshots_of({"oldest_overdue_days": None}))
    driver = next(d for d in found.drivers if d.feature == "oldest_overdue_days")
    assert math.isnan(driver.value)
    assert driver.points == 0.0


def test_each_value_stands_beside_the_references(bundle: Bundle):
    snapshots = snapshots_of({"tenure_days": 17.0})
    (found,) = explained(bundle, snapshots)
    told = {d.feature: (d.value, d.reference_value) for d in found.drivers}
    assert told["tenure_days"] == (17.0, bundle.reference["tenure_days"])
    assert set(told) == set(FEATURE_NAMES)


def test_a_customer_is_explained_alone_as_among_others(bundle: Bundle):
    together = explained(bundle)
    for row in range(0, len(MANY), 10):
        (alone,) = explained(bundle, MANY.take([row]))
        assert alone.reference == together[row].reference
        assert [d.points for d in alone.drivers] == [d.points for d in together[row].drivers]


def test_nobody_has_no_explanations(bundle: Bundle):
    assert explain(random_snapshots(0), [], bundle, POLICY) == []


def test_points_of_a_pair_are_the_difference_of_the_blends(bundle: Bundle):
    x, z = random_snapshots(80, seed=61), random_snapshots(80, seed=62)
    found = attribute(x, z, bundle, POLICY)
    expected = blend_of(x, bundle, POLICY).score - blend_of(z, bundle, POLICY).score
    assert np.abs(found.points.sum(axis=1) - expected).max() <= 1e-9
    rules = blend_of(x, bundle, POLICY).rule_score - blend_of(z, bundle, POLICY).rule_score
    assert np.abs(found.rule_points.sum(axis=1) - 0.4 * rules).max() <= 1e-9


def test_points_against_the_reference_are_those_of_the_pair(bundle: Bundle):
    reference = np.tile(reference_of(bundle, POLICY).row, (len(MANY), 1))
    pairs = attribute(MANY, replace(MANY, values=reference), bundle, POLICY)
    found = attribute_to_reference(MANY, bundle, POLICY)
    assert found.names == pairs.names
    assert found.rule_points.tolist() == pairs.rule_points.tolist()
    assert np.abs(found.model_points - pairs.model_points).max() <= 1e-11
    assert (found.model_points[pairs.model_points == 0] == 0).all()


def test_another_policy_has_another_reference(bundle: Bundle):
    other = policy_with(("rule_weight = 0.4", "rule_weight = 0.9"))
    first, again = explained(bundle)[0].reference, explained(bundle, policy=other)[0].reference
    assert first != again
    assert explained(bundle)[0].reference == first


def test_the_order_of_the_columns_does_not_matter(bundle: Bundle):
    turned = MANY.select(tuple(reversed(FEATURE_NAMES)))
    for one, other in zip(explained(bundle, turned), explained(bundle), strict=True):
        assert [(d.feature, d.points) for d in one.drivers] == [
            (d.feature, d.points) for d in other.drivers
        ]
