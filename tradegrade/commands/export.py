"""Export: the facts that hold now, as plain files."""

from __future__ import annotations

from pathlib import Path

import click

from features.ledger.export import export_ledger
from tradegrade.options import A_PATH, ledger_option
from tradegrade.output import note


@click.command()
@ledger_option()
@click.option("--out", type=A_PATH, required=True, help="Folder to make.")
def export(ledger: Path, out: Path) -> None:
    """Write the current facts of a ledger, one plain Parquet file per table."""
    written = export_ledger(ledger, out)
    for name, rows in written.rows.items():
        click.echo(f"{name} {rows}")
    note(f"wrote {out}")
