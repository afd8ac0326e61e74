"""Grade a file of features: what `tradegrade grade --features` does."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
import numpy as np
import pyarrow as pa

from features.features_file import open_features
from features.matrix import Floats, Snapshots
from models.book import Grader
from models.many import graded_pieces, schema_of
from models.summary import GradeLine, lines_of
from tradegrade.output import note, print_json, write_pieces
from tradegrade.workspace import prior_grades


@dataclass
class Tally:
    """What the lines of the grades are counted from, piece by piece."""

    grades: list[str] = field(default_factory=list)
    probability: list[Floats] = field(default_factory=list)
    exposure: list[Floats] = field(default_factory=list)

    def add(self, piece: Snapshots, table: pa.Table) -> None:
        """Take the figures of a piece."""
        self.grades += table.column("grade").to_pylist()
        self.probability.append(table.column("default_probability").to_numpy())
        self.exposure.append(piece.column("exposure"))

    def lines(self) -> list[GradeLine]:
        """Return one line per grade."""
        probability, exposure = map(np.concatenate, (self.probability, self.exposure))
        return lines_of(self.grades, probability, exposure)


def grade_file(
    path: Path, grading: Grader, *, out: Path | None, drivers: bool, as_json: bool
) -> list[GradeLine]:
    """Grade every row of a features file; the grades are written and printed as they come.

    Parameters
    ----------
    path : Path
        What `tradegrade features` writes.
    grading : Grader
        Bundle and policy.
    out : Path, optional
        Parquet or CSV; it appears whole or not at all.
    drivers : bool
        Whether every driver of each grade is told.
    as_json : bool
        Whether each grade is printed as a JSON document.
    """
    tally = Tally()
    with open_features(path) as file:
        bar = click.progressbar(
            length=file.rows, label=f"grading {file.rows} rows", file=sys.stderr
        )
        with bar:
            found = graded_pieces(file, grading, prior_grades=prior_grades, drivers=drivers)
            tables = _told(found, tally, bar.update, as_json=as_json)
            if out is None:
                deque(tables, maxlen=0)
            else:
                write_pieces(out, schema_of(drivers=drivers), tables)
    if out is not None:
        note(f"wrote {file.rows} grades to {out}")
    return tally.lines()


def _told(
    found: Iterator[tuple[Snapshots, pa.Table]],
    tally: Tally,
    done: Callable[[int], None],
    *,
    as_json: bool,
) -> Iterator[pa.Table]:
    for piece, table in found:
        tally.add(piece, table)
        if as_json:
            print_json(table.to_pylist())
        yield table
        done(len(table))
