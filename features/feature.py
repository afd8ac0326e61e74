"""What a feature is: its expression, its words, its direction and its evidence."""

from __future__ import annotations

from dataclasses import dataclass

from features.expression import Expr

UNITS = frozenset({"share", "days", "count", "amount", "ratio", "score", "flag", "code"})


@dataclass(frozen=True)
class Evidence:
    """The ledger rows that a feature rests on: a relation and the predicate that selects them.

    Attributes
    ----------
    relation : str
        Name of the base relation.
    where : Expr
        Row predicate; true of the rows to show.
    additive : bool
        Whether the feature is a sum or a count over exactly these rows, so that points can be
        given per row; a test holds it to be true.
    otherwise : Evidence or None
        What it rests on where the customer has no row of the relation at all, if that is
        something else.
    """

    relation: str
    where: Expr
    additive: bool = False
    otherwise: Evidence | None = None


@dataclass(frozen=True)
class Feature:
    """One entry of the catalogue.

    Attributes
    ----------
    name : str
        The window in days stands in the name.
    family, unit, anchor : str
        Family of the catalogue; unit of the value; the date by which a row falls in the window.
    window_days : int or None
        Length n of the window (as_of − n, as_of]; None where the feature has none.
    label_zh, label_en : str
        A short noun phrase for a person.
    meaning_zh, meaning_en : str
        One sentence: exactly what is measured.
    null : str
        ``unknown``: null where it cannot be told. ``never``: what never happened counts as
        the whole history; null only where the table is absent.
    direction : int
        +1 raises the risk, −1 lowers it, 0 free.
    value : Expr
        How it is computed.
    evidence : Evidence or None
        The rows that show it; None for an attribute of the customer.
    modelled : bool
        Whether a model may learn from it. What tells of us and not of the customer may not:
        which source a score has, how many sources we know, and what the agreed terms lengthen
        (payment days, days sales outstanding). Nobody is a better payer for having been
        looked up, nor a worse one for terms that the seller granted.
    version : int
        Raised when the definition changes.
    """

    name: str
    family: str
    unit: str
    anchor: str
    window_days: int | None
    label_zh: str
    label_en: str
    meaning_zh: str
    meaning_en: str
    null: str
    direction: int
    value: Expr
    evidence: Evidence | None = None
    modelled: bool = True
    version: int = 1

    def __post_init__(self) -> None:
        """Refuse an entry whose words are outside the catalogue's vocabulary."""
        if self.unit not in UNITS or self.null not in ("unknown", "never"):
            message = f"Feature {self.name}: unit {self.unit!r}, null {self.null!r} are unknown."
            raise ValueError(message)
        if self.direction not in (-1, 0, 1):
            message = f"Feature {self.name}: the direction is -1, 0 or 1, not {self.direction}."
            raise ValueError(message)


class Family:
    """Collect the features of one family in the order they are written."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.features: list[Feature] = []

    def add(
        self,
        name: str,
        value: Expr,
        *,
        unit: str,
        anchor: str,
        label: tuple[str, str],
        meaning: tuple[str, str],
        direction: int,
        window: int | None = None,
        null: str = "unknown",
        evidence: Evidence | None = None,
        modelled: bool = True,
    ) -> None:
        """Add a feature; ``label`` and ``meaning`` are (zh, en)."""
        self.features.append(
            Feature(
                name=name,
                family=self.name,
                unit=unit,
                anchor=anchor,
                window_days=window,
                label_zh=label[0],
                label_en=label[1],
                meaning_zh=meaning[0],
                meaning_en=meaning[1],
                null=null,
                direction=direction,
                value=value,
                evidence=evidence,
                modelled=modelled,
            )
        )
