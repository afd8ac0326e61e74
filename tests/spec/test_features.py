"""The features, drawn: small ledgers and what each feature must be as of a day."""

import math
from pathlib import Path

import pytest

from features.catalogue import FEATURE_NAMES
from tests.drawn import features_of, write_ledger
from tests.spec.outside import OUTSIDE
from tests.spec.trade import TRADE

D = "2025-06-30"
CASES = {**TRADE, **OUTSIDE}


@pytest.mark.parametrize(("tables", "expected"), CASES.values(), ids=CASES)
def test_features_as_drawn(tmp_path: Path, tables: dict, expected: dict) -> None:
    customers = tables.get("customers") or [{"customer_id": "c1"}]
    found = features_of(write_ledger(tmp_path, **{**tables, "customers": customers}), D)
    wanted = {name: math.nan if value is None else value for name, value in expected.items()}
    seen = {name: found[name] for name in expected}
    assert seen == pytest.approx(wanted, rel=1e-12, abs=1e-12, nan_ok=True)


def test_every_feature_is_drawn() -> None:
    drawn = {name for _, expected in CASES.values() for name in expected}
    assert set(FEATURE_NAMES) <= drawn
