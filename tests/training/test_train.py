import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import ModelError, UnavailableError
from models.bundle import load_bundle
from tests.training.quiet import client_of
from training import runs
from training.config import load_config
from training.train import train
from training.windows import FIT, TEST

CONFIG = load_config().with_options(horizon_days=180)
FAST = replace(
    CONFIG,
    model=replace(CONFIG.model, trees=40, threads=1),
    sureness=replace(CONFIG.sureness, splits=0),
)


@pytest.fixture(scope="module")
def again(trained, tmp_path_factory):
    """Return the same training in another workspace."""
    home = tmp_path_factory.mktemp("again")
    return home, train(trained.ledger, trained.config, home=home)


@pytest.fixture(scope="module")
def challenger(again, trained):
    """Return a training with another seed in the workspace that has a champion."""
    home, _ = again
    return train(trained.ledger, FAST.with_options(seed=2), home=home)


@pytest.fixture(scope="module")
def given(trained, tmp_path_factory):
    """Return a training with folds on a file of outcomes, and the rows that the file holds."""
    home = tmp_path_factory.mktemp("given")
    rows = trained.result.dataset.part(TEST)
    table = {
        "customer_id": list(rows.snapshots.customer_ids),
        "as_of": pa.array(rows.snapshots.as_of),
        "defaulted": rows.defaulted,
    }
    path = home / "outcomes.parquet"
    pq.write_table(pa.table(table), path)
    return (
        rows,
        path,
        train(trained.ledger, FAST.with_options(folds=2), home=home / "var", outcomes=path),
    )


def test_document_has_every_field_that_other_programs_rely_on(trained):
    document = trained.result.to_dict()

    assert set(document) >= {
        "run_id", "model_version", "feature_set", "split", "split_reason", "n", "base_rate",
        "auc", "gini", "ks", "brier", "ece", "log_loss",
    }  # fmt: skip
    assert "folds" not in document
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_base_rate_is_of_all_rows_and_figures_are_of_the_test_set(trained):
    result = trained.result
    document = result.to_dict()

    assert document["n"] == len(result.dataset.rows)
    assert document["base_rate"] == result.dataset.rows.defaulted.mean()
    assert document["n_test"] == len(result.judged.defaulted) < document["n"]
    assert document["gini"] == pytest.approx(2 * document["auc"] - 1)


def test_model_learns_what_the_made_up_seller_hides(trained):
    document = trained.result.to_dict()

    assert document["split"] == "time"
    assert document["auc"] > 0.75
    assert document["ece"] < 0.03


def test_grades_count_every_row_of_the_test_set_once_as_grades_and_once_as_notches(trained):
    document = trained.result.to_dict()
    bands = [line for line in document["grades"] if len(line["grade"]) == 1]
    notches = [line for line in document["grades"] if len(line["grade"]) == 2]

    for lines in (bands, notches):
        assert sum(line["rows"] for line in lines) == document["n_test"]
        defaults = sum(line["rows"] * line["default_rate"] for line in lines)
        assert round(defaults) == trained.result.dataset.part(TEST).defaults


def test_shipped_bundle_is_the_one_that_was_judged(trained):
    bundle = load_bundle(trained.result.bundle)
    test = trained.result.dataset.part(TEST)

    told = bundle.probability.log_odds(test.snapshots.select(bundle.feature_names).values)

    assert (told == trained.result.judged.log_odds).all()
    assert bundle.model_version == trained.result.model_version
    assert bundle.horizon_days == 180


def test_same_ledger_settings_and_seed_give_the_same_bytes_in_another_workspace(trained, again):
    _, result = again

    one, other = (
        {path.name: path.read_bytes() for path in folder.iterdir()}
        for folder in (trained.result.bundle, result.bundle)
    )

    assert len(one) == 8
    assert one == other
    assert result.run_id != trained.result.run_id


def test_bundle_does_not_know_its_run_its_place_or_its_customers(trained):
    text = "".join(path.read_text(encoding="utf-8") for path in trained.result.bundle.iterdir())

    for secret in (trained.result.run_id, str(trained.home), str(trained.ledger), "customer_id"):
        assert secret not in text
    assert not any(c in text for c in set(trained.result.dataset.rows.snapshots.customer_ids))


def test_nothing_of_the_test_set_enters_the_bundle(trained):
    dataset = trained.result.dataset
    bundle = load_bundle(trained.result.bundle)
    seen = dataset.rows.where(dataset.parts != TEST).snapshots.column("invoice_amount_365d")

    assert set(bundle.book.amount_quantiles[[0, 100]]) <= set(seen)


def test_reference_customer_is_a_row_of_the_fit_window(trained):
    dataset = trained.result.dataset
    bundle = load_bundle(trained.result.bundle)
    fit = dataset.rows.where(dataset.parts == FIT).snapshots

    reference = np.array([bundle.reference[name] for name in fit.names])

    assert any(np.array_equal(row, reference, equal_nan=True) for row in fit.values)


def test_first_bundle_becomes_champion_and_is_written_down(trained):
    record = runs.read_record(trained.home, trained.result.model_version)

    assert trained.result.champion
    assert runs.champion(trained.home) == trained.result.model_version
    assert record["ledger"] == str(trained.ledger.resolve())
    assert record["config"] == json.loads(json.dumps(trained.config.to_dict()))
    assert record["auc"] == trained.result.judged.metrics.auc


def test_second_bundle_does_not_become_champion_but_challenger(again, challenger):
    home, first = again

    assert not challenger.champion
    assert runs.champion(home) == first.model_version
    with client_of(home) as client:
        found = {
            alias: client.get_model_version_by_alias("tradegrade", alias).run_id
            for alias in ("champion", "challenger")
        }
    assert found == {"champion": first.run_id, "challenger": challenger.run_id}


def test_another_seed_gives_another_bundle_on_the_same_split(trained, challenger):
    one, other = trained.result.dataset, challenger.dataset

    assert challenger.model_version != trained.result.model_version
    assert one.split_reason == other.split_reason
    assert (one.parts == other.parts).all()
    assert one.rows.snapshots.customer_ids == other.rows.snapshots.customer_ids


def test_folds_are_told_with_mean_spread_and_each(given):
    folds = given[2].to_dict()["folds"]

    assert set(folds) == {"auc", "gini", "ks", "brier", "ece", "log_loss"}
    assert len(folds["auc"]["each"]) == 2
    assert folds["auc"]["mean"] == pytest.approx(sum(folds["auc"]["each"]) / 2)
    assert folds["auc"]["sd"] == pytest.approx(
        abs(folds["auc"]["each"][0] - folds["auc"]["each"][1]) / 2**0.5
    )
    assert folds["auc"]["mean"] > 0.6


def test_outcomes_of_a_file_fix_the_rows(given):
    rows, path, result = given
    found = result.dataset.rows

    assert sorted(
        zip(found.snapshots.customer_ids, found.snapshots.as_of, found.defaulted, strict=True)
    ) == sorted(zip(rows.snapshots.customer_ids, rows.snapshots.as_of, rows.defaulted, strict=True))
    assert result.dataset.split == "customer"
    record = runs.read_record(path.parent / "var", result.model_version)
    assert record["outcomes"] == str(path.resolve())


def test_horizon_without_anchors_in_the_policy_is_refused_before_the_work(trained, tmp_path):
    config = FAST.with_options(horizon_days=77)

    with pytest.raises(ModelError, match="no scale anchors for the bundle's horizon of 77 days"):
        train(trained.ledger, config, home=tmp_path / "var")

    assert not (tmp_path / "var").exists()


def test_run_that_cannot_be_tracked_makes_no_champion(trained, tmp_path):
    config = replace(FAST, tracking=replace(FAST.tracking, uri="nowhere://x"))

    with pytest.raises(UnavailableError, match="could not be tracked at nowhere://x"):
        train(trained.ledger, config, home=tmp_path / "var")

    assert runs.champion(tmp_path / "var") is None


def test_an_installation_without_the_extra_says_so_before_the_work(monkeypatch, tmp_path):
    monkeypatch.setattr("training.train._NEEDED", ("sklearn", "no_such_package"))

    with pytest.raises(UnavailableError, match="no_such_package, .* extra `train`"):
        train(tmp_path / "no-ledger", load_config(), home=tmp_path)
