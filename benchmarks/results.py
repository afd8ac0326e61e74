"""The page of results: tables of medians and ratios, with machine and date."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from benchmarks.timing import Times, median

_PACKAGES = ("duckdb", "lightgbm", "numba", "numpy", "pandas", "polars", "pyarrow", "shap")


@dataclass(frozen=True)
class Table:
    """Ways to do one thing, against the first of them.

    Attributes
    ----------
    caption : str
        What they all do.
    times : dict of str to list of float
        Seconds of each round by way.
    per : int
        How many of it a round does; figures are told for one.
    more : dict of str to dict of str to str
        Further columns by title, each with its text by way.
    """

    caption: str
    times: Times
    per: int = 1
    more: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """A benchmark: its tables, and what must be known to read them."""

    title: str
    tables: Sequence[Table]
    notes: Sequence[str]


def page(sections: Sequence[Section], *, size: str, rounds: int, by: str = "make bench") -> str:
    """Return the page in Markdown, written by a command."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in _PACKAGES)
    head = (
        "# Results\n\n"
        f"Written by `{by}`; `benchmarks/README.md` says what is measured.\n\n"
        f"- {datetime.now(UTC):%Y-%m-%d}, {_machine()}\n"
        f"- made-up ledger of {size}\n"
        f"- medians of {rounds} interleaved rounds; the range is from the fastest to the slowest;\n"
        "  a ratio is the median of the ratios within the rounds\n"
        f"- {versions}\n\n"
        "The machine was shared with other work: trust the ratios, not the times, and ratios\n"
        "only as far as the ranges are narrow.\n"
    )
    return "\n".join([head, *(section_text(section) for section in sections)])


def section_text(section: Section) -> str:
    """Return one section in Markdown."""
    parts = [f"## {section.title}\n", *(_table(table) for table in section.tables)]
    parts.append("\n".join(f"- {text}" for text in section.notes) + "\n")
    return "\n".join(parts)


def _table(table: Table) -> str:
    first = next(iter(table.times.values()))
    lines = [
        f"{table.caption}\n",
        " | ".join(["| way", "median", "range", "× the first", *table.more]) + " |",
        "|---" + "|---:" * (3 + len(table.more)) + "|",
    ]
    for name, seconds in table.times.items():
        span = f"{told(min(seconds) / table.per)} – {told(max(seconds) / table.per)}"
        cells = [name, told(median(seconds) / table.per), span, f"{ratio(seconds, first):.3g}"]
        cells += [by_way.get(name, "–") for by_way in table.more.values()]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def ratio(seconds: Sequence[float], others: Sequence[float]) -> float:
    """Return the median of the ratios within the rounds."""
    return median([own / other for own, other in zip(seconds, others, strict=True)])


def told(seconds: float) -> str:
    """Return a time with three digits and its unit."""
    for unit, least in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= least:
            return f"{seconds / least:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


def _machine() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    processor = models[0] if models else platform.processor() or platform.machine()
    return (
        f"{os.cpu_count()} cores ({processor}), {platform.system()}, "
        f"Python {platform.python_version()}"
    )
