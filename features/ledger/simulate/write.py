"""Write a ledger table by table, and let it appear whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import UsageError
from features.ledger.tables import TABLES, Table
from features.whole import open_to_others

_TYPES = {
    "date": pa.date32(),
    "money": pa.decimal128(18, 2),
    "score": pa.float64(),
    "number": pa.float64(),
}


class LedgerWriter:
    """Append rows to the files of a ledger, one row group per call and table."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        """Open one file per table in a folder; the stack closes them."""
        self._writers = {
            name: stack.enter_context(_writer(folder / f"{name}.parquet", table))
            for name, table in TABLES.items()
        }

    def append(self, tables: Mapping[str, pa.Table]) -> None:
        """Append the rows of some tables, their columns in any order."""
        for name, rows in tables.items():
            writer = self._writers[name]
            writer.write_table(rows.select(writer.schema.names))


@contextmanager
def new_ledger(out: Path) -> Iterator[LedgerWriter]:
    """Yield a writer for a ledger that appears at ``out`` when the block ends well.

    The files are written in a hidden folder beside it, which then takes its name; when the
    block fails the folder is removed and ``out`` is as before.

    Raises
    ------
    UsageError
        If ``out`` is a file, or a folder that is not empty.
    """
    refuse_used(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        with ExitStack() as stack:
            yield LedgerWriter(folder, stack)
        open_to_others(folder)
        folder.replace(out)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def refuse_used(out: Path) -> None:
    """Raise a UsageError if something stands where the ledger should go."""
    if out.is_dir() and not any(out.iterdir()):
        return
    if out.exists() or out.is_symlink():
        message = (
            f"There is already something at {out}, and a simulated ledger replaces nothing. "
            "Give --out a new folder, or remove the old one first."
        )
        raise UsageError(message)


def _writer(path: Path, table: Table) -> pq.ParquetWriter:
    fields = [pa.field(c.name, _TYPES.get(c.kind, pa.string())) for c in table.columns]
    few = [column.name for column in table.columns if column.kind in ("text", "code")]
    return pq.ParquetWriter(path, pa.schema(fields), compression="zstd", use_dictionary=few)
