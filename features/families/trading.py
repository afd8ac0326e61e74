"""Trading: how much, how often and how steadily the customer buys, and what it owes."""

from features.expression import (
    AS_OF,
    Expr,
    coalesce,
    count,
    greatest,
    largest,
    positive,
    ratio,
    root,
    smallest,
    total,
    when,
    within,
)
from features.families.rows import (
    MINOR,
    exposure,
    first_invoice,
    in_units,
    is_invoice,
    issued_within,
    items,
    open_balance,
)
from features.feature import Evidence, Family
from features.relations import CUSTOMERS, ORDERS, PAYMENTS

TRADING = Family("trading")

customers = CUSTOMERS.relation
orders = ORDERS.relation
payments = PAYMENTS.relation
_MONTH_ENDS = (0, 30, 61, 91, 122, 152, 183, 213, 243, 274, 304, 335, 365)
_sales = {days: total(items, items.amount, within(items.issued_on, days)) for days in (90, 365)}
_limit = largest(customers, customers.credit_limit)
_since = coalesce(smallest(customers, customers.customer_since), first_invoice)


def _volatility() -> Expr:
    months = [
        total(
            items,
            items.amount,
            is_invoice & (items.issued_on <= AS_OF - near) & (items.issued_on > AS_OF - far),
        )
        for near, far in zip(_MONTH_ENDS, _MONTH_ENDS[1:], strict=False)
    ]
    in_units_ = [ratio(month, MINOR) for month in months]
    mean = ratio(_added(in_units_), len(months))
    variance = ratio(_added([(m - mean) * (m - mean) for m in in_units_]), len(months))
    return ratio(root(variance), mean)


def _added(terms: list[Expr]) -> Expr:
    result = terms[0]
    for term in terms[1:]:
        result = result + term
    return result


for days in (90, 365):
    TRADING.add(
        f"invoice_amount_{days}d",
        in_units(_sales[days]),
        unit="amount",
        anchor="issued",
        window=days,
        label=(f"近{days}天开票金额", f"Invoiced amount, last {days} days"),
        meaning=(
            f"近{days}天开票金额，已扣除红字发票",
            f"Amount invoiced in the last {days} days, less credit notes",
        ),
        direction=0,
        evidence=Evidence("items", within(items.issued_on, days), additive=True),
    )
for days in (90, 365):
    TRADING.add(
        f"invoice_count_{days}d",
        count(items, issued_within(days)),
        unit="count",
        anchor="issued",
        window=days,
        label=(f"近{days}天开票张数", f"Invoices, last {days} days"),
        meaning=(
            f"近{days}天开票张数（不含红字发票）",
            f"Invoices issued in the last {days} days, credit notes left out",
        ),
        direction=0,
        evidence=Evidence("items", issued_within(days), additive=True),
    )
TRADING.add(
    "amount_trend",
    ratio(_sales[90] * 365, positive(_sales[365]) * 90),
    unit="ratio",
    anchor="issued",
    window=365,
    label=("开票金额趋势", "Trend of the invoiced amount"),
    meaning=(
        "近90天与近365天日均开票金额之比；小于1表示在萎缩",
        "Daily amount invoiced in the last 90 days over that of the last 365; below 1 it shrinks",
    ),
    direction=0,
    evidence=Evidence("items", within(items.issued_on, 90)),
)
TRADING.add(
    "amount_volatility_365d",
    _volatility(),
    unit="ratio",
    anchor="issued",
    window=365,
    label=("近365天开票波动", "Volatility of the invoiced amount, last 365 days"),
    meaning=(
        "近365天十二个月开票金额的变异系数",
        "Coefficient of variation of the invoiced amounts of twelve months",
    ),
    direction=0,
    evidence=Evidence("items", issued_within(365)),
)
TRADING.add(
    "days_since_last_invoice",
    AS_OF - largest(items, items.issued_on, is_invoice),
    unit="days",
    anchor="issued",
    label=("距上次开票的天数", "Days since the last invoice"),
    meaning=(
        "距最近一次开票的天数；从未开票则未知",
        "Days since the last invoice was issued; unknown if there was none",
    ),
    direction=0,
    evidence=Evidence("items", issued_within(90)),
)
TRADING.add(
    "tenure_days",
    when(_since.is_known(), greatest(AS_OF - _since, 0)),
    unit="days",
    anchor="known",
    label=("合作天数", "Days as a customer"),
    meaning=(
        "成为客户以来的天数；无登记日期时从首张发票起算",
        "Days since it became a customer, or since its first invoice where that is not recorded",
    ),
    direction=-1,
)
TRADING.add(
    "open_balance",
    in_units(open_balance),
    unit="amount",
    anchor="issued",
    label=("未结发票余额", "Open balance"),
    meaning=("所有发票未付的金额", "Outstanding amount of all invoices"),
    direction=0,
    evidence=Evidence("items", items.outstanding > 0, additive=True),
)
TRADING.add(
    "exposure",
    in_units(exposure),
    unit="amount",
    anchor="issued",
    label=("信用敞口", "Exposure"),
    meaning=(
        "未结发票余额加未开票的未完成订单",
        "Open balance of invoices plus open orders not yet invoiced",
    ),
    direction=0,
    evidence=Evidence("items", items.outstanding > 0),
)
TRADING.add(
    "credit_limit",
    in_units(_limit),
    unit="amount",
    anchor="known",
    label=("现有信用额度", "Credit limit on file"),
    meaning=("客户档案中的信用额度", "Credit limit on the customer's record"),
    direction=-1,
)
TRADING.add(
    "limit_utilisation",
    ratio(exposure, positive(_limit)),
    unit="share",
    anchor="issued",
    label=("额度使用率", "Use of the credit limit"),
    meaning=("敞口占信用额度的比例", "Exposure as a share of the credit limit on file"),
    direction=1,
    evidence=Evidence("items", items.outstanding > 0),
)
TRADING.add(
    "dispute_share_365d",
    ratio(
        total(items, items.amount, issued_within(365) & (items.disputed_on <= AS_OF)),
        total(items, items.amount, issued_within(365)),
    ),
    unit="share",
    anchor="issued",
    window=365,
    label=("近365天争议金额占比", "Disputed share, last 365 days"),
    meaning=(
        "近365天开票金额中有争议的占比",
        "Share of the amount invoiced in the last 365 days that is in dispute",
    ),
    direction=1,
    evidence=Evidence("items", issued_within(365) & (items.disputed_on <= AS_OF)),
)
for status, zh, en in (("cancelled", "取消", "Cancelled"), ("returned", "退货", "Returned")):
    short = "cancel" if status == "cancelled" else "return"
    done = orders.status.equals(status) & (coalesce(orders.closed_on, AS_OF) <= AS_OF)
    TRADING.add(
        f"{short}_share_365d",
        ratio(
            count(orders, within(orders.ordered_on, 365) & done),
            count(orders, within(orders.ordered_on, 365)),
        ),
        unit="share",
        anchor="ordered",
        window=365,
        label=(f"近365天{zh}订单占比", f"{en} orders, last 365 days"),
        meaning=(
            f"近365天订单中被{zh}的张数占比",
            f"Share of the orders of the last 365 days that were {status}, by count",
        ),
        direction=1,
        evidence=Evidence("orders", within(orders.ordered_on, 365) & done),
    )
TRADING.add(
    "dso_90d",
    ratio(open_balance * 90, positive(_sales[90])),
    unit="days",
    anchor="issued",
    window=90,
    label=("应收账款周转天数", "Days sales outstanding"),
    meaning=(
        "未结余额除以近90天开票金额，乘以90",
        "Open balance over the amount invoiced in the last 90 days, times 90",
    ),
    direction=1,
    modelled=False,
    evidence=Evidence("items", items.outstanding > 0),
)
for days in (30, 90):
    TRADING.add(
        f"payment_amount_{days}d",
        in_units(total(payments, payments.amount, within(payments.paid_on, days))),
        unit="amount",
        anchor="paid",
        window=days,
        label=(f"近{days}天回款金额", f"Received, last {days} days"),
        meaning=(
            f"近{days}天收到的款项，已扣除退票",
            f"Money received in the last {days} days, less bounced payments",
        ),
        direction=0,
        evidence=Evidence("payments", within(payments.paid_on, days), additive=True),
    )
TRADING.add(
    "payment_coverage_90d",
    ratio(total(payments, payments.amount, within(payments.paid_on, 90)), positive(_sales[90])),
    unit="ratio",
    anchor="paid",
    window=90,
    label=("近90天回款与开票之比", "Received over invoiced, last 90 days"),
    meaning=(
        "近90天回款金额除以近90天开票金额",
        "Money received over the amount invoiced, both of the last 90 days",
    ),
    direction=-1,
    evidence=Evidence("payments", within(payments.paid_on, 90)),
)
TRADING.add(
    "days_since_last_payment",
    AS_OF - largest(payments, payments.paid_on, payments.amount > 0),
    unit="days",
    anchor="paid",
    label=("距上次付款的天数", "Days since the last payment"),
    meaning=(
        "距最近一次收到付款的天数；从未付款则未知",
        "Days since money was last received; unknown if there was none",
    ),
    direction=1,
    evidence=Evidence("payments", within(payments.paid_on, 365) & (payments.amount > 0)),
)
_bounced = when(payments.amount < 0, 1, 0)
TRADING.add(
    "bounced_count_365d",
    total(payments, _bounced, within(payments.paid_on, 365)),
    unit="count",
    anchor="paid",
    window=365,
    label=("近365天退票次数", "Bounced payments, last 365 days"),
    meaning=(
        "近365天被退回的付款笔数",
        "Payments that bounced or were returned in the last 365 days",
    ),
    direction=1,
    evidence=Evidence(
        "payments", within(payments.paid_on, 365) & (payments.amount < 0), additive=True
    ),
)
