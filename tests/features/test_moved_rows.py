"""The rows that moved a feature between two days: their state, what they add, their points."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from features.evidence import EvidenceRow, evidence_source
from features.ledger.open import open_ledger
from features.moved_rows import (
    STATES,
    Between,
    MovedRow,
    moved_rows,
    moved_rows_of_many,
    share_points,
)
from tests.drawn import invoice, payment, write_ledger

MONTH = Between("c1", date(2025, 5, 31), date(2025, 6, 30))
Told = list[tuple[str, str, tuple[bool, bool]]]


@contextmanager
def moved(folder: Path, *features: str, **tables: Any) -> Iterator[dict[str, tuple]]:
    with open_ledger(write_ledger(folder / "ledger", **tables)) as ledger:
        found = moved_rows(evidence_source(ledger), MONTH, features)
        assert list(moved_rows_of_many(ledger, [(MONTH, features)])) == [found]
        yield found


def told(rows: tuple[MovedRow, ...]) -> Told:
    return [(row.row.row_id, row.state, row.counts) for row in rows]


def test_each_state_of_an_open_overdue_invoice(tmp_path: Path) -> None:
    drawn = {
        "invoices": [
            invoice("stays", "2025-04-01", "2025-05-01", 10),
            invoice("paid", "2025-04-01", "2025-05-02", 20),
            invoice("fell due", "2025-05-01", "2025-06-10", 30),
            invoice("happened since", "2025-06-01", "2025-06-15", 40),
            invoice("told late", "2025-05-01", "2025-06-20", 50, known_on="2025-06-03"),
            invoice("paid in part", "2025-04-01", "2025-05-03", 60),
        ],
        "payments": [
            payment("P1", "2025-06-20", 20, invoice_id="paid"),
            payment("P2", "2025-06-20", 15, invoice_id="paid in part"),
        ],
    }
    with moved(tmp_path, "open_overdue_amount", **drawn) as found:
        rows = found["open_overdue_amount"]
    assert told(rows) == [
        ("told late", "newly_known", (False, True)),
        ("happened since", "new", (False, True)),
        ("fell due", "aged_in", (False, True)),
        ("paid", "changed", (True, False)),
        ("paid in part", "changed", (True, True)),
    ]
    assert [row.adds for row in rows] == [(0, 50), (0, 40), (0, 30), (20, 0), (60, 45)]
    assert [row.before is None for row in rows] == [True, True, False, False, False]
    assert rows[4].before is not None
    assert rows[4].before.fields["outstanding"] == 60
    assert rows[4].row.fields["outstanding"] == 45


def test_time_takes_a_row_out_of_its_window(tmp_path: Path) -> None:
    drawn = {"invoices": [invoice("I1", "2025-03-10", "2025-04-10", 70)]}
    with moved(tmp_path, "invoice_amount_90d", "invoice_count_90d", **drawn) as found:
        assert told(found["invoice_amount_90d"]) == [("I1", "aged_out", (True, False))]
        assert found["invoice_count_90d"][0].adds == (1, 0)


def test_a_row_changes_only_for_features_that_read_what_changed(tmp_path: Path) -> None:
    drawn = {
        "invoices": [invoice("I1", "2025-05-10", "2025-07-10", 70)],
        "payments": [payment("P1", "2025-06-10", 30, invoice_id="I1")],
    }
    with moved(tmp_path, "invoice_count_90d", "open_balance", **drawn) as found:
        assert list(found) == ["open_balance"]
        assert told(found["open_balance"]) == [("I1", "changed", (True, True))]


def test_a_correction_changes_and_a_withdrawal_takes_away(tmp_path: Path) -> None:
    signal = {"customer_id": "c1", "observed_on": "2025-05-20", "kind": "complaint"}
    drawn = {
        "signals": [
            {**signal, "signal_id": "S1"},
            {**signal, "signal_id": "S1", "customer_id": "c2", "known_on": "2025-06-05"},
            {**signal, "signal_id": "S2"},
            {**signal, "signal_id": "S2", "kind": "return", "known_on": "2025-06-05"},
        ]
    }
    with moved(tmp_path, "complaint_count_365d", **drawn) as found:
        rows = found["complaint_count_365d"]
    assert told(rows) == [
        ("S1", "changed", (True, False)),
        ("S2", "changed", (True, False)),
    ]
    assert rows[0].row == rows[0].before  # nobody tells of it now: it is shown as it was
    assert [row.row.fields["kind"] for row in rows] == ["complaint", "return"]


def test_a_suit_that_closes_was_open_as_known_before(tmp_path: Path) -> None:
    suit = {"event_id": "E1", "customer_id": "c1", "filed_on": "2025-01-10", "kind": "lawsuit"}
    with moved(
        tmp_path, "legal_open_count", legal_events=[{**suit, "closed_on": "2025-06-12"}]
    ) as found:
        (row,) = found["legal_open_count"]
    assert (row.state, row.counts) == ("changed", (True, False))
    assert row.before is not None
    assert row.before.fields["closed_on"] is None
    assert row.row.fields["closed_on"] == date(2025, 6, 12)


def test_a_guarantee_runs_out_by_time(tmp_path: Path) -> None:
    drawn = {"guarantee_id": "G1", "customer_id": "c1", "amount": "500",
             "valid_from": "2024-01-01", "valid_to": "2025-06-15"}  # fmt: skip
    with moved(tmp_path, "guaranteed_amount", guarantees=[drawn]) as found:
        assert told(found["guaranteed_amount"]) == [("G1", "aged_out", (True, False))]


def test_only_the_rows_that_attain_an_extreme_moved_it(tmp_path: Path) -> None:
    drawn = {
        "invoices": [
            invoice("oldest", "2025-03-01", "2025-04-01", 10),
            invoice("next", "2025-03-01", "2025-05-01", 10),
            invoice("young", "2025-05-20", "2025-06-20", 10),
        ],
        "payments": [payment("P1", "2025-06-20", 10, invoice_id="oldest")],
    }
    with moved(tmp_path, "oldest_overdue_days", "open_overdue_count", **drawn) as found:
        assert told(found["oldest_overdue_days"]) == [("oldest", "changed", (True, False))]
        assert len(found["open_overdue_count"]) == 2


def score(subject: str, whose: str, day: str, points: float) -> dict[str, Any]:
    return {"subject": subject, "subject_id": whose, "published_on": day, "score": points}


def test_without_a_score_of_its_own_the_industry_moved_it(tmp_path: Path) -> None:
    drawn = {
        "customers": [{"customer_id": "c1", "industry": "steel"}],
        "external_scores": [
            score("industry", "steel", "2025-05-10", 70.0),
            score("industry", "steel", "2025-06-10", 60.0),
        ],
    }
    with moved(tmp_path, "external_score", **drawn) as found:
        (row,) = found["external_score"]
    assert (row.row.row_id, row.row.fields["score"], row.state) == ("steel", 60.0, "new")


def test_with_a_score_of_its_own_the_industry_moved_nothing(tmp_path: Path) -> None:
    drawn = {
        "customers": [{"customer_id": "c1", "industry": "steel"}],
        "external_scores": [
            score("industry", "steel", "2025-06-10", 60.0),
            score("customer", "c1", "2025-06-12", 55.0),
        ],
    }
    with moved(tmp_path, "external_score", "industry_score", **drawn) as found:
        assert [row.row.row_id for row in found["external_score"]] == ["c1"]
        assert [row.row.row_id for row in found["industry_score"]] == ["steel"]


def test_an_attribute_and_an_absent_table_moved_by_no_row(tmp_path: Path) -> None:
    with moved(tmp_path, "tenure_days", "complaint_count_365d") as found:
        assert found == {}


def test_one_day_moves_nothing_and_days_must_be_in_order(tmp_path: Path) -> None:
    drawn = {"invoices": [invoice("I1", "2025-05-10", "2025-05-20", 70)]}
    with open_ledger(write_ledger(tmp_path / "ledger", **drawn)) as ledger:
        source = evidence_source(ledger)
        still = Between("c1", MONTH.later, MONTH.later)
        assert moved_rows(source, still, ["open_overdue_count"]) == {}
        back = Between("c1", MONTH.later, MONTH.earlier)
        with pytest.raises(ValueError, match="Turn the days round"):
            moved_rows(source, back, ["open_overdue_count"])
        with pytest.raises(ValueError, match="Turn the days round"):
            list(moved_rows_of_many(ledger, [(back, ["open_overdue_count"])]))


def test_chunks_give_what_the_whole_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = [
        invoice(f"I{k}", "2025-06-01", "2025-07-01", k + 1, customer_id=f"c{k}") for k in range(5)
    ]
    wanted = [(MONTH._replace(customer_id=f"c{k}"), ["open_balance"]) for k in (3, 0, 4, 1, 2)]
    with open_ledger(write_ledger(tmp_path / "ledger", invoices=drawn)) as ledger:
        whole = list(moved_rows_of_many(ledger, wanted))
        monkeypatch.setattr("features.behind.many.CHUNK", 2)
        assert list(moved_rows_of_many(ledger, wanted)) == whole
    assert [rows["open_balance"][0].row.row_id for rows in whole] == ["I3", "I0", "I4", "I1", "I2"]


def rows_adding(*adds: tuple[float, float] | None) -> list[MovedRow]:
    row = EvidenceRow("invoices", "I1", {})
    return [MovedRow("new", row, None, (False, True), adds=each) for each in adds]


def test_points_follow_what_each_row_adds_and_add_up() -> None:
    rows = rows_adding((0, 33.33), (1, 0), (0, 7.77))
    shared = share_points(rows, points=-14.2, value_change=40.1)
    points = [row.points for row in shared if row.points is not None]
    assert [point < 0 for point in points] == [True, False, True]
    assert math.isclose(math.fsum(points), -14.2, abs_tol=1e-9)


@pytest.mark.parametrize(
    ("adds", "value_change"),
    [
        ([(0, 5), None], 5.0),
        ([(0, 5)], 6.0),
        ([(0, 5)], math.nan),
        ([(0, 5), (5, 0)], 0.0),
        ([(0, 33), (10, 0), (0, 7)], 30.0),
        ([], 1.0),
    ],
    ids=[
        "no sum",
        "rows do not explain it",
        "value unknown",
        "nothing in all",
        "one row is more than the whole",
        "no rows",
    ],
)
def test_points_are_not_told_where_they_cannot_be(
    adds: list[tuple[float, float] | None], value_change: float
) -> None:
    shared = share_points(rows_adding(*adds), points=3.0, value_change=value_change)
    assert [row.points for row in shared] == [None] * len(adds)


def test_states_are_the_words_that_others_use() -> None:
    assert STATES == ("new", "newly_known", "changed", "aged_in", "aged_out")
