"""What differs between two policies, and that every key has a meaning in both languages."""

import re

from models.policy.diff import policy_differences, policy_values
from models.policy.load import parse_policy
from models.policy.meanings import MEANINGS, meaning
from tests.models.bundles import POLICY, POLICY_TEXT, policy_with


def test_every_key_of_a_policy_has_a_meaning_in_both_languages():
    values = policy_values(POLICY)
    assert len(values) > 60
    for key in values:
        found = meaning(key)
        assert re.search(r"[\u4e00-\u9fff]", found.zh), key
        assert re.search(r"[a-z]{3}", found.en), key
        assert not re.search(r"[\u4e00-\u9fff]", found.en), key


def test_no_meaning_is_of_a_key_that_no_policy_has():
    assert set(MEANINGS) - set(policy_values(POLICY)) == set()


def test_two_keys_never_share_a_meaning():
    told = [meaning(key) for key in policy_values(POLICY)]
    shared = {text.en for text in told if sum(other.en == text.en for other in told) > 1}
    assert shared == set()


def test_equal_policies_have_no_difference():
    assert policy_differences(POLICY, parse_policy(POLICY_TEXT.encode())) == []


def test_a_comment_is_no_difference_though_the_version_is_another():
    other = parse_policy(("# reviewed\n" + POLICY_TEXT).encode())
    assert other.policy_version != POLICY.policy_version
    assert policy_differences(POLICY, other) == []


def test_each_value_that_differs_is_told_by_its_dotted_key():
    other = policy_with(
        ("rule_weight = 0.4 ", "rule_weight = 0.5 "),
        ("curve = [[35.0, 0.0], [85.0, 100.0]]", "curve = [[30.0, 0.0], [85.0, 100.0]]"),
        ('approval = "sales-manager"', 'approval = "credit-manager-of-the-region"'),
        ("months_of_sales = 0.75", "months_of_sales = 1.0"),
    )
    found = {d.key: (d.before, d.after) for d in policy_differences(POLICY, other)}
    assert found == {
        "blend.rule_weight": (0.4, 0.5),
        "rules.industry_score.curve": (
            [[35.0, 0.0], [85.0, 100.0]],
            [[30.0, 0.0], [85.0, 100.0]],
        ),
        "terms.B.approval": ("sales-manager", "credit-manager-of-the-region"),
        "terms.C.months_of_sales": (0.75, 1.0),
    }


def test_an_anchor_that_one_policy_lacks_is_told_as_none_there():
    other = policy_with(
        ("30 = [0.000825713912150805, 0.00862238061682119]", "60 = [0.0017, 0.0172]")
    )
    found = {d.key: (d.before, d.after) for d in policy_differences(POLICY, other)}
    assert found == {
        "scale.anchors.30": ([0.000825713912150805, 0.00862238061682119], None),
        "scale.anchors.60": (None, [0.0017, 0.0172]),
    }


def test_the_other_way_round_the_values_are_swapped():
    other = policy_with(("upgrade_margin = 2.0", "upgrade_margin = 3.0"))
    (there,), (back,) = policy_differences(POLICY, other), policy_differences(other, POLICY)
    assert (there.before, there.after) == (back.after, back.before) == (2.0, 3.0)
