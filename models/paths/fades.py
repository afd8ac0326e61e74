"""When a bad fact stops counting by the passing of time alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from features.behind.shown import EvidenceRow, RowsFound
from features.catalogue import CATALOGUE
from features.copies.copy import Copy
from features.copies.looked_up import Desk
from features.settings import SETTINGS
from models.explain.words import Text
from models.paths.words import fact_text

_DEFAULTS = ("default_bad_debt", "default_bankruptcy", "default_days_past_due")
_DAY_OF = {  # by which date a row falls into a window, by the feature's anchor
    "due": "due_on",
    "issued": "issued_on",
    "paid": "paid_on",
    "filed": "filed_on",
    "observed": "observed_on",
}


@dataclass(frozen=True)
class Fade:
    """A bad fact and the first day on which it no longer counts.

    Attributes
    ----------
    feature : str
        The feature that counts it longest.
    table, fact : str
        The ledger row: its table and id.
    on : date or None
        None where time alone does not end it: it is open, and fades only after its end.
    text : Text
        A sentence.
    """

    feature: str
    table: str
    fact: str
    on: date | None
    text: Text


def fades_of(desk: Desk, copy: Copy) -> tuple[Fade, ...]:
    """Return the bad facts of a customer that a feature counts, those that fade first first.

    A bad fact is a ledger row that a feature counts of which more is worse: a late invoice, a
    suit, bad news, a bounced payment; and whatever keeps the customer in default.

    Parameters
    ----------
    desk : Desk
        Where the copy is looked at.
    copy : Copy
        As the ledger knew the customer on its day.
    """
    counted = _counted()
    found = desk.evidence(copy, (*counted, *_DEFAULTS), copy.as_of)
    longest: dict[tuple[str, str], Fade] = {}
    for feature, (anchor, window) in counted.items():
        for row in _rows(found.get(feature)):
            on = row.fields[_DAY_OF[anchor]] + timedelta(days=window)
            held = longest.get((row.table, row.row_id))
            if held is None or held.on is None or held.on < on:
                longest[row.table, row.row_id] = _fade(feature, row, on)
    fades = [*longest.values(), *_defaults(found)]
    return tuple(sorted(fades, key=lambda fade: (fade.on is None, fade.on or date.max, fade.fact)))


@cache
def _counted() -> dict[str, tuple[str, int]]:
    """Return anchor and window of the features that count bad rows in a window."""
    return {
        feature.name: (feature.anchor, feature.window_days)
        for feature in CATALOGUE
        if feature.window_days is not None
        and feature.direction == 1
        and feature.unit == "count"
        and feature.evidence is not None
        and feature.evidence.additive
    }


def _defaults(found: dict[str, RowsFound]) -> Iterator[Fade]:
    cure = timedelta(days=SETTINGS.default_cure_days)
    ends = {"default_bankruptcy": "closed_on", "default_days_past_due": "settled_on"}
    for feature in _DEFAULTS:
        for row in _rows(found.get(feature)):
            end = row.fields.get(ends.get(feature, ""))
            yield _fade(feature, row, None if end is None else end + cure)


def _rows(found: RowsFound | None) -> tuple[EvidenceRow, ...]:
    return () if found is None else found.rows


def _fade(feature: str, row: EvidenceRow, on: date | None) -> Fade:
    return Fade(feature, row.table, row.row_id, on, fact_text(feature, row, on))
