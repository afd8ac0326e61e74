"""The command line's door: errors become one line and the exit code of their kind."""

from __future__ import annotations

import io
import sys
from importlib import metadata
from typing import Any

import click
import duckdb
from sqlalchemy.exc import SQLAlchemyError

from features.errors import LedgerError, TradegradeError, UnavailableError
from tradegrade.commands.backtest import backtest
from tradegrade.commands.check import check
from tradegrade.commands.conflicts import conflicts
from tradegrade.commands.demo import demo
from tradegrade.commands.doctor import doctor
from tradegrade.commands.export import export
from tradegrade.commands.grades import change, explain, grade
from tradegrade.commands.intake import import_
from tradegrade.commands.ledger import features, simulate
from tradegrade.commands.losses import losses
from tradegrade.commands.model import train
from tradegrade.commands.paths import paths
from tradegrade.commands.policy import policy_group
from tradegrade.commands.promotion import promote_, promotions_, rollback
from tradegrade.commands.publish import publish
from tradegrade.commands.replay import replay
from tradegrade.commands.report import report
from tradegrade.commands.service import keys_group, people_group, serve
from tradegrade.commands.validate import validate
from tradegrade.commands.weights import weights


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except TradegradeError as error:
            click.echo(f"tradegrade: {error}", err=True)
            ctx.exit(error.exit_code)
        except BrokenPipeError:  # the reader went away: click ends quietly
            raise
        except duckdb.OutOfRangeException as error:
            click.echo(f"tradegrade: an amount or a date is too large ({error}). Correct it in the "
                       "ledger.", err=True)  # fmt: skip
            ctx.exit(LedgerError.exit_code)
        except (duckdb.Error, SQLAlchemyError, OSError) as error:
            told = str(error).splitlines()[0]
            click.echo(f"tradegrade: an engine, the store or a disk failed ({told}). Nothing half "
                       "done was kept; mend it and run the command again.", err=True)  # fmt: skip
            ctx.exit(UnavailableError.exit_code)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(metadata.version("tradegrade"), message="%(version)s")
def cli() -> None:
    """Grade the customers you ship to on credit, and explain every grade exactly.

    TRADEGRADE_HOME (default ./var) holds everything a run writes. Exit codes: 0 ok, 2
    usage, 3 bad data, 4 model, bundle or gate refused, 5 store or engine unavailable.
    """


for _command in (simulate, import_, check, export, features, train, validate, promote_, rollback,
                 promotions_, grade, explain, change, paths,
                 conflicts, losses, replay, backtest, report, weights, policy_group, publish, serve,
                 keys_group, people_group, demo, doctor):  # fmt: skip
    cli.add_command(_command)


def main() -> None:
    """Run a command; what is printed is UTF-8 unless a person's terminal says otherwise."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="replace")
    cli(prog_name="tradegrade")
