"""Large books: every default is fitted on, and a sample of the others that stands for all of them.

The others are drawn row by row, by a hash of customer and as-of date that no seed changes. The rows
of one customer say much the same month after month, so that a draw of rows keeps more customers,
and more to learn from, than a draw of whole customers of the same size. The intervals of the test
set are as honest either way: they resample customers, and its rows are never a sample.

A default is worth one row and each other row kept 1 / rate, the rate being the share of others that
was kept (Horvitz & Thompson 1952; for outcomes sampled apart Manski & Lerman 1977, King & Zeng
2001, §4.2): the sums that trees are fitted by are then those of all rows, but for chance.
Lowering the log-odds by ln(1 / rate) instead (King & Zeng's prior correction) is exact only for
trees without penalty: a penalty weighs more where there are fewer rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from features.matrix import Floats
from training.population import Places, Rows, joined
from training.windows import places


@dataclass(frozen=True)
class Sampling:
    """What was kept of a fit window.

    Attributes
    ----------
    defaults : int
        Rows that defaulted; all are kept.
    others_kept, others_in_all : int
        The other rows.
    latest : Rows
        The latest row of every customer of the window, sampled or not.
    others_by_day : mapping of date to int
        The other rows of each as-of date in all.
    """

    defaults: int
    others_kept: int
    others_in_all: int
    latest: Rows
    others_by_day: Mapping[date, int]

    @property
    def rate(self) -> float:
        """The share of the others that was kept."""
        return self.others_kept / self.others_in_all

    @property
    def left_out(self) -> int:
        """How many rows were not kept."""
        return self.others_in_all - self.others_kept

    @property
    def told(self) -> str:
        """What was done, as a sentence for a person."""
        return (
            f"The fit window is a sample: all {self.defaults} rows that defaulted, and "
            f"{self.others_kept} of the {self.others_in_all} others ({self.rate:.1%}), each of "
            f"which weighs {1 / self.rate:.4g}. Base rate, reference customer and book are those "
            "of all rows; calibration and test rows are no sample."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the part ``sampling`` of the JSON document of ``tradegrade train``."""
        return {
            "kept_defaults": self.defaults,
            "others_kept": self.others_kept,
            "others_in_all": self.others_in_all,
            "rate": self.rate,
            "correction": "weight",
            "weight": 1 / self.rate,
        }


@dataclass
class Thinner:
    """Keep at most so many rows of a fit window while it is read, some days at a time.

    Attributes
    ----------
    most_rows : int
        Rows to keep. Of others never fewer than half as many are kept, so that there is somebody
        to tell the defaults from.
    """

    most_rows: int
    _kept: list[Rows] = field(default_factory=list, init=False)
    _latest: Rows | None = field(default=None, init=False)
    _others: Counter[date] = field(default_factory=Counter, init=False)
    _defaults: int = field(default=0, init=False)

    def add(self, rows: Rows) -> None:
        """Take in further rows, of later days than those before or of the same."""
        self._kept.append(rows)
        if not len(rows):
            return
        self._latest = joined_rows([self._latest, rows] if self._latest else [rows]).latest()
        self._defaults += rows.defaults
        self._others.update(rows.snapshots.as_of[~rows.defaulted].tolist())
        if sum(map(len, self._kept)) > 2 * self.most_rows + self._defaults:
            # no more others than this are ever kept, however many defaults will follow
            self._kept = [_with_others(joined_rows(self._kept), self.most_rows)]

    def result(self) -> tuple[Rows, Sampling | None]:
        """Return the rows kept, in the order they came, and what they are; None: all there are."""
        rows, in_all = joined_rows(self._kept), self._others.total()
        if self._latest is None or self._defaults + in_all <= self.most_rows:
            return rows, None
        kept = max(self.most_rows - self._defaults, self.most_rows // 2)
        rows = _with_others(rows, kept)
        sampling = Sampling(
            self._defaults, len(rows) - rows.defaults, in_all, self._latest, dict(self._others)
        )
        weights = np.where(rows.defaulted, 1.0, 1 / sampling.rate)
        return Rows(rows.snapshots, rows.defaulted, weights), sampling


def joined_rows(parts: list[Rows]) -> Rows:
    """Return the rows of several, one after the other; rows without weights weigh 1."""
    weights = None
    if any(part.weights is not None for part in parts):
        weights = np.concatenate([_weights(part) for part in parts])
    return Rows(
        joined([part.snapshots for part in parts]),
        np.concatenate([part.defaulted for part in parts]),
        weights,
    )


def _weights(rows: Rows) -> Floats:
    return np.ones(len(rows)) if rows.weights is None else rows.weights


def _with_others(rows: Rows, most: int) -> Rows:
    """Return the rows that defaulted, and of the others those whose hashes are smallest."""
    others = np.flatnonzero(~rows.defaulted)
    seen = rows.snapshots
    keys = [f"{seen.customer_ids[place]}:{seen.as_of[place]}" for place in others]
    drawn: Places = others[np.argsort(places(keys, "sampling"), kind="stable")[:most]]
    chosen = rows.defaulted.copy()
    chosen[drawn] = True
    return rows.where(chosen)
