"""The command line's door: errors become one line and the exit code of their kind."""

from __future__ import annotations

from importlib import metadata
from typing import Any

import click

from features.errors import TradegradeError
from tradegrade.commands.demo import demo
from tradegrade.commands.doctor import doctor
from tradegrade.commands.grades import change, explain, grade
from tradegrade.commands.ledger import features, simulate
from tradegrade.commands.model import train
from tradegrade.commands.report import report


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except TradegradeError as error:
            click.echo(f"tradegrade: {error}", err=True)
            ctx.exit(error.exit_code)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(metadata.version("tradegrade"), message="%(version)s")
def cli() -> None:
    """Grade the customers you ship to on credit, and explain every grade exactly.

    TRADEGRADE_HOME (default ./var) holds everything a run writes. Exit codes: 0 ok, 2
    usage, 3 bad data, 4 model, bundle or gate refused, 5 store or engine unavailable.
    """


for _command in (simulate, features, train, grade, explain, change, report, demo, doctor):
    cli.add_command(_command)


def main() -> None:
    """Run a command."""
    cli(prog_name="tradegrade")
