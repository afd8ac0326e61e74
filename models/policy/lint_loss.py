"""What of a policy's losses and provisions never or always bites."""

from __future__ import annotations

from collections.abc import Iterator

from models.policy.findings import Finding, always, never, noted, number
from models.policy.sections import Policy


def loss_findings(policy: Policy) -> Iterator[Finding]:
    """Yield what never or always bites among the losses."""
    rule = policy.loss
    if rule.floor == 1:
        yield always(
            "loss_is_whole", "loss.floor",
            "违约损失率的下限为100%，账本中的收回从不起作用。请写入如0.25的下限。",
            "The floor of the loss given default is 100 %: what came back never counts. Write a "
            "floor such as 0.25.",
        )  # fmt: skip
    if rule.prior < rule.floor:
        yield never(
            "loss_prior_below_floor", "loss.prior",
            f"先验违约损失率{number(rule.prior)}低于下限{number(rule.floor)}，"
            "没有历史时只有下限起作用。请写入不低于下限的先验值。",
            f"The prior loss given default {number(rule.prior)} lies below the floor "
            f"{number(rule.floor)}: without a history the floor alone holds. Write a prior that "
            "is not below it.",
        )  # fmt: skip
    if rule.prior_defaults == 0:
        yield never(
            "loss_prior_weightless", "loss.prior_defaults",
            "先验值的权重为0，一起违约即决定违约损失率。请写入如20的起数。",
            "The prior has no weight: a single default decides the loss given default. Write a "
            "number such as 20.",
        )  # fmt: skip
    shares = rule.provision.shares
    if any(worse < better for better, worse in zip(shares, shares[1:], strict=False)):
        yield noted(
            "provision_falls", "loss.provision.rates",
            "逾期更久的计提比例反而更低。请在loss.provision中提高其比例。",
            "What is past due for longer is provided for less. Raise its share in "
            "loss.provision.",
        )  # fmt: skip
    if all(share == shares[0] for share in shares):
        yield always(
            "provision_flat", "loss.provision.rates",
            "各账龄的计提比例都相同，逾期天数不起作用。请按账龄区分比例。",
            "Every bucket has the same share: how long something is past due changes nothing. "
            "Tell the buckets apart.",
        )  # fmt: skip
