"""A model that goes against a direction is found by asking it."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from models.probability import Calibration
from tests.models.bundles import bundle_in, bundle_parts, random_snapshots
from training.gates.monotonicity import monotonicity
from training.population import Rows


def evidence(tmp_path: Any, calibration: Calibration) -> Any:
    bundle = bundle_in(tmp_path, bundle_parts())
    probability = replace(bundle.probability, calibration=calibration)
    rows = Rows(random_snapshots(300), np.zeros(300, dtype=bool))
    return SimpleNamespace(bundle=replace(bundle, probability=probability), ledger_test=rows)


def test_a_monotone_model_passes(tmp_path: Any) -> None:
    gate = monotonicity(evidence(tmp_path, Calibration(-1.0, 0.9)))
    assert (gate.passed, gate.figure, gate.limit) == (True, 0.0, 0.0)
    assert "200 customers" in gate.detail.en


def test_a_model_turned_round_does_not_and_the_features_are_named(tmp_path: Any) -> None:
    gate = monotonicity(evidence(tmp_path, Calibration(-1.0, -0.9)))
    assert not gate.passed
    assert gate.figure is not None
    assert gate.figure > 100
    assert "overdue_count_365d" in gate.detail.en
    assert "：" in gate.detail.zh
