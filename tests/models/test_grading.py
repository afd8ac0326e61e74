"""The one scoring path: a grading depends on its own row and on nothing else."""

import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalogue import FEATURE_NAMES
from features.errors import LedgerError, ModelError
from features.matrix import Snapshots
from models.adjustments import KINDS, Override
from models.bands import GRADES, Edges
from models.bundle import Bundle
from models.grading import blend_of, grade_snapshots
from tests.models.bundles import (
    POLICY,
    bundle_in,
    bundle_parts,
    certain,
    policy_with,
    random_snapshots,
    snapshots_of,
)

EDGES = Edges.of(POLICY.bands)


@pytest.fixture(scope="module")
def many() -> Snapshots:
    return random_snapshots(400, seed=40)


def priors(snapshots: Snapshots) -> dict[str, str]:
    return {c: GRADES[i % 4] for i, c in enumerate(snapshots.customer_ids) if i % 3}


def overrides(snapshots: Snapshots) -> dict[str, Override]:
    held = Override("B1", date(2030, 1, 1), ("in_default", "dishonest"))
    return {c: held for i, c in enumerate(snapshots.customer_ids) if i % 7 == 0}


def test_a_score_is_the_blend_plus_its_lines_to_the_last_bit(bundle: Bundle, many: Snapshots):
    found = grade_snapshots(
        many, bundle, POLICY, prior_grades=priors(many), overrides=overrides(many)
    )
    assert {line.kind for g in found for line in g.adjustments} == set(KINDS)
    for grading in found:
        total = grading.blend
        for line in grading.adjustments:
            total += line.points
        assert total == grading.score


def test_grade_and_notch_are_a_function_of_the_score(bundle: Bundle, many: Snapshots):
    for grading in grade_snapshots(many, bundle, POLICY, prior_grades=priors(many)):
        assert grading.grade == EDGES.grade(grading.score)
        assert grading.notch == EDGES.notch(grading.score)
        assert grading.notch[0] == grading.grade


def test_the_blend_is_the_weighted_sum_of_rules_and_model(bundle: Bundle, many: Snapshots):
    for grading in grade_snapshots(many, bundle, POLICY):
        expected = 0.4 * grading.rule_score + 0.6 * grading.model_score
        assert grading.blend == pytest.approx(expected, rel=0, abs=1e-12)


def test_a_customer_is_graded_alone_as_among_others(bundle: Bundle, many: Snapshots):
    together = grade_snapshots(many, bundle, POLICY, prior_grades=priors(many))
    alone = [
        grade_snapshots(many.take([row]), bundle, POLICY, prior_grades=priors(many))[0]
        for row in range(len(many))
    ]
    assert together == alone


def test_the_order_of_the_rows_does_not_matter(bundle: Bundle, many: Snapshots):
    order = np.random.default_rng(0).permutation(len(many))
    shuffled = grade_snapshots(many.take(order), bundle, POLICY)
    straight = grade_snapshots(many, bundle, POLICY)
    assert shuffled == [straight[place] for place in order]


def test_the_order_of_the_columns_does_not_matter(bundle: Bundle, many: Snapshots):
    turned = many.select(tuple(reversed(FEATURE_NAMES)))
    assert grade_snapshots(turned, bundle, POLICY) == grade_snapshots(many, bundle, POLICY)


def test_nobody_to_grade_gives_no_gradings(bundle: Bundle):
    assert grade_snapshots(random_snapshots(0), bundle, POLICY) == []


def test_a_snapshot_that_lacks_a_feature_is_refused_by_its_name(bundle: Bundle):
    short = snapshots_of({}).select(FEATURE_NAMES[1:])
    with pytest.raises(LedgerError, match=f"lack the feature '{FEATURE_NAMES[0]}'"):
        grade_snapshots(short, bundle, POLICY)


def test_a_bundle_on_few_features_still_needs_what_the_rules_and_ceilings_read(tmp_path: Path):
    few = bundle_in(tmp_path, bundle_parts(names=("tenure_days", "oldest_overdue_days")))
    for name in ("external_score", "in_default"):
        names = tuple(n for n in FEATURE_NAMES if n != name)
        with pytest.raises(LedgerError, match=f"lack the feature '{name}'"):
            grade_snapshots(snapshots_of({}).select(names), few, POLICY)


def test_a_customer_of_whom_nothing_is_known_is_a_provisional_c(bundle: Bundle):
    (found,) = grade_snapshots(snapshots_of(dict.fromkeys(FEATURE_NAMES)), bundle, POLICY)
    assert (found.grade, found.provisional, found.known_weight) == ("C", True, 0.0)
    assert found.rule_score == 50.0
    assert set(found.indicators.values()) == {None}
    assert (found.rule_score_worst, found.rule_score_best) == (0.0, 100.0)
    assert found.terms.credit_limit == 0


@pytest.mark.parametrize("name", FEATURE_NAMES)
def test_any_one_unknown_feature_can_be_graded(bundle: Bundle, name: str):
    (found,) = grade_snapshots(snapshots_of({name: None}), bundle, POLICY)
    assert math.isfinite(found.score)
    unseen = not bundle.probability.null_seen[FEATURE_NAMES.index(name)]
    assert found.unseen_unknowns == ((name,) if unseen else ())


def test_a_bundle_without_anchors_in_the_policy_is_refused(bundle: Bundle):
    with pytest.raises(ModelError, match="no scale anchors .* 200 days"):
        grade_snapshots(snapshots_of({}), replace(bundle, horizon_days=200), POLICY)


@pytest.mark.parametrize(("chance", "model_score"), [(0.01, 80.0), (0.10, 40.0)])
def test_the_model_score_is_the_point_of_the_probability(bundle: Bundle, chance, model_score):
    (found,) = grade_snapshots(snapshots_of({}), certain(bundle, chance), POLICY)
    assert found.default_probability == pytest.approx(chance, rel=1e-12)
    assert found.model_score == pytest.approx(model_score, abs=1e-9)


def test_a_probability_of_exactly_ten_percent_is_capped(bundle: Bundle):
    (found,) = grade_snapshots(snapshots_of({}), certain(bundle, 0.10), POLICY)
    assert [line.reason for line in found.adjustments] == ["probability_to_c"]
    assert found.grade == "C"


@pytest.mark.parametrize(
    ("points", "grade"), [(80.0, "A"), (79.99, "B"), (60.0, "B"), (40.0, "C"), (39.99, "D")]
)
def test_a_model_score_on_an_edge_has_the_better_grade(bundle: Bundle, points, grade):
    policy = policy_with(
        ("rule_weight = 0.4", "rule_weight = 0.0"),
        ("yearly_probability_to_c = 0.10", "yearly_probability_to_c = 0.9"),
        ("yearly_probability_to_d = 0.30", "yearly_probability_to_d = 0.9"),
    )
    scale = policy.point_scale(365)
    chance = 1 / (1 + math.exp(-(points - scale.offset) / scale.slope))
    (found,) = grade_snapshots(snapshots_of({}), certain(bundle, chance), policy)
    assert found.score == pytest.approx(points, abs=1e-9)
    assert found.grade == grade


def test_the_prior_grade_is_told_and_holds_an_upgrade_back(bundle: Bundle):
    policy = policy_with(("upgrade_margin = 2.0", "upgrade_margin = 100.0"))
    rows = snapshots_of({}, {})
    told = certain(bundle, 0.005)
    free, held = grade_snapshots(rows, told, policy, prior_grades={"c2": "C"})
    assert (free.grade, free.prior_grade) == ("A", None)
    assert (held.grade, held.prior_grade) == ("C", "C")
    assert held.blend == free.blend


def test_the_grade_before_override_is_what_the_next_grading_starts_from(bundle: Bundle):
    granted = {"c1": Override("A3", date(2025, 12, 31))}
    (found,) = grade_snapshots(snapshots_of({}), certain(bundle, 0.05), POLICY, overrides=granted)
    assert (found.grade, found.grade_before_override) == ("A", "B")
    assert found.adjustments[-1].kind == "override"


def test_a_suspended_override_is_told(bundle: Bundle):
    granted = {"c1": Override("A3", date(2025, 12, 31))}
    (found,) = grade_snapshots(snapshots_of({"in_default": 1.0}), bundle, POLICY, overrides=granted)
    assert (found.grade, found.override_suspended) == ("D", True)


def test_terms_are_those_of_the_final_grade(bundle: Bundle):
    (found,) = grade_snapshots(snapshots_of({"is_dishonest": 1.0}), bundle, POLICY)
    assert (found.terms.prepayment_share, found.terms.credit_limit) == (1.0, 0)


def test_a_grading_names_the_model_and_the_policy(bundle: Bundle):
    (found,) = grade_snapshots(snapshots_of({}), bundle, POLICY)
    assert found.model_version == bundle.model_version
    assert found.policy_version == POLICY.policy_version


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31), w=st.floats(0, 1))
def test_any_share_of_the_rules_gives_a_finite_score_that_adds_up(bundle: Bundle, seed, w):
    policy = policy_with(("rule_weight = 0.4", f"rule_weight = {w!r}"))
    snapshots = random_snapshots(5, seed)
    blend = blend_of(snapshots, bundle, policy)
    for row, grading in enumerate(grade_snapshots(snapshots, bundle, policy)):
        assert grading.blend == blend.score[row]
        assert math.isfinite(grading.score)
        assert grading.score <= 100 + 1e-9


def test_raising_a_hard_fact_never_raises_the_score(bundle: Bundle, many: Snapshots):
    before = grade_snapshots(many, bundle, POLICY)
    for name in ("in_default", "is_dishonest", "enforcement_open_count"):
        values = many.values.copy()
        place = FEATURE_NAMES.index(name)
        values[:, place] = np.where(np.isnan(values[:, place]), np.nan, 1.0)
        raised = grade_snapshots(replace(many, values=values), bundle, POLICY)
        for old, new, was in zip(before, raised, many.column(name), strict=True):
            if was == 0 and not old.provisional:
                assert new.score <= old.score + 1e-9
