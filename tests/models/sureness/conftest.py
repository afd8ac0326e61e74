"""A small bundle that keeps its error, and the donors in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.bundle import Bundle
from models.sureness.curve import Donors, ErrorCurve, Sureness
from models.sureness.facts import BY_CODE
from tests.models.bundles import bundle_in, bundle_parts

LEVELS = np.array([-6.0, -4.0, -2.0, 0.0])


def donors_of(code: str, **columns: list[float]) -> Donors:
    """Return donors of a fact at evenly spaced levels; features not named are 0."""
    fact, rows = BY_CODE[code], len(next(iter(columns.values())))
    values = np.zeros((rows, len(fact.features)))
    for name, column in columns.items():
        values[:, fact.features.index(name)] = column
    return Donors(np.linspace(-6, 0, rows), values)


SURENESS = Sureness(
    ErrorCurve(LEVELS, np.array([0.4, 0.3, 0.3, 0.5])),
    {
        "own_score": donors_of(
            "own_score",
            external_score_source=[1.0] * 40,
            external_score=np.linspace(95, 20, 40).tolist(),
        ),
        "litigation": donors_of(
            "litigation", legal_count_730d=[0.0] * 30 + [3.0] * 10, legal_open_count=[0.0] * 40
        ),
    },
)


@pytest.fixture
def sure(tmp_path: Path) -> Bundle:
    """Return a bundle that was written with its error and read back."""
    return bundle_in(tmp_path, replace(bundle_parts(), sureness=SURENESS))
