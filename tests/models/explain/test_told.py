"""A change in words, and the rows that came, went or changed."""

from collections.abc import Iterable

import pytest

from features.evidence import EvidenceRow, Key, RowsFound
from models.bundle import Bundle
from models.explain.change import Side, changes
from models.explain.told import ToldChange, told_changes
from models.grading import grade_snapshots
from tests.models.bundles import POLICY, snapshots_of

THEN, NOW = "2025-05-31", "2025-06-30"


def nothing(feature: str, keys: Iterable[Key]) -> dict[Key, RowsFound]:
    return {}


def told(bundle: Bundle, before: dict, after: dict, find_rows=nothing) -> ToldChange:
    first, second = snapshots_of(before, as_of=THEN), snapshots_of(after, as_of=NOW)
    earlier = grade_snapshots(first, bundle, POLICY)
    later = grade_snapshots(
        second, bundle, POLICY, prior_grades={"c1": earlier[0].grade_before_override}
    )
    sides = Side(first, bundle, POLICY), Side(second, bundle, POLICY)
    return told_changes(changes(*sides, (earlier, later)), find_rows)[0]


def test_a_fall_says_from_where_to_where_and_why(bundle: Bundle) -> None:
    change = told(bundle, {}, {"is_dishonest": 1.0, "legal_count_730d": 1.0})
    assert change.sentence.en.startswith("The grade fell from A to D, the score went from ")
    assert change.sentence.zh.startswith("等级由A降至D，得分由")
    assert "the ceiling −" in change.sentence.en
    assert "等级上限−" in change.sentence.zh


def test_a_rise_and_a_stay_are_told_as_such(bundle: Bundle) -> None:
    assert told(bundle, {"is_dishonest": 1.0}, {}).sentence.en.startswith("The grade rose from D")
    same = told(bundle, {}, {})
    assert same.sentence.en.startswith("The grade stays A, the score went from ")
    assert same.sentence.en.endswith("(0.0 points).")


def test_rows_entered_left_and_changed_are_evidence(bundle: Bundle) -> None:
    def rows(feature: str, keys: Iterable[Key]) -> dict[Key, RowsFound]:
        if feature != "overdue_count_365d":
            return {}
        found = {}
        for key in keys:
            late = key[1].isoformat() == NOW
            chosen = (
                EvidenceRow("invoices", "I2" if late else "I1", {"outstanding": 5}),
                EvidenceRow("invoices", "I3", {"outstanding": 1 if late else 2, "days_late": 9}),
                EvidenceRow("invoices", "I4", {"outstanding": 8, "days_late": 40 if late else 10}),
            )
            found[key] = RowsFound(3, chosen)
        return found

    change = told(bundle, {"overdue_count_365d": 1.0}, {"overdue_count_365d": 5.0}, rows)
    moved = change.evidence["overdue_count_365d"]
    assert [(state, row.row_id) for state, row in moved] == [
        ("entered", "I2"),
        ("changed", "I3"),
        ("left", "I1"),
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_at_most_four_parts_are_told(bundle: Bundle, language: str) -> None:
    worse = {
        "on_time_rate_365d": 0.5,
        "overdue_count_365d": 6.0,
        "legal_count_730d": 4.0,
        "legal_open_count": 2.0,
        "external_score": 40.0,
        "days_since_last_legal_event": 10.0,
    }
    sentence = told(bundle, {}, worse).sentence.of(language)
    assert sentence.count({"zh": "；", "en": ";"}[language]) == 3


def test_two_scores_of_one_day_are_two_rows(bundle: Bundle) -> None:
    def rows(feature: str, keys: Iterable[Key]) -> dict[Key, RowsFound]:
        sources = [
            EvidenceRow("external_scores", "c1", {"published_on": 1, "source": source})
            for source in ("a", "b")
        ]
        now = [key for key in keys if key[1].isoformat() == NOW]
        return dict.fromkeys(now, RowsFound(2, tuple(sources)))

    change = told(bundle, {"external_score": 90.0}, {"external_score": 40.0}, rows)
    assert len(change.evidence["external_score"]) == 2
