"""The current book as it is stored: its figures by grade, and its list of customers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ColumnElement, Engine, Row, and_, case, cast, func, or_, select

from models.bands import GRADES as GRADE_NAMES
from models.bands import TOLERANCE
from models.conflicts import BANDS_APART
from models.summary import GradeLine
from serving.database import reading
from serving.grades.tables import CURRENT, GRADES

ORDERS = ("score", "exposure", "customer_id")


@dataclass(frozen=True)
class BookSummary:
    """The current grades of all customers in a few figures.

    Attributes
    ----------
    as_of : date
        The latest day of a grade in it.
    lines : list of GradeLine
        By grade, A to D.
    currency : str or None
        Of the amounts; None where grades name none or several.
    downgraded, upgraded, without_prior, provisional : int
        Customers against their prior grade.
    model_version, policy_version : str
        Of the grade stored last.
    """

    as_of: date
    lines: list[GradeLine]
    currency: str | None
    customers: int
    downgraded: int
    upgraded: int
    without_prior: int
    model_version: str
    policy_version: str
    horizon_days: int | None


@dataclass(frozen=True)
class BookRow:
    """One customer in the list."""

    customer_id: str
    name: str | None
    as_of: date
    grade: str
    notch: str
    prior_grade: str | None
    score: float
    default_probability: float
    exposure: Decimal | None
    currency: str | None


@dataclass(frozen=True)
class Wanted:
    """What to list.

    Attributes
    ----------
    text : str
        Part of the id or the name; "" is everybody.
    grade : str or None
        One grade only.
    moved : str or None
        ``down`` or ``up``: worse or better than the prior grade.
    order : str
        One of ``ORDERS``: the lowest score, the largest exposure or the id first.
    apart : mapping of str to float or None
        The floors of the grades: only whom the rules and the model would grade two bands apart.
    """

    text: str = ""
    grade: str | None = None
    moved: str | None = None
    order: str = "score"
    apart: Mapping[str, float] | None = None


def book_summary(engine: Engine) -> BookSummary | None:
    """Return the current book in figures, None while nothing is stored."""
    with reading(engine) as connection:
        by_grade = {row.grade: row for row in connection.execute(_figures())}
        newest = connection.execute(
            select(GRADES)
            .join(CURRENT, CURRENT.c.grade_id == GRADES.c.grade_id)
            .order_by(CURRENT.c.as_of.desc(), CURRENT.c.grade_id.desc())
            .limit(1)
        ).first()
    if newest is None:
        return None
    total = sum(row.customers for row in by_grade.values())
    currencies = {c for row in by_grade.values() for c in (row.least, row.most)}
    return BookSummary(
        as_of=newest.as_of,
        lines=[_line(grade, by_grade.get(grade), total) for grade in GRADE_NAMES],
        currency=currencies.pop() if len(currencies) == 1 else None,
        customers=total,
        downgraded=sum(row.down for row in by_grade.values()),
        upgraded=sum(row.up for row in by_grade.values()),
        without_prior=sum(row.fresh for row in by_grade.values()),
        model_version=newest.model_version,
        policy_version=newest.policy_version,
        horizon_days=newest.horizon_days,
    )


def has_book(engine: Engine) -> bool:
    """Tell whether any grade is stored."""
    with reading(engine) as connection:
        return connection.execute(select(CURRENT.c.grade_id).limit(1)).first() is not None


def book_rows(
    engine: Engine, wanted: Wanted, *, at_most: int, after: tuple[Any, str] | None = None
) -> list[BookRow]:
    """Return customers of the current book.

    Parameters
    ----------
    engine : Engine
        The store.
    wanted : Wanted
        Which, and in what order.
    at_most : int
        Rows returned.
    after : tuple, optional
        The last row of the page before, from `place_of`.
    """
    key, rising = _order(wanted.order)
    query = select(GRADES).join(CURRENT, CURRENT.c.grade_id == GRADES.c.grade_id)
    query = query.where(*_chosen(wanted, engine.dialect.name))
    if after is not None:
        value, customer_id = after
        beyond = key > value if rising else key < value
        query = query.where(or_(beyond, and_(key == value, GRADES.c.customer_id > customer_id)))
    query = query.order_by(key if rising else key.desc(), GRADES.c.customer_id).limit(at_most)
    with reading(engine) as connection:
        return [_book_row(row) for row in connection.execute(query)]


def place_of(row: BookRow, order: str) -> tuple[Any, str]:
    """Return where a list that ends with this row goes on."""
    if order == "exposure":
        return (-1 if row.exposure is None else int(row.exposure.scaleb(2))), row.customer_id
    return getattr(row, order), row.customer_id


def _figures() -> Any:
    worse = GRADES.c.prior_grade < GRADES.c.grade  # A < B < C < D
    better = GRADES.c.prior_grade > GRADES.c.grade
    exposure = func.coalesce(GRADES.c.exposure_minor, 0)
    return (
        select(
            GRADES.c.grade,
            func.count().label("customers"),
            func.avg(GRADES.c.default_probability).label("chance"),
            func.sum(exposure).label("exposure"),
            func.sum(exposure * GRADES.c.default_probability).label("at_risk"),
            func.sum(case((worse, 1), else_=0)).label("down"),
            func.sum(case((better, 1), else_=0)).label("up"),
            func.sum(case((GRADES.c.prior_grade.is_(None), 1), else_=0)).label("fresh"),
            func.min(GRADES.c.currency).label("least"),
            func.max(GRADES.c.currency).label("most"),
        )
        .join(CURRENT, CURRENT.c.grade_id == GRADES.c.grade_id)
        .group_by(GRADES.c.grade)
    )


def _line(grade: str, row: Row[Any] | None, total: int) -> GradeLine:
    if row is None:
        return GradeLine(grade, 0, 0.0, None, Decimal("0.00"), Decimal("0.00"))
    return GradeLine(
        grade=grade,
        customers=row.customers,
        share=row.customers / total,
        default_probability=float(row.chance),
        exposure=Decimal(int(row.exposure)).scaleb(-2),
        amount_at_risk=Decimal(f"{float(row.at_risk) / 100:.2f}"),
    )


def _order(name: str) -> tuple[ColumnElement[Any], bool]:
    if name == "exposure":
        return func.coalesce(GRADES.c.exposure_minor, -1), False
    return {"score": GRADES.c.score, "customer_id": GRADES.c.customer_id}[name], True


def _chosen(wanted: Wanted, dialect: str) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.text:
        low = wanted.text.lower()
        conditions.append(
            or_(
                func.lower(GRADES.c.customer_id).contains(low, autoescape=True),
                func.lower(GRADES.c.name).contains(low, autoescape=True),
            )
        )
    if wanted.grade:
        conditions.append(GRADES.c.grade == wanted.grade)
    if wanted.moved == "down":
        conditions.append(GRADES.c.prior_grade < GRADES.c.grade)
    if wanted.moved == "up":
        conditions.append(GRADES.c.prior_grade > GRADES.c.grade)
    if wanted.apart:
        rules, model = (
            _band(_told(name, dialect), wanted.apart) for name in ("rule_score", "model_score")
        )
        conditions.append(func.abs(rules - model) >= BANDS_APART)
        conditions.append(_told("known_weight", dialect) > 0)
    return conditions


def _told(name: str, dialect: str) -> ColumnElement[Any]:
    """Return a number of the grade as it was told."""
    if dialect == "sqlite":
        return func.json_extract(GRADES.c.document, f"$.{name}")
    told: ColumnElement[Any] = cast(GRADES.c.document, JSON)[name].as_float()
    return told


def _band(score: ColumnElement[Any], floors: Mapping[str, float]) -> ColumnElement[Any]:
    """Return the place of the grade that a score alone would be, A first."""
    bands = [
        (score >= floors[grade] - TOLERANCE, place) for place, grade in enumerate(GRADE_NAMES[:-1])
    ]
    return case(*bands, else_=len(GRADE_NAMES) - 1)


def _book_row(row: Row[Any]) -> BookRow:
    minor = row.exposure_minor
    return BookRow(
        exposure=None if minor is None else Decimal(minor).scaleb(-2),
        **{
            name: getattr(row, name)
            for name in (
                "customer_id",
                "name",
                "as_of",
                "grade",
                "notch",
                "prior_grade",
                "score",
                "default_probability",
                "currency",
            )  # fmt: skip
        },
    )
