import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.errors import UnavailableError
from models.bundle import load_bundle
from models.scale import probability
from tests.training.quiet import client_of, mlflow_of
from training.config import load_config
from training.tracking import TrackedRun, point_champion, track

SETTINGS = load_config().tracking
_PICKLED = tuple(b"\x80" + bytes([protocol]) for protocol in range(2, 6))
# what somebody writes who knows the name of the model and has never heard of this repository
_ELSEWHERE = """
import sys
import mlflow, numpy, pandas
model = mlflow.pyfunc.load_model("models:/tradegrade@champion")
numpy.save(sys.argv[2], model.predict(pandas.read_parquet(sys.argv[1])))
"""


@pytest.fixture(scope="module")
def kept(trained):
    """Return what MLflow kept of the run, and the names of its artifacts."""
    with client_of(trained.home) as client:
        run = client.get_run(trained.result.run_id)
        names = {
            item.path
            for folder in ("", "bundle", "plots")
            for item in client.list_artifacts(run.info.run_id, folder)
        }
        return run, names


def test_run_keeps_every_setting_and_the_horizon_that_was_taken(kept):
    parameters = kept[0].data.params

    assert parameters["seed"] == "1"
    assert parameters["model.trees"] == "300"
    assert parameters["windows.reporting_lag_days"] == "30"
    assert parameters["horizon_days"] == "180"


def test_run_keeps_the_figures_of_the_test_set(kept, trained):
    figures = kept[0].data.metrics

    for name, value in trained.result.judged.metrics.to_dict().items():
        assert figures[name] == pytest.approx(value)
    assert figures["auc_low"] < figures["auc"] < figures["auc_high"]
    assert figures["n"] == len(trained.result.dataset.rows)


def test_run_can_be_found_by_model_ledger_and_feature_set(kept, trained):
    tags = kept[0].data.tags

    assert tags["model_version"] == trained.result.model_version
    assert tags["feature_set"] == trained.result.feature_set
    assert tags["split"] == "time"
    assert len(tags["ledger_fingerprint"]) == 64


def test_the_alias_champion_follows_a_promotion_and_a_rollback(trained, tmp_path):
    shutil.copy(trained.home / "mlflow.db", tmp_path)
    with client_of(tmp_path) as client:
        client.delete_registered_model_alias("tradegrade", "champion")

    number = point_champion(trained.result.run_id, home=tmp_path, settings=SETTINGS)

    with client_of(tmp_path) as client:
        champion = client.get_model_version_by_alias("tradegrade", "champion")
    assert (str(champion.version), champion.run_id) == (number, trained.result.run_id)


def test_a_run_that_mlflow_does_not_know_gets_no_alias_and_that_is_told(trained):
    with pytest.raises(UnavailableError, match="has no version of 'tradegrade' from the run 0123"):
        point_champion("0123", home=trained.home, settings=SETTINGS)


def test_a_store_that_is_none_is_told_when_the_alias_is_set(trained, tmp_path):
    settings = replace(SETTINGS, uri=f"sqlite:///{tmp_path}")

    with pytest.raises(UnavailableError, match="The alias champion could not be set at"):
        point_champion(trained.result.run_id, home=trained.home, settings=settings)
    with pytest.raises(UnavailableError, match="nothing was tracked in this workspace"):
        point_champion(trained.result.run_id, home=tmp_path, settings=SETTINGS)
    assert list(tmp_path.iterdir()) == []


def test_run_keeps_report_plots_and_bundle(kept, trained):
    files = {f"bundle/{path.name}" for path in trained.result.bundle.iterdir()}

    assert {"report.html", "plots/roc.svg", "plots/reliability.svg"} <= kept[1]
    assert {"bundle/manifest.json", "bundle/model.txt", "bundle/policy.toml"} <= files
    assert files <= kept[1]


def test_first_model_is_registered_as_champion(trained):
    with client_of(trained.home) as client:
        version = client.get_model_version_by_alias(SETTINGS.model_name, "champion")

    assert (str(version.version), version.run_id) == ("1", trained.result.run_id)


def test_artifacts_lie_in_the_workspace(trained):
    assert (trained.home / "mlflow-artifacts" / trained.result.run_id).is_dir()


def test_mlflow_loads_the_model_and_it_tells_the_probabilities_of_the_bundle(trained):
    rows = trained.result.dataset.rows.snapshots.take(range(50))
    frame = pd.DataFrame(rows.values, columns=list(rows.names))
    shuffled = frame[frame.columns[::-1]].assign(more=1.0)

    with mlflow_of(trained.home) as mlflow:
        model = mlflow.pyfunc.load_model(f"models:/{SETTINGS.model_name}@champion")
        told, again = model.predict(frame), model.predict(shuffled)

    bundle = load_bundle(trained.result.bundle)
    odds = bundle.probability.log_odds(rows.select(bundle.feature_names).values)
    assert np.isnan(rows.values).any()
    assert np.array_equal(told, probability(odds))
    assert np.array_equal(again, told)


def test_another_process_that_allows_no_pickle_needs_only_the_name_of_the_model(trained, tmp_path):
    rows = trained.result.dataset.rows.snapshots.take(range(50))
    pd.DataFrame(rows.values, columns=list(rows.names)).to_parquet(tmp_path / "rows.parquet")

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _ELSEWHERE, "rows.parquet", "told.npy"],
        cwd=tmp_path,
        env=os.environ
        | {
            "MLFLOW_TRACKING_URI": f"sqlite:///{trained.home / 'mlflow.db'}",
            "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    bundle = load_bundle(trained.result.bundle)
    odds = bundle.probability.log_odds(rows.select(bundle.feature_names).values)
    np.testing.assert_allclose(
        np.load(tmp_path / "told.npy"), probability(odds), rtol=0, atol=1e-12
    )


def test_nothing_that_mlflow_keeps_of_the_model_is_a_pickle(trained):
    with mlflow_of(trained.home) as mlflow:
        info = mlflow.models.get_model_info(f"models:/{SETTINGS.model_name}@champion")
        folder = mlflow.artifacts.download_artifacts(f"models:/{SETTINGS.model_name}@champion")

    files = [path for path in Path(folder).rglob("*") if path.is_file()]
    assert {"MLmodel", "model.txt"} <= {path.name for path in files}
    assert [path for path in files if path.suffix in {".pkl", ".pickle", ".joblib"}] == []
    assert [path for path in files if path.read_bytes().startswith(_PICKLED)] == []
    assert "python_model" not in info.flavors["python_function"]


@pytest.fixture
def run(tmp_path):
    """Return a run that is small enough for any store."""
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "manifest.json").write_text("{}", encoding="utf-8")
    return TrackedRun({"a": 1}, {"auc": 0.7}, {"split": "time"}, {}, tmp_path / "bundle", ("x",))


@pytest.mark.parametrize(
    "uri",
    [
        "http://anna:s3cret@127.0.0.1:9/mlflow",
        "http://anna:s3c@ret@127.0.0.1:9/mlflow",
        "postgresql+psycopg://anna:s3cret@127.0.0.1:9/mlflow",
        "s3cret-store://nowhere",
        "mysql+nodriver://anna:s3cret@127.0.0.1:9/mlflow",
    ],
    ids=["server", "password with an at", "database", "no such kind", "no such driver"],
)
def test_store_that_cannot_be_reached_is_told_without_a_password(run, tmp_path, uri, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")

    with pytest.raises(UnavailableError, match="The run could not be tracked at") as caught:
        track(run, home=tmp_path, settings=replace(SETTINGS, uri=uri), alias="champion")

    assert caught.value.exit_code == 5
    assert "s3c@ret" not in str(caught.value)
    assert ":s3c" not in str(caught.value)
    assert "ret@" not in str(caught.value)
    assert "MLFLOW_TRACKING_URI" in str(caught.value)


def test_environment_names_the_store_where_the_settings_do_not(run, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nowhere://x")

    with pytest.raises(UnavailableError, match="at nowhere://x"):
        track(run, home=tmp_path, settings=SETTINGS, alias="champion")


@pytest.mark.parametrize("before", [None, "sqlite:///elsewhere.db"])
def test_tracking_leaves_the_store_of_the_process_as_it_was(trained, monkeypatch, before):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    if before is not None:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", before)

    with mlflow_of(trained.home) as mlflow:
        assert mlflow.get_tracking_uri() == f"sqlite:///{trained.home / 'mlflow.db'}"

    assert os.environ.get("MLFLOW_TRACKING_URI") == before
    assert mlflow.is_tracking_uri_set() == (before is not None)
