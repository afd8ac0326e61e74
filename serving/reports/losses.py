"""The part of the risk report that tells expected losses and provisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from models.bands import GRADES
from models.losses.expected import Cell, LossBook
from models.losses.provisions import Provision
from models.losses.words import (
    NOT_SET_OFF,
    WRITTEN_OFF,
    bucket_text,
    difference_text,
    differences,
    history_text,
    horizon_text,
    lgd_texts,
)
from models.policy.sections import LossSection


@dataclass(frozen=True)
class LossPart:
    """What is expected to be lost of what is outstanding, in one cell or a sum of cells."""

    expected_loss: Decimal
    outstanding: Decimal


@dataclass(frozen=True)
class GradeRow:
    """A grade's parts by bucket, and their sum last."""

    grade: str
    parts: list[LossPart]


@dataclass(frozen=True)
class ProvisionRow:
    """A bucket with its provisions by policy, history and model, and the model less the policy."""

    name: str
    outstanding: Decimal
    told: tuple[Provision, ...]
    gap: Decimal | None


def loss_parts(book: LossBook, rule: LossSection, language: str) -> dict[str, Any]:
    """Return what the template ``losses.html`` draws, in ``zh`` or ``en``.

    Parameters
    ----------
    book : LossBook
        The expected losses of the report's book.
    rule : LossSection
        The policy's that they were reckoned with.
    language : str
        ``zh`` or ``en``.
    """
    codes = book.facts.buckets.codes
    gaps = differences(book.by_model, book.by_policy)
    matrices = (book.by_policy.lines, book.by_history.lines, book.by_model.lines)
    return {
        "book": book,
        "names": [bucket_text(code).of(language) for code in codes],
        "rows": [
            GradeRow(grade, _with_sum([cell for cell in book.cells if cell.grade == grade]))
            for grade in GRADES
        ],
        "totals": _with_sum(
            [_sum([cell for cell in book.cells if cell.bucket == code]) for code in codes]
        ),
        "provisions": [
            ProvisionRow(
                bucket_text(lines[0].code).of(language),
                lines[0].outstanding,
                lines,
                gaps[lines[0].code],
            )
            for lines in zip(*matrices, strict=True)
        ],
        "lgd": [text.of(language) for text in lgd_texts(book.facts.lgd, rule)],
        "horizon": horizon_text(book).of(language),
        "history": history_text(book, rule).of(language),
        "difference": difference_text(book).of(language),
        "written_off": WRITTEN_OFF.of(language),
        "not_set_off": NOT_SET_OFF.of(language),
    }


def _with_sum(parts: Sequence[Cell | LossPart]) -> list[LossPart]:
    alone = [LossPart(part.expected_loss, part.outstanding) for part in parts]
    return [*alone, _sum(alone)]


def _sum(parts: Sequence[Cell | LossPart]) -> LossPart:
    nothing = Decimal("0.00")
    return LossPart(
        sum((part.expected_loss for part in parts), nothing),
        sum((part.outstanding for part in parts), nothing),
    )
