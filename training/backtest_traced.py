"""Each event beside the grades that its customer would have held before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

import numpy as np

from features.evidence import Key, RowsFound
from features.ledger.open import EPOCH, Ledger
from features.matrix import Snapshots
from features.snapshot import Pairs, snapshots
from models.book import Grader
from models.explain.drivers import explain
from models.explain.reasons import Reason, reasons_of
from models.grading import Grading, grade_snapshots
from training.backtest_events import CreditEvent
from training.backtest_figures import LAGS, WARNING_DAYS, Held, Traced
from training.config import DefaultDefinition
from training.outcomes import default_events


def traced(
    ledger: Ledger, grader: Grader, events: Sequence[CreditEvent], definition: DefaultDefinition
) -> list[Traced]:
    """Return each event with the grades held before it, and the reasons told at 90 days.

    Parameters
    ----------
    ledger, grader
        As `training.backtest.backtest` takes them.
    events : sequence of CreditEvent
        From `training.backtest_events.events_between`.
    definition : DefaultDefinition
        A customer in such a default on the day is not graded.
    """
    pairs = [(e.customer_id, e.day - timedelta(days=lag)) for e in events for lag in LAGS]
    wanted = sorted(set(pairs))
    why_none = _not_known(ledger, wanted)
    known = [pair for pair in wanted if pair not in why_none]
    found = snapshots(ledger, _columns(known))
    why_none |= _not_gradable(ledger, found, definition)
    places = [place for place, pair in enumerate(known) if pair not in why_none]
    found = found.take(np.array(places, dtype=np.int64))
    gradings = dict(
        zip(
            (known[place] for place in places),
            grade_snapshots(found, grader.bundle, grader.policy),
            strict=True,
        )
    )
    before = {(e.customer_id, e.day - timedelta(days=WARNING_DAYS)) for e in events}
    reasons = _reasons(found, gradings, before, grader)
    return [_traced(event, gradings, why_none, reasons) for event in events]


def _traced(
    event: CreditEvent,
    gradings: Mapping[Key, Grading],
    why_none: Mapping[Key, str],
    reasons: Mapping[Key, tuple[Reason, ...]],
) -> Traced:
    keys = {lag: (event.customer_id, event.day - timedelta(days=lag)) for lag in LAGS}
    held = {lag: Held(key[1], gradings.get(key), why_none.get(key)) for lag, key in keys.items()}
    return Traced(event, held, reasons.get(keys[WARNING_DAYS], ()))


def _columns(pairs: Sequence[Key]) -> Pairs:
    days = np.array([day for _, day in pairs], dtype="datetime64[D]")
    return [customer for customer, _ in pairs], days


def _not_known(ledger: Ledger, pairs: Iterable[Key]) -> dict[Key, str]:
    rows = ledger.connection.execute(
        "SELECT customer_id, min(row_from) FROM led_customers GROUP BY customer_id"
    ).fetchall()
    since = {customer: EPOCH + timedelta(days=max(int(day), 0)) for customer, day in rows}
    return {pair: "not_known" for pair in pairs if pair[1] < since.get(pair[0], date.max)}


def _not_gradable(
    ledger: Ledger, found: Snapshots, definition: DefaultDefinition
) -> dict[Key, str]:
    """Return why training would leave a row out: the same two reasons as in `Population`."""
    unknown: dict[str, list[tuple[date, date]]] = {}
    for event in default_events(ledger, definition.on):
        unknown.setdefault(event.customer_id, []).append((event.day, event.known_on))
    told = np.zeros(len(found), dtype=bool)
    for name in definition.on:
        told |= found.column(f"default_{name}") == 1
    exposed = found.column("is_exposed") != 0
    why: dict[Key, str] = {}
    for row, key in enumerate(zip(found.customer_ids, found.as_of.tolist(), strict=True)):
        spans = unknown.get(key[0], ())
        if told[row] or any(day <= key[1] < known_on for day, known_on in spans):
            why[key] = "in_default"
        elif not exposed[row] and not definition.keep_unexposed:
            why[key] = "no_exposure"
    return why


def _reasons(
    found: Snapshots, gradings: Mapping[Key, Grading], chosen: set[Key], grader: Grader
) -> dict[Key, tuple[Reason, ...]]:
    keys = list(gradings)
    places = [place for place, key in enumerate(keys) if key in chosen]
    some = [keys[place] for place in places]
    if not some:
        return {}
    rows = found.take(np.array(places))
    explained = explain(rows, [gradings[key] for key in some], grader.bundle, grader.policy)
    return dict(zip(some, reasons_of(explained, grader.policy, _no_rows), strict=True))


def _no_rows(feature: str, keys: Iterable[Key]) -> dict[Key, RowsFound]:
    return {}  # only codes are counted: the evidence would be looked up for nothing
