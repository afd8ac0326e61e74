"""What each key of a policy means, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping

from models.explain.words.text import Text

_GRADES = ("A", "B", "C", "D")
_TERMS: Mapping[str, tuple[str, str]] = {
    "months_of_sales": (
        "信用额度相当于几个月的平均销售额",
        "the credit limit in months of average sales",
    ),
    "payment_days": ("账期（天）", "days from invoice to due date"),
    "prepayment_share": ("发货前须预付的比例", "share of an order to be paid before shipping"),
    "approval": ("订单由谁审批", "who approves an order"),
    "contract": ("合同模板", "the contract template"),
}
_INDICATORS: Mapping[str, tuple[str, str]] = {
    "payment_timeliness": ("付款及时性", "payment timeliness"),
    "overdue_count": ("逾期次数", "the overdue count"),
    "amount_and_frequency": ("交易金额与频率", "amount and frequency"),
    "industry_score": ("行业信用评分", "the industry credit score"),
    "litigation": ("涉诉情况", "litigation"),
}
_ANCHORS = "scale.anchors."

_SINGLE: Mapping[str, Text] = {
    "name": Text("政策名称", "name of the policy"),
    "version": Text("政策版本", "version of the policy"),
    "ledger.currency": Text(
        "账本本位币：未标币种的金额按它理解，其他币种折算为它",
        "currency that amounts without one are read in, and that others are converted to",
    ),
    "blend.rule_weight": Text(
        "规则分在综合分中的权重，其余为模型分",
        "share of the rule score in the blend; the model has the rest",
    ),
    "scale.safe_points": Text("安全锚点的分数", "points at the safe anchor"),
    "scale.risky_points": Text("风险锚点的分数", "points at the risky anchor"),
    "bands.A": Text("A级的最低分", "floor of grade A in points"),
    "bands.B": Text("B级的最低分", "floor of grade B in points"),
    "bands.C": Text("C级的最低分，低于它为D级", "floor of grade C in points; below it is D"),
    "rules.neutral": Text("一无所知时的规则分", "the rule score when nothing is known"),
    "rules.shrink_invoices": Text(
        "计算及时率时按全账平均水平补入的发票张数",
        "invoices at the book's on-time rate that are added to the customer's own",
    ),
    "rules.payment_timeliness.curve": Text(
        "及时付款率换算为分数的曲线", "points by the share of invoices paid on time"
    ),
    "rules.overdue_count.curve": Text(
        "近一年逾期次数换算为分数的曲线", "points by the invoices overdue in the last year"
    ),
    "rules.amount_and_frequency.curve": Text(
        "金额与频率在全账中的分位换算为分数的曲线",
        "points by the place of amount and frequency in the book",
    ),
    "rules.industry_score.curve": Text(
        "外部或行业评分换算为分数的曲线", "points by the external or the industry's score"
    ),
    "rules.litigation.per_event": Text(
        "按涉诉次数扣分的曲线", "points taken off by the number of legal events"
    ),
    "rules.litigation.recency": Text(
        "距最近涉诉的天数对应的扣分比例", "share of that cost by the days since the last event"
    ),
    "rules.litigation.per_open": Text(
        "按未结案件数扣分的曲线", "points taken off by the number of open events"
    ),
    "provisional.fewer_invoices_due_than": Text(
        "到期发票少于此张数者为新客户", "a customer with fewer invoices due is a newcomer"
    ),
    "provisional.fewer_days_than": Text(
        "交易历史短于此天数者为新客户", "a customer with fewer days of history is a newcomer"
    ),
    "provisional.entry_points": Text("新客户的起点分", "points at which a newcomer enters"),
    "provisional.expires_after_days": Text(
        "临时等级的有效天数", "days after which a provisional grade expires"
    ),
    "ceilings.margin": Text(
        "等级上限停在更高一级最低分之下多少分",
        "how far under the better band's floor a ceiling stops",
    ),
    "ceilings.overdue_days_to_c": Text(
        "大额逾期超过此天数，最高为C级", "a material invoice overdue for longer: C at best"
    ),
    "ceilings.overdue_days_to_d": Text(
        "大额逾期超过此天数，最高为D级", "a material invoice overdue for longer: D at best"
    ),
    "ceilings.overdue_material_amount": Text(
        "逾期金额达到此数才触发逾期上限", "overdue amount from which the overdue ceilings hold"
    ),
    "ceilings.yearly_probability_to_c": Text(
        "年违约概率达到此值，最高为C级", "a yearly default probability from here on: C at best"
    ),
    "ceilings.yearly_probability_to_d": Text(
        "年违约概率达到此值，最高为D级", "a yearly default probability from here on: D at best"
    ),
    "hysteresis.upgrade_margin": Text(
        "升级须高出级别线的分数", "points above an edge that an upgrade needs"
    ),
    "override.most_notches_up": Text(
        "人工调整最多上调几个细分级", "notches that people may lift a grade by, at most"
    ),
    "reasons.at_most": Text("最多说明几条原因", "how many reasons are told, at most"),
    "terms.warning_share": Text(
        "额度使用达到此比例即预警", "share of the limit from which an order is looked at"
    ),
    "terms.longest_tenure_days": Text(
        "合作年限最多计到此天数", "days up to which tenure raises the limit"
    ),
    "terms.smallest_limit": Text("信用额度下限", "the smallest credit limit"),
    "terms.largest_limit": Text("信用额度上限", "the largest credit limit"),
    "terms.guarantee_share": Text(
        "担保金额计入额度的比例", "share of a guarantee that raises the limit"
    ),
    "terms.fast_lane_tenure_days": Text(
        "快速审批要求的合作天数", "days of tenure that the fast lane of approval needs"
    ),
    "terms.fast_lane_overdue_share": Text(
        "快速审批允许的最高逾期比例", "largest share of invoices overdue in the fast lane"
    ),
    "loss.prior": Text(
        "账本自身的违约损失率向其收缩的先验值",
        "the loss given default that the ledger's own is drawn towards",
    ),
    "loss.prior_defaults": Text(
        "先验值相当于账本自身的多少起违约",
        "how many of the ledger's own defaults the prior weighs as much as",
    ),
    "loss.floor": Text("违约损失率的下限", "the loss given default is never told lower"),
    "loss.write_off_days": Text(
        "违约后超过此天数仍未付清的，视为损失",
        "days after a default beyond which what is unpaid counts as lost",
    ),
    "loss.recovery_days": Text(
        "确认坏账后此天数内收回的，计为收回",
        "days after a bad debt within which what comes back counts as recovered",
    ),
    "loss.discount_rate": Text(
        "收回款折现到坏账确认日的年利率",
        "yearly rate at which recoveries are discounted to the day of the bad debt",
    ),
    "loss.order_share": Text(
        "未开票的未完成订单计入违约敞口的比例",
        "share of open orders not yet invoiced that counts as exposure at default",
    ),
    "loss.undrawn_share": Text(
        "未使用信用额度计入违约敞口的比例",
        "share of the unused credit limit that counts as exposure at default",
    ),
    "loss.provision.rates": Text(
        "按逾期天数（不超过）的坏账准备计提比例，0天为未到期",
        "the share provided for up to so many days past due; 0 days is not yet due",
    ),
    "loss.provision.beyond": Text(
        "逾期更久者的坏账准备计提比例", "the share provided for what is past due for longer"
    ),
    "promotion.min_auc": Text(
        "新模型AUC置信区间的下限须高于此值",
        "what the lower end of a new model's AUC interval must lie above",
    ),
    "promotion.least_calibration_slope": Text(
        "新模型校准斜率的下限", "the smallest calibration slope of a new model; 1 is perfect"
    ),
    "promotion.most_calibration_slope": Text(
        "新模型校准斜率的上限", "the largest calibration slope of a new model; 1 is perfect"
    ),
    "promotion.least_told_to_realised": Text(
        "新模型平均违约概率与实际违约率之比的下限",
        "the smallest ratio of a new model's mean probability to the realised default rate",
    ),
    "promotion.most_told_to_realised": Text(
        "新模型平均违约概率与实际违约率之比的上限",
        "the largest ratio of a new model's mean probability to the realised default rate",
    ),
    "promotion.most_migration": Text(
        "更换模型时等级改变的客户占比上限",
        "the largest share of customers whose grade a new model may change",
    ),
}
MEANINGS: Mapping[str, Text] = {
    **_SINGLE,
    **{
        f"weights.{name}": Text(f"{zh}在规则分中的权重", f"weight of {en} in the rule score")
        for name, (zh, en) in _INDICATORS.items()
    },
    **{
        f"terms.{grade}.{name}": Text(f"{grade}级：{zh}", f"grade {grade}: {en}")
        for grade in _GRADES
        for name, (zh, en) in _TERMS.items()
    },
}


def meaning(key: str) -> Text:
    """Return what a key of a policy means.

    Parameters
    ----------
    key : str
        Dotted, as ``blend.rule_weight``; every horizon under ``scale.anchors`` has a meaning.

    Raises
    ------
    KeyError
        If a policy has no such key.

    Examples
    --------
    >>> meaning("blend.rule_weight").en
    'share of the rule score in the blend; the model has the rest'
    >>> meaning("scale.anchors.180").en
    'default probabilities at the safe and at the risky anchor, over 180 days'
    """
    if key.startswith(_ANCHORS):
        days = key.removeprefix(_ANCHORS)
        return Text(
            f"{days}天内安全锚点与风险锚点的违约概率",
            f"default probabilities at the safe and at the risky anchor, over {days} days",
        )
    return MEANINGS[key]
