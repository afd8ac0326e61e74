"""What is told of losses and provisions, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from models.explain.words.text import Text
from models.losses.expected import LossBook
from models.losses.given_default import LossGivenDefault
from models.losses.provisions import ProvisionMatrix
from models.policy.sections import LossSection

CRITERION_WORDS = {
    "bad_debt": Text("坏账", "a bad debt"),
    "bankruptcy": Text("破产", "a bankruptcy"),
    "days_past_due": Text("逾期满90天", "90 days past due"),
}
NOT_SET_OFF = Text(
    "未核销到发票的款项不抵减任何余额，单独列示。",
    "Money that no invoice has used is set off against nothing and shown by itself.",
)
WRITTEN_OFF = Text(
    "已确认坏账的余额已是损失，不再计入敞口。",
    "What was given up as a bad debt is a loss already and no longer at risk.",
)


def bucket_text(code: str) -> Text:
    """Return a bucket's name.

    Examples
    --------
    >>> bucket_text("31-60").zh, bucket_text(">90").en
    ('逾期31–60天', 'over 90 days past due')
    """
    if code == "not_due":
        return Text("未到期", "not yet due")
    if code.startswith(">"):
        return Text(f"逾期超过{code[1:]}天", f"over {code[1:]} days past due")
    span = code.replace("-", "–")
    return Text(f"逾期{span}天", f"{span} days past due")


def lgd_texts(lgd: LossGivenDefault, rule: LossSection) -> Iterator[Text]:
    """Yield where a loss given default comes from, sentence by sentence.

    Parameters
    ----------
    lgd : LossGivenDefault
        As known on a day.
    rule : LossSection
        The policy's that it was reckoned with.
    """
    named = [CRITERION_WORDS[criterion] for criterion in lgd.default_on]
    yield Text(
        f"违约损失率{lgd.estimate:.1%}。违约定义与违约概率一致："
        f"{'、'.join(word.zh for word in named)}；违约后付清的按零损失计入。",
        f"Loss given default {lgd.estimate:.1%}. A default is what the probability is of: "
        f"{_either([word.en for word in named])}; one that was paid after all counts with no loss.",
    )
    yield _defaults(lgd, rule)
    yield _recoveries(lgd, rule)
    yield _drawn(lgd, rule)


def horizon_text(book: LossBook) -> Text:
    """Return over which time the losses are expected, and how much of a lifetime that is."""
    days, share = book.horizon_days, book.within_horizon
    told = Text(
        f"违约概率的期限为{days}天；《国际财务报告准则第9号》对应收账款采用整个存续期（简化方法）。",
        f"The probability is of {days} days; IFRS 9 asks for the lifetime of trade receivables "
        "(simplified approach).",
    )
    if share is None:
        return told
    if share == 1:
        return Text(
            f"{told.zh}全部余额如不付款，都会在此期限内因逾期而违约。",
            f"{told.en} All of the outstanding would, unpaid, be in default by its days past due "
            "within it.",
        )
    return Text(
        f"{told.zh}余额中{share:.1%}如不付款，将在此期限内因逾期而违约，其余的损失可能被低估。",
        f"{told.en} {share:.1%} of the outstanding would, unpaid, be in default by its days past "
        "due within it; the loss of the rest may be told too low.",
    )


def history_text(book: LossBook, rule: LossSection) -> Text:
    """Return from which month-ends the historical rates come."""
    history = book.facts.history
    if not history.months:
        return Text(
            f"尚无月末满{rule.write_off_days}天，故没有历史损失率（{history.left_out}个月末未满）。",
            f"No month-end is {rule.write_off_days} days old yet, so there are no historical rates "
            f"({history.left_out} month-ends are too recent).",
        )
    return Text(
        f"历史损失率取自{history.months}个月末：当时的余额在其后{rule.write_off_days}天内被核销或"
        f"仍未付清的比例，再扣除坏账收回；{history.left_out}个月末未满此天数，未计入。",
        f"Historical rates come from {history.months} month-ends: the share of what stood then "
        f"that was given up, or was still unpaid, {rule.write_off_days} days later, less what "
        f"comes back of bad debts; {history.left_out} month-ends are too recent and left out.",
    )


def difference_text(book: LossBook) -> Text:
    """Return by which bucket the model's losses differ most from the policy's provision."""
    found = differences(book.by_model, book.by_policy)  # both are always known
    gaps = {code: gap for code, gap in found.items() if gap is not None}
    code, gap = max(gaps.items(), key=lambda item: abs(item[1]))
    whole = sum(gaps.values(), Decimal(0))
    if not gap:
        return Text(
            "模型的预期损失与政策计提一致。",
            "The model's expected loss equals the provision at the policy's rates.",
        )
    bucket = bucket_text(code)
    return Text(
        f"模型的预期损失比政策计提{'多' if whole >= 0 else '少'}{abs(whole):,.2f}；"
        f"差额最大的账龄是{bucket.zh}（{gap:+,.2f}）。",
        f"The model expects {abs(whole):,.2f} {'more' if whole >= 0 else 'less'} than the policy "
        f"provides for; the bucket that differs most is {bucket.en} ({gap:+,.2f}).",
    )


def differences(one: ProvisionMatrix, other: ProvisionMatrix) -> dict[str, Decimal | None]:
    """Return by how much one matrix provides more than another, by bucket; None is unknown."""
    pairs = zip(one.lines, other.lines, strict=True)
    return {
        a.code: None if a.amount is None or b.amount is None else a.amount - b.amount
        for a, b in pairs
    }


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _defaults(lgd: LossGivenDefault, rule: LossSection) -> Text:
    days = rule.write_off_days
    if lgd.lost_by_amount is None or lgd.lost_by_default is None:
        return Text(
            f"已知{lgd.defaults}起违约，尚无一起满{days}天且当时有余额。",
            f"Of {lgd.defaults} defaults known, none is {days} days old and had a balance.",
        )
    return Text(
        f"已知{lgd.defaults}起违约，其中{lgd.complete}起满{days}天且当时有余额："
        f"余额的{lgd.lost_by_amount:.1%}被核销或仍未付清（按起数平均{lgd.lost_by_default:.1%}），"
        f"{lgd.paid}起全部付清。",
        f"Of {lgd.defaults} defaults known, {lgd.complete} are {days} days old and had a balance: "
        f"{lgd.lost_by_amount:.1%} of it was given up or stayed unpaid "
        f"({lgd.lost_by_default:.1%} by number of defaults); {lgd.paid} paid all of it.",
    )


def _recoveries(lgd: LossGivenDefault, rule: LossSection) -> Text:
    days = rule.recovery_days
    if lgd.recovered_by_amount is None or lgd.recovered_by_debt is None:
        return Text(
            f"已知{lgd.bad_debts}笔坏账，尚无一笔满{days}天，故不计收回。",
            f"Of {lgd.bad_debts} bad debts known, none is {days} days old: nothing is reckoned to "
            "come back.",
        )
    return Text(
        f"已知{lgd.bad_debts}笔坏账，其中{lgd.complete_bad_debts}笔满{days}天，"
        f"收回{lgd.recovered_by_amount:.1%}（按笔数平均{lgd.recovered_by_debt:.1%}）。",
        f"Of {lgd.bad_debts} bad debts known, {lgd.complete_bad_debts} are {days} days old: "
        f"{lgd.recovered_by_amount:.1%} came back ({lgd.recovered_by_debt:.1%} by number).",
    )


def _drawn(lgd: LossGivenDefault, rule: LossSection) -> Text:
    if lgd.by_amount is None or lgd.by_default is None:
        told = Text(
            f"没有自身历史，取政策先验值{rule.prior:.0%}",
            f"There is no history of its own: the policy's prior of {rule.prior:.0%} holds",
        )
    else:
        told = Text(
            f"自身长期平均{lgd.by_amount:.1%}（按起数{lgd.by_default:.1%}），"
            f"权重{lgd.own_weight:.0%}，其余为政策先验值{rule.prior:.0%}",
            f"The long-run average is {lgd.by_amount:.1%} ({lgd.by_default:.1%} by number), with a "
            f"weight of {lgd.own_weight:.0%}; the policy's prior of {rule.prior:.0%} has the rest",
        )
    if lgd.floor_applied:
        return Text(
            f"{told.zh}；低于下限，取下限{rule.floor:.0%}。",
            f"{told.en}; that is under the floor of {rule.floor:.0%}, which holds.",
        )
    return Text(f"{told.zh}。", f"{told.en}.")
