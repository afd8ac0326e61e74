"""External: outside scores, news, complaints, guarantees, contracts and affiliates."""

from features.expression import (
    AS_OF,
    FAR,
    Expr,
    Relation,
    coalesce,
    count,
    largest,
    least,
    ratio,
    total,
    when,
    whole,
    within,
)
from features.families.rows import affiliates, exposure, in_units, is_overdue
from features.feature import Evidence, Family
from features.relations import (
    CONTRACTS,
    CUSTOMERS,
    GUARANTEES,
    INDUSTRY_SCORES,
    OWN_SCORES,
    SIGNALS,
)

EXTERNAL = Family("external")

signals = SIGNALS.relation
guarantees = GUARANTEES.relation
contracts = CONTRACTS.relation
customers = CUSTOMERS.relation
own = OWN_SCORES.relation
industry = INDUSTRY_SCORES.relation
_POINT = 10_000  # scores are kept in ten-thousandths of a point


def _latest(scores: Relation, where: Expr | None = None) -> Expr:
    """Return the score last published; of several on one day the highest."""
    return ratio(whole(largest(scores, scores.packed, where)), _POINT)


def _change(scores: Relation) -> Expr:
    return _latest(scores) - _latest(scores, scores.published_on <= AS_OF - 180)


_has_own = largest(own, own.packed).is_known()
_has_industry = largest(industry, industry.packed).is_known()
_OWN_ELSE_INDUSTRY = Evidence(
    "own_scores",
    own.published_on > AS_OF - 365,
    otherwise=Evidence("industry_scores", industry.published_on > AS_OF - 365),
)

EXTERNAL.add(
    "external_score",
    coalesce(_latest(own), _latest(industry)),
    unit="score",
    anchor="published",
    label=("外部信用评分", "External credit score"),
    meaning=(
        "最近公布的客户外部评分；没有则取其行业评分",
        "Last published outside score of the customer, else that of its industry",
    ),
    direction=-1,
    evidence=_OWN_ELSE_INDUSTRY,
)
EXTERNAL.add(
    "external_score_source",
    when(_has_own, 1, when(_has_industry, 2)),
    unit="code",
    anchor="published",
    label=("外部评分来源", "Source of the external score"),
    meaning=(
        "1为客户自身评分，2为行业评分",
        "1 where the score is the customer's own, 2 where it is its industry's",
    ),
    direction=0,
    modelled=False,
)
EXTERNAL.add(
    "external_score_change_180d",
    when(_has_own, _change(own), _change(industry)),
    unit="score",
    anchor="published",
    window=180,
    label=("外部评分180天变化", "Change of the external score over 180 days"),
    meaning=(
        "外部评分与180天前相比的变化",
        "External score less the one that held 180 days before",
    ),
    direction=-1,
    evidence=_OWN_ELSE_INDUSTRY,
)
EXTERNAL.add(
    "industry_score",
    _latest(industry),
    unit="score",
    anchor="published",
    label=("行业信用评分", "Industry credit score"),
    meaning=(
        "客户所属行业最近公布的信用评分",
        "Last published credit score of the customer's industry",
    ),
    direction=-1,
    evidence=Evidence("industry_scores", industry.published_on > AS_OF - 180),
)
for name, kind, days, zh, en in (
    ("negative_news_180d", "negative_news", 180, "负面新闻", "Negative news"),
    ("complaint_count_365d", "complaint", 365, "投诉", "Complaints"),
    ("contract_breach_count_365d", "contract_breach", 365, "违约", "Breaches of contract"),
    ("contact_change_count_365d", "contact_change", 365, "联系人变更", "Changes of contact"),
):
    seen = signals.kind.equals(kind) & within(signals.observed_on, days)
    EXTERNAL.add(
        name,
        count(signals, seen),
        unit="count",
        anchor="observed",
        window=days,
        label=(f"近{days}天{zh}次数", f"{en}, last {days} days"),
        meaning=(f"近{days}天记录的{zh}次数", f"{en} recorded in the last {days} days"),
        direction=1,
        evidence=Evidence("signals", seen, additive=True),
    )
_reviewed = signals.kind.equals("supplier_review") & within(signals.observed_on, 365)
EXTERNAL.add(
    "supplier_review_365d",
    ratio(
        total(signals, signals.value, _reviewed & signals.value.is_known()),
        count(signals, _reviewed & signals.value.is_known()),
    ),
    unit="score",
    anchor="observed",
    window=365,
    label=("近365天供应商评价", "Supplier reviews, last 365 days"),
    meaning=(
        "近365天供应商评价的平均值",
        "Mean of the supplier reviews of the last 365 days",
    ),
    direction=-1,
    evidence=Evidence("signals", _reviewed),
)
_valid = coalesce(guarantees.valid_to, FAR) >= AS_OF
_guaranteed = total(guarantees, guarantees.amount, _valid)
EXTERNAL.add(
    "guaranteed_amount",
    in_units(_guaranteed),
    unit="amount",
    anchor="valid",
    label=("担保金额", "Guaranteed amount"),
    meaning=("当前有效担保的金额合计", "Sum of the guarantees valid now"),
    direction=-1,
    evidence=Evidence("guarantees", _valid, additive=True),
)
EXTERNAL.add(
    "guaranteed_share",
    # LEAST skips a null, so the exposure is asked first
    when(
        _guaranteed.is_known() & (exposure > 0),
        least(ratio(_guaranteed, exposure), 1),
    ),
    unit="share",
    anchor="valid",
    label=("担保覆盖率", "Guaranteed share of the exposure"),
    meaning=(
        "有效担保占敞口的比例，最高为1；没有敞口则未知",
        "Guarantees valid now over the exposure, at most 1; unknown without exposure",
    ),
    direction=-1,
    evidence=Evidence("guarantees", _valid),
)
_in_force = coalesce(contracts.expires_on, FAR) >= AS_OF
EXTERNAL.add(
    "contract_in_force",
    when(count(contracts).is_known(), when(count(contracts, _in_force) > 0, 1, 0)),
    unit="flag",
    anchor="signed",
    label=("有生效合同", "Contract in force"),
    meaning=(
        "有已签订且未到期的合同",
        "A contract is signed and has not expired",
    ),
    direction=-1,
    evidence=Evidence("contracts", _in_force),
)
EXTERNAL.add(
    "group_worst_overdue_days",
    when(
        largest(customers, customers.in_group).equals(1),
        coalesce(largest(affiliates, AS_OF - affiliates.due_on, is_overdue), 0),
    ),
    unit="days",
    anchor="due",
    label=("关联企业最久逾期天数", "Oldest overdue among affiliates"),
    meaning=(
        "同一集团其他企业最久逾期的天数；不属于集团则未知",
        "Days past due of the oldest open invoice of other companies of its group; unknown "
        "outside a group",
    ),
    direction=1,
    evidence=Evidence("affiliates", is_overdue),
)
