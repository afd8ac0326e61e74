"""Figures of a shadow run: who moves, what it means in money, what became of each grade."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from features.matrix import Floats, Snapshots
from models.bands import GRADES, is_better
from models.grading import Grading
from training.outcomes import Flags

REVERSED_WITHIN = 3  # month-ends after a move
_MONTHS = 12
Matrix = dict[str, dict[str, int]]


def migration(before: Sequence[str], after: Sequence[str]) -> Matrix:
    """Return how many customers went from each grade to each.

    Parameters
    ----------
    before, after : sequence of str
        Grades of the same customers in the same order.

    Returns
    -------
    dict of str to dict of str to int
        ``matrix[from][to]``, A to D both ways, 0 where nobody went.

    Examples
    --------
    >>> migration(["A", "B", "B"], ["A", "A", "C"])["B"]
    {'A': 1, 'B': 0, 'C': 1, 'D': 0}
    """
    counts = Counter(zip(before, after, strict=True))
    return {old: {new: counts[old, new] for new in GRADES} for old in GRADES}


@dataclass(frozen=True)
class MoneyLine:
    """The customers of one grade in money of the ledger's currency, before recoveries.

    Attributes
    ----------
    grade : str
        A to D.
    customers : int
        How many have it.
    exposure : Decimal
        What they owe or have ordered; unknown counts as none.
    amount_at_risk : Decimal
        Σ default probability · exposure.
    credit_limit : Decimal
        Σ credit limits.
    limit_at_risk : Decimal
        Σ default probability · credit limit: expected to default if every limit is used.
    """

    grade: str
    customers: int
    exposure: Decimal
    amount_at_risk: Decimal
    credit_limit: Decimal
    limit_at_risk: Decimal


def money_lines(gradings: Sequence[Grading], snapshots: Snapshots) -> list[MoneyLine]:
    """Return one line per grade, A to D, then one of everybody, whose grade is ``all``.

    Each figure is rounded by itself to two places, so the last line may differ from the sum
    of the others by cents; exposure and amount at risk of all depend on no policy.
    """
    exposure = np.nan_to_num(snapshots.column("exposure"))
    chance = np.array([grading.default_probability for grading in gradings])
    grade_of = np.array([grading.grade for grading in gradings])
    limits = [grading.terms.credit_limit for grading in gradings]
    at_risk, limit_at_risk = exposure * chance, np.array([float(v) for v in limits]) * chance
    lines = []
    for grade in (*GRADES, "all"):
        chosen = np.ones(len(gradings), dtype=bool) if grade == "all" else grade_of == grade
        lines.append(
            MoneyLine(
                grade=grade,
                customers=int(chosen.sum()),
                exposure=_money(exposure[chosen]),
                amount_at_risk=_money(at_risk[chosen]),
                credit_limit=sum((limits[i] for i in np.flatnonzero(chosen)), Decimal("0.00")),
                limit_at_risk=_money(limit_at_risk[chosen]),
            )
        )
    return lines


def _money(values: Floats) -> Decimal:
    return Decimal(f"{values.sum():.2f}")


@dataclass(frozen=True)
class RealisedLine:
    """What became of those who had one grade at month-ends.

    Attributes
    ----------
    grade : str
        A to D.
    customers : int
        How many had it; a customer counts once for each month-end.
    defaults : int
        How many of these defaulted within the horizon.
    default_rate : float or None
        Their share, 0 to 1; None where nobody had the grade.
    default_probability : float or None
        Mean probability that was told, 0 to 1; None where nobody had the grade.
    """

    grade: str
    customers: int
    defaults: int
    default_rate: float | None
    default_probability: float | None


def realised_lines(
    grades: Sequence[str], default_probability: Floats, defaulted: Flags
) -> list[RealisedLine]:
    """Return one line per grade, A to D.

    Parameters
    ----------
    grades : sequence of str, length n
        The grade that each row had on its day.
    default_probability : ndarray of float64, shape (n,)
        What was told on that day.
    defaulted : ndarray of bool, shape (n,)
        Whether the customer defaulted within the horizon after it.
    """
    grade_of = np.array(grades)
    lines = []
    for grade in GRADES:
        chosen = grade_of == grade
        number, defaults = int(chosen.sum()), int(defaulted[chosen].sum())
        lines.append(
            RealisedLine(
                grade=grade,
                customers=number,
                defaults=defaults,
                default_rate=defaults / number if number else None,
                default_probability=float(default_probability[chosen].mean()) if number else None,
            )
        )
    return lines


@dataclass(frozen=True)
class Stability:
    """How often grades move from month-end to month-end, and how often back again.

    Attributes
    ----------
    moves : int
        Pairs of consecutive month-ends at which a customer's grade differs.
    judged : int
        The moves after which the customer was graded at the next three month-ends too.
    reversed : int
        Of the judged, those that were reversed within the three.
    customer_years : float
        Pairs of consecutive month-ends at which a customer was graded, over 12.
    """

    moves: int
    judged: int
    reversed: int
    customer_years: float

    @property
    def flip_flop(self) -> float | None:
        """Share of the judged moves that were reversed; None where none could be judged."""
        return self.reversed / self.judged if self.judged else None

    @property
    def moves_per_customer_year(self) -> float | None:
        """Moves per customer and year; None with fewer than two month-ends."""
        return self.moves / self.customer_years if self.customer_years else None


def stability(months: Sequence[Mapping[str, str]]) -> Stability:
    """Return how steady grades were over consecutive month-ends.

    A move from grade g to grade h between month-ends t − 1 and t is *reversed* if at one of
    the month-ends t + 1, t + 2, t + 3 the customer is back at g or beyond it: after an
    upgrade at g or worse, after a downgrade at g or better. Only moves with all three of
    these month-ends among those given are judged, so that the last months do not look steadier
    than they are. Each move is judged by itself: of A, B, A, B, B, B both the first and the
    second move are reversed, the third is not judged.

    Parameters
    ----------
    months : sequence of mapping of str to str
        The grade of each customer at each month-end, in order.

    Examples
    --------
    >>> path = [{"c1": grade} for grade in "ABABBB"]
    >>> found = stability(path)
    >>> found.moves, found.judged, found.reversed, found.flip_flop
    (3, 2, 2, 1.0)
    """
    moves = judged = back = pairs = 0
    for place in range(1, len(months)):
        before, now = months[place - 1], months[place]
        later = months[place + 1 : place + 1 + REVERSED_WITHIN]
        for customer, grade in now.items():
            old = before.get(customer)
            if old is None:
                continue
            pairs += 1
            if grade == old:
                continue
            moves += 1
            next_grades = [month[customer] for month in later if customer in month]
            if len(next_grades) == REVERSED_WITHIN:
                judged += 1
                back += any(_is_back(old, grade, later_grade) for later_grade in next_grades)
    return Stability(moves, judged, back, pairs / _MONTHS)


def _is_back(old: str, new: str, later: str) -> bool:
    return later == old or is_better(later, old) == is_better(old, new)
