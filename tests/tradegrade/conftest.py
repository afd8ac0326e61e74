"""A workspace with a champion, a small shop's ledger, and the command line over both."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from features.ledger import settlement
from features.ledger.simulate import simulate
from tests.models.bundles import bundle_in, bundle_parts
from tradegrade.cli import cli
from training.runs import BUNDLES, set_champion

AS_OF = "2025-12-31"


@pytest.fixture(scope="package", autouse=True)
def _small_ledgers_settled_compiled() -> Iterator[None]:
    """Settle by the compiled kernel, as large ledgers are: plain takes seconds for every command.

    That both settle alike is held by tests/features, where small ledgers are settled plainly.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settlement, "COMPILED_ABOVE", 0)
        yield


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop") / "ledger"
    simulate(60, 24, 3, folder)
    return folder


@dataclass(frozen=True)
class Workspace:
    """A home with a champion, and a way to run commands in it."""

    home: Path
    version: str
    run: Callable[..., Result]

    def json_lines(self, *arguments: object) -> list[dict[str, Any]]:
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    return workspace_at(tmp_path / "home", monkeypatch)


def workspace_at(home: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Return a workspace with a champion, which TRADEGRADE_HOME names while the patch lasts."""
    monkeypatch.setenv("TRADEGRADE_HOME", str(home))
    bundle = bundle_in(home / BUNDLES, bundle_parts(horizon_days=180))
    set_champion(home, bundle.model_version)

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(cli, [str(argument) for argument in arguments])

    return Workspace(home, bundle.model_version, run)
