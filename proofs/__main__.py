"""Run the proofs: `python -m proofs`, or `make proof`. Exit code 1 if one fails."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click

from features.errors import TradegradeError
from proofs.command_kills import command_kills
from proofs.contract import contract_run
from proofs.import_kills import ImportsKilled, import_kills, import_scene
from proofs.kills import Killed, kill_runs
from proofs.malformed import send_malformed
from proofs.scene import Scene, trained_scene
from proofs.served import served

CUSTOMERS, MONTHS = 600, 36


@click.command()
@click.option(
    "--kills", default=200, show_default=True, type=click.IntRange(1), help="While storing."
)
@click.option(
    "--command-kills", "of_command", default=6, show_default=True, type=click.IntRange(0),
    help="Of the whole command.",
)  # fmt: skip
@click.option(
    "--imports", default=200, show_default=True, type=click.IntRange(0), help="While importing."
)
@click.option(
    "--malformed", default=2000, show_default=True, type=click.IntRange(0),
    help="Malformed requests sent to a server.",
)  # fmt: skip
@click.option(
    "--examples", default=200, show_default=True, type=click.IntRange(0),
    help="Of schemathesis, for each route and kind.",
)  # fmt: skip
@click.option("--customers", default=CUSTOMERS, show_default=True, help="Of the made-up ledger.")
@click.option("--seed", default=1, show_default=True, help="Draws the ledger and the moments.")
def proofs(
    kills: int,
    of_command: int,
    imports: int,
    malformed: int,
    examples: int,
    customers: int,
    seed: int,
) -> None:
    """Kill processes that store grades and that import, and mistreat a server."""
    with tempfile.TemporaryDirectory(prefix="tradegrade-proof-") as name:
        folder = Path(name)
        note(f"simulate {customers} customers over {MONTHS} months, train, grade two month-ends")
        try:
            scene = trained_scene(folder, customers=customers, months=MONTHS, seed=seed)
        except TradegradeError as error:
            note(f"proofs: {error}")
            sys.exit(error.exit_code)
        note(f"kill {kills} processes that store {len(scene.day)} grades")
        stored = kill_runs(scene, folder, kills=kills, seed=seed, note=note)
        tell("storing", stored)
        failed = bool(stored.faults)
        if of_command:
            note(f"kill {of_command} commands")
            commands = command_kills(scene, folder, kills=of_command, seed=seed, note=note)
            tell("command", commands)
            failed = failed or bool(commands.faults)
        if imports:
            note(f"kill {imports} imports")
            (folder / "imports").mkdir()
            scene_of_imports = import_scene(folder / "imports", customers=8, seed=seed)
            imported = import_kills(
                scene_of_imports, folder / "imports", kills=imports, seed=seed, note=note
            )
            tell("import", imported)
            failed = failed or bool(imported.faults)
        if malformed or examples:
            failed = mistreated(scene, malformed, examples, seed) or failed
    sys.exit(1 if failed else 0)


def mistreated(scene: Scene, malformed: int, examples: int, seed: int) -> bool:
    """Serve the scene's ledger, send what no honest client sends, and return if that broke it."""
    note("serve it")
    home = scene.bundle.parent.parent
    with served(home, scene.ledger, scene.day.run.as_of) as server:
        note(f"send {malformed} malformed requests")
        found = send_malformed(
            server.port, server.key, server.body, number=malformed, seed=seed, note=note
        )
        for sentence in (*found.sentences(), *(f"FAULT {fault}" for fault in found.faults)):
            click.echo(f"malformed: {sentence}")
        kept = True
        if examples:
            note(f"schemathesis, {examples} examples each")
            kept, told = contract_run(server.port, server.key, examples=examples, seed=seed)
            click.echo(f"contract: schemathesis finds {'nothing' if kept else told}")
    return bool(found.faults) or not kept


def tell(name: str, found: Killed | ImportsKilled) -> None:
    """Print what came of the kills."""
    for sentence in found.sentences():
        click.echo(f"{name}: {sentence}")
    for fault in found.faults:
        click.echo(f"{name}: FAULT {fault}")


def note(text: str) -> None:
    """Say what goes on, on standard error."""
    click.echo(text, err=True)


if __name__ == "__main__":
    proofs()
