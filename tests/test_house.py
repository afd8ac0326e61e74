"""The house keeps its shape: rooms, names, documents, and nothing that must not be named."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tradegrade.cli import cli

ROOT = Path(__file__).parents[1]
ROOMS = ("features", "models", "serving", "training", "tradegrade")
DOCUMENTED = (*ROOMS, "notebooks", "tests", "benchmarks", "proofs", "features/ledger/simulate")
FILES = ("pyproject.toml", "Makefile", "README.md", "README.zh-CN.md", "CHANGELOG.md", "LICENSE",
         ".ci/run", "requirements/all.txt")  # fmt: skip
LONGEST_FILE = 400
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def tracked() -> list[Path]:
    """Return the files of the repository, or of the working tree where git is absent."""
    found = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=False, text=True,
    )  # fmt: skip
    if found.returncode:
        pytest.skip("git does not know this folder, so its files cannot be listed")
    return [ROOT / name for name in found.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("name", FILES)
def test_the_house_has_its_papers(name: str) -> None:
    assert (ROOT / name).is_file()


@pytest.mark.parametrize("room", DOCUMENTED)
def test_every_room_says_what_it_is_for(room: str) -> None:
    text = (ROOT / room / "README.md").read_text(encoding="utf-8")
    assert len(text) > 200


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_is_typed(room: str) -> None:
    assert (ROOT / room / "py.typed").is_file()


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_stay_readable(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LONGEST_FILE, f"{path} has {len(lines)} lines: look for the seam"


def test_every_test_folder_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    assert [f for f in folders if not (f / "__init__.py").is_file()] == []


def test_tests_mirror_the_rooms() -> None:
    """A folder of tests is named like a room, or is one of the kinds that cross rooms."""
    kinds = {"spec", "properties", "end_to_end", "notebooks", "benchmarks", "proofs", "tools"}
    found = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()} - {"__pycache__"}
    assert found <= kinds | set(ROOMS)


def test_no_file_hides_a_room() -> None:
    """A ``features.py`` beside a script would be imported in place of the room."""
    hiding = {f"{room}.py" for room in ROOMS}
    beside = [path for path in tracked() if path.name in hiding and path.parent.name != "commands"]
    assert beside == []


def test_nothing_names_a_package_index_or_a_machine() -> None:
    hosts = re.compile(r"py" r"pi\.org|python" r"hosted|npm" r"js\.org|--(extra-)?index" r"-url")
    places = re.compile(r"(^|[^\w.~$}])/(wo" r"rk|ro" r"ot|tmp/bash)/[A-Za-z.]")
    allowed = {ROOT / "tools" / "lock.sh"}  # names the option that leaves addresses out
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if path not in allowed:
            assert not hosts.search(text), f"{path} names a package index"
        assert not places.search(text), f"{path} names a place on one machine"


def test_importing_a_room_stays_light() -> None:
    """Neither MLflow nor SHAP nor pandas is loaded by importing the grading path."""
    code = (
        "import sys, models.book, serving.grades.store, serving.reports.risk, tradegrade.cli\n"
        "heavy = {'mlflow', 'shap', 'pandas', 'sklearn', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) if heavy else 0)\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr


def test_public_functions_take_at_most_six_positional_arguments() -> None:
    """More means a missing class; what has a name at the call is another matter."""
    for path in SOURCES:
        if path.parent.name == "commands":
            continue  # a command has an argument per option
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                positional = [a.arg for a in node.args.args if a.arg not in ("self", "cls")]
                assert len(positional) <= 6, f"{path}:{node.lineno} {node.name}"


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_every_command_stands_in_the_readme(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for command in cli.commands:
        assert f"tradegrade {command}" in text, f"{name} does not tell of `tradegrade {command}`"
    assert "TRADEGRADE_HOME" in text


@pytest.mark.parametrize("command", sorted(cli.commands))
def test_every_option_has_a_word_of_help(command: str) -> None:
    for parameter in cli.commands[command].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"tradegrade {command} {parameter.opts[0]} has no help"
