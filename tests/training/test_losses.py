"""Expected losses of a past day beside what came of it, by a model of the ledger's own."""

from datetime import date, timedelta

import numpy as np
import pytest

from features.ledger.open import open_ledger
from features.snapshot import all_pairs, snapshots
from models.book import Grader
from models.bundle import load_bundle
from models.grading import grade_snapshots
from models.losses.defaults import CRITERIA
from models.losses.expected import expected_losses, loss_facts
from models.losses.owed import number_of, points_table, receivables_of
from models.policy import load_policy
from tests.conftest import Trained
from training.outcomes import default_events, defaulted_within


@pytest.mark.slow
def test_expected_losses_are_of_the_size_of_what_was_lost(trained: Trained) -> None:
    """What stood on the day and was lost, and all bad debts of who defaulted, hold it between."""
    day, last = date(2024, 9, 30), date(2025, 9, 30)
    bundle = load_bundle(trained.result.bundle)
    grader = Grader(bundle, load_policy())
    with open_ledger(trained.ledger) as ledger:
        found = snapshots(ledger, all_pairs(ledger, [day]))
        facts = loss_facts(ledger, day, grader, default_on=CRITERIA)
        gradings = grade_snapshots(found, grader.bundle, grader.policy)
        book = expected_losses(facts, found, gradings, grader)
        events = default_events(ledger, CRITERIA)
        flags = defaulted_within(
            events, found.customer_ids, as_of=day, horizon_days=bundle.horizon_days
        )
        with receivables_of(ledger, last) as receivables:
            start, end = number_of(day), number_of(last)
            points = [(c, start, start + 1, end) for c in found.customer_ids]
            receivables.ask(points_table(points))
            stood = dict(
                receivables.rows("SELECT customer_id, sum(lost) FROM loss_items GROUP BY ALL")
            )
            given_up = dict(
                receivables.rows(
                    "SELECT customer_id, sum(amount) FROM loss_debts "
                    "WHERE told_on > $start AND told_on <= $end GROUP BY ALL",
                    start=start,
                    end=end,
                )
            )
    assert last - day == timedelta(days=365)
    gone = np.array(found.customer_ids)[
        flags | np.array([line.in_default for line in book.customers])
    ]
    of_the_day = sum(int(str(stood.get(c, 0))) for c in gone) / 100
    in_all = sum(int(str(given_up.get(c, 0))) for c in gone) / 100
    expected = float(book.total("expected_loss"))
    assert 0 < of_the_day <= in_all
    assert 0.5 * of_the_day < expected < 2.0 * in_all, (of_the_day, expected, in_all)
