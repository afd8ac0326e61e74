"""Data: how much is known, and whether the customer is exposed or in default already."""

from features.expression import (
    AS_OF,
    FAR,
    Expr,
    coalesce,
    count,
    greatest,
    largest,
    ratio,
    total,
    when,
)
from features.families.rows import (
    due_within,
    exposure,
    history_days,
    in_units,
    is_invoice,
    is_settled,
    issued_within,
    items,
    open_balance,
    open_orders,
)
from features.feature import Evidence, Family
from features.relations import BAD_DEBTS, COVERAGE, INDUSTRY_SCORES, LEGAL, OWN_SCORES, SIGNALS
from features.settings import SETTINGS

DATA = Family("data")

bad_debts = BAD_DEBTS.relation
legal = LEGAL.relation
coverage = COVERAGE.relation
signals = SIGNALS.relation
own = OWN_SCORES.relation
industry = INDUSTRY_SCORES.relation
_legal_is_open = coalesce(legal.closed_on, FAR) > AS_OF


def _flag(condition: Expr) -> Expr:
    return when(condition, 1, 0)


DATA.add(
    "history_days",
    history_days,
    unit="days",
    anchor="issued",
    label=("交易历史天数", "Days of history"),
    meaning=(
        "首张发票以来的天数；没有发票则为0",
        "Days since the customer's first invoice; 0 where there is none",
    ),
    direction=-1,
    evidence=Evidence("items", is_invoice),
)
_known_parts = (
    _flag(history_days > 0),
    _flag(count(items, due_within(365)) > 0),
    _flag(largest(own, own.packed).is_known()),
    _flag(largest(industry, industry.packed).is_known()),
    _flag(coalesce(count(legal), count(coverage), 0) + coalesce(count(coverage), 0) > 0),
    _flag(coalesce(count(signals), 0) > 0),
)
_known_sum = _known_parts[0]
for _part in _known_parts[1:]:
    _known_sum = _known_sum + _part
DATA.add(
    "known_share",
    ratio(_known_sum, len(_known_parts)),
    unit="share",
    anchor="known",
    label=("已知信息占比", "Share of sources known"),
    meaning=(
        "六类信息（交易、到期、自身评分、行业评分、司法、信号）中已知的占比",
        "Share of six sources that tell something: trading, dues, own score, industry score, "
        "courts, signals",
    ),
    direction=0,
    modelled=False,
)
DATA.add(
    "past_bad_debt_amount",
    when(
        count(bad_debts, bad_debts.amount.is_known()).equals(count(bad_debts)),
        in_units(total(bad_debts, bad_debts.amount)),
    ),
    unit="amount",
    anchor="recognised",
    label=("历史坏账金额", "Past bad debt"),
    meaning=(
        "已确认坏账的金额合计；有坏账未载明金额则未知",
        "Sum of the bad debts recognised so far; unknown when one has no amount",
    ),
    direction=1,
    evidence=Evidence("bad_debts", bad_debts.recognised_on <= AS_OF, additive=True),
)
DATA.add(
    "invoices_due_365d",
    count(items, due_within(365)),
    unit="count",
    anchor="due",
    window=365,
    label=("近365天到期发票数", "Invoices due, last 365 days"),
    meaning=("近365天到期的发票张数", "Invoices that fell due in the last 365 days"),
    direction=0,
    evidence=Evidence("items", due_within(365), additive=True),
)
_enforced = legal.kind.equals("enforcement") & _legal_is_open
DATA.add(
    "enforcement_open_count",
    coalesce(count(legal, _enforced), when(count(coverage) > 0, 0)),
    unit="count",
    anchor="filed",
    label=("未结强制执行数", "Open enforcements"),
    meaning=("尚未终结的强制执行数", "Enforcement proceedings that are not closed"),
    direction=1,
    evidence=Evidence("legal", _enforced, additive=True),
)

_CURE = SETTINGS.default_cure_days
_uncured = coalesce(bad_debts.cleared_on, FAR) + _CURE > AS_OF
_bad_debt = coalesce(count(bad_debts, _uncured), 0) > 0
_bankrupt_row = legal.kind.equals("bankruptcy") & (coalesce(legal.closed_on, FAR) + _CURE > AS_OF)
_bankrupt = coalesce(count(legal, _bankrupt_row), 0) > 0
_long_due = is_invoice & (items.due_on + SETTINGS.default_days <= AS_OF)
_defaulting = _long_due & ~is_settled & (items.outstanding > SETTINGS.default_floor_minor)
_defaulted = (
    _long_due
    & is_settled
    & (items.settled_on > items.due_on + SETTINGS.default_days)
    & (items.settled_on + _CURE > AS_OF)
    & (items.amount > SETTINGS.default_floor_minor)
)
_days_past_due = (
    coalesce(largest(items, items.outstanding, _defaulting), 0) * 1000
    > greatest(exposure * SETTINGS.default_floor_permille, 1)
) | (count(items, _defaulted) > 0)

DATA.add(
    "default_bad_debt",
    _flag(_bad_debt),
    unit="flag",
    anchor="recognised",
    label=("坏账违约", "In default by a bad debt"),
    meaning=(
        "有已确认的坏账，且收回不足90天",
        "A bad debt is recognised and was not recovered 90 days ago or earlier",
    ),
    direction=1,
    evidence=Evidence("bad_debts", _uncured),
)
DATA.add(
    "default_bankruptcy",
    _flag(_bankrupt),
    unit="flag",
    anchor="filed",
    label=("破产违约", "In default by bankruptcy"),
    meaning=(
        "有破产事件，且结案不足90天",
        "A bankruptcy is filed and was not closed 90 days ago or earlier",
    ),
    direction=1,
    evidence=Evidence("legal", _bankrupt_row),
)
DATA.add(
    "default_days_past_due",
    _flag(_days_past_due),
    unit="flag",
    anchor="due",
    label=("逾期90天违约", "In default by 90 days past due"),
    meaning=(
        "有重大金额的发票逾期达90天，且结清不足90天",
        "A material invoice reached 90 days past due and was not settled 90 days ago or earlier",
    ),
    direction=1,
    evidence=Evidence("items", _defaulting | _defaulted),
)
DATA.add(
    "in_default",
    _flag(_bad_debt | _bankrupt | _days_past_due),
    unit="flag",
    anchor="known",
    label=("处于违约状态", "In default"),
    meaning=(
        "坏账、破产、逾期90天三项中任一成立，或清除不足90天",
        "Bad debt, bankruptcy or 90 days past due holds, or cleared less than 90 days ago",
    ),
    direction=1,
    evidence=Evidence("items", _defaulting | _defaulted),
)
DATA.add(
    "is_exposed",
    _flag(
        (open_balance > 0)
        | (coalesce(count(open_orders), 0) > 0)
        | (count(items, issued_within(SETTINGS.exposed_days)) > 0)
    ),
    unit="flag",
    anchor="issued",
    label=("有信用敞口", "Exposed"),
    meaning=(
        "有未结余额、未完成订单，或近90天有开票",
        "Has an open balance, an open order, or an invoice in the last 90 days",
    ),
    direction=0,
)
