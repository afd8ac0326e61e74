"""Validate a model: its figures on a ledger's month-ends, as JSON and as a page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import click

from features.errors import ModelError, UnavailableError, UsageError
from models.book import Grader
from models.explain.words import LANGUAGES
from tradegrade.options import A_PATH, DAY, json_option, lang_option, ledger_option
from tradegrade.output import note, print_json, write_text
from tradegrade.workspace import grader, home, ledger_of, ready_home
from training import runs
from training.config import load_config
from training.tracking import log_validation
from training.validating.document import tracked_figures, validation_document
from training.validating.page import validation_page
from training.validating.validate import validate as judge

Document = Mapping[str, Any]


@click.command()
@ledger_option()
@click.option("--model", required=True, help="Version of the bundle.", metavar="VERSION")
@click.option("--from", "first", type=DAY, help="First month-end; the test window if not given.")
@click.option("--to", "last", type=DAY, help="Last month-end.")
@click.option("--out", type=A_PATH, help="HTML file to write beside those of the workspace.")
@lang_option()
@json_option()
def validate(
    ledger: Path,
    model: str,
    first: date | None,
    last: date | None,
    out: Path | None,
    lang: str,
    as_json: bool,
) -> None:
    """Judge a model under the active policy on month-ends whose outcomes are known."""
    _refuse(first, last, out)
    ready_home()
    grading = grader(model, None)
    record = _record(grading.bundle.model_version)
    with ledger_of(ledger, grading, last or date.min) as opened:
        found = judge(
            opened, grading.bundle, grading.policy,
            record=record, first=first, last=last, progress=note,
        )  # fmt: skip
    document = validation_document(found)
    pages = {language: validation_page(document, language) for language in LANGUAGES}
    written = {language: _report_file(document, language) for language in LANGUAGES}
    for language, path in written.items():
        write_text(path, pages[language])
    if out is not None:
        write_text(out, pages[lang])
    _log(document, pages, record)
    for warning in document["warnings"]:
        note(f"{'提示：' if lang == 'zh' else 'warning: '}{warning[lang]}")
    if as_json:
        print_json([document])
    else:
        _print(document, grading, out or written[lang])


def _refuse(first: date | None, last: date | None, out: Path | None) -> None:
    if first is not None and last is not None and first > last:
        message = f"--from {first} lies after --to {last}. Give the earlier first."
        raise UsageError(message)
    if out is not None and (out.suffix.lower() != ".html" or out.is_dir()):
        message = f"The file {out} is no .html file. Give --out the name of one."
        raise UsageError(message)


def _record(model_version: str) -> Document:
    """Return the record of the training; none for a bundle that came from elsewhere."""
    try:
        return runs.read_record(home(), model_version)
    except ModelError:
        return {}


def _report_file(document: Document, language: str) -> Path:
    span = f"{document['from']}-{document['to']}"
    name = f"validation-{document['model_version']}-{span}.{language}.html"
    return home() / runs.REPORTS / name


def _log(document: Document, pages: Mapping[str, str], record: Document) -> None:
    """Add the validation to the run of the training; that it cannot be is no failure."""
    if "run_id" not in record:
        note("warning: no run of this model is on record, so nothing was added in MLflow.")
        return
    names = {language: f"validation/{_report_file(document, language).name}" for language in pages}
    try:
        log_validation(
            record["run_id"],
            figures=tracked_figures(document),
            texts={names[language]: page for language, page in pages.items()},
            home=home(),
            settings=load_config().tracking,
        )
    except UnavailableError as error:
        note(f"warning: {error}")


def _print(document: Document, grading: Grader, report: Path) -> None:
    click.echo(f"model {document['model_version']} policy {grading.policy.policy_version}")
    click.echo(
        f"{document['from']} to {document['to']}: rows={document['rows']} "
        f"customers={document['customers']} defaults={document['defaults']}"
    )
    ranks, true = document["discrimination"], document["calibration"]
    if ranks is not None:
        area = ranks["auc"]
        click.echo(
            f"auc={area['estimate']:.4f} ({area['low']:.4f} to {area['high']:.4f}) "
            f"ks={ranks['ks']:.4f}"
        )
    click.echo(
        f"told={true['default_probability']:.4f} defaulted={true['default_rate']:.4f} "
        f"ece={true['ece']:.4f} brier={true['brier']['brier']:.4f}"
    )
    click.echo(f"monotonicity violations={document['monotonicity']['violations']}")
    click.echo(f"report {report}")
