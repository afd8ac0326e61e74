"""Terms of a policy that bind nobody or everybody."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from models.bands import GRADES
from models.policy.findings import Finding, always, never, noted, number
from models.policy.sections import Policy, TermsSection

LIFETIME_DAYS = 36_525  # a hundred years: no customer is older
_FAST = "fast-lane"


def terms_findings(policy: Policy) -> Iterator[Finding]:
    """Yield what never or always bites among the terms."""
    rule = policy.terms
    yield from _limits(rule)
    yield from _shares(rule)
    yield from _fast_lane(rule)
    for better, worse in zip(GRADES, GRADES[1:], strict=False):
        if rule.of(better) == rule.of(worse):
            yield noted(
                "terms_equal", f"terms.{worse}",
                f"{better}级与{worse}级的条款完全相同，评为哪一级对业务没有区别。"
                f"请区分[terms.{better}]与[terms.{worse}]。",
                f"Grades {better} and {worse} have the same terms: which of them a customer has "
                f"makes no difference. Tell [terms.{better}] and [terms.{worse}] apart.",
            )  # fmt: skip


def _limits(rule: TermsSection) -> Iterator[Finding]:
    smallest, largest = Decimal(rule.smallest_limit), Decimal(rule.largest_limit)
    if all(rule.of(grade).months_of_sales == 0 for grade in GRADES) or largest == 0:
        key = "terms.largest_limit" if largest == 0 else "terms.A.months_of_sales"
        yield always(
            "no_credit", key,
            "任何等级的信用额度都是0，所有客户都没有额度。"
            f"请在{key}写入大于0的值。",
            "Every grade has the credit limit 0: nobody has credit. Write a value above 0 in "
            f"{key}.",
        )  # fmt: skip
        return
    if smallest == largest:
        yield always(
            "limit_is_constant", "terms.smallest_limit",
            f"额度下限与上限都是{smallest:,.2f}，凡有额度者额度都相同，公式不起作用。"
            "请拉开terms.smallest_limit与terms.largest_limit。",
            f"The smallest and the largest limit are both {smallest:,.2f}: whoever has credit has "
            "that limit, whatever the formula says. Part terms.smallest_limit and "
            "terms.largest_limit.",
        )  # fmt: skip
    elif smallest == 0:
        yield never(
            "smallest_limit_zero", "terms.smallest_limit",
            "额度下限为0，而额度公式从不小于0，故下限从不起作用。如需保底额度，请写入金额。",
            "The smallest limit is 0 and the formula never gives less, so it lifts nobody. Write "
            "an amount if customers should have a least limit.",
        )  # fmt: skip


def _shares(rule: TermsSection) -> Iterator[Finding]:
    if rule.guarantee_share == 0:
        yield never(
            "guarantees_count_nothing", "terms.guarantee_share",
            "担保计入比例为0，担保从不增加额度。请写入大于0的比例。",
            "The share of guarantees is 0: a guarantee never raises a limit. Write a share above "
            "0.",
        )  # fmt: skip
    if rule.warning_share == 0:
        yield always(
            "warning_always", "terms.warning_share",
            "预警比例为0，每一笔订单都会预警。请写入如0.9的比例。",
            "The warning share is 0: every order is looked at. Write a share such as 0.9.",
        )  # fmt: skip
    elif rule.warning_share == 1:
        yield never(
            "warning_at_the_limit", "terms.warning_share",
            "预警比例为1，达到额度之前从不预警。请写入小于1的比例。",
            "The warning share is 1: nothing is looked at before the limit itself is reached. "
            "Write a share below 1.",
        )  # fmt: skip
    if rule.longest_tenure_days == 1:
        yield always(
            "tenure_counts_nothing", "terms.longest_tenure_days",
            "合作满1天即按最长年限计，年限不影响额度。请写入更多天数。",
            "Tenure counts in full from the first day on: it never lowers a limit. Write more "
            "days.",
        )  # fmt: skip


def _fast_lane(rule: TermsSection) -> Iterator[Finding]:
    days = rule.fast_lane_tenure_days
    if days > LIFETIME_DAYS:
        yield never(
            "fast_lane_impossible", "terms.fast_lane_tenure_days",
            f"快速审批要求合作{number(days)}天，超过一百年，无人能达到。请写入更少的天数。",
            f"The fast lane needs {number(days)} days of tenure, more than a hundred years: "
            "nobody reaches it. Write fewer days.",
        )  # fmt: skip
    elif days == 0:
        yield always(
            "fast_lane_any_tenure", "terms.fast_lane_tenure_days",
            "快速审批要求合作0天，新客户也不会被挡在外面。请写入如730的天数。",
            "The fast lane needs 0 days of tenure: it keeps no new customer out. Write days such "
            "as 730.",
        )  # fmt: skip
    if rule.fast_lane_overdue_share == 1:
        yield always(
            "fast_lane_any_conduct", "terms.fast_lane_overdue_share",
            "快速审批允许100%的发票逾期，逾期者也不会被挡在外面。请写入如0.02的比例。",
            "The fast lane allows every invoice to be overdue: it keeps nobody out. Write a share "
            "such as 0.02.",
        )  # fmt: skip
    if rule.A.approval == rule.B.approval == _FAST:
        yield never(
            "fast_lane_is_the_rule", "terms.A.approval",
            "A级与B级的审批本来就是fast-lane，快速审批的条件不起作用。请写入其他审批人。",
            "Grades A and B are approved by the fast lane anyway, so its conditions change "
            "nothing. Write another approval.",
        )  # fmt: skip
