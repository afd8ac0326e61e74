"""One way of the large benchmark in a process of its own, so that its peak memory is its own.

    python -m benchmarks.scale_worker WAY LEDGER DAY,DAY… [FILE]

It prints a JSON line for each step; FILE receives the table of `scale_steps.NAMES`.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq  # pandas would import it while it is timed

from benchmarks.scale_steps import NAMES, Step
from features.errors import TradegradeError

PEERS = {
    "scan": ("scale_scan", "scan", "bare DuckDB scan of the columns used"),
    "polars": ("scale_polars", "polars_features", "polars, lazy"),
    "sql": ("scale_sql", "sql_features", "DuckDB SQL by hand, one query over the files"),
    "pandas": ("scale_pandas", "pandas_features", "pandas, a loop over the month-ends"),
}
_OURS = {"ours": "ours", "postgres": "on_postgres", "spark": "on_spark"}
_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_FORGET_PEAK = "5"  # by the manual of /proc


def main(way: str, ledger: str, days: str, keep: str = "") -> None:
    """Run each step of a way once."""
    try:
        for step in _steps(way, Path(ledger), [date.fromisoformat(d) for d in days.split(",")]):
            line, result = _measured(step)
            print(json.dumps(line), flush=True)
            if keep and (table := as_table(result)) is not None:
                pq.write_table(table, keep)
            del result
    except TradegradeError as error:
        print(f"{way}: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


def as_table(result: Any) -> pa.Table | None:
    """Return the table of a way that has all of `NAMES` and no more, None for anything else."""
    if isinstance(result, pa.Table):
        table = result
    elif hasattr(result, "to_arrow"):
        table = result.to_arrow()
    elif hasattr(result, "to_numpy"):
        table = pa.Table.from_pandas(result, preserve_index=False)
    else:
        return None
    wanted = ("customer_id", "as_of", *NAMES)
    return table.select(wanted) if set(table.column_names) == set(wanted) else None


def _steps(way: str, ledger: Path, days: Sequence[date]) -> Iterator[Step]:
    # only the way's own library is loaded, before anything is timed
    if way in _OURS:
        found: Iterator[Step] = getattr(import_module("benchmarks.scale_ours"), _OURS[way])(
            ledger, days
        )
        yield from found
        return
    module, name, label = PEERS[way]
    function = getattr(import_module(f"benchmarks.{module}"), name)
    yield Step(label, lambda: function(ledger, days))


def _measured(step: Step) -> tuple[dict[str, Any], Any]:
    gc.collect()
    _forget_peak()
    begun, used = time.perf_counter(), time.process_time()
    result = step.run()
    seconds, cpu = time.perf_counter() - begun, time.process_time() - used
    line = {"name": step.name, "seconds": seconds, "cpu": cpu, "peak": _peak()}
    if step.elsewhere:
        line |= {"cpu": None, "peak": None}
    return line, result


def _forget_peak() -> None:
    if _CLEAR.exists():
        _CLEAR.write_text(_FORGET_PEAK, encoding="ascii")


def _peak() -> int | None:
    """Return the most bytes that were resident, None where the system does not tell."""
    if not _STATUS.exists():
        return None
    lines = _STATUS.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main(*sys.argv[1:])
