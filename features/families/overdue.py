"""Overdue: what was not paid by its day, and what of it is still open."""

from features.expression import AS_OF, coalesce, count, largest, ratio, total, when
from features.families.rows import (
    days_late,
    due_within,
    history_days,
    in_units,
    is_late,
    is_overdue,
    is_settled,
    items,
    open_balance,
    overdue_amount,
)
from features.feature import Evidence, Family

OVERDUE = Family("overdue")
_OPEN = Evidence("items", is_overdue)
_beyond_30d = is_overdue & (AS_OF - items.due_on > 30)

for days in (90, 365):
    OVERDUE.add(
        f"overdue_count_{days}d",
        count(items, due_within(days) & is_late),
        unit="count",
        anchor="due",
        window=days,
        label=(f"近{days}天逾期发票数", f"Overdue invoices, last {days} days"),
        meaning=(
            f"近{days}天到期发票中逾期的张数，不论其后是否付清",
            f"Invoices due in the last {days} days that were late, paid since or not",
        ),
        direction=1,
        evidence=Evidence("items", due_within(days) & is_late, additive=True),
    )
OVERDUE.add(
    "overdue_share_365d",
    ratio(count(items, due_within(365) & is_late), count(items, due_within(365))),
    unit="share",
    anchor="due",
    window=365,
    label=("近365天逾期发票占比", "Overdue share, last 365 days"),
    meaning=(
        "近365天到期发票中逾期的张数占比",
        "Share of the invoices due in the last 365 days that were late, by count",
    ),
    direction=1,
    evidence=Evidence("items", due_within(365) & is_late),
)
OVERDUE.add(
    "open_overdue_amount",
    in_units(overdue_amount),
    unit="amount",
    anchor="due",
    label=("当前逾期未付金额", "Open overdue amount"),
    meaning=(
        "已过到期日仍未付的金额（不含微小尾差）",
        "Outstanding amount of the invoices past due, immaterial remainders left out",
    ),
    direction=1,
    evidence=Evidence("items", is_overdue, additive=True),
)
OVERDUE.add(
    "open_overdue_share",
    when(open_balance.equals(0), 0, ratio(overdue_amount, open_balance)),
    unit="share",
    anchor="due",
    label=("逾期占未结余额比例", "Overdue share of the open balance"),
    meaning=(
        "逾期未付金额占全部未结余额的比例；无余额时为0",
        "Open overdue amount as a share of the open balance; 0 when nothing is open",
    ),
    direction=1,
    evidence=_OPEN,
)
OVERDUE.add(
    "overdue_beyond_30d_share",
    when(
        open_balance.equals(0),
        0,
        ratio(total(items, items.outstanding, _beyond_30d), open_balance),
    ),
    unit="share",
    anchor="due",
    label=("逾期超过30天占未结余额比例", "Share of the open balance over 30 days overdue"),
    meaning=(
        "逾期超过30天仍未付的金额占全部未结余额的比例；无余额时为0",
        "Outstanding amount more than 30 days past due as a share of the open balance; 0 when "
        "nothing is open",
    ),
    direction=1,
    evidence=Evidence("items", _beyond_30d),
)
OVERDUE.add(
    "oldest_overdue_days",
    coalesce(largest(items, AS_OF - items.due_on, is_overdue), 0),
    unit="days",
    anchor="due",
    label=("最久逾期天数", "Oldest overdue"),
    meaning=(
        "当前最久一张逾期未付发票已逾期的天数；没有则为0",
        "Days past due of the oldest open overdue invoice; 0 when there is none",
    ),
    direction=1,
    evidence=_OPEN,
)
OVERDUE.add(
    "open_overdue_count",
    count(items, is_overdue),
    unit="count",
    anchor="due",
    label=("当前逾期未付发票数", "Open overdue invoices"),
    meaning=("当前逾期未付发票的张数", "Invoices past due and still open"),
    direction=1,
    evidence=Evidence("items", is_overdue, additive=True),
)
OVERDUE.add(
    "days_since_last_overdue",
    coalesce(
        largest(items, when(is_settled, items.settled_on, AS_OF), is_late) * -1 + AS_OF,
        history_days,
    ),
    unit="days",
    anchor="due",
    label=("距上次逾期的天数", "Days since last overdue"),
    meaning=(
        "距最近一次有发票处于逾期状态的天数；现有逾期为0；从未逾期则为全部历史天数",
        "Days since an invoice was last overdue; 0 while one is; the whole history if never",
    ),
    direction=-1,
    null="never",
    evidence=Evidence("items", is_late & (days_late > 0)),
)
