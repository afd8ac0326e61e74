"""Litigation: suits, judgments, enforcement and listings, by count, recency and openness."""

from features.expression import (
    AS_OF,
    Expr,
    coalesce,
    count,
    largest,
    total,
    when,
    within,
)
from features.families.rows import history_days, in_units
from features.feature import Evidence, Family
from features.relations import COVERAGE, LEGAL

LITIGATION = Family("litigation")

legal = LEGAL.relation
coverage = COVERAGE.relation
_is_open = coalesce(legal.closed_on, AS_OF + 1) > AS_OF
_always = legal.filed_on <= AS_OF


def _searched(value: Expr) -> Expr:
    """Return a value that is null where there is no legal table, but 0 where searched.

    A count over an absent table is null; a coverage row says that a register was searched,
    and a search without a finding is a 0.
    """
    return coalesce(value, when(count(coverage) > 0, 0))


def _count(where: Expr) -> Expr:
    return _searched(count(legal, where))


LITIGATION.add(
    "legal_count_730d",
    _count(within(legal.filed_on, 730)),
    unit="count",
    anchor="filed",
    window=730,
    label=("近两年涉诉次数", "Legal events, last two years"),
    meaning=(
        "近730天立案的诉讼、判决、执行、失信与破产事件数",
        "Suits, judgments, enforcements, listings and bankruptcies filed in the last 730 days",
    ),
    direction=1,
    evidence=Evidence("legal", within(legal.filed_on, 730), additive=True),
)
LITIGATION.add(
    "legal_amount_730d",
    in_units(_searched(total(legal, legal.amount, within(legal.filed_on, 730)))),
    unit="amount",
    anchor="filed",
    window=730,
    label=("近两年涉诉金额", "Amount in dispute at law, last two years"),
    meaning=(
        "近730天立案事件的金额合计（金额不明计为0）",
        "Sum of the amounts of the events filed in the last 730 days; an unstated one counts as 0",
    ),
    direction=1,
    evidence=Evidence("legal", within(legal.filed_on, 730), additive=True),
)
LITIGATION.add(
    "legal_open_count",
    _count(_is_open),
    unit="count",
    anchor="filed",
    label=("未结法律事件数", "Open legal events"),
    meaning=("尚未结案的法律事件数", "Legal events that are not closed"),
    direction=1,
    evidence=Evidence("legal", _is_open, additive=True),
)
LITIGATION.add(
    "enforcement_count_365d",
    _count(legal.kind.equals("enforcement") & within(legal.filed_on, 365)),
    unit="count",
    anchor="filed",
    window=365,
    label=("近365天被执行次数", "Enforcements, last 365 days"),
    meaning=(
        "近365天立案的强制执行次数",
        "Enforcement proceedings filed in the last 365 days",
    ),
    direction=1,
    evidence=Evidence(
        "legal", legal.kind.equals("enforcement") & within(legal.filed_on, 365), additive=True
    ),
)
LITIGATION.add(
    "days_since_last_legal_event",
    when(
        _searched(count(legal)).is_known(),
        coalesce(AS_OF - largest(legal, legal.filed_on), history_days),
    ),
    unit="days",
    anchor="filed",
    label=("距上次涉诉的天数", "Days since the last legal event"),
    meaning=(
        "距最近一次法律事件立案的天数；从未发生则为全部历史天数",
        "Days since the last legal event was filed; the whole history if there was none",
    ),
    direction=-1,
    null="never",
    evidence=Evidence("legal", _always),
)
LITIGATION.add(
    "is_dishonest",
    when(
        _searched(count(legal)).is_known(),
        when(_count(legal.kind.equals("dishonest") & _is_open) > 0, 1, 0),
    ),
    unit="flag",
    anchor="filed",
    label=("失信被执行人", "Listed as a dishonest debtor"),
    meaning=(
        "当前在失信被执行人名单上",
        "On the list of dishonest judgment debtors now",
    ),
    direction=1,
    evidence=Evidence("legal", legal.kind.equals("dishonest") & _is_open),
)
