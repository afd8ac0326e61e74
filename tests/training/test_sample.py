"""The sample of a run: by a hash, spread over the days, and held to its own hash."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from features.catalogue import FEATURE_NAMES
from features.errors import ModelError
from features.matrix import Snapshots
from tests.conftest import Trained
from tests.models.bundles import random_snapshots
from training import runs
from training.population import joined
from training.sample import ROWS, differing, read_sample, sample_path, sampled, write_sample

DAYS = ("2025-01-31", "2025-02-28", "2025-03-31")
ROWS_OF_DAYS = joined([random_snapshots(50, seed, as_of=day) for seed, day in enumerate(DAYS)])


def keys(found: Snapshots) -> set[tuple[str, str]]:
    return {(c, str(d)) for c, d in zip(found.customer_ids, found.as_of, strict=True)}


def test_every_day_has_as_many_rows() -> None:
    found = sampled(ROWS_OF_DAYS, 30)
    assert len(found) == 30
    assert [int((found.as_of == np.datetime64(day)).sum()) for day in DAYS] == [10, 10, 10]


def test_the_order_of_the_rows_moves_nobody_into_the_sample() -> None:
    turned = ROWS_OF_DAYS.take(np.arange(len(ROWS_OF_DAYS))[::-1])
    assert keys(sampled(turned, 30)) == keys(sampled(ROWS_OF_DAYS, 30))


def test_fewer_rows_than_wanted_are_all_kept() -> None:
    assert keys(sampled(ROWS_OF_DAYS)) == keys(ROWS_OF_DAYS)


def test_what_is_written_is_read_to_the_bit(tmp_path: Path) -> None:
    sha256 = write_sample(tmp_path, "v", ROWS_OF_DAYS)
    found, wanted = read_sample(tmp_path, "v", sha256), sampled(ROWS_OF_DAYS)
    assert (found.customer_ids, found.names) == (wanted.customer_ids, FEATURE_NAMES)
    assert np.isnan(wanted.values).any()
    assert differing(found, wanted, FEATURE_NAMES) == []


def test_unknown_is_the_same_as_unknown_and_as_nothing_else() -> None:
    values = ROWS_OF_DAYS.values.copy()
    row, column = np.argwhere(np.isnan(values))[0]
    values[row, column] = 0.0
    other = Snapshots(ROWS_OF_DAYS.customer_ids, ROWS_OF_DAYS.as_of, FEATURE_NAMES, values)
    assert differing(ROWS_OF_DAYS, other, FEATURE_NAMES) == [(row, FEATURE_NAMES[column])]


def test_a_file_that_is_missing_changed_or_unsworn_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="kept no sample"):
        read_sample(tmp_path, "v", "0" * 64)
    sha256 = write_sample(tmp_path, "v", ROWS_OF_DAYS)
    with pytest.raises(ModelError, match="kept no sample"):
        read_sample(tmp_path, "v", None)
    pq.write_table(ROWS_OF_DAYS.to_arrow(), sample_path(tmp_path, "v"))
    with pytest.raises(ModelError, match="is not what the run of v wrote"):
        read_sample(tmp_path, "v", sha256)


def test_a_training_keeps_what_it_learned_from(trained: Trained) -> None:
    version = trained.result.model_version
    record = runs.read_record(trained.home, version)
    found = read_sample(trained.home, version, record["sample"]["sha256"])
    rows = trained.result.dataset.rows.snapshots
    assert len(found) == ROWS
    assert keys(found) <= keys(rows)
    assert set(found.as_of.tolist()) == set(rows.as_of.tolist())
