"""A policy is read strictly: every key known, every value of its kind and in its range."""

import hashlib
from decimal import Decimal
from importlib import resources
from pathlib import Path

import pytest

from features.errors import ModelError
from models.policy import load_policy, parse_policy
from tests.models.bundles import POLICY_TEXT, policy_with


def refused(text: str | bytes, *said: str) -> None:
    content = text.encode() if isinstance(text, str) else text
    with pytest.raises(ModelError, match=r"^(The p|P)olicy mine\.toml") as caught:
        parse_policy(content, source="mine.toml")
    assert caught.value.exit_code == 4
    for part in said:
        assert part in str(caught.value)


def changed(old: str, new: str) -> str:
    assert POLICY_TEXT.count(old) == 1, old
    return POLICY_TEXT.replace(old, new)


def test_the_packaged_policy_is_the_default():
    content = (resources.files("models.policy") / "default.toml").read_bytes()
    policy = load_policy()
    assert policy.content == content
    assert policy.sha256 == hashlib.sha256(content).hexdigest()
    assert policy.policy_version == f"default-1-{policy.sha256[:8]}"


def test_the_default_is_the_one_that_was_agreed_on():
    policy = load_policy()
    assert policy.blend.rule_weight == 0.4
    assert list(vars(policy.weights).values()) == [0.30, 0.20, 0.20, 0.15, 0.15]
    assert vars(policy.bands) == {"A": 80.0, "B": 60.0, "C": 40.0}
    assert policy.ledger.currency == "CNY"
    assert policy.scale.anchors["365"] == (0.01, 0.10)
    assert policy.reasons.at_most == 4
    assert policy.override.most_notches_up == 2


def test_a_policy_file_is_read_as_the_text_it_holds(tmp_path: Path):
    path = tmp_path / "mine.toml"
    path.write_text(changed("rule_weight = 0.4", "rule_weight = 0.5"), encoding="utf-8")
    assert load_policy(path).blend.rule_weight == 0.5


@pytest.mark.parametrize(
    ("old", "new", "reads", "value"),
    [
        ("rule_weight = 0.4", "rule_weight = 0", lambda p: p.blend.rule_weight, 0.0),
        ("rule_weight = 0.4", "rule_weight = 1", lambda p: p.blend.rule_weight, 1.0),
        ("A = 80.0", "A = 85", lambda p: p.bands.A, 85.0),
        ("C = 40.0", "C = 35.5", lambda p: p.bands.C, 35.5),
        ("safe_points = 80.0", "safe_points = 90", lambda p: p.scale.safe_points, 90.0),
        ("90 = [", "60 = [0.001, 0.02]\n90 = [", lambda p: p.scale.anchors["60"], (0.001, 0.02)),
        ('currency = "CNY"', 'currency = "EUR"', lambda p: p.ledger.currency, "EUR"),
        ("upgrade_margin = 2.0", "upgrade_margin = 0", lambda p: p.hysteresis.upgrade_margin, 0.0),
    ],
)
def test_what_a_program_changes_is_read(old, new, reads, value):
    assert reads(policy_with((old, new))) == value


def test_weights_may_be_changed_together():
    policy = policy_with(
        ("payment_timeliness = 0.30", "payment_timeliness = 0.6"),
        ("overdue_count = 0.20", "overdue_count = 0.1"),
        ("amount_and_frequency = 0.20", "amount_and_frequency = 0.1"),
        ("industry_score = 0.15\n", "industry_score = 0.1\n"),
        ("litigation = 0.15", "litigation = 0.1"),
    )
    assert sum(vars(policy.weights).values()) == pytest.approx(1.0)


def test_policies_of_different_text_have_different_versions():
    same, other = policy_with(), policy_with(("# of the rule score", "# of the score"))
    assert same.policy_version == load_policy().policy_version
    assert other.policy_version != same.policy_version
    assert other.policy_version.startswith("default-1-")


def test_an_unknown_key_is_named_with_its_near_one():
    refused(
        changed("rule_weight = 0.4", "rule_wieght = 0.4"),
        "unknown key blend.rule_wieght",
        "Did you mean rule_weight?",
    )
    refused(changed("[hysteresis]", "[hysterisis]"), "unknown key hysterisis", "hysteresis")
    refused(
        changed("rule_weight = 0.4", "rule_weight = 0.4\nzzz = 1"),
        "unknown key blend.zzz. Keys: rule_weight.",
    )


@pytest.mark.parametrize("key", ["content", "sha256"])
def test_what_the_program_fills_in_is_no_key(key):
    refused(f'{key} = "x"\n' + POLICY_TEXT, f"unknown key {key}")


def test_a_missing_key_or_section_is_named():
    refused(changed("rule_weight = 0.4", ""), "the key blend.rule_weight is missing. Add it.")
    refused(changed("[override]\nmost_notches_up = 2\n", ""), "the key override is missing")
    refused("", "the key name is missing")


def test_a_policy_from_before_the_gates_is_read_with_the_packaged_limits():
    section = POLICY_TEXT[POLICY_TEXT.index("[promotion]") :]
    before = policy_with((section, ""))
    assert before.promotion == load_policy().promotion
    assert before.content == POLICY_TEXT.replace(section, "").encode()
    some = policy_with((section, "[promotion]\nmin_auc = 0.7\n"))
    assert some.promotion.min_auc == 0.7
    assert some.promotion.most_migration == before.promotion.most_migration


def test_a_policy_from_before_the_losses_is_read_with_the_packaged_values():
    start, end = POLICY_TEXT.index("[loss]"), POLICY_TEXT.index("[promotion]")
    before = policy_with((POLICY_TEXT[start:end], ""))
    assert before.loss == load_policy().loss
    assert b"[loss]" not in before.content
    some = policy_with((POLICY_TEXT[start:end], "[loss]\nfloor = 0.5\n"))
    assert (some.loss.floor, some.loss.prior) == (0.5, before.loss.prior)
    assert some.loss.provision == before.loss.provision


RATES = "rates = [[0, 0.003], [30, 0.015], [60, 0.034], [90, 0.071]]"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("floor = 0.25", "floor = 25.0", "loss.floor = 25 must be between 0 and 1"),
        ("prior = 0.40", "prior = -0.1", "loss.prior = -0.1 must be between 0 and 1"),
        ("prior_defaults = 20.0", "prior_defaults = -1.0", "loss.prior_defaults = -1 must be at"),
        ("recovery_days = 365", "recovery_days = 0", "loss.recovery_days = 0 must be between 1"),
        ("write_off_days = 365", "write_off_days = 0.5", "loss.write_off_days = 0.5 must be a"),
        ("beyond = 0.108", "beyond = 10.8", "loss.provision.beyond = 10.8 must be between 0 and 1"),
        (RATES, "rates = [[0, 0.3], [30, 1.5]]", "3.4 % is 0.034"),
        (RATES, "rates = [[30, 0.015], [60, 0.034]]", "must begin with 0 (not yet due) and rise"),
        (RATES, "rates = [[0, 0.1], [60, 0.2], [30, 0.3]]", "and rise, not 0, 60, 30"),
        (RATES, "rates = []", "loss.provision.rates = [] must be a list of [days, share]"),
        (RATES, "rates = [[0, 0.1], [30]]", "must be a list of [days, share]"),
        (RATES, "rates = [[0.5, 0.1]]", "must be a list of [days, share]"),
        (RATES, "rates = 3", "loss.provision.rates = 3 must be a list of [days, share]"),
        ("floor = 0.25", "flor = 0.25", "unknown key loss.flor. Did you mean floor"),
    ],
)
def test_losses_that_cannot_be_meant_are_refused(old, new, said):
    refused(changed(old, new), said)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("min_auc = 0.60", "min_auc = 1.1", "promotion.min_auc = 1.1 must be between 0 and 1"),
        ("most_migration = 0.25", "most_migration = -0.1", "promotion.most_migration = -0.1 must"),
        (
            "least_calibration_slope = 0.6",
            "least_calibration_slope = 1.2",
            "least_calibration_slope = 1.2 and most_calibration_slope = 1.6 must hold 1",
        ),
        (
            "most_told_to_realised = 2.0",
            "most_told_to_realised = 0.9",
            "promotion.least_told_to_realised = 0.5 and most_told_to_realised = 0.9 must hold 1",
        ),
        ("min_auc = 0.60", "min_acu = 0.60", "unknown key promotion.min_acu. Did you mean min_auc"),
    ],
)
def test_limits_of_promotion_that_no_model_could_meet_are_refused(old, new, said):
    refused(changed(old, new), said)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("rule_weight = 0.4", 'rule_weight = "0.4"', "rule_weight = '0.4' must be a number."),
        ("rule_weight = 0.4", "rule_weight = true", "rule_weight = True must be a number."),
        ("rule_weight = 0.4", "rule_weight = nan", "rule_weight = nan must be a number."),
        ("A = 80.0", "A = inf", "bands.A = inf must be a number."),
        ("at_most = 4", "at_most = 4.0", "reasons.at_most = 4.0 must be a whole number."),
        ('version = "1"', "version = 1", "version = 1 must be a text."),
        ('smallest_limit = "0.00"', "smallest_limit = 0.0", "smallest_limit = 0.0 must be a text."),
        ("[override]\nmost_notches_up = 2", "override = 2", "[override] must be a table"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named(old, new, said):
    text = changed(old, "" if new == "override = 2" else new)
    refused(new + "\n" + text if new == "override = 2" else text, said)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("B = 60.0", "B = 85.0", "band floors must fall from A to C"),
        ("B = 60.0", "B = 80.0", "A 80, B 80, C 40. Correct [bands]."),
        ("C = 40.0", "C = 0.0", "band floors must fall"),
        ("A = 80.0", "A = 101.0", "band floors must fall"),
        ("litigation = 0.15", "litigation = 0.25", "add up to 1, but they add up to 1.1"),
        ("litigation = 0.15", "litigation = -0.15", "the weights must be at least 0"),
        ("rule_weight = 0.4", "rule_weight = 1.4", "rule_weight = 1.4 must be between 0 and 1."),
        ("rule_weight = 0.4", "rule_weight = -0.1", "must be between 0 and 1."),
        ("safe_points = 80.0", "safe_points = 40.0", "safe_points must be above"),
        ("upgrade_margin = 2.0", "upgrade_margin = -1", "upgrade_margin = -1 must be"),
        ("margin = 0.01", "margin = 0", "ceilings.margin = 0 must be"),
        ("margin = 0.01", "margin = 25", "ceilings.margin = 25 must be"),
        ("overdue_days_to_d = 90", "overdue_days_to_d = 50", "overdue_days_to_c must be"),
        ("probability_to_c = 0.10", "probability_to_c = 0.5", "must not be above"),
        ("probability_to_d = 0.30", "probability_to_d = 30", "must be between 0 and 1."),
        ("warning_share = 0.90", "warning_share = 90", "terms.warning_share = 90 must be"),
        ("longest_tenure_days = 1095", "longest_tenure_days = 0", "must be at least 1."),
        ("neutral = 50.0", "neutral = 150", "rules.neutral = 150 must be between 0 and 100."),
        ("shrink_invoices = 4.0", "shrink_invoices = -4", "must be at least 0."),
        ("most_notches_up = 2", "most_notches_up = -1", "override.most_notches_up"),
        ('largest_limit = "50000000.00"', 'largest_limit = "a lot"', "must be an amount of money"),
        ('smallest_limit = "0.00"', 'smallest_limit = "-5"', "must be an amount of money"),
        ('smallest_limit = "0.00"', 'smallest_limit = "0.005"', "must be an amount of money"),
        ('smallest_limit = "0.00"', 'smallest_limit = "NaN"', "must be an amount of money"),
        ('smallest_limit = "0.00"', 'smallest_limit = "60000000"', "must not be above"),
        ('currency = "CNY"', 'currency = "cny"', "three capital letters"),
        ("months_of_sales = 1.5", "months_of_sales = 2.5", "a worse grade must not have better"),
        ("prepayment_share = 0.3", "prepayment_share = 1.3", "terms.C.prepayment_share = 1.3"),
        ("[[0.60, 0.0], [0.95, 100.0]]", "[[0.60, 0.0], [0.95, 101.0]]", "between 0 and 100."),
        ("[730.0, 0.6]]", "[730.0, 1.6]]", "litigation.recency must lie between 0 and 1."),
    ],
)
def test_values_out_of_range_or_out_of_order_are_refused(old, new, said):
    if old == "margin = 0.01":
        refused(changed("[ceilings]\nmargin = 0.01", f"[ceilings]\n{new}"), said)
    else:
        refused(changed(old, new), said)


@pytest.mark.parametrize(
    "curve",
    ["[[0.95, 0.0], [0.60, 100.0]]", "[[0.60, 0.0]]", "[]", "7", '"steep"', "[[0.6], [0.9]]",
     "[[0.6, 0.0], [nan, 1.0]]", '[["a", 0.0], [0.9, 1.0]]'],
)  # fmt: skip
def test_what_is_no_curve_is_refused(curve):
    text = changed("[[0.60, 0.0], [0.95, 100.0]]", curve)
    refused(text, "rules.payment_timeliness.curve", "is no curve", "rising values")


@pytest.mark.parametrize(
    "pair",
    ["[0.10, 0.01]", "[0.01]", "[0.0, 0.1]", "[0.01, 1.0]", "[1, 10]", '"1 %"', "[nan, 0.1]"],
)
def test_what_are_no_anchors_are_refused(pair):
    text = changed("365 = [0.01, 0.10]", f"365 = {pair}")
    refused(text, "scale.anchors.365", "two probabilities")


def test_anchors_need_a_horizon_in_days():
    refused(changed("365 = [0.01", '"a year" = [0.01'), "scale.anchors.a year", "horizon in days")
    start, end = POLICY_TEXT.index("[scale.anchors]"), POLICY_TEXT.index("[bands]")
    flat = POLICY_TEXT[:start] + "anchors = 5\n" + POLICY_TEXT[end:]
    refused(flat, "[scale.anchors] must be a table, not 5.")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[bands\nA = 80", "is not readable TOML"),
        (b"\xff\xfe", "is not readable TOML"),
        (POLICY_TEXT.encode() + b"\n[blend]\nrule_weight = 0.3\n", "is not readable TOML"),
        (b"a = 1\na = 2", "is not readable TOML"),
    ],
)
def test_what_is_no_toml_is_refused(content, said):
    refused(content, said)


def test_a_file_that_is_not_there_is_refused_by_its_name(tmp_path: Path):
    with pytest.raises(ModelError, match=r"nowhere\.toml cannot be read \(No such file"):
        load_policy(tmp_path / "nowhere.toml")
    with pytest.raises(ModelError, match=r"cannot be read \(Is a directory"):
        load_policy(tmp_path)


def test_limits_are_money_as_text():
    assert Decimal(load_policy().terms.largest_limit) == Decimal("50000000.00")
