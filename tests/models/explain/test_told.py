"""Whole accounts of a change: what became of the grade, why, and points that add up."""

import random
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from features.evidence import EvidenceRow
from features.moved_rows import MovedRow
from models.adjustments import KINDS
from models.bundle import Bundle
from models.explain.change import Change, Side, changes
from models.explain.rounding import tenths_of_score
from models.explain.told import change_sentence, told_changes
from models.explain.words import Text
from models.explain.words.lines import block_clause
from models.grading import Grading, grade_snapshots
from tests.models.bundles import POLICY, random_snapshots, snapshots_of
from tests.models.explain.made import FIRST, change, day, feature, invoice, line, moved, row

Evidence = dict[str, list[MovedRow]]
SIGNED = re.compile(r"([+−]?)(\d+\.\d) points")


@pytest.fixture(scope="session")
def base(bundle: Bundle) -> Grading:
    return grade_snapshots(snapshots_of({}), bundle, POLICY)[0]


def went(number: int, due: str, amount: str) -> MovedRow:
    return moved("aged_in", invoice(f"INV-{number}", due, amount),
                 invoice(f"INV-{number}", due, amount, as_of=FIRST))  # fmt: skip


LATE = {
    "overdue_count_365d": [
        went(1, "09-30", "82000.00"), went(2, "10-09", "60000.00"), went(3, "10-20", "40000.00"),
    ]
}  # fmt: skip


def check(found: Text, zh: str, en: str) -> None:
    assert found.en == en
    assert found.zh == zh


def test_a_fall_by_invoices_past_due(base: Grading) -> None:
    account = change(
        base, "AB", (84.25, 68.0),
        feature("overdue_count_365d", 0.0, 3.0, -9.05),
        feature("on_time_rate_365d", 1.0, 0.8, -5.2),
        feature("external_score", 72.0, 61.5, -2.0),
    )  # fmt: skip
    score = row("external_scores", "c1", published_on=day("10-15"), source="bureau", score=61.5)
    check(
        change_sentence(account, LATE | {"external_score": [moved("new", score)]}),
        "等级由A降至B，得分由84.2降至68.0（−16.2分）。10月有3张发票（合计182,000.00）逾期，最久42天："
        "−14.2分；外部信用评分由72.0降至61.5（bureau，2025-10-15公布）：−2.0分。",
        "The grade fell from A to B and the score from 84.2 to 68.0 (−16.2 points). Three invoices "
        "worth 182,000.00 went past due in October, the oldest 42 days late: −14.2 points. The "
        "outside credit score fell from 72.0 to 61.5, published on 2025-10-15 by bureau: −2.0 "
        "points.",
    )


def test_the_score_moved_within_its_band_and_what_is_small_is_summed(base: Grading) -> None:
    account = change(
        base, "BB", (70.0, 73.06),
        feature("days_since_last_payment", 40.0, 4.0, 2.0),
        feature("tenure_days", 900.0, 942.0, 0.5),
        feature("amount_trend", 0.9, 1.1, 0.4),
        feature("industry_score", 70.0, 71.0, 0.1),
        feature("limit_utilisation", 0.5, 0.4, 0.03),
        feature("complaint_count_365d", 0.0, 0.0, 0.03),
    )  # fmt: skip
    check(
        change_sentence(account, {}),
        "等级保持B，得分由70.0升至73.0（+3.0分），两个得分都在B级区间内。距上次付款的天数由40天降至4天："
        "+2.0分；合作天数由900天升至942天：+0.5分；开票金额趋势由0.90升至1.10：+0.4分；"
        "行业信用评分由70.0升至71.0：+0.1分。",
        "The grade stays B, the score rose from 70.0 to 73.0 (+3.0 points): both scores lie within "
        "the band of B. The time since the last payment fell from 40 days to 4 days: +2.0 points. "
        "The time as a customer rose from 900 days to 942 days: +0.5 points. The trend of the "
        "invoiced amount rose from 0.90 to 1.10: +0.4 points. The credit score of its industry "
        "rose from 70.0 to 71.0: +0.1 points.",
    )
    six = tuple(feature(n, 0.0, 1.0, 0.5) for n in (
        "complaint_count_365d", "contract_breach_count_365d", "negative_news_180d",
        "contact_change_count_365d", "known_share", "credit_limit"))  # fmt: skip
    found = change_sentence(change(base, "BB", (70.0, 73.0), *six), {})
    assert found.en.endswith(" Two other items together: +1.0 points.")
    assert found.zh.endswith("；其余2项合计：+1.0分。")


def test_nothing_changed(base: Grading) -> None:
    check(
        change_sentence(change(base, "BB", (70.0, 70.0)), {}),
        "等级保持B，得分保持70.0，没有影响得分的变化。",
        "The grade stays B and the score 70.0: nothing that moves the score has changed.",
    )


def test_a_ceiling_begins(base: Grading) -> None:
    listing = row("legal_events", "E1", kind="dishonest", filed_on=day("10-03"), closed_on=None,
                  amount=None)  # fmt: skip
    account = change(
        base, "BD", (70.0, 39.99), feature("is_dishonest", 0.0, 1.0, -9.0),
        lines=((), (line("ceiling", -21.01, "dishonest"),)), ceiling=-21.01,
    )  # fmt: skip
    check(
        change_sentence(account, {"is_dishonest": [moved("new", listing)]}),
        "等级由B降至D，得分由70.0降至39.9（−30.1分）。现受“失信被执行人”等级上限限制：−21.1分；"
        "1起失信记录于2025-10-03立案，现在客户在失信被执行人名单上：−9.0分。",
        "The grade fell from B to D and the score from 70.0 to 39.9 (−30.1 points). The ceiling "
        "for a dishonest listing holds now: −21.1 points. One dishonest listing was filed on "
        "2025-10-03; the customer is listed as a dishonest debtor now: −9.0 points.",
    )


def test_a_ceiling_holds_on_and_another_ends(base: Grading) -> None:
    both = line("ceiling", -3.0, "in_default"), line("ceiling", -5.0, "in_default")
    account = change(
        base, "DD", (39.99, 39.99), feature("tenure_days", 1.0, 2.0, 2.0),
        lines=((both[0],), (both[1],)), ceiling=-2.0,
    )  # fmt: skip
    check(
        change_sentence(account, {}),
        "等级保持D，得分保持39.9，“违约”等级上限使等级不高于D。合作天数由1天升至2天：+2.0分；"
        "“违约”等级上限仍然有效，扣分增加：−2.0分。",
        "The grade stays D and the score 39.9: the ceiling for default keeps the grade at D. The "
        "time as a customer rose from 1 day to 2 days: +2.0 points. The ceiling for default still "
        "holds and takes more off: −2.0 points.",
    )
    over = change(base, "CB", (59.99, 66.0), lines=((line("ceiling", -6.01, "enforcement_open"),),
                  ()), ceiling=6.01)  # fmt: skip
    assert change_sentence(over, {}).en.endswith(
        " The ceiling for an open enforcement no longer holds: +6.1 points."
    )


def test_an_upgrade_is_held_back_and_then_given(base: Grading) -> None:
    held = line("hysteresis", -1.0, "upgrade_needs_margin")
    account = change(
        base, "BB", (75.0, 79.99), feature("days_since_last_invoice", 40.0, 2.0, 5.99),
        lines=((), (held,)), hysteresis=-1.0,
    )  # fmt: skip
    check(
        change_sentence(account, {}),
        "等级保持B，得分由75.0升至79.9（+4.9分），升级须超出级别线一定余量，目前未达到，等级因此不变。"
        "距上次开票的天数由40天降至2天：+5.9分；升级余量未达到，得分止于级别线之下：−1.0分。",
        "The grade stays B, the score rose from 75.0 to 79.9 (+4.9 points): an upgrade needs a "
        "margin above the edge, which is not reached, so the grade stays. The time since the last "
        "invoice fell from 40 days to 2 days: +5.9 points. The margin for upgrades is not reached "
        "and holds the score under the edge: −1.0 points.",
    )
    given = change(base, "BA", (79.99, 81.0), lines=((line("hysteresis", -1.01, held.reason),), ()),
                   hysteresis=1.01)  # fmt: skip
    check(
        change_sentence(given, {}),
        "等级由B升至A，得分由79.9升至81.0（+1.1分），客户数据的变动合计不足0.1分，并非等级变动的原因。"
        "得分不再因升级余量不足而被压在级别线之下：+1.1分。",
        "The grade rose from B to A and the score from 79.9 to 81.0 (+1.1 points): the customer's "
        "data moved it by less than 0.1 points and are not why the grade changed. The margin for "
        "upgrades no longer holds the score under the edge: +1.1 points.",
    )


def test_of_one_day_under_two_policies_nothing_is_said_of_the_data(base: Grading) -> None:
    account = change(base, "CB", (58.0, 65.0), policy=7.0)
    one_day = replace(account, before=replace(account.before, as_of=account.after.as_of))
    check(
        change_sentence(one_day, {}),
        "等级由C升至B，得分由58.0升至65.0（+7.0分）。更换政策后，同样的数据得分更高：+7.0分。",
        "The grade rose from C to B and the score from 58.0 to 65.0 (+7.0 points). The new policy "
        "gives the same facts a higher score: +7.0 points.",
    )


def test_a_new_model_and_policy_without_the_customer(base: Grading) -> None:
    account = change(base, "BC", (60.5, 58.0), model=-3.0, policy=0.5)
    check(
        change_sentence(account, {}),
        "等级由B降至C，得分由60.5降至58.0（−2.5分），客户数据的变动合计不足0.1分，并非等级变动的原因。"
        "更换模型后，同样的数据得分更低：−3.0分；更换政策后，同样的数据得分更高：+0.5分。",
        "The grade fell from B to C and the score from 60.5 to 58.0 (−2.5 points): the customer's "
        "data moved it by less than 0.1 points and are not why the grade changed. The new model "
        "gives the same facts a lower score: −3.0 points. The new policy gives the same facts a "
        "higher score: +0.5 points.",
    )


def test_the_provisional_grade_ended_and_the_end_of_the_scale_comes_last(base: Grading) -> None:
    first = line("provisional", 8.0, "no_history"), line("bound", -9.0, "probability_beyond_scale")
    account = change(
        base, "CB", (50.0, 61.0), feature("invoices_due_365d", 2.0, 5.0, 10.0),
        lines=(first, ()), provisional=-8.0, bound=9.0,
    )  # fmt: skip
    check(
        change_sentence(account, {}),
        "等级由C升至B，得分由50.0升至61.0（+11.0分）。近365天到期发票数由2升至5：+10.0分；"
        "临时定级已结束：−8.0分；违约概率回到评分刻度之内，不再截止于端点：+9.0分。",
        "The grade rose from C to B and the score from 50.0 to 61.0 (+11.0 points). The number of "
        "invoices due in the last 365 days rose from 2 to 5: +10.0 points. The provisional grade "
        "has ended: −8.0 points. The default probability is back within the scale, and the model's "
        "points no longer stop at its end: +9.0 points.",
    )


def test_a_policy_with_other_bands_moves_the_grade_alone(base: Grading) -> None:
    account = change(base, "BA", (78.0, 78.0))
    account = replace(account, after=replace(account.after, policy_version="other"))
    check(
        change_sentence(account, {}),
        "等级由B升至A，得分保持78.0，新政策的级别线不同。",
        "The grade rose from B to A, the score stays 78.0: the new policy has other bands.",
    )


def test_an_override_lifts_keeps_and_is_suspended(base: Grading) -> None:
    granted = line("override", 6.0, "granted_by_people")
    lifted = change(base, "CB", (55.0, 61.0), lines=((), (granted,)), override=6.0)
    check(
        change_sentence(lifted, {}),
        "等级由C升至B，得分由55.0升至61.0（+6.0分），客户数据的变动合计不足0.1分，并非等级变动的原因。"
        "经审批的人工调整生效，上调得分：+6.0分。",
        "The grade rose from C to B and the score from 55.0 to 61.0 (+6.0 points): the customer's "
        "data moved it by less than 0.1 points and are not why the grade changed. An override that "
        "people granted lifts the score: +6.0 points.",
    )
    kept = change(base, "BB", (61.0, 61.0), feature("tenure_days", 1.0, 2.0, -2.0),
                  lines=((granted,), (replace(granted, points=8.0),)), override=2.0)  # fmt: skip
    assert change_sentence(kept, {}).en == (
        "The grade stays B and the score 61.0: the override that people granted keeps it at B. The "
        "time as a customer rose from 1 day to 2 days: −2.0 points. The override still holds and "
        "gives more than before: +2.0 points."
    )
    stopped = change(base, "BC", (61.0, 55.0), lines=((granted,), ()), override=-6.0,
                     suspended=True)  # fmt: skip
    assert change_sentence(stopped, {}).zh.endswith(
        "。出现新的重大风险，人工调整暂停生效：−6.0分。"
    )


@pytest.mark.parametrize("kind", ["model", "policy", *KINDS])
def test_every_block_has_words_in_every_turn(base: Grading, kind: str) -> None:
    reasons = {"bound": "probability_beyond_scale", "provisional": "no_history",
               "ceiling": "in_default", "hysteresis": "upgrade_needs_margin"}  # fmt: skip
    reason = reasons.get(kind, "granted_by_people")
    of = () if kind in ("model", "policy") else (line(kind, -3.0, reason),)
    turns = [(base, replace(base, adjustments=of)), (replace(base, adjustments=of), base),
             (replace(base, adjustments=of), replace(base, adjustments=of))]  # fmt: skip
    told = set()
    for (before, after), points in ((turn, p) for turn in turns for p in (-3.0, 3.0)):
        text = block_clause(kind, points, before, after)
        assert re.search("[\u4e00-\u9fff]", text.zh)
        assert not re.search("[A-Za-z]", text.zh)
        assert not re.search("[\u4e00-\u9fff]", text.en)
        told.add(text.en)
    assert len(told) >= 2


def test_one_ceiling_in_place_of_another_says_what_it_takes(base: Grading) -> None:
    before = replace(base, adjustments=(line("ceiling", -9.0, "enforcement_open"),))
    after = replace(base, adjustments=(line("ceiling", -2.0, "in_default"),))
    text = block_clause("ceiling", 7.0, before, after)
    assert text.en == (
        "the ceiling for default holds now, in place of that for an open enforcement, and takes "
        "less off"
    )


def real_changes(bundle: Bundle, customers: int) -> list[Change]:
    first = random_snapshots(customers, seed=1, as_of="2025-05-31")
    second = random_snapshots(customers, seed=2, as_of="2025-06-30")
    before = grade_snapshots(first, bundle, POLICY)
    after = grade_snapshots(
        second, bundle, POLICY, prior_grades={g.customer_id: g.grade for g in before}
    )
    return changes(Side(first, bundle, POLICY), Side(second, bundle, POLICY), (before, after))


def test_told_points_add_up_to_the_told_difference_of_the_scores(bundle: Bundle) -> None:
    for account in real_changes(bundle, 60):
        found = change_sentence(account, {})
        numbers = [
            round(float(number) * 10) * (-1 if sign == "−" else 1)
            for sign, number in SIGNED.findall(found.en)
        ]
        scores = tenths_of_score(account.after.score) - tenths_of_score(account.before.score)
        # a score that stays is told without a difference
        by, reasons = (numbers[0], numbers[1:]) if scores else (0, numbers)
        assert by == scores == sum(reasons)
        assert len(reasons) <= 5
        assert found.zh.count("；") == len(reasons) - 1
        assert re.findall(r"[+−]?\d+\.\d(?=分)", found.zh) == [
            sign + number for sign, number in SIGNED.findall(found.en)
        ]


def test_each_change_is_told_with_the_rows_found_for_it(bundle: Bundle) -> None:
    some = real_changes(bundle, 3)
    rows = {"exposure": (moved("new", EvidenceRow("invoices", "I", invoice("I", "10-09").fields)),)}

    def find(asked: Sequence[Change]) -> Sequence[dict[str, tuple[MovedRow, ...]]]:
        assert list(asked) == some
        return [rows, {}, {}]

    told = told_changes(some, find)
    assert [one.evidence for one in told] == [rows, {}, {}]
    assert [one.change for one in told] == some
    assert told[0].sentence == change_sentence(some[0], rows)


def test_the_order_of_evidence_and_features_changes_nothing_but_ties(base: Grading) -> None:
    parts = [feature("overdue_count_365d", 0.0, 3.0, -9.0), feature("tenure_days", 1.0, 2.0, -1.0)]
    account = change(base, "AB", (80.0, 70.0), *parts)
    random.Random(3).shuffle(parts)
    again = replace(account, features=tuple(parts))
    assert change_sentence(account, LATE) == change_sentence(again, LATE)
