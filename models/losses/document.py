"""Expected losses as plain JSON values: the fields that other programs rely on."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa

from models.explain.words.text import Text
from models.losses.expected import CustomerLoss, LossBook
from models.losses.given_default import LossGivenDefault
from models.losses.provisions import ProvisionMatrix
from models.losses.words import differences, lgd_texts
from models.policy.sections import LossSection

Document = dict[str, Any]
_BUCKETS = pa.list_(
    pa.struct({name: pa.string() for name in ("bucket", "outstanding", "expected_loss")})
)
LOSS_SCHEMA = pa.schema(
    {
        "customer_id": pa.string(),
        "grade": pa.string(),
        "default_probability": pa.float64(),
        "in_default": pa.bool_(),
        "outstanding": pa.string(),
        "exposure": pa.string(),
        "lgd": pa.float64(),
        "expected_loss": pa.string(),
        "written_off": pa.string(),
        "unallocated_credit": pa.string(),
        "buckets": _BUCKETS,
    }
)


def loss_document(book: LossBook, rule: LossSection) -> Document:
    """Return the JSON document of ``tradegrade losses``; money is a decimal string.

    Parameters
    ----------
    book : LossBook
        From `models.losses.expected.expected_losses`.
    rule : LossSection
        The policy's that it was reckoned with.
    """
    history = book.facts.history
    return {
        "as_of": book.facts.as_of.isoformat(),
        "currency": book.facts.currency,
        "horizon_days": book.horizon_days,
        "within_horizon": book.within_horizon,
        "model_version": book.model_version,
        "policy_version": book.policy_version,
        "lgd": _lgd(book.facts.lgd, rule),
        "total": {
            "customers": len(book.customers),
            "in_default": sum(line.in_default for line in book.customers),
            "outstanding": _money(book.outstanding),
            "exposure": _money(book.total("exposure")),
            "expected_loss": _money(book.total("expected_loss")),
            "written_off": _money(book.total("written_off")),
            "unallocated_credit": _money(book.total("unallocated_credit")),
        },
        "by_grade_and_bucket": [
            {
                "grade": cell.grade,
                "bucket": cell.bucket,
                "outstanding": _money(cell.outstanding),
                "expected_loss": _money(cell.expected_loss),
                "customers": cell.customers,
            }
            for cell in book.cells
        ],
        "provision_matrix": {
            "policy": _matrix(book.by_policy),
            "history": _matrix(book.by_history)
            | {
                "months": history.months,
                "months_left_out": history.left_out,
                "severity": book.facts.lgd.severity,
                "past": [
                    {
                        "bucket": past.code,
                        "stood": _minor(past.stood),
                        "given_up": _minor(past.given_up),
                        "unpaid": _minor(past.unpaid),
                    }
                    for past in history.buckets
                ],
            },
            "model": _matrix(book.by_model),
            "model_minus_policy": _differences(book.by_model, book.by_policy),
            "model_minus_history": _differences(book.by_model, book.by_history),
        },
        "customers": list(customer_documents(book)),
    }


def customer_documents(book: LossBook) -> Iterator[Document]:
    """Yield what is told of each customer."""
    for line in book.customers:
        yield _customer(line, book.facts.buckets.codes)


def _customer(line: CustomerLoss, codes: tuple[str, ...]) -> Document:
    parts = zip(codes, line.outstanding, line.bucket_losses, strict=True)
    return {
        "customer_id": line.customer_id,
        "grade": line.grade,
        "default_probability": line.default_probability,
        "in_default": line.in_default,
        "outstanding": _money(sum(line.outstanding, Decimal("0.00"))),
        "exposure": _money(line.exposure),
        "lgd": line.lgd,
        "expected_loss": _money(line.expected_loss),
        "written_off": _money(line.written_off),
        "unallocated_credit": _money(line.unallocated_credit),
        "buckets": [
            {"bucket": code, "outstanding": _money(owed), "expected_loss": _money(loss)}
            for code, owed, loss in parts
        ],
    }


def _lgd(lgd: LossGivenDefault, rule: LossSection) -> Document:
    told = list(lgd_texts(lgd, rule))
    return {
        "estimate": lgd.estimate,
        "by_amount": lgd.by_amount,
        "by_default": lgd.by_default,
        "lost_by_amount": lgd.lost_by_amount,
        "lost_by_default": lgd.lost_by_default,
        "recovered_by_amount": lgd.recovered_by_amount,
        "recovered_by_debt": lgd.recovered_by_debt,
        "own_weight": lgd.own_weight,
        "prior": rule.prior,
        "floor": rule.floor,
        "floor_applied": lgd.floor_applied,
        "default_on": list(lgd.default_on),
        "defaults": lgd.defaults,
        "complete": lgd.complete,
        "paid": lgd.paid,
        "without_balance": lgd.without_balance,
        "bad_debts": lgd.bad_debts,
        "complete_bad_debts": lgd.complete_bad_debts,
        "source": {"zh": "".join(text.zh for text in told), "en": _sentences(told)},
    }


def _sentences(told: list[Text]) -> str:
    return " ".join(text.en for text in told)


def _matrix(matrix: ProvisionMatrix) -> Document:
    return {
        "buckets": [
            {
                "bucket": line.code,
                "outstanding": _money(line.outstanding),
                "rate": None if line.rate is None else float(line.rate),
                "provision": None if line.amount is None else _money(line.amount),
            }
            for line in matrix.lines
        ],
        "total": None if matrix.total is None else _money(matrix.total),
    }


def _differences(one: ProvisionMatrix, other: ProvisionMatrix) -> list[Document]:
    gaps = differences(one, other)
    return [
        {"bucket": code, "amount": None if gap is None else _money(gap)}
        for code, gap in gaps.items()
    ]


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _minor(amount: int) -> str:
    return _money(Decimal(amount).scaleb(-2))
