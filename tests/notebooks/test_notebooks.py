"""The notebooks: pairs in step, without outputs, and each runs to its end."""

from pathlib import Path

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PAIRS = sorted(path.stem for path in NOTEBOOKS.glob("*.py"))
TWO_MINUTES = 120  # for one cell

notebook = pytest.mark.parametrize("name", PAIRS)


def notebook_of(path: Path) -> nbformat.NotebookNode:
    return jupytext.read(path)


def test_every_notebook_is_a_pair():
    assert PAIRS == sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
    assert {
        "01_ledger",
        "02_retrain",
        "03_compare_candidates",
        "04_why_a_grade_changed",
    } <= set(PAIRS)


@notebook
def test_a_pair_is_in_step(name: str):
    script, page = (notebook_of(NOTEBOOKS / f"{name}{suffix}") for suffix in (".py", ".ipynb"))
    texts = [jupytext.writes(content, fmt="py:percent") for content in (script, page)]
    assert texts[0] == texts[1], f"run `jupytext --sync notebooks/{name}.py`"


@notebook
def test_no_outputs_are_stored(name: str):
    cells = notebook_of(NOTEBOOKS / f"{name}.ipynb").cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert code
    assert all(not cell.outputs and cell.execution_count is None for cell in code)


@pytest.mark.slow
@notebook
def test_it_runs_to_its_end_without_a_word_on_standard_error_and_leaves_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    _this_interpreters_kernel(monkeypatch, tmp_path)
    stand, workspace, temporary = (tmp_path / part for part in ("stand", "workspace", "temporary"))
    stand.mkdir()
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    # the reader's own workspace and tracking server, which a made-up seller must not reach
    monkeypatch.setenv("TRADEGRADE_HOME", str(workspace))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{workspace / 'own.db'}")
    content = notebook_of(NOTEBOOKS / f"{name}.ipynb")
    client = NotebookClient(
        content,
        kernel_name="python3",
        timeout=TWO_MINUTES,
        resources={"metadata": {"path": str(stand)}},
    )
    client.execute()
    outputs = [out for cell in content.cells if cell.cell_type == "code" for out in cell.outputs]
    assert outputs
    assert [out.text for out in outputs if out.get("name") == "stderr"] == []
    assert list(stand.iterdir()) == []
    assert not workspace.exists()
    assert list(temporary.glob("tradegrade-*")) == []


def _this_interpreters_kernel(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Have `python3` mean the kernel of this virtual environment, whatever the machine has."""
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    for variable in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"):
        monkeypatch.setenv(variable, str(folder / variable.lower()))
