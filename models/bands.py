"""Grades and notches: a pure function of the score."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from models.policy.sections import Bands

GRADES = ("A", "B", "C", "D")
NOTCHES = tuple(f"{grade}{third}" for grade in GRADES for third in (1, 2, 3))
TOLERANCE = 1e-9  # a sum that should be a floor may miss it by rounding


@dataclass(frozen=True)
class Edges:
    """The floors of grades and notches on the points scale 0 to 100.

    Examples
    --------
    >>> edges = Edges.of(Bands(A=80.0, B=60.0, C=40.0))
    >>> edges.grade(60.0), edges.grade(59.99), edges.notch(59.99), edges.notch(93.4)
    ('B', 'C', 'C1', 'A1')
    """

    floors: dict[str, float]
    notch_floors: dict[str, float]

    @classmethod
    def of(cls, bands: Bands) -> Edges:
        """Return the edges of a policy's bands; a notch is a third of its band."""
        floors = {"A": bands.A, "B": bands.B, "C": bands.C, "D": 0.0}
        tops = {"A": 100.0, "B": bands.A, "C": bands.B, "D": bands.C}
        notch_floors = {
            f"{grade}{third}": floors[grade] + (tops[grade] - floors[grade]) * (3 - third) / 3
            for grade in GRADES
            for third in (1, 2, 3)
        }
        return cls(floors, notch_floors)

    def grade(self, score: float) -> str:
        """Return the grade of a score."""
        for grade, least in self._least_of_grades:
            if score >= least:
                return grade
        return GRADES[-1]

    def notch(self, score: float) -> str:
        """Return the notch of a score; the lowest has no floor."""
        for notch, least in self._least_of_notches:
            if score >= least:
                return notch
        return NOTCHES[-1]

    @cached_property
    def _least_of_grades(self) -> tuple[tuple[str, float], ...]:
        return tuple((grade, self.floors[grade] - TOLERANCE) for grade in GRADES[:-1])

    @cached_property
    def _least_of_notches(self) -> tuple[tuple[str, float], ...]:
        return tuple((notch, self.notch_floors[notch] - TOLERANCE) for notch in NOTCHES[:-1])


@lru_cache(maxsize=64)
def edges_of(bands: Bands) -> Edges:
    """Return the edges of a policy's bands, worked out once for each."""
    return Edges.of(bands)


def is_better(one: str, other: str) -> bool:
    """Tell whether a grade is better than another.

    Examples
    --------
    >>> is_better("A", "B"), is_better("C", "C")
    (True, False)
    """
    return GRADES.index(one) < GRADES.index(other)
