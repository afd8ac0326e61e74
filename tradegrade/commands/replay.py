"""The command that computes stored grades once more from the ledger as then known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from features.errors import LedgerError, UsageError
from features.ledger.open import open_ledger
from models.policy.load import load_policy
from serving.grades.recompute import Recomputed, recomputed, refuse_nothing
from serving.grades.records import StoredGrade
from serving.grades.replay import Graders
from serving.grades.store import GradeStore
from tradegrade.options import DAY, json_option, ledger_option
from tradegrade.output import note, print_json
from tradegrade.workspace import active_policy, grade_store

_LARGEST_ID = 2**63 - 1
_SHOWN = 5  # differences of a grade


@click.command()
@click.argument("grade_ids", nargs=-1, type=click.IntRange(1, _LARGEST_ID), metavar="[GRADE_ID]...")
@ledger_option()
@click.option("--customer", help="Every stored grade of a customer.")
@click.option("--as-of", type=DAY, help="Every stored grade of a day.")
@json_option()
def replay(
    grade_ids: tuple[int, ...],
    ledger: Path,
    customer: str | None,
    as_of: date | None,
    as_json: bool,
) -> None:
    """Compute stored grades once more and compare them to the byte.

    From the ledger as it was known on the grade's day, by the bundle and the policy that gave
    it. Exit code 3 if any comes out otherwise: the ledger no longer tells what it told.
    """
    if bool(grade_ids) + (customer is not None) + (as_of is not None) != 1:
        message = "Give one of: numbers of stored grades, --customer, --as-of."
        raise UsageError(message)
    with grade_store() as store:
        stored = _asked(store, grade_ids, customer, as_of)
        currency = stored[0].currency or load_policy(active_policy()).ledger.currency
        latest = max(grade.as_of for grade in stored)
        with open_ledger(ledger, ledger_currency=currency, latest=latest) as opened:
            differing = 0
            for found in recomputed(stored, Graders(store), opened):
                differing += not found.equal
                _tell(found, opened.fingerprint, as_json=as_json)
    note(f"{len(stored) - differing} of {len(stored)} grades come out as they were told")
    if differing:
        message = (
            f"{differing} of {len(stored)} stored grades come out otherwise: rows of the ledger "
            "were changed or removed without a later known_on. Restore them, or correct them by "
            "rows that are known later."
        )
        raise LedgerError(message)


def _asked(
    store: GradeStore, grade_ids: Sequence[int], customer: str | None, as_of: date | None
) -> list[StoredGrade]:
    if customer is not None:
        found = store.history(customer, at_most=_LARGEST_ID)
        refuse_nothing(found, f"of the customer {customer}")
        return found
    if as_of is not None:
        found = store.grades_of_day(as_of)
        refuse_nothing(found, f"for {as_of}")
        return sorted(found, key=lambda grade: (grade.model_version, grade.policy_sha256))
    found = []
    for grade_id in grade_ids:
        one = store.grade_with_id(grade_id)
        refuse_nothing([] if one is None else [one], f"under the number {grade_id}")
        found += [] if one is None else [one]
    return found


def _tell(found: Recomputed, fingerprint: str, *, as_json: bool) -> None:
    stored = found.stored
    if as_json:
        print_json([_document(found, fingerprint)])
        return
    same = "equal" if found.equal else "DIFFERENT"
    click.echo(
        f"grade_id={stored.grade_id} {stored.customer_id} as_of={stored.as_of} "
        f"grade={stored.document['grade']} score={stored.document['score']:.2f} {same}"
    )
    for difference in found.differences[:_SHOWN]:
        click.echo(f"  {difference.field}: {difference.stored} then, {difference.replayed} now")
    if len(found.differences) > _SHOWN:
        click.echo(f"  and {len(found.differences) - _SHOWN} more")


def _document(found: Recomputed, fingerprint: str) -> dict[str, Any]:
    stored = found.stored
    return {
        "grade_id": stored.grade_id,
        "customer_id": stored.customer_id,
        "as_of": stored.as_of.isoformat(),
        "equal": found.equal,
        "differences": [vars(difference) for difference in found.differences],
        "same_words": found.same_words,
        "grade": stored.document["grade"],
        "score": stored.document["score"],
        "model_version": stored.model_version,
        "policy_version": stored.policy_version,
        "ledger_fingerprint": stored.ledger_fingerprint,
        "same_ledger_files": stored.ledger_fingerprint == fingerprint,
    }
