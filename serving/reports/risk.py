"""The risk report: the book on one page that prints and needs no other file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np

from features.errors import UnavailableError, UsageError
from models.bands import is_better
from models.book import Book, Grader
from models.explain.words import LANGUAGES
from models.grading import Grading
from models.losses.expected import LossBook
from models.policy.sections import LossSection
from models.summary import GradeLine, grade_lines
from serving.reports.labels import LABELS
from serving.reports.losses import loss_parts

SHOWN = 20


@dataclass(frozen=True)
class CustomerLine:
    """One customer in a list of the report.

    Attributes
    ----------
    exposure, amount_at_risk : Decimal
        In the ledger's currency.
    reason : str
        The first reason that costs points, else the first, in the report's language.
    """

    customer_id: str
    name: str
    grade: str
    notch: str
    prior_grade: str | None
    score: float
    default_probability: float
    exposure: Decimal
    amount_at_risk: Decimal
    reason: str


@dataclass(frozen=True)
class RiskReport:
    """What the report tells.

    Attributes
    ----------
    lines : list of GradeLine
        By grade.
    at_risk : list of CustomerLine
        The largest amounts at risk.
    downgrades : list of CustomerLine
        Worse than the prior grade, the largest exposure first.
    downgraded, upgraded, without_prior, provisional, total : int
        Customers.
    largest_share, herfindahl : float
        Of the exposure by customer, 0 to 1.
    losses : LossBook
        Expected losses and provisions of the book.
    loss_rule : LossSection
        The policy's that the losses were reckoned with.
    """

    as_of: date
    currency: str
    horizon_days: int
    model_version: str
    policy_version: str
    lines: list[GradeLine]
    at_risk: list[CustomerLine]
    downgrades: list[CustomerLine]
    downgraded: int
    upgraded: int
    without_prior: int
    provisional: int
    total: int
    largest_share: float
    herfindahl: float
    losses: LossBook
    loss_rule: LossSection


def risk_report(
    book: Book, grader: Grader, losses: LossBook, *, names: Mapping[str, str], language: str
) -> RiskReport:
    """Return the figures of a book's risk report.

    Parameters
    ----------
    book : Book
        Graded; the prior grades in it tell who moved.
    grader : Grader
        What graded it.
    losses : LossBook
        Its expected losses and provisions; they name the currency.
    names : mapping of str to str
        Names by customer id.
    language : str
        ``zh`` or ``en``: of the reasons.
    """
    customers = _customers(book, names, language)
    exposure = np.array([float(line.exposure) for line in customers])
    shares = exposure / exposure.sum() if exposure.sum() > 0 else np.zeros(len(exposure))
    moved = [line for line in customers if line.prior_grade not in (None, line.grade)]
    worse = [line for line in moved if is_better(str(line.prior_grade), line.grade)]
    return RiskReport(
        as_of=book.as_of,
        currency=losses.facts.currency,
        horizon_days=grader.bundle.horizon_days,
        model_version=grader.bundle.model_version,
        policy_version=grader.policy.policy_version,
        lines=grade_lines(book.gradings, book.snapshots),
        at_risk=_first(customers, by="amount_at_risk"),
        downgrades=_first(worse, by="exposure"),
        downgraded=len(worse),
        upgraded=len(moved) - len(worse),
        without_prior=sum(line.prior_grade is None for line in customers),
        provisional=sum(grading.provisional for grading in book.gradings),
        total=len(customers),
        largest_share=float(shares.max()),
        herfindahl=float((shares**2).sum()),
        losses=losses,
        loss_rule=grader.policy.loss,
    )


def risk_page(report: RiskReport, language: str) -> str:
    """Return the report as HTML text in ``zh`` or ``en``.

    Raises
    ------
    UsageError
        If the language is neither.
    UnavailableError
        If Jinja2 is not installed.
    """
    if language not in LANGUAGES:
        message = f"The report speaks {' and '.join(LANGUAGES)}, not {language!r}."
        raise UsageError(message)
    try:
        from jinja2 import (  # noqa: PLC0415 - only to draw a page
            Environment,
            PackageLoader,
            StrictUndefined,
        )
    except ImportError as error:
        message = f"Jinja2 is not installed ({error}). Install Tradegrade with the extra `serve`."
        raise UnavailableError(message) from error
    environment = Environment(
        loader=PackageLoader("serving.reports", package_path=""),
        autoescape=True,
        undefined=StrictUndefined,
    )
    environment.filters["money"] = _money
    environment.filters["percent"] = _percent
    return environment.get_template("risk.html").render(
        report=report,
        language={"zh": "zh-CN", "en": "en"}[language],
        say={key: text.of(language) for key, text in LABELS.items()},
        **loss_parts(report.losses, report.loss_rule, language),
    )


def _customers(book: Book, names: Mapping[str, str], language: str) -> list[CustomerLine]:
    exposure = np.nan_to_num(book.snapshots.column("exposure"))
    lines = []
    for grading, owed, reasons in zip(book.gradings, exposure, book.reasons, strict=True):
        lines.append(_line(grading, float(owed), names))
        if reasons:
            # what costs points is what a reader of a risk report looks for
            told = next((reason for reason in reasons if reason.points < 0), reasons[0])
            lines[-1] = _with_reason(lines[-1], told.text.of(language))
    return lines


def _line(grading: Grading, exposure: float, names: Mapping[str, str]) -> CustomerLine:
    return CustomerLine(
        customer_id=grading.customer_id,
        name=names.get(grading.customer_id, ""),
        grade=grading.grade,
        notch=grading.notch,
        prior_grade=grading.prior_grade,
        score=grading.score,
        default_probability=grading.default_probability,
        exposure=Decimal(f"{exposure:.2f}"),
        amount_at_risk=Decimal(f"{exposure * grading.default_probability:.2f}"),
        reason="",
    )


def _with_reason(line: CustomerLine, reason: str) -> CustomerLine:
    return CustomerLine(**{**vars(line), "reason": reason})


def _first(lines: Sequence[CustomerLine], *, by: str) -> list[CustomerLine]:
    ordered = sorted(lines, key=lambda line: (-getattr(line, by), line.customer_id))
    return [line for line in ordered if getattr(line, by) > 0][:SHOWN]


def _money(value: Decimal) -> str:
    return f"{value:,.2f}"


def _percent(value: float, places: int = 1) -> str:
    return f"{value:.{places}%}"
