"""Rules that can never bite or always do: by the policy's text alone, and in a book."""

import re

import pytest

from models.adjustments import KINDS
from models.grading import grade_snapshots
from models.policy.findings import SEVERITIES
from models.policy.lint import policy_findings, policy_findings_in_book
from models.policy.lint_curves import rule_span
from models.policy.lint_rules import best_points
from tests.models.bundles import POLICY, certain, policy_with, random_snapshots, snapshots_of

TIMELINESS = "curve = [[0.60, 0.0], [0.95, 100.0]]"
BOTH_WEIGHTS = "payment_timeliness = 0.30\noverdue_count = 0.20"
TERMS_OF_B = (
    "months_of_sales = 1.5\npayment_days = 45\nprepayment_share = 0.0\n"
    'approval = "sales-manager"\ncontract = "standard-open-account"'
)
TERMS_OF_A = (
    "months_of_sales = 2.0\npayment_days = 60\nprepayment_share = 0.0\n"
    'approval = "automatic"\ncontract = "standard-open-account"'
)
# what is changed in the default policy -> code, key and severity of what must be found
STATIC = [
    (("rule_weight = 0.4 ", "rule_weight = 0.0 "), "rules_count_nothing", "blend.rule_weight",
     "never"),
    (("rule_weight = 0.4 ", "rule_weight = 1.0 "), "model_counts_nothing", "blend.rule_weight",
     "never"),
    ((BOTH_WEIGHTS, "payment_timeliness = 0.50\noverdue_count = 0.0"), "weight_zero",
     "weights.overdue_count", "never"),
    (("shrink_invoices = 4.0", "shrink_invoices = 0.0"), "shrinks_nothing",
     "rules.shrink_invoices", "never"),
    (("neutral = 50.0", "neutral = 0.0"), None, "", ""),
    ((TIMELINESS, "curve = [[60.0, 0.0], [95.0, 100.0]]"), "curve_flat",
     "rules.payment_timeliness.curve", "always"),
    ((TIMELINESS, "curve = [[60.0, 0.0], [95.0, 100.0]]"), "knot_out_of_reach",
     "rules.payment_timeliness.curve", "never"),
    ((TIMELINESS, "curve = [[0.6, 0.0], [1.2, 100.0]]"), "knot_out_of_reach",
     "rules.payment_timeliness.curve", "never"),
    (("curve = [[35.0, 0.0], [85.0, 100.0]]", "curve = [[35.0, 70.0], [85.0, 70.0]]"),
     "curve_flat", "rules.industry_score.curve", "always"),
    (("per_open = [[0.0, 0.0], [1.0, 15.0], [3.0, 30.0]]", "per_open = [[0.0, 0.0], [1.0, 0.0]]"),
     "curve_costs_nothing", "rules.litigation.per_open", "never"),
    (("per_event = [[0.0, 0.0], [1.0, 25.0], [3.0, 55.0], [9.0, 85.0], [10.0, 90.0]]",
      "per_event = [[0.0, 0.0], [1.0, 25.0]]"), "events_cost_the_same",
     "rules.litigation.per_event", "note"),
    (("per_event = [[0.0, 0.0], [1.0, 25.0], [3.0, 55.0], [9.0, 85.0], [10.0, 90.0]]",
      "per_event = [[0.0, 25.0], [1.0, 0.0]]"), "curve_costs_nothing",
     "rules.litigation.per_event", "never"),
    (("recency = [[90.0, 1.0], [365.0, 0.8], [730.0, 0.6]]",
      "recency = [[730.0, 1.0], [1095.0, 0.5]]"), "curve_flat", "rules.litigation.recency",
     "always"),
    (("fewer_invoices_due_than = 3", "fewer_invoices_due_than = 0"), "newcomer_never",
     "provisional.fewer_invoices_due_than", "never"),
    (("fewer_days_than = 90", "fewer_days_than = 0"), "newcomer_never",
     "provisional.fewer_days_than", "never"),
    (("fewer_days_than = 90", "fewer_days_than = 40000"), "newcomer_always",
     "provisional.fewer_days_than", "always"),
    (("entry_points = 50.0", "entry_points = 65.0"), "newcomers_enter_elsewhere",
     "provisional.entry_points", "note"),
    (("overdue_days_to_c = 60", "overdue_days_to_c = 90"), "overdue_to_c_never",
     "ceilings.overdue_days_to_c", "never"),
    (("overdue_days_to_d = 90", "overdue_days_to_d = 99999"), "overdue_to_d_never",
     "ceilings.overdue_days_to_d", "never"),
    (("overdue_material_amount = 1000.0", "overdue_material_amount = 0.0"),
     "overdue_always_material", "ceilings.overdue_material_amount", "always"),
    (("yearly_probability_to_c = 0.10", "yearly_probability_to_c = 0.30"),
     "probability_to_c_never", "ceilings.yearly_probability_to_c", "never"),
    (("yearly_probability_to_c = 0.10", "yearly_probability_to_c = 0.0"),
     "probability_to_c_always", "ceilings.yearly_probability_to_c", "always"),
    (("yearly_probability_to_d = 0.30", "yearly_probability_to_d = 1.0"),
     "probability_to_d_never", "ceilings.yearly_probability_to_d", "never"),
    (("rule_weight = 0.4 ", "rule_weight = 0.0 "), "probability_to_c_below_the_points",
     "ceilings.yearly_probability_to_c", "never"),
    (("upgrade_margin = 2.0", "upgrade_margin = 0.0"), "hysteresis_never",
     "hysteresis.upgrade_margin", "never"),
    (("upgrade_margin = 2.0", "upgrade_margin = 20.0"), "hysteresis_wider_than_band",
     "hysteresis.upgrade_margin", "always"),
    (("most_notches_up = 2", "most_notches_up = 0"), "override_never_lifts",
     "override.most_notches_up", "never"),
    (("most_notches_up = 2", "most_notches_up = 11"), "override_unbounded",
     "override.most_notches_up", "note"),
    (("at_most = 4", "at_most = 0"), "no_reasons_told", "reasons.at_most", "never"),
    ((TERMS_OF_B, TERMS_OF_A), "terms_equal", "terms.B", "note"),
    (('smallest_limit = "0.00"', 'smallest_limit = "50000000.00"'), "limit_is_constant",
     "terms.smallest_limit", "always"),
    (('largest_limit = "50000000.00"', 'largest_limit = "0.00"'), "no_credit",
     "terms.largest_limit", "always"),
    (("guarantee_share = 0.5", "guarantee_share = 0.0"), "guarantees_count_nothing",
     "terms.guarantee_share", "never"),
    (("warning_share = 0.90", "warning_share = 0.0"), "warning_always", "terms.warning_share",
     "always"),
    (("warning_share = 0.90", "warning_share = 1.0"), "warning_at_the_limit",
     "terms.warning_share", "never"),
    (("longest_tenure_days = 1095", "longest_tenure_days = 1"), "tenure_counts_nothing",
     "terms.longest_tenure_days", "always"),
    (("fast_lane_tenure_days = 730", "fast_lane_tenure_days = 73000"), "fast_lane_impossible",
     "terms.fast_lane_tenure_days", "never"),
    (("fast_lane_tenure_days = 730", "fast_lane_tenure_days = 0"), "fast_lane_any_tenure",
     "terms.fast_lane_tenure_days", "always"),
    (("fast_lane_overdue_share = 0.02", "fast_lane_overdue_share = 1.0"), "fast_lane_any_conduct",
     "terms.fast_lane_overdue_share", "always"),
    (("floor = 0.25 ", "floor = 1.0 "), "loss_is_whole", "loss.floor", "always"),
    (("prior = 0.40 ", "prior = 0.20 "), "loss_prior_below_floor", "loss.prior", "never"),
    (("prior_defaults = 20.0", "prior_defaults = 0.0"), "loss_prior_weightless",
     "loss.prior_defaults", "never"),
    (("beyond = 0.108", "beyond = 0.05"), "provision_falls", "loss.provision.rates", "note"),
    (("rates = [[0, 0.003], [30, 0.015], [60, 0.034], [90, 0.071]]", "rates = [[0, 0.108]]"),
     "provision_flat", "loss.provision.rates", "always"),
]  # fmt: skip


def found_in(*changes):
    return {(f.code, f.key, f.severity) for f in policy_findings(policy_with(*changes))}


def test_the_packaged_policy_has_one_rule_that_never_bites_and_it_is_true():
    (found,) = policy_findings(POLICY)
    # no limit is below 0.00, so a smallest limit of 0.00 lifts nobody
    assert (found.code, found.key, found.severity) == (
        "smallest_limit_zero", "terms.smallest_limit", "never",
    )  # fmt: skip


@pytest.mark.parametrize(("change", "code", "key", "severity"), STATIC)
def test_a_rule_that_cannot_tell_customers_apart_is_found(change, code, key, severity):
    packaged = {(f.code, f.key, f.severity) for f in policy_findings(POLICY)}
    if code is None:  # a value that only looks odd
        assert found_in(change) == packaged
    else:
        assert (code, key, severity) in found_in(change) - packaged


@pytest.mark.parametrize("change", [change for change, *_ in STATIC])
def test_a_finding_is_told_in_both_languages_with_the_mend(change):
    for found in policy_findings(policy_with(change)):
        assert found.severity in SEVERITIES
        assert re.search(r"[\u4e00-\u9fff]", found.text.zh)
        assert not re.search(r"[\u4e00-\u9fff]", found.text.en)
        assert re.search(r"[Ww]rite|[Gg]ive|[Mm]ove|[Tt]ell|[Ll]ower|[Rr]aise|[Pp]art ",
                         found.text.en)  # fmt: skip
        assert re.search(r"请|如需", found.text.zh)
        assert (found.bites, found.customers) == (None, None)


def test_a_ceiling_for_d_that_always_holds_leaves_none_for_c():
    found = found_in(
        ("yearly_probability_to_c = 0.10", "yearly_probability_to_c = 0.0"),
        ("yearly_probability_to_d = 0.30", "yearly_probability_to_d = 0.0"),
    )
    codes = {code for code, *_ in found}
    assert {"probability_to_d_always", "probability_to_c_never"} <= codes
    assert "probability_to_c_always" not in codes


def test_a_curve_that_falls_the_other_way_is_not_taken_for_a_lower_best():
    policy = policy_with(
        (
            "per_open = [[0.0, 0.0], [1.0, 15.0], [3.0, 30.0]]",
            "per_open = [[0.0, 30.0], [3.0, 0.0]]",
        ),
        ("rule_weight = 0.4 ", "rule_weight = 1.0 "),
    )
    assert (rule_span(policy), best_points(policy)) == ((0.0, 100.0), 100.0)


def test_points_that_never_fall_to_d_are_found():
    changes = (
        ("rule_weight = 0.4 ", "rule_weight = 1.0 "),
        (BOTH_WEIGHTS, "payment_timeliness = 0.0\noverdue_count = 0.0"),
        ("amount_and_frequency = 0.20", "amount_and_frequency = 1.0"),
        ("industry_score = 0.15", "industry_score = 0.0"),
        ("\nlitigation = 0.15", "\nlitigation = 0.0"),
    )
    # the curve of amount and frequency begins at 40, where C does
    assert ("lowest_grade_by_ceilings_alone", "bands.C", "never") in found_in(*changes)
    lower = (("curve = [[0.0, 40.0]", "curve = [[0.0, 39.0]"),)
    assert "lowest_grade_by_ceilings_alone" not in {c for c, *_ in found_in(*changes, *lower)}


def test_never_and_always_stand_before_notes():
    found = policy_findings(
        policy_with(("entry_points = 50.0", "entry_points = 65.0"), ("at_most = 4", "at_most = 0"))
    )
    assert [f.severity for f in found] == ["never", "never", "note"]


def test_a_grade_that_no_points_reach_is_found():
    # with weight 1 on the rules, and no curve above 70, nobody has more than 70 points
    changes = (
        ("rule_weight = 0.4 ", "rule_weight = 1.0 "),
        (TIMELINESS, "curve = [[0.60, 0.0], [0.95, 70.0]]"),
        (
            "curve = [[1.0, 100.0], [2.0, 92.0], [4.0, 72.0], [8.0, 30.0], [12.0, 0.0]]",
            "curve = [[1.0, 70.0], [12.0, 0.0]]",
        ),
        ("curve = [[0.0, 40.0], [0.5, 80.0], [0.8, 100.0]]", "curve = [[0.0, 40.0], [0.8, 70.0]]"),
        ("curve = [[35.0, 0.0], [85.0, 100.0]]", "curve = [[35.0, 0.0], [85.0, 70.0]]"),
        (
            "per_open = [[0.0, 0.0], [1.0, 15.0], [3.0, 30.0]]",
            "per_open = [[0.0, 30.0], [3.0, 40.0]]",
        ),
    )
    policy = policy_with(*changes)
    assert (rule_span(policy), best_points(policy)) == ((0.0, 70.0), 70.0)
    assert ("grade_out_of_reach", "bands.A", "never") in found_in(*changes)
    assert ("grade_out_of_reach", "bands.B", "never") not in found_in(*changes)


def test_what_is_said_to_be_out_of_reach_is_out_of_reach_in_a_book(bundle):
    # all the weight on a curve that tops out at 70
    policy = policy_with(
        ("rule_weight = 0.4 ", "rule_weight = 1.0 "),
        (BOTH_WEIGHTS, "payment_timeliness = 0.0\noverdue_count = 0.0"),
        ("amount_and_frequency = 0.20", "amount_and_frequency = 0.0"),
        ("industry_score = 0.15", "industry_score = 1.0"),
        ("\nlitigation = 0.15", "\nlitigation = 0.0"),
        ("curve = [[35.0, 0.0], [85.0, 100.0]]", "curve = [[35.0, 0.0], [85.0, 70.0]]"),
    )
    codes = {(f.code, f.key) for f in policy_findings(policy)}
    assert ("grade_out_of_reach", "bands.A") in codes
    book = snapshots_of(*({"external_score": float(score)} for score in range(101)))
    grades = {g.grade for g in grade_snapshots(book, certain(bundle, 0.0001), policy)}
    assert grades == {"B", "C", "D"}


def test_the_ceiling_by_probability_of_the_packaged_policy_can_lower_a_grade(bundle):
    # 10 % a year are 40 points: with full marks of the rules the blend is about 64, grade B
    best = snapshots_of({"invoice_amount_365d": 900_000.0, "invoice_count_365d": 19.0})
    (grading,) = grade_snapshots(best, certain(bundle, 0.1001), POLICY)
    (line,) = [line for line in grading.adjustments if line.kind == "ceiling"]
    assert (line.reason, grading.grade) == ("probability_to_c", "C")
    assert line.points < -2


def test_a_ceiling_that_lies_below_the_points_never_lowers_in_a_book(bundle):
    policy = policy_with(("rule_weight = 0.4 ", "rule_weight = 0.0 "))
    codes = {f.code for f in policy_findings(policy)}
    assert {"probability_to_c_below_the_points"} <= codes
    for chance in (0.11, 0.2, 0.29):
        gradings = grade_snapshots(random_snapshots(300, 5), certain(bundle, chance), policy)
        lines = [line for g in gradings for line in g.adjustments if line.kind == "ceiling"]
        lowered = [line for line in lines if line.points < 0]
        assert any(line.reason == "probability_to_c" for line in lines)
        assert not any(line.reason == "probability_to_c" for line in lowered)


def test_a_margin_as_wide_as_a_band_stops_every_upgrade_into_it_by_its_own_points(bundle):
    policy = policy_with(("upgrade_margin = 2.0", "upgrade_margin = 20.0"))
    assert "hysteresis_wider_than_band" in {f.code for f in policy_findings(policy)}
    book = snapshots_of(*({"external_score": float(score)} for score in range(101)))
    even = certain(bundle, 0.02)
    before = grade_snapshots(book, even, policy)
    stays = grade_snapshots(book, even, policy, prior_grades=dict.fromkeys(book.customer_ids, "C"))
    upgraded = [now for then, now in zip(before, stays, strict=True) if then.grade == "B"]
    assert upgraded
    assert {grading.grade for grading in upgraded} == {"C"}


def counts(findings):
    return {f.code: (f.bites, f.customers, f.severity) for f in findings}


def test_a_book_tells_whom_each_rule_bites(bundle):
    book = snapshots_of(
        {},  # bites nowhere but in the fast lane
        {"in_default": 1.0, "is_dishonest": 1.0},  # the strictest alone bites
        {"is_dishonest": 1.0},
        {"enforcement_open_count": 1.0},
        {"open_overdue_amount": 5_000.0, "oldest_overdue_days": 70.0},
        {"open_overdue_amount": 5_000.0, "oldest_overdue_days": 95.0},
        {"open_overdue_amount": 10.0, "oldest_overdue_days": 95.0},  # not material
        {"invoices_due_365d": 1.0, "history_days": 20.0},
        {"guaranteed_amount": 50_000.0},
        {"tenure_days": 10.0},
    )
    found = counts(policy_findings_in_book(POLICY, book, certain(bundle, 0.005)))
    assert found["ceiling_in_default"] == (1, 10, "note")
    assert found["ceiling_dishonest"] == (1, 10, "note")
    assert found["ceiling_enforcement_open"] == (1, 10, "note")
    assert found["ceiling_overdue_to_c"] == (1, 10, "note")
    assert found["ceiling_overdue_to_d"] == (1, 10, "note")
    assert found["ceiling_probability_to_d"] == (0, 10, "never")
    assert found["overdue_immaterial"] == (1, 10, "note")
    assert found["provisional"] == (1, 10, "note")
    assert found["hysteresis"] == (0, 10, "never")
    assert found["limit_guaranteed"] == (1, 10, "note")
    assert found["limit_lifted"] == found["limit_capped"] == (0, 10, "never")
    assert found["fast_lane"] == (3, 10, "note")  # the first, the immaterial, the guaranteed


def test_what_bites_everybody_is_said_to(bundle):
    policy = policy_with(
        ('smallest_limit = "0.00"', 'smallest_limit = "40000000.00"'),
        ("yearly_probability_to_d = 0.30", "yearly_probability_to_d = 0.10"),
    )
    found = counts(policy_findings_in_book(policy, snapshots_of({}, {}), certain(bundle, 0.005)))
    assert found["limit_lifted"] == (2, 2, "always")
    found = counts(policy_findings_in_book(policy, snapshots_of({}, {}), certain(bundle, 0.2)))
    assert found["ceiling_probability_to_d"] == (2, 2, "always")
    assert found["limit_lifted"] == (0, 2, "never")  # grade D has no credit at all


def test_an_indicator_with_the_same_points_for_everybody_is_found(bundle):
    book = snapshots_of({"legal_count_730d": None}, {"legal_count_730d": None, "tenure_days": 5.0})
    found = {f.code: f for f in policy_findings_in_book(POLICY, book, bundle)}
    unknown, same = found["indicator_litigation"], found["indicator_industry_score"]
    assert (unknown.severity, unknown.bites, unknown.customers) == ("never", 0, 2)
    assert (same.severity, same.bites) == ("always", 2)
    assert "all have 100 points" in same.text.en
    other = snapshots_of({"external_score": 50.0}, {"external_score": 70.0})
    found = {f.code: f for f in policy_findings_in_book(POLICY, other, bundle)}
    assert found["indicator_industry_score"].severity == "note"
    assert "30 to 70 points" in found["indicator_industry_score"].text.en


def test_the_margin_for_upgrades_bites_those_with_a_prior_grade_alone(bundle):
    book = random_snapshots(300, 8)
    prior = dict.fromkeys(book.customer_ids[:200], "D")
    found = counts(policy_findings_in_book(POLICY, book, bundle, prior_grades=prior))
    gradings = grade_snapshots(book, bundle, POLICY, prior_grades=prior)
    held = sum(any(li.kind == "hysteresis" for li in g.adjustments) for g in gradings)
    assert 0 < held < 200
    assert found["hysteresis"] == (held, 300, "note")


def test_counts_of_a_book_agree_with_the_gradings(bundle):
    book = random_snapshots(500, 9)
    found = counts(policy_findings_in_book(POLICY, book, bundle))
    gradings = grade_snapshots(book, bundle, POLICY)
    lowered = sum(
        any(li.kind == "ceiling" and li.points < 0 for li in g.adjustments) for g in gradings
    )
    told = sum(bites for code, (bites, *_) in found.items() if code.startswith("ceiling_"))
    assert told == lowered > 0
    assert found["provisional"][0] == sum(g.provisional for g in gradings)
    lanes = sum(g.terms.approval == "fast-lane" for g in gradings)
    assert found["fast_lane"][0] == lanes
    assert {"bound", "provisional", "hysteresis"} <= set(found) & set(KINDS)


# what a finding of the text alone says of every book -> the count that must be 0 in any
NEVER_IN_A_BOOK = {
    "hysteresis_never": "hysteresis",
    "overdue_to_c_never": "ceiling_overdue_to_c",
    "overdue_to_d_never": "ceiling_overdue_to_d",
    "probability_to_c_never": "ceiling_probability_to_c",
    "probability_to_c_below_the_points": "ceiling_probability_to_c",
    "probability_to_d_never": "ceiling_probability_to_d",
    "guarantees_count_nothing": "limit_guaranteed",
    "smallest_limit_zero": "limit_lifted",
    "fast_lane_impossible": "fast_lane",
}


@pytest.mark.parametrize(
    "change", [change for change, code, *_ in STATIC if code in NEVER_IN_A_BOOK]
)
def test_what_never_bites_by_the_text_bites_nobody_in_books_where_it_otherwise_would(
    bundle, change
):
    policy = policy_with(change)
    kinds = (
        {},
        {"open_overdue_amount": 5_000.0, "oldest_overdue_days": 70.0},
        {"open_overdue_amount": 5_000.0, "oldest_overdue_days": 95.0},
        {"guaranteed_amount": 50_000.0},
    )
    best = {"invoice_amount_365d": 900_000.0, "invoice_count_365d": 19.0}
    book = snapshots_of(
        *(best | kind | {"external_score": float(s)} for s in range(0, 101, 4) for kind in kinds)
    )
    prior = dict.fromkeys(book.customer_ids, "D")
    said = {f.code for f in policy_findings(policy)} & set(NEVER_IN_A_BOOK)
    said.remove("smallest_limit_zero")
    bites = {code: 0 for code in said}
    for chance in (0.005, 0.02, 0.11, 0.31):
        even = certain(bundle, chance)
        found = counts(policy_findings_in_book(policy, book, even, prior_grades=prior))
        packaged = counts(policy_findings_in_book(POLICY, book, even, prior_grades=prior))
        for code in said:
            assert found[NEVER_IN_A_BOOK[code]] == (0, len(book), "never")
            bites[code] += packaged[NEVER_IN_A_BOOK[code]][0]
    assert bites
    assert all(bites.values()), bites
