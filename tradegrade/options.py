"""Options and kinds of values that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2199, 12, 31)  # of an as-of date


class Day(click.ParamType[date]):
    """A date written 2025-12-31."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the date, or say how to write one."""
        if isinstance(value, date):
            return value
        try:
            day = date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date; write it as 2025-12-31.", param, ctx)
        if not FIRST_DAY <= day <= LAST_DAY:
            self.fail(f"{value} lies outside {FIRST_DAY} to {LAST_DAY}.", param, ctx)
        return day


class Days(click.ParamType[tuple[date, ...]]):
    """Dates joined by commas."""

    name = "dates"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[date, ...]:
        """Return the dates in order, once each."""
        if isinstance(value, tuple):
            return value
        return tuple(sorted({Day().convert(part, param, ctx) for part in value.split(",")}))


DAY = Day()
DAYS = Days()
A_PATH = click.Path(path_type=Path)


def ledger_option(*, required: bool = True) -> Decorator:
    """Add ``--ledger``."""
    return click.option(
        "--ledger", required=required, type=A_PATH, help="Folder of the ledger's Parquet files."
    )


def json_option() -> Decorator:
    """Add ``--json``."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print JSON on standard output and nothing else."
    )


def lang_option() -> Decorator:
    """Add ``--lang``."""
    return click.option(
        "--lang",
        type=click.Choice(["zh", "en"]),
        default="en",
        show_default=True,
        help="Language of the text.",
    )


def bundle_option(name: str = "--bundle") -> Decorator:
    """Add an option for a bundle."""
    return click.option(
        name, help="Folder or version of the bundle; the champion if not given.", metavar="DIR"
    )


def policy_option(name: str = "--policy") -> Decorator:
    """Add an option for a policy."""
    return click.option(name, type=A_PATH, help="Policy TOML; the packaged one if not given.")


def engine_option() -> Decorator:
    """Add ``--engine``."""
    return click.option(
        "--engine",
        type=click.Choice(["duckdb", "postgres", "spark"]),
        default="duckdb",
        show_default=True,
        help="Where features are computed.",
    )
