"""A feature in a sentence by its value: what it was, what it is, what is normal."""

from __future__ import annotations

import math
from collections.abc import Mapping

from features.catalogue import FEATURES
from models.explain.words.figures import label, value_text
from models.explain.words.text import Text

# English needs an article and a subject; in Chinese the catalogue's label is one
SUBJECTS: Mapping[str, str] = {
    "on_time_rate_90d": "the on-time rate of the last 90 days",
    "on_time_rate_365d": "the on-time rate of the last 365 days",
    "on_time_amount_share_365d": "the share of the amount paid on time in the last 365 days",
    "days_beyond_terms_90d": "the mean delay of the last 90 days",
    "days_beyond_terms_365d": "the mean delay of the last 365 days",
    "days_beyond_terms_trend": "the mean delay of the last 90 days, less that of the last 365,",
    "worst_days_late_365d": "the longest delay of the last 365 days",
    "payment_days_median_365d": "the median time to payment in the last 365 days",
    "overdue_count_90d": "the number of late invoices of the last 90 days",
    "overdue_count_365d": "the number of late invoices of the last 365 days",
    "overdue_share_365d": "the share of late invoices in the last 365 days",
    "open_overdue_amount": "the amount overdue and unpaid",
    "open_overdue_share": "the overdue share of the open balance",
    "overdue_beyond_30d_share": "the share of the open balance over 30 days overdue",
    "oldest_overdue_days": "the age of the oldest overdue invoice",
    "open_overdue_count": "the number of invoices overdue and unpaid",
    "days_since_last_overdue": "the time since an invoice was last overdue",
    "invoice_amount_90d": "the amount invoiced in the last 90 days",
    "invoice_amount_365d": "the amount invoiced in the last 365 days",
    "invoice_count_90d": "the number of invoices of the last 90 days",
    "invoice_count_365d": "the number of invoices of the last 365 days",
    "amount_trend": "the trend of the invoiced amount",
    "amount_volatility_365d": "the volatility of the amount invoiced in the last 365 days",
    "days_since_last_invoice": "the time since the last invoice",
    "tenure_days": "the time as a customer",
    "open_balance": "the open balance",
    "exposure": "the exposure",
    "credit_limit": "the credit limit on file",
    "limit_utilisation": "the use of the credit limit",
    "dispute_share_365d": "the disputed share of the amount invoiced in the last 365 days",
    "cancel_share_365d": "the share of cancelled orders in the last 365 days",
    "return_share_365d": "the share of returned orders in the last 365 days",
    "dso_90d": "the days sales outstanding",
    "payment_amount_30d": "the amount received in the last 30 days",
    "payment_amount_90d": "the amount received in the last 90 days",
    "payment_coverage_90d": "the amount received over the amount invoiced in the last 90 days",
    "days_since_last_payment": "the time since the last payment",
    "bounced_count_365d": "the number of bounced payments of the last 365 days",
    "legal_count_730d": "the number of legal events of the last two years",
    "legal_amount_730d": "the amount in dispute at law in the last two years",
    "legal_open_count": "the number of open legal events",
    "enforcement_count_365d": "the number of enforcements of the last 365 days",
    "days_since_last_legal_event": "the time since the last legal event",
    "is_dishonest": "the listing as a dishonest debtor",
    "external_score": "the outside credit score",
    "external_score_source": "the source of the outside score",
    "external_score_change_180d": "the change of the outside score over 180 days",
    "industry_score": "the credit score of its industry",
    "negative_news_180d": "the number of bad news of the last 180 days",
    "complaint_count_365d": "the number of complaints of the last 365 days",
    "contract_breach_count_365d": "the number of breaches of contract of the last 365 days",
    "contact_change_count_365d": "the number of changes of contact of the last 365 days",
    "supplier_review_365d": "the mean supplier review of the last 365 days",
    "guaranteed_amount": "the guaranteed amount",
    "guaranteed_share": "the guaranteed share of the exposure",
    "contract_in_force": "a contract in force",
    "group_worst_overdue_days": "the age of the oldest overdue invoice among affiliates",
    "history_days": "the trading history",
    "known_share": "the share of sources known",
    "past_bad_debt_amount": "the bad debt recognised so far",
    "invoices_due_365d": "the number of invoices due in the last 365 days",
    "enforcement_open_count": "the number of open enforcements",
    "default_bad_debt": "default by a bad debt",
    "default_bankruptcy": "default by bankruptcy",
    "default_days_past_due": "default by 90 days past due",
    "in_default": "default",
    "is_exposed": "credit exposure",
}
# of a flag: it is so, it is not, it is so no longer
_FLAGS: Mapping[str, tuple[Text, Text, Text]] = {
    "is_dishonest": (
        Text("客户在失信被执行人名单上", "the customer is listed as a dishonest debtor"),
        Text("客户不在失信被执行人名单上", "the customer is not listed as a dishonest debtor"),
        Text(
            "客户已不在失信被执行人名单上", "the customer is no longer listed as a dishonest debtor"
        ),
    ),
    "contract_in_force": (
        Text("有生效合同", "a contract is in force"),
        Text("没有生效合同", "no contract is in force"),
        Text("已没有生效合同", "no contract is in force any more"),
    ),
    "default_bad_debt": (
        Text("客户因坏账处于违约状态", "the customer is in default by a bad debt"),
        Text("客户并非因坏账违约", "the customer is not in default by a bad debt"),
        Text("客户的坏账违约已解除", "the customer is no longer in default by a bad debt"),
    ),
    "default_bankruptcy": (
        Text("客户因破产处于违约状态", "the customer is in default by bankruptcy"),
        Text("客户并非因破产违约", "the customer is not in default by bankruptcy"),
        Text("客户的破产违约已解除", "the customer is no longer in default by bankruptcy"),
    ),
    "default_days_past_due": (
        Text("客户因逾期90天处于违约状态", "the customer is in default by 90 days past due"),
        Text("客户并非因逾期90天违约", "the customer is not in default by 90 days past due"),
        Text(
            "客户的逾期90天违约已解除", "the customer is no longer in default by 90 days past due"
        ),
    ),
    "in_default": (
        Text("客户处于违约状态", "the customer is in default"),
        Text("客户未处于违约状态", "the customer is not in default"),
        Text("客户的违约状态已解除", "the customer is no longer in default"),
    ),
    "is_exposed": (
        Text("客户有信用敞口", "the customer is exposed"),
        Text("客户没有信用敞口", "the customer is not exposed"),
        Text("客户已没有信用敞口", "the customer is no longer exposed"),
    ),
}


def moved_value(feature: str, before: float, after: float) -> Text:
    """Return how a feature's value moved, without a full stop.

    Parameters
    ----------
    feature : str
        A feature of the catalogue.
    before, after : float
        In the catalogue's unit; NaN is unknown.

    Examples
    --------
    >>> moved_value("on_time_rate_365d", 0.92, 0.85).en
    'the on-time rate of the last 365 days fell from 92.0% to 85.0%'
    >>> moved_value("oldest_overdue_days", float("nan"), 41.0).zh
    '最久逾期天数此前未知，现为41天'
    """
    name, subject = label(feature).zh, SUBJECTS[feature]
    then, now = value_text(feature, before), value_text(feature, after)
    if math.isnan(before) and math.isnan(after):
        return Text(f"{name}仍未知", f"{subject} is still unknown")
    if feature in _FLAGS and not math.isnan(after):
        return _moved_flag(feature, before, after)
    if math.isnan(before):
        return Text(
            f"{name}此前未知，现为{now.zh}", f"{subject} was unknown before and is {now.en} now"
        )
    if math.isnan(after):
        return Text(
            f"{name}此前为{then.zh}，现未知", f"{subject} was {then.en} before and is unknown now"
        )
    if then == now:
        return Text(f"{name}仍约为{now.zh}", f"{subject} is still about {now.en}")
    if FEATURES[feature].unit == "code":
        return Text(f"{name}由{then.zh}变为{now.zh}", f"{subject} went from {then.en} to {now.en}")
    rose = after > before
    return Text(
        f"{name}由{then.zh}{'升至' if rose else '降至'}{now.zh}",
        f"{subject} {'rose' if rose else 'fell'} from {then.en} to {now.en}",
    )


def level_value(feature: str, value: float, normal: float) -> Text:
    """Return a feature's value beside that of an ordinary good customer.

    Parameters
    ----------
    feature : str
        A feature of the catalogue.
    value, normal : float
        The customer's and the reference customer's; NaN is unknown.

    Examples
    --------
    >>> level_value("on_time_rate_365d", 0.524, 1.0).en
    "the on-time rate of the last 365 days is 52.4%, an ordinary good customer's 100.0%"
    >>> level_value("is_dishonest", 1.0, 0.0).zh
    '客户在失信被执行人名单上，普通良好客户并非如此'
    """
    seen, usual = value_text(feature, value), value_text(feature, normal)
    if feature in _FLAGS and not math.isnan(value):
        what = _FLAGS[feature][int(value == 0)]
        if math.isnan(normal):
            return Text(
                f"{what.zh}，普通良好客户为未知", f"{what.en}, unknown of an ordinary good customer"
            )
        unlike = value != normal
        return Text(
            f"{what.zh}，普通良好客户{'并非如此' if unlike else '亦然'}",
            f"{what.en}, {'unlike' if unlike else 'as is'} an ordinary good customer",
        )
    zh, en = label(feature).zh, SUBJECTS[feature]
    return Text(
        f"{zh}为{seen.zh}，普通良好客户为{usual.zh}",
        f"{en} is {seen.en}, an ordinary good customer's {_owned(usual.en)}",
    )


def _owned(usual: str) -> str:
    """Return a value as what an ordinary good customer's is; unknown needs a verb."""
    return f"is {usual}" if usual == "unknown" else usual


def _moved_flag(feature: str, before: float, after: float) -> Text:
    is_so, is_not, no_longer = _FLAGS[feature]
    if math.isnan(before):
        what = is_not if after == 0 else is_so
        return Text(f"{what.zh}（此前未知）", f"{what.en} (unknown before)")
    if before == after:
        what = is_not if after == 0 else is_so
        return Text(f"{what.zh}，与此前相同", f"{what.en}, as before")
    return no_longer if after == 0 else Text(f"现在{is_so.zh}", f"{is_so.en} now")
