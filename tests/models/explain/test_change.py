"""The blocks of a change add up to the difference of the scores; what did not move is nothing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalogue import FEATURE_NAMES
from features.errors import ModelError
from features.matrix import Snapshots
from models.adjustments import KINDS
from models.bundle import Bundle
from models.explain.change import BLOCKS, Change, Side, changes
from models.grading import blend_of, grade_snapshots
from models.policy.sections import Policy
from models.rules import RULE_INPUTS
from tests.models.bundles import (
    POLICY,
    bundle_in,
    bundle_parts,
    policy_with,
    random_snapshots,
    snapshots_of,
)

OTHER_POLICY = policy_with(
    ("rule_weight = 0.4", "rule_weight = 0.55"),
    ("[[0.60, 0.0], [0.95, 100.0]]", "[[0.50, 0.0], [0.99, 100.0]]"),
    ("365 = [0.01, 0.10]", "365 = [0.015, 0.12]"),
    ("A = 80.0", "A = 82.0"),
)
FEW = ("oldest_overdue_days", "tenure_days", "legal_count_730d", "payment_amount_30d")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle of other trees, another book and another calibration."""
    parts = bundle_parts(seed=5)
    calibration = replace(parts.calibration, intercept=-0.7, slope=1.1)
    book = replace(parts.book, on_time_rate=0.8, count_quantiles=parts.book.count_quantiles * 2)
    return bundle_in(
        tmp_path_factory.mktemp("other"), replace(parts, calibration=calibration, book=book)
    )


def moved_rows(rows: int, seed: int, share: float = 0.3) -> tuple[Snapshots, Snapshots]:
    """Return snapshots of the same customers at two days; a share of the values moved."""
    before, fresh = random_snapshots(rows, seed), random_snapshots(rows, seed + 500)
    moves = np.random.default_rng(seed).random(before.values.shape) < share
    values = np.where(moves, fresh.values, before.values)
    return before, replace(before, as_of=before.as_of + 30, values=values)


def changed(before: Side, after: Side) -> list[Change]:
    first = grade_snapshots(before.snapshots, before.bundle, before.policy)
    prior = {g.customer_id: g.grade_before_override for g in first}
    second = grade_snapshots(after.snapshots, after.bundle, after.policy, prior_grades=prior)
    return changes(before, after, (first, second))


def assert_exact(found: list[Change]) -> None:
    for one in found:
        assert tuple(one.blocks) == BLOCKS
        delta = one.after.score - one.before.score
        assert sum(one.blocks.values()) == pytest.approx(
            delta, rel=0, abs=1e-9 * max(1, abs(delta))
        )
        assert sum(f.points for f in one.features) == one.blocks["data"]
        for f in one.features:
            assert f.points == f.rule_points + f.model_points
            still = f.before == f.after or (np.isnan(f.before) and np.isnan(f.after))
            assert not still or (f.points, f.rule_points, f.model_points) == (0.0, 0.0, 0.0)


CASES = [(False, False), (True, False), (False, True), (True, True)]


@pytest.mark.parametrize(("new_model", "new_policy"), CASES)
def test_the_blocks_add_up(bundle: Bundle, other: Bundle, new_model: bool, new_policy: bool):
    before, after = moved_rows(80, seed=70)
    found = changed(
        Side(before, bundle, POLICY),
        Side(after, other if new_model else bundle, OTHER_POLICY if new_policy else POLICY),
    )
    assert_exact(found)
    assert any(one.blocks["data"] for one in found)
    assert any(one.blocks["model"] for one in found) is new_model
    assert any(one.blocks["policy"] for one in found) is new_policy


@pytest.mark.parametrize(("new_model", "new_policy"), CASES)
def test_without_moved_data_the_data_block_is_exactly_nothing(
    bundle: Bundle, other: Bundle, new_model: bool, new_policy: bool
):
    rows = random_snapshots(40, seed=71)
    found = changed(
        Side(rows, bundle, POLICY),
        Side(rows, other if new_model else bundle, OTHER_POLICY if new_policy else POLICY),
    )
    assert_exact(found)
    assert {one.blocks["data"] for one in found} == {0.0}


def test_nothing_changed_is_nothing_in_every_block(bundle: Bundle):
    side = Side(random_snapshots(40, seed=72), bundle, POLICY)
    gradings = grade_snapshots(side.snapshots, bundle, POLICY)
    for one in changes(side, side, (gradings, gradings)):
        assert one.blocks == dict.fromkeys(BLOCKS, 0.0)


def test_a_policy_of_other_words_but_the_same_numbers_gives_exactly_nothing(bundle: Bundle):
    worded = policy_with(("# of the rule score", "# of the score"))
    rows = random_snapshots(40, seed=73)
    gradings = grade_snapshots(rows, bundle, POLICY)
    for one in changes(
        Side(rows, bundle, POLICY), Side(rows, bundle, worded), (gradings, gradings)
    ):
        assert one.blocks["policy"] == 0.0


def test_with_the_same_model_and_policy_the_data_block_is_the_change_of_the_blend(bundle: Bundle):
    before, after = moved_rows(40, seed=74)
    found = changed(Side(before, bundle, POLICY), Side(after, bundle, POLICY))
    for one in found:
        expected = one.after.blend - one.before.blend
        assert one.blocks["data"] == pytest.approx(expected, rel=0, abs=1e-9)


def test_the_first_three_blocks_are_the_mean_over_all_six_orders(bundle: Bundle, other: Bundle):
    before, after = moved_rows(20, seed=75)
    sides = (Side(before, bundle, POLICY), Side(after, other, OTHER_POLICY))
    orders = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
    expected = np.zeros((len(before), 3))
    for order in orders:
        state = [0, 0, 0]
        last = _blend(sides, state)
        for block in order:
            state[block] = 1
            now = _blend(sides, state)
            expected[:, block] += (now - last) / 6
            last = now
    for one, blocks in zip(changed(*sides), expected, strict=True):
        found = [one.blocks[name] for name in ("data", "model", "policy")]
        assert found == pytest.approx(blocks.tolist(), rel=0, abs=1e-9)


def _blend(sides: tuple[Side, Side], state: list[int]) -> np.ndarray:
    data, model, policy = (sides[place] for place in state)
    return blend_of(data.snapshots, model.bundle, policy.policy).score


def test_the_other_blocks_are_the_differences_of_the_lines(bundle: Bundle):
    before = snapshots_of({}, {"is_dishonest": 1.0})
    after = snapshots_of({"in_default": 1.0}, {"is_dishonest": 0.0})
    got_worse, got_better = changed(Side(before, bundle, POLICY), Side(after, bundle, POLICY))
    assert got_worse.blocks["ceiling"] == got_worse.after.adjustments[-1].points < 0
    assert got_better.blocks["ceiling"] == -got_better.before.adjustments[-1].points
    for one in (got_worse, got_better):
        for kind in KINDS:
            lines = [sum(a.points for a in g.adjustments if a.kind == kind)
                     for g in (one.before, one.after)]  # fmt: skip
            assert one.blocks[kind] == lines[1] - lines[0]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31), share=st.floats(0, 1), case=st.sampled_from(CASES))
def test_swapping_the_sides_turns_every_sign(
    bundle: Bundle, other: Bundle, seed: int, share: float, case: tuple[bool, bool]
):
    first, second = moved_rows(3, seed, share)
    before = Side(first, bundle, POLICY)
    after = Side(second, other if case[0] else bundle, OTHER_POLICY if case[1] else POLICY)
    gradings = [grade_snapshots(s.snapshots, s.bundle, s.policy) for s in (before, after)]
    there = changes(before, after, (gradings[0], gradings[1]))
    back = changes(after, before, (gradings[1], gradings[0]))
    assert_exact(there)
    assert_exact(back)
    for one, turned in zip(there, back, strict=True):
        for name in BLOCKS:
            assert one.blocks[name] == pytest.approx(-turned.blocks[name], rel=0, abs=1e-9)
        points = {f.feature: f.points for f in one.features}
        mirrored = {f.feature: -f.points for f in turned.features}
        assert points == pytest.approx(mirrored, rel=0, abs=1e-9)


def test_bundles_on_different_features_are_matched_by_name(bundle: Bundle, tmp_path: Path):
    few = bundle_in(tmp_path, bundle_parts(names=FEW, seed=6))
    before, after = moved_rows(30, seed=77)
    for sides in ((bundle, few), (few, bundle)):
        found = changed(Side(before, sides[0], POLICY), Side(after, sides[1], OTHER_POLICY))
        assert_exact(found)
        names = [f.feature for f in found[0].features]
        assert len(names) == len(set(names))
        assert set(names) == set(FEATURE_NAMES)
    found = changed(Side(before, few, POLICY), Side(after, few, POLICY))
    assert {f.feature for f in found[0].features} == set(FEW) | set(RULE_INPUTS)


def test_bundles_of_different_horizons_can_be_compared(bundle: Bundle, tmp_path: Path):
    shorter = bundle_in(tmp_path, bundle_parts(horizon_days=180))
    before, after = moved_rows(20, seed=78)
    found = changed(Side(before, bundle, POLICY), Side(after, shorter, POLICY))
    assert_exact(found)
    assert all(one.blocks["model"] for one in found)


def test_a_policy_without_anchors_for_one_of_the_horizons_is_refused(
    bundle: Bundle, tmp_path: Path
):
    shorter = bundle_in(tmp_path, bundle_parts(horizon_days=180))
    start = "180 = [0.0049440676734555655, 0.0506318400601703]\n"
    only_yearly: Policy = policy_with((start, ""))
    rows = random_snapshots(2)
    gradings = (grade_snapshots(rows, bundle, only_yearly), grade_snapshots(rows, shorter, POLICY))
    with pytest.raises(ModelError, match="horizon of 180 days"):
        changes(Side(rows, bundle, only_yearly), Side(rows, shorter, POLICY), gradings)


def test_the_features_come_by_the_size_of_their_points(bundle: Bundle):
    before, after = moved_rows(10, seed=79)
    for one in changed(Side(before, bundle, POLICY), Side(after, bundle, POLICY)):
        sizes = [abs(f.points) for f in one.features]
        assert sizes == sorted(sizes, reverse=True)


def test_a_change_is_told_alone_as_among_others(bundle: Bundle, other: Bundle):
    before, after = moved_rows(20, seed=80)
    together = changed(Side(before, bundle, POLICY), Side(after, other, OTHER_POLICY))
    for row in range(20):
        (alone,) = changed(
            Side(before.take([row]), bundle, POLICY), Side(after.take([row]), other, OTHER_POLICY)
        )
        assert alone.blocks == together[row].blocks


def test_nobody_has_no_changes(bundle: Bundle):
    side = Side(random_snapshots(0), bundle, POLICY)
    assert changes(side, side, ([], [])) == []


def test_a_single_worse_feature_is_the_whole_of_the_data_block(bundle: Bundle):
    before = snapshots_of({"overdue_count_365d": 1.0})
    after = snapshots_of({"overdue_count_365d": 6.0})
    (one,) = changed(Side(before, bundle, POLICY), Side(after, bundle, POLICY))
    told = {f.feature: f.points for f in one.features if f.points}
    assert set(told) == {"overdue_count_365d"}
    assert told["overdue_count_365d"] == one.blocks["data"] < 0
