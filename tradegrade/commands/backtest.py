"""The command that looks back on a quarter's defaults and the grades held before them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from features.errors import ModelError
from tradegrade.commands.backtest_text import backtest_lines
from tradegrade.options import (
    A_PATH,
    bundle_option,
    json_option,
    lang_option,
    ledger_option,
    policy_option,
)
from tradegrade.output import note, print_json, refuse_unwritable, write_rows
from tradegrade.workspace import grader, home, ledger_of
from training import runs
from training.backtest import backtest as look_back
from training.backtest import quarter_of
from training.backtest_document import EVENT_SCHEMA, backtest_document, event_rows
from training.validating.months import config_of

Document = Mapping[str, Any]


@click.command()
@ledger_option()
@click.option("--quarter", required=True, help="Whose events to trace.", metavar="2025Q4")
@bundle_option()
@policy_option()
@click.option("--out", type=A_PATH, help="Parquet or CSV file to write, one row per event.")
@lang_option()
@json_option()
def backtest(
    ledger: Path,
    quarter: str,
    bundle: str | None,
    policy: Path | None,
    out: Path | None,
    lang: str,
    as_json: bool,
) -> None:
    """Trace a quarter's defaults to the grades held 90, 180 and 365 days before."""
    asked = quarter_of(quarter)
    refuse_unwritable(out)
    grading = grader(bundle, policy)
    record = _record(grading.bundle.model_version)
    config = config_of(record, grading.bundle.horizon_days)
    with ledger_of(ledger, grading, asked.last) as opened:
        document = backtest_document(
            look_back(opened, grading, asked, config=config, record=record)
        )
    for warning in document["warnings"]:
        note(f"{'提示：' if lang == 'zh' else 'warning: '}{warning[lang]}")
    if out is not None:
        write_rows(out, event_rows(document), EVENT_SCHEMA)
        note(f"wrote {len(document['events'])} events to {out}")
    if as_json:
        print_json([document])
        return
    for line in backtest_lines(document, lang):
        click.echo(line)


def _record(model_version: str) -> Document:
    """Return the record of the training; none for a bundle that came from elsewhere."""
    try:
        return runs.read_record(home(), model_version)
    except ModelError:
        return {}
