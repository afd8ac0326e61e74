"""Publish: a ledger's facts into PostgreSQL, for look-ups and for grading there."""

from __future__ import annotations

from pathlib import Path

import click

from features.engines.private import database_url_or_private
from features.engines.published import publish_facts
from features.ledger.open import open_ledger
from models.policy.load import load_policy
from tradegrade.options import json_option, ledger_option
from tradegrade.output import note, print_json
from tradegrade.workspace import active_policy, ready_home


@click.command()
@ledger_option()
@json_option()
def publish(ledger: Path, as_json: bool) -> None:
    """Write a ledger's settled facts into PostgreSQL, in the place of those published before.

    Into the database of TRADEGRADE_DATABASE_URL, or without it that of the workspace.
    """
    currency = load_policy(active_policy()).ledger.currency
    with (
        database_url_or_private(ready_home()) as url,
        open_ledger(ledger, ledger_currency=currency) as opened,
    ):
        found = publish_facts(opened, url)
    if as_json:
        print_json(
            [
                {
                    "schema": found.schema,
                    "fingerprint": found.fingerprint,
                    "currency": found.currency,
                    "tables": list(found.tables),
                }
            ]
        )
    note(f"the facts of {ledger} stand in the schema {found.schema}")
