"""Who can be learned from on a day: exposed, not in default, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from features.ledger.open import Ledger
from features.matrix import Floats, Snapshots
from features.snapshot import all_pairs, snapshots
from training.config import DefaultDefinition
from training.outcomes import (
    Event,
    Flags,
    default_events,
    defaulted_within,
    in_default_unknown,
)

Places = NDArray[np.intp]
_DAYS_AT_ONCE = 12  # in one query: planning it costs more than a small book's day
_PAIRS_AT_ONCE = 60_000  # about, of a book that is thinned: each is held several times over


@dataclass(frozen=True)
class Rows:
    """Snapshots with what became of each.

    Attributes
    ----------
    snapshots : Snapshots
        What was known.
    defaulted : ndarray of bool, shape (n,)
        Whether the customer defaulted within the horizon.
    weights : ndarray of float64, shape (n,), optional
        How many rows of the book each stands for, where they are a sample; None: each for itself.
    """

    snapshots: Snapshots
    defaulted: Flags
    weights: Floats | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.snapshots)

    def where(self, chosen: Flags) -> Rows:
        """Return the rows for which ``chosen`` is true."""
        return self.at(np.flatnonzero(chosen))

    def latest(self) -> Rows:
        """Return each customer once, at its latest as-of date, customers by id."""
        ids = np.asarray(self.snapshots.customer_ids)
        order = np.lexsort((self.snapshots.as_of, ids))
        last = np.append(ids[order][1:] != ids[order][:-1], True)
        return self.at(order[last])

    def at(self, places: Places) -> Rows:
        """Return the rows at these positions, in this order."""
        weights = None if self.weights is None else self.weights[places]
        return Rows(self.snapshots.take(places), self.defaulted[places], weights)

    @property
    def defaults(self) -> int:
        """The number of rows that defaulted."""
        return int(self.defaulted.sum())


@dataclass(frozen=True)
class Counts:
    """Customers known on a day, and how many of them were left out or unexposed.

    Attributes
    ----------
    considered : int
        Customers known.
    in_default : int
        Of these in default already, by the chosen criteria; left out.
    unexposed : int
        Of the others without balance, open order or recent invoice; left out unless kept.
    """

    considered: int = 0
    in_default: int = 0
    unexposed: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Return the sums."""
        return Counts(
            self.considered + other.considered,
            self.in_default + other.in_default,
            self.unexposed + other.unexposed,
        )


@dataclass
class Population:
    """The customers of a ledger who can be learned from, day by day.

    Snapshots are kept for as long as this lives, so that trying a horizon costs only labels.
    """

    ledger: Ledger
    definition: DefaultDefinition
    events: tuple[Event, ...] = field(init=False)
    _kept: dict[date, Snapshots] = field(init=False, default_factory=dict)
    _counts: dict[date, Counts] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Read the defaults once."""
        self.events = default_events(self.ledger, self.definition.on)

    def rows(self, days: Sequence[date], horizon_days: int) -> Rows:
        """Return the rows of these days, in their order, customers by id."""
        new = [day for day in days if day not in self._kept]
        for some, known in self._computed(new):
            self._kept.update(zip(some, known, strict=True))
        return self._labelled(days, [self._kept[day] for day in days], horizon_days)

    def batches(self, days: Sequence[date], horizon_days: int) -> Iterator[Rows]:
        """Yield the rows of these days, some days at a time, and keep none of them.

        Of a large book fewer days are read at once: all of them together take as much memory as
        thinning saves.
        """
        pairs = max(self.pairs(days), 1)
        fewer = max(_PAIRS_AT_ONCE * len(days) // pairs, 1)
        for some, known in self._computed(days, at_once=min(fewer, _DAYS_AT_ONCE)):
            yield self._labelled(some, known, horizon_days)

    def pairs(self, days: Sequence[date]) -> int:
        """Return how many customers are known on these days together: no rows can be more."""
        return sum(len(all_pairs(self.ledger, [day])[0]) for day in days)

    def counts(self, days: Sequence[date]) -> Counts:
        """Return how many customers were considered and left out on these days."""
        for _ in self._computed([day for day in days if day not in self._counts]):
            pass  # counted on the way
        return sum((self._counts[day] for day in days), Counts())

    def _computed(
        self, days: Sequence[date], *, at_once: int = _DAYS_AT_ONCE
    ) -> Iterator[tuple[Sequence[date], list[Snapshots]]]:
        """Yield the learnable snapshots of each day, some days at a time, and count."""
        for first in range(0, len(days), at_once):
            some, found = days[first : first + at_once], []
            known = snapshots(self.ledger, all_pairs(self.ledger, some))
            for day in some:
                places = np.flatnonzero(known.as_of == np.datetime64(day))
                learnable, self._counts[day] = self._learnable(known.take(places))
                found.append(learnable)
            yield some, found

    def _labelled(
        self, days: Sequence[date], known: Sequence[Snapshots], horizon_days: int
    ) -> Rows:
        labels = [
            defaulted_within(self.events, each.customer_ids, as_of=day, horizon_days=horizon_days)
            for day, each in zip(days, known, strict=True)
        ]
        return Rows(joined(known), np.concatenate(labels))

    def _learnable(self, known: Snapshots) -> tuple[Snapshots, Counts]:
        defaulted = self._in_default(known)
        unexposed = (known.column("is_exposed") == 0) & ~defaulted
        left_out = defaulted if self.definition.keep_unexposed else defaulted | unexposed
        counts = Counts(len(known), int(defaulted.sum()), int(unexposed.sum()))
        return known.take(np.flatnonzero(~left_out)), counts

    def _in_default(self, known: Snapshots) -> Flags:
        told = np.zeros(len(known), dtype=bool)
        for name in self.definition.on:
            told |= known.column(f"default_{name}") == 1
        if not len(known):
            return told
        day: date = known.as_of[0].item()
        return told | in_default_unknown(self.events, known.customer_ids, as_of=day)


def joined(parts: Sequence[Snapshots]) -> Snapshots:
    """Return the rows of several snapshots of the same features, one after the other."""
    return Snapshots(
        tuple(customer for part in parts for customer in part.customer_ids),
        np.concatenate([part.as_of for part in parts]),
        parts[0].names,
        np.concatenate([part.values for part in parts]),
    )
