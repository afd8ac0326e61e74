"""Runs in MLflow: settings, figures, report, bundle and a model that MLflow's own tools load.

The only room that knows MLflow, and only once a run is tracked or such a model is loaded.
"""

from __future__ import annotations

import logging
import os
import re
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy.exc import SQLAlchemyError

from features.errors import UnavailableError
from training.config import TrackingSettings

_SAFE = {
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # seven, its own choice, takes minutes to give up
    "GIT_PYTHON_REFRESH": "quiet",
}
_FILE = "mlflow.db"
_URIS = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")
_DATABASES = ("sqlite", "postgresql", "mysql", "mssql")
_NEEDED = ("duckdb", "lightgbm", "numpy", "pyarrow")
# MLflow reads a model from code: this file is what it runs to get the model
_MODEL_FILE = """\
from mlflow.models import set_model

from training.tracking import bundle_model

set_model(bundle_model())
"""


@dataclass(frozen=True)
class ChildRun:
    """A run under another: one trial of a search, with its settings, figures and tags."""

    name: str
    parameters: Mapping[str, object]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]


@dataclass(frozen=True)
class TrackedRun:
    """What is kept of a run.

    Attributes
    ----------
    parameters : mapping of str to object
        Settings, nested as in the configuration.
    metrics : mapping of str to float
        Figures.
    tags : mapping of str to str
        Facts to search by, such as the ledger's fingerprint.
    texts : mapping of str to str
        Content of further files by name.
    bundle : Path
        The folder of the bundle.
    feature_names : tuple of str
        The model's features in order.
    children : tuple of ChildRun
        Runs under this one.
    """

    parameters: Mapping[str, object]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    texts: Mapping[str, str]
    bundle: Path
    feature_names: tuple[str, ...]
    children: tuple[ChildRun, ...] = ()


def track(run: TrackedRun, *, home: Path, settings: TrackingSettings, alias: str) -> str:
    """Log and register a run, give the new version an alias, and return the run's id.

    Parameters
    ----------
    run : TrackedRun
        What to keep.
    home : Path
        The workspace; holds the database and the artifacts unless a tracking URI is set.
    settings : TrackingSettings
        Tracking URI, registered name and experiment.
    alias : str
        ``champion`` or ``challenger``.

    Raises
    ------
    UnavailableError
        If MLflow is not installed or its store cannot be reached.
    """
    mlflow = _mlflow()
    uri = _uri(home, settings)
    # a server knows where its artifacts go; a bare database would put them where we stand
    local = uri.startswith(_DATABASES)
    artifacts = (home / "mlflow-artifacts").resolve().as_uri() if local else None
    home.mkdir(parents=True, exist_ok=True)
    with _reached(mlflow, uri, "The run could not be tracked"):
        return _logged(mlflow, run, settings=settings, alias=alias, artifacts=artifacts)


def point_champion(run_id: str, *, home: Path, settings: TrackingSettings) -> str:
    """Give the alias ``champion`` to the version that a run registered, and return its number.

    Parameters
    ----------
    run_id : str
        Of the run that trained the champion.
    home, settings
        As for `track`.

    Raises
    ------
    UnavailableError
        If MLflow is not installed, its store cannot be reached, or it has no such version.
    """
    uri, name = _uri(home, settings), settings.model_name
    if uri == _own(home) and not (home / _FILE).is_file():  # MLflow would make an empty one
        message = f"{home / _FILE} is not there: nothing was tracked in this workspace."
        raise UnavailableError(message)
    mlflow = _mlflow()
    with _reached(mlflow, uri, "The alias champion could not be set"):
        client = mlflow.MlflowClient()
        found = client.search_model_versions(f"name = '{name}' and run_id = '{run_id}'")
        if found:
            number = max(found, key=lambda version: int(version.version)).version
            client.set_registered_model_alias(name, "champion", number)
            return str(number)
    message = (
        f"MLflow at {without_password(uri)} has no version of {name!r} from the run {run_id}, so "
        "its alias champion was not set. Train again to register one."
    )
    raise UnavailableError(message)


def _uri(home: Path, settings: TrackingSettings) -> str:
    return settings.uri or os.environ.get("MLFLOW_TRACKING_URI") or _own(home)


def _own(home: Path) -> str:
    return f"sqlite:///{(home / _FILE).resolve()}"


@contextmanager
def _reached(mlflow: Any, uri: str, failure: str) -> Iterator[None]:
    """Work on MLflow's store; what goes wrong there is told in a sentence."""
    try:
        _ask_once(uri)
        with _store(mlflow, uri):
            yield
    except (mlflow.exceptions.MlflowException, SQLAlchemyError, OSError, ImportError) as error:
        fault = (str(error).strip() or type(error).__name__).splitlines()[0]
        message = (
            f"{failure} at {without_password(uri)} ({without_password(fault)}). Start that store, "
            "or unset MLFLOW_TRACKING_URI to track in the workspace."
        )
        raise UnavailableError(message) from error


def log_validation(
    run_id: str,
    *,
    figures: Mapping[str, float],
    texts: Mapping[str, str],
    home: Path,
    settings: TrackingSettings,
) -> None:
    """Add the figures and pages of a validation to the run that trained the model.

    Parameters
    ----------
    run_id : str
        Of that run.
    figures : mapping of str to float
        By name; a later validation's stand beside the earlier ones in the run's history.
    texts : mapping of str to str
        Content of files by name.
    home, settings
        As for `track`.

    Raises
    ------
    UnavailableError
        If MLflow is not installed, its store cannot be reached, or it has no such run.
    """
    mlflow = _mlflow()
    with _reached(mlflow, _uri(home, settings), "The validation could not be tracked"):
        client = mlflow.MlflowClient()
        for name, value in figures.items():
            client.log_metric(run_id, name, value)
        for name, text in texts.items():
            client.log_text(run_id, text, name)


def bundle_model() -> Any:
    """Return a new MLflow model that tells the default probability of rows of features.

    MLflow hands it the folder of the bundle; it scores by the one scoring path.
    """
    mlflow = _mlflow()
    import pandas  # noqa: ICN001, PLC0415 - MLflow hands rows as its frames

    from models.bundle import load_bundle  # noqa: PLC0415 - only where a model is loaded
    from models.scale import probability  # noqa: PLC0415

    class BundleModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc, name-defined]
        """A bundle behind MLflow's interface."""

        def load_context(self, context: Any) -> None:
            """Read and check the bundle."""
            self._bundle = load_bundle(Path(context.artifacts["bundle"]))

        def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
            """Return the default probability of each row; columns are features by name."""
            rows = model_input[list(self._bundle.feature_names)].to_numpy(dtype="float64")
            return probability(self._bundle.probability.log_odds(rows))

        # MLflow reads this at run time, where the name in a hint could not be resolved
        predict.__annotations__ = {"model_input": pandas.DataFrame}

    return BundleModel()


def without_password(uri: str) -> str:
    """Return a tracking URI without user, password and secret parameters.

    Examples
    --------
    >>> without_password("postgresql://me:pw@db/runs?password=x&timeout=3")
    'postgresql://db/runs?password=…&timeout=3'
    """
    hidden = re.sub(r"//[^/\s]*@", "//", uri)
    return re.sub(r"([?&;](?:password|passwd|pwd|token|secret|key)=)[^&;\s]*", r"\1…", hidden)


def _ask_once(uri: str) -> None:
    """Raise where a database does not answer: MLflow would ask ten times, for minutes."""
    if uri.startswith(_DATABASES):
        engine = sqlalchemy.create_engine(uri)
        try:
            engine.connect().close()
        finally:
            engine.dispose()


def _mlflow() -> Any:
    for name, value in _SAFE.items():
        os.environ.setdefault(name, value)
    try:
        with _unwarned():
            import mlflow  # noqa: PLC0415 - seconds to import, needed only to track
            import mlflow.pyfunc
    except ImportError as error:
        message = f"MLflow is not installed ({error}). Install Tradegrade with the extra `train`."
        raise UnavailableError(message) from error
    return mlflow


@contextmanager
def _unwarned() -> Iterator[None]:
    """Hide what MLflow warns of in its own code and dependencies; nothing of ours runs here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _store(mlflow: Any, uri: str) -> Iterator[None]:
    """Point MLflow at a store, quietly, and back again."""
    from mlflow.utils import logging_utils  # noqa: PLC0415

    before = {name: os.environ.get(name) for name in _URIS}
    migrations = logging.getLogger("alembic")
    level = migrations.level
    migrations.setLevel(logging.ERROR)
    logging_utils.disable_logging()
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    try:
        with _unwarned():
            yield
    finally:
        # MLflow writes a URI that is set into the environment, where the next run would find it
        mlflow.set_tracking_uri(before[_URIS[0]])
        mlflow.set_registry_uri(before[_URIS[1]])
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ.update({} if value is None else {name: value})
        logging_utils.enable_logging()
        migrations.setLevel(level)


def _logged(
    mlflow: Any,
    run: TrackedRun,
    *,
    settings: TrackingSettings,
    alias: str,
    artifacts: str | None,
) -> str:
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name(settings.experiment)
    number = (
        client.create_experiment(settings.experiment, artifact_location=artifacts)
        if experiment is None
        else experiment.experiment_id
    )
    with mlflow.start_run(experiment_id=number) as active:
        mlflow.log_params(dict(_flat(run.parameters)))
        mlflow.log_metrics(dict(run.metrics))
        mlflow.set_tags(dict(run.tags))
        for name, text in run.texts.items():
            mlflow.log_text(text, name)
        for child in run.children:
            with mlflow.start_run(experiment_id=number, run_name=child.name, nested=True):
                mlflow.log_params(dict(child.parameters))
                mlflow.log_metrics(dict(child.metrics))
                mlflow.set_tags(dict(child.tags))
        mlflow.log_artifacts(str(run.bundle), "bundle")
        version = _log_model(mlflow, run, settings.model_name)
        client.set_registered_model_alias(settings.model_name, alias, version)
        return str(active.info.run_id)


def _log_model(mlflow: Any, run: TrackedRun, name: str) -> Any:
    types = mlflow.types
    columns = [types.ColSpec(types.DataType.double, feature) for feature in run.feature_names]
    signature = mlflow.models.ModelSignature(
        inputs=types.Schema(columns), outputs=types.Schema([types.ColSpec(types.DataType.double)])
    )
    with tempfile.TemporaryDirectory(prefix="tradegrade-") as folder:
        code = Path(folder) / "bundle_model.py"
        code.write_text(_MODEL_FILE, encoding="utf-8")
        logged = mlflow.pyfunc.log_model(
            name="model",
            python_model=str(code),
            artifacts={"bundle": str(run.bundle)},
            signature=signature,
            pip_requirements=[f"{package}=={metadata.version(package)}" for package in _NEEDED],
            registered_model_name=name,
        )
    return logged.registered_model_version


def _flat(nested: Mapping[str, object], path: str = "") -> Iterator[tuple[str, object]]:
    for key, value in nested.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value
