"""The evidence of the whole catalogue, relation by relation, as it is looked up and told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any, TypeVar

from features.behind.folds import extremes, summand
from features.behind.shown import ENDS, SHOWN, Shown
from features.catalogue import CATALOGUE, FEATURES
from features.engines.fold import RowSteps
from features.expression import Column, Expr, aggregates, children
from features.feature import Evidence, Feature

_Thing = TypeVar("_Thing")


@dataclass(frozen=True)
class Told:
    """Something that is told of each row of a relation.

    Attributes
    ----------
    kind : str
        ``holds``: whether a predicate does. ``adds``: a whole number, 0 where it is null.
        ``largest``, ``smallest``: whether the row attains that value of its customer and day.
    value : Expr
        The predicate, the number, or what is compared.
    where : Expr or None
        Which rows are compared; all where None.
    """

    kind: str
    value: Expr
    where: Expr | None = None

    @property
    def nodes(self) -> list[Expr]:
        """The row expressions that it needs."""
        return [self.value] if self.where is None else [self.value, self.where]


@dataclass(frozen=True)
class FeaturePlan:
    """How the rows behind one feature are found among those of its relation.

    Attributes
    ----------
    where : int
        Place of the predicate that selects them, among what is told of the relation's rows.
    added : int or None
        Place of what a row adds, where the feature is a sum over its rows; see
        `features.behind.folds`.
    per : int
        How many of it make one of the feature's unit.
    deciding : tuple of int
        Places of the extremes that the feature takes; a row that attains none moved nothing.
    selecting : int
        The columns that the predicate reads: a bit for each, by its place in a row.
    reading : int
        Those that the predicate or the feature itself reads.
    """

    where: int
    added: int | None
    per: int
    deciding: tuple[int, ...]
    selecting: int
    reading: int

    @property
    def told(self) -> set[int]:
        """All the places."""
        return {self.where, *self.deciding} | (set() if self.added is None else {self.added})


@dataclass(frozen=True)
class RelationPlan:
    """A relation whose rows are evidence.

    Attributes
    ----------
    name : str
        Of the relation.
    shown : Shown
        How its rows are shown.
    features : dict of str to FeaturePlan
        Those of the catalogue that rest on it.
    told : tuple of Told
        What is told of each row: of all features, each once.
    nodes : dict of Expr to int
        The row expressions that this needs, and the place of each.
    steps : RowSteps
        Computes them, in their order.
    columns : tuple of str
        What is looked up of a row: what the steps read, then what is only shown.
    """

    name: str
    shown: Shown
    features: dict[str, FeaturePlan]
    told: tuple[Told, ...]
    nodes: dict[Expr, int]
    steps: RowSteps
    columns: tuple[str, ...]

    def places(self, names: Iterable[str]) -> list[int]:
        """Return where columns stand in a row."""
        return [self.columns.index(name) for name in names]

    @property
    def identity(self) -> tuple[str, ...]:
        """The columns that make a row itself on any day; a score is one by its day and source."""
        if "packed" in self.columns:
            return self.shown.key, "published_on", "source"
        return (self.shown.key,)

    @property
    def ends(self) -> tuple[str, ...]:
        """The columns that are known from their own day on."""
        return tuple(name for name in self.columns if name in ENDS)


def wanted_by_relation(
    features: Iterable[str], has: Callable[[str], bool]
) -> Iterator[tuple[RelationPlan, list[str]]]:
    """Yield each relation that features rest on, with those features; attributes have none.

    Parameters
    ----------
    features : iterable of str
        Features of the catalogue.
    has : callable
        Tells whether the customer has any row of a relation: if not, a feature rests on what
        its evidence names otherwise.

    Raises
    ------
    KeyError
        If the catalogue has no feature of a name.
    """
    by_relation: dict[str, list[str]] = {}
    for name in dict.fromkeys(features):
        evidence = FEATURES[name].evidence
        while evidence is not None and evidence.otherwise is not None:
            if has(evidence.relation):
                break
            evidence = evidence.otherwise
        if evidence is not None:
            by_relation.setdefault(evidence.relation, []).append(name)
    for relation, names in by_relation.items():
        yield plans()[relation], names


@cache
def plans() -> dict[str, RelationPlan]:
    """Return the plan of every relation whose rows are evidence; the first call translates."""
    by_relation: dict[str, list[_Behind]] = {}
    for feature in CATALOGUE:
        evidence = feature.evidence
        while evidence is not None:
            by_relation.setdefault(evidence.relation, []).append(_Behind(feature, evidence))
            evidence = evidence.otherwise
    return {name: _relation_plan(name, found) for name, found in by_relation.items()}


def getter(places: Sequence[int]) -> itemgetter[Any]:
    """Return what takes the values at places out of a row, as a tuple even where it is one."""
    return itemgetter(*places) if len(places) > 1 else itemgetter(slice(places[0], places[0] + 1))


class _Behind:
    """A feature and what it rests on."""

    def __init__(self, feature: Feature, evidence: Evidence) -> None:
        self.name = feature.name
        self.where = Told("holds", evidence.where)
        added = summand(feature)
        self.added = None if added is None else Told("adds", added.added)
        self.per = 1 if added is None else added.per
        self.deciding = [
            Told("largest" if fold.kind == "MAX" else "smallest", fold.value, fold.where)
            for fold in extremes(feature, evidence.relation)
        ]
        self.selecting = set(_columns(evidence.where))
        folds = [fold for fold in aggregates(feature.value) if fold.relation == evidence.relation]
        self.reading = self.selecting.union(*(_columns(fold) for fold in folds))

    @property
    def told(self) -> list[Told]:
        return [self.where, *([] if self.added is None else [self.added]), *self.deciding]

    def plan(self, places: Mapping[Told, int], bits: Mapping[str, int]) -> FeaturePlan:
        return FeaturePlan(
            places[self.where],
            None if self.added is None else places[self.added],
            self.per,
            tuple(places[told] for told in self.deciding),
            sum(bits[column] for column in self.selecting),
            sum(bits[column] for column in self.reading),
        )


def _relation_plan(name: str, found: Sequence[_Behind]) -> RelationPlan:
    shown = SHOWN[name]
    told = _numbered(told for behind in found for told in behind.told)
    nodes = _numbered(node for each in told for node in each.nodes)
    steps = RowSteps(list(nodes))
    read = sorted({column for behind in found for column in behind.reading})
    only_shown = (column for column, _ in shown.columns)
    columns = _numbered((*steps.columns, shown.key, *only_shown, *read))
    bits = {column: 1 << place for column, place in columns.items()}
    features = {behind.name: behind.plan(told, bits) for behind in found}
    return RelationPlan(name, shown, features, tuple(told), nodes, steps, tuple(columns))


def _numbered(things: Iterable[_Thing]) -> dict[_Thing, int]:
    return {thing: place for place, thing in enumerate(dict.fromkeys(things))}


def _columns(node: Expr) -> Iterator[str]:
    if isinstance(node, Column):
        yield node.name
    for child in children(node):
        yield from _columns(child)
