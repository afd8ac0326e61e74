"""The check of a ledger: its quality in numbers, for a person or as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from features.errors import LedgerError
from features.ledger.checks import Problem
from features.ledger.quality import Quality, ledger_quality
from models.policy.load import load_policy
from tradegrade.options import json_option, ledger_option
from tradegrade.output import print_json
from tradegrade.workspace import active_policy


@click.command()
@ledger_option()
@json_option()
@click.pass_context
def check(ctx: click.Context, ledger: Path, as_json: bool) -> None:
    """Count what a ledger has, lacks and gets wrong; exit 3 where it breaks a rule."""
    currency = load_policy(active_policy()).ledger.currency
    found = ledger_quality(ledger, ledger_currency=currency)
    if as_json:
        print_json([document_of(found)])
    else:
        click.echo("\n".join(page_of(found)))
    if found.errors:
        ctx.exit(LedgerError.exit_code)


def document_of(found: Quality) -> dict[str, Any]:
    """Return a ledger's quality as the JSON document that other programs read.

    Errors stand before warnings. What was not computed is null: the shares of a ledger that
    breaks a rule, the dates of an empty table.
    """
    problems = [_problem(p, "error") for p in found.errors]
    problems += [_problem(p, "warning") for p in found.warnings]
    return {
        "tables": [
            {"name": t.name, "rows": t.rows, "from": _iso(t.first), "to": _iso(t.last)}
            for t in found.tables
        ],
        "problems": problems,
        "features": [
            {"feature": name, "unknown_share": share}
            for name, share in found.unknown_shares.items()
        ],
        "last_day": _iso(found.last_day),
        "late_known_share": {t.name: t.late_known_share for t in found.tables},
        "corrected_ids": found.corrected,
        "customers": found.customers,
        "customers_without_history": found.without_history,
        "currency": found.currency,
        "currencies": found.currencies,
    }


def page_of(found: Quality) -> Iterator[str]:
    """Yield the lines of a ledger's quality for a person: a block of rows per subject."""
    yield from _aligned(_table_rows(found))
    yield ""
    without = f"{_count(found.without_history)} without history (no invoice)"
    yield f"customers   {_count(found.customers)}, {without}"
    yield f"currency    {found.currency or '-'}{_named(found.currencies)}"
    yield f"last day    {found.last_day or '-'}"
    yield ""
    yield from _problem_lines("error", found.errors)
    yield from _problem_lines("warning", found.warnings)
    if not (found.errors or found.warnings):
        yield "no problems"
    yield ""
    if found.errors:
        yield "The ledger breaks a rule, so it is refused and no feature can be computed."
    else:
        yield from _aligned(_feature_rows(found))


def _table_rows(found: Quality) -> Iterator[Sequence[str]]:
    yield "table", "rows", "from", "to", "known late", "corrected ids"
    for table in found.tables:
        yield (
            table.name,
            _count(table.rows),
            _iso(table.first) or "-",
            _iso(table.last) or "-",
            _percent(table.late_known_share),
            _count(found.corrected.get(table.name)),
        )


def _feature_rows(found: Quality) -> Iterator[Sequence[str]]:
    yield "feature", "unknown"
    for name, share in found.unknown_shares.items():
        yield name, _percent(share)


def _problem_lines(level: str, problems: Sequence[Problem]) -> Iterator[str]:
    for problem in problems:
        yield f"{level:<8} {problem.message}"


def _aligned(rows: Iterator[Sequence[str]]) -> Iterator[str]:
    """Yield rows in columns, the first to the left and the others to the right."""
    known = list(rows)
    widths = [max(len(cell) for cell in column) for column in zip(*known, strict=True)]
    for first, *others in known:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        yield "  ".join([first.ljust(widths[0]), *cells])


def _problem(problem: Problem, level: str) -> dict[str, Any]:
    return {**vars(problem), "level": level}


def _named(currencies: dict[str, int]) -> str:
    told = ", ".join(f"{code} in {rows:,} row(s)" for code, rows in currencies.items())
    return f" (named: {told})" if told else " (none named)"


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
