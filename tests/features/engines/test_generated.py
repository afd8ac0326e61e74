"""Whatever the ledger, PostgreSQL gives what DuckDB gives: late knowledge, corrections, all."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.engines.postgres import snapshots_on_postgres
from features.ledger.open import open_ledger
from features.snapshot import snapshots
from tests.drawn import write_ledger
from tests.features.engines.equality import assert_equal_snapshots
from tests.properties.ledgers import Tables, days, ledgers


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(tables=ledgers(), chosen=st.lists(days, min_size=1, max_size=4, unique=True))
def test_engines_agree(postgres_url: str, tables: Tables, chosen: list[str]) -> None:
    ids = ["c1", "c2", "c3"] * len(chosen)
    as_of = np.repeat(np.array(chosen, dtype="datetime64[D]"), 3)
    with (
        tempfile.TemporaryDirectory() as folder,
        open_ledger(write_ledger(Path(folder) / "ledger", **tables)) as ledger,
    ):
        found = snapshots_on_postgres(ledger, (ids, as_of), postgres_url)
        assert_equal_snapshots(found, snapshots(ledger, (ids, as_of)))
