"""Commands about facts: make a ledger, compute features."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import click

from features.errors import LedgerError, UsageError
from features.given import read_pairs, refuse_strangers
from features.ledger import simulate as seller
from features.ledger.open import open_ledger
from features.snapshot import all_pairs
from models.policy.load import load_policy
from tradegrade.engines import computing
from tradegrade.options import A_PATH, DAYS, engine_option, ledger_option
from tradegrade.output import note, refuse_unwritable, write_table
from tradegrade.workspace import active_policy


@click.command()
@click.option("--customers", type=int, required=True, help="How many customers.")
@click.option("--months", type=int, required=True, help="Length of the ledger in months.")
@click.option("--seed", type=int, required=True, help="The same seed gives the same ledger.")
@click.option("--out", type=A_PATH, required=True, help="Folder to make.")
def simulate(customers: int, months: int, seed: int, out: Path) -> None:
    """Write the ledger of a made-up seller: every table, its causes known."""
    with click.progressbar(
        length=customers, label=f"simulating {customers} customers", file=sys.stderr
    ) as bar:
        seller.simulate(
            customers, months, seed, out, progress=lambda done, _: bar.update(done - bar.pos)
        )
    note(f"wrote {out}")


@click.command()
@ledger_option()
@click.option("--as-of", type=DAYS, help="One date, or several joined by commas.")
@click.option("--pairs", type=A_PATH, help="Parquet or CSV with customer_id and as_of.")
@click.option("--out", type=A_PATH, required=True, help="File to write, .parquet or .csv.")
@engine_option()
def features(
    ledger: Path, as_of: tuple[date, ...] | None, pairs: Path | None, out: Path, engine: str
) -> None:
    """Compute every feature of the catalogue as of days, from what was known on each."""
    if (as_of is None) == (pairs is None):
        message = "Give either --as-of or --pairs."
        raise UsageError(message)
    refuse_unwritable(out)
    currency = load_policy(active_policy()).ledger.currency
    given = None if pairs is None else read_pairs(pairs)
    latest = max(as_of) if as_of else max(given[1].tolist()) if given else None
    with (
        computing(engine) as ready,
        open_ledger(ledger, ledger_currency=currency, latest=latest) as opened,
    ):
        for told in opened.notes():
            note(told)
        if given is not None:
            refuse_strangers(opened, given[0], f"The pairs {pairs}")
        asked = given or all_pairs(opened, as_of or ())
        if not asked[0]:
            message = (
                f"No customer of {ledger} was known then. Give a later --as-of, or check known_on "
                "and customer_since in the table customers."
            )
            raise LedgerError(message)
        found = ready.compute(opened, asked)
    write_table(out, found.to_arrow())
    note(f"wrote {len(found)} rows of {len(found.names)} features to {out}")
