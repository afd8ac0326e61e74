"""Commands about models: train."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import click

from features.errors import UsageError
from models.champion import FILE as CHAMPION
from serving.promotions.promotion import champion_of
from tradegrade.commands.promotion import record_first_champion
from tradegrade.options import A_PATH, DAY, json_option, ledger_option
from tradegrade.output import note, print_json
from tradegrade.spans import month_ends_between
from tradegrade.workspace import ready_home
from training.candidates.figures import comparison_lines
from training.config import load_config
from training.result import facts
from training.search.search import Found, Watch
from training.search.trials import Trial
from training.train import TrainResult
from training.train import train as run


@click.command()
@ledger_option()
@click.option("--config", type=A_PATH, help="TOML with the settings that differ.")
@click.option("--as-of", type=DAY, help="The one as-of date.")
@click.option("--from", "first", type=DAY, help="First as-of date of a span of month-ends.")
@click.option("--to", "last", type=DAY, help="Last as-of date of the span.")
@click.option("--every", type=click.Choice(["month"]), help="Step of the span.")
@click.option("--horizon-days", type=int, help="Days within which a default counts.")
@click.option("--default-on", help="Some of bad_debt,bankruptcy,days_past_due.")
@click.option("--keep-unexposed", is_flag=True, default=None, help="Keep who owes nothing.")
@click.option("--outcomes", type=A_PATH, help="File that fixes rows and labels.")
@click.option("--folds", type=int, help="Cross-validate over this many folds of customers.")
@click.option("--seed", type=int, help="Drives the sampling of rows and columns.")
@click.option("--search", type=int, help="Judge this many settings of the trees; 0 for none.")
@click.option("--compare", is_flag=True, help="Judge a scorecard and the plain rules beside it.")
@json_option()
def train(
    ledger: Path,
    config: Path | None,
    as_of: date | None,
    first: date | None,
    last: date | None,
    every: str | None,
    horizon_days: int | None,
    default_on: str | None,
    keep_unexposed: bool | None,
    outcomes: Path | None,
    folds: int | None,
    seed: int | None,
    search: int | None,
    compare: bool,
    as_json: bool,
) -> None:
    """Fit, calibrate, test and track a model; the first becomes champion by itself."""
    settings = load_config(config).with_options(
        horizon_days=horizon_days,
        default_on=None if default_on is None else tuple(default_on.split(",")),
        keep_unexposed=keep_unexposed,
        folds=folds,
        seed=seed,
        search_trials=search,
    )
    before = champion_of(ready_home() / CHAMPION)
    with _bar(settings.search.trials) as watch:
        result = run(
            ledger,
            settings,
            home=ready_home(),
            days=_days(as_of, first, last, outcomes),
            outcomes=outcomes,
            compare=compare,
            progress=note,
            watch=watch,
        )
    record_first_champion(result, before)
    for warning in result.warnings:
        note(f"warning: {warning}")
    if as_json:
        print_json([result.to_dict()])
    else:
        _print(result)


@contextmanager
def _bar(trials: int) -> Iterator[Watch | None]:
    """Yield what moves a progress bar on standard error; None where nobody watches a terminal."""
    if not (trials and sys.stderr.isatty()):
        yield None
        return
    bar = click.progressbar(length=trials, label="trials", file=sys.stderr, show_pos=True)
    least = [float("inf")]

    def watch(trial: Trial, of: int) -> None:
        least[0] = min(least[0], trial.log_loss)
        bar.label = f"trials, least log loss {least[0]:.5f}"
        bar.update(1)
        if trial.number + 1 == of:
            bar.render_finish()

    yield watch


def _days(
    as_of: date | None, first: date | None, last: date | None, outcomes: Path | None
) -> tuple[date, ...] | None:
    given = [as_of is not None, first is not None or last is not None, outcomes is not None]
    if sum(given) > 1:
        message = "Give one of --as-of, --from with --to, and --outcomes."
        raise UsageError(message)
    if as_of is not None:
        return (as_of,)
    return month_ends_between(first, last)


def _print(result: TrainResult) -> None:
    figures = result.judged.metrics
    low, high = result.judged.auc_interval
    told = facts(result.dataset)
    click.echo(f"model {result.model_version} {'(champion)' if result.champion else ''}".strip())
    click.echo(result.dataset.split_reason)
    click.echo(f"rows={told['n']} base_rate={told['base_rate']:.4f}")
    click.echo(
        f"auc={figures.auc:.4f} ({low:.4f} to {high:.4f}) ks={figures.ks:.4f} "
        f"brier={figures.brier:.4f} ece={figures.ece:.4f}"
    )
    if result.judged.folds:
        area = result.judged.folds["auc"]
        click.echo(f"folds: auc={area['mean']:.4f} sd={area['sd']:.4f}")
    if result.search:
        click.echo(_searched(result.search))
    for cells in comparison_lines(result.judged.candidates):
        click.echo(cells)
    click.echo(f"report {result.report}")
    click.echo(f"bundle {result.bundle}")


def _searched(search: Found) -> str:
    kept, before = search.chosen, search.packaged
    settings = ", ".join(f"{name}={value:g}" for name, value in kept.settings.items())
    losses = f"log loss {kept.log_loss:.5f} against {before.log_loss:.5f} of the settings before"
    return f"search: trial {kept.number + 1} of {len(search.trials)} kept, {losses}: {settings}"
