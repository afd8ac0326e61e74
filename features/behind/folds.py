"""What a feature makes of the rows behind it: a sum, or one of them. Read from its expression."""

from __future__ import annotations

from dataclasses import dataclass

from features.expression import Aggregate, Expr, Literal, Op, Ratio, When, aggregates, when
from features.feature import Feature


@dataclass(frozen=True)
class Summand:
    """What one row adds to a feature.

    Attributes
    ----------
    added : Expr
        A whole number per row; null where the row adds nothing.
    per : int
        How many of it make one of the feature's unit: 100 where a sum of minor units is told
        in units of the currency.
    """

    added: Expr
    per: int


def summand(feature: Feature) -> Summand | None:
    """Return what each row behind an additive feature adds to it, None of any other feature.

    Raises
    ------
    ValueError
        If a feature claims to be additive and its expression is no count or sum over the
        relation of its evidence.
    """
    evidence = feature.evidence
    if evidence is None or not evidence.additive:
        return None
    fold, per = _summed(feature.value)
    if fold is None or fold.relation != evidence.relation:
        message = (
            f"Feature {feature.name} is no count or sum over {evidence.relation}. Take "
            "additive=True from its evidence."
        )
        raise ValueError(message)
    chosen = evidence.where if fold.where in (None, evidence.where) else evidence.where & fold.where
    return Summand(when(chosen, fold.value), per)


def extremes(feature: Feature, relation: str) -> tuple[Aggregate, ...]:
    """Return the largest and smallest values that a feature takes from a relation.

    Of such a feature only the rows that attain one decide: that another invoice is a day
    older did not move the oldest. None where a sum, a median or a count that chooses is taken
    from the relation as well, so that every row bears on the feature.
    """
    folds = [fold for fold in aggregates(feature.value) if fold.relation == relation]
    chosen = tuple(fold for fold in folds if fold.kind in ("MAX", "MIN"))
    others = [fold for fold in folds if fold not in chosen]
    if any(fold.kind != "COUNT" or fold.where is not None for fold in others):
        return ()
    return tuple(dict.fromkeys(chosen))


def _summed(value: Expr) -> tuple[Aggregate | None, int]:
    """Return the count or sum that a value is where it is known, and what it is divided by."""
    match value:
        case Aggregate(kind="COUNT" | "SUM"):
            return value, 1
        case Ratio(above=above, below=Literal(value=int(per))):
            fold, divided = _summed(above)
            return fold, divided * per
        case Op(name="COALESCE", args=(first, *_)):
            return _summed(first)
        case When(then=then, otherwise=None):
            return _summed(then)
        case _:
            return None, 1
