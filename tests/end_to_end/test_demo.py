"""The demo, run as a user runs it, and everything that its workspace must then hold."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.catalogue import FEATURES
from features.ledger.open import open_ledger
from features.matrix import Snapshots
from features.snapshot import all_pairs, snapshots
from models.book import Book, Grader, book_of_day
from models.bundle import load_bundle
from models.grading import grade_snapshots
from models.policy.load import load_policy
from tests.drawn import write_ledger
from training.outcomes import default_events, defaulted_within

LAST = date(2025, 12, 31)
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Demo:
    """A workspace in which the demo ran, and what it printed."""

    home: Path
    stdout: str

    @property
    def ledger(self) -> Path:
        return self.home / "demo" / "ledger"

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return run(self.home, *arguments)


def run(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("tradegrade")
    return subprocess.run(
        [str(program), *(str(argument) for argument in arguments)],
        env=os.environ | {"TRADEGRADE_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    home = tmp_path_factory.mktemp("workspace") / "var"
    done = run(home, "demo")
    assert done.returncode == 0, done.stderr
    return Demo(home, done.stdout)


@pytest.fixture(scope="module")
def grader(demo: Demo) -> Grader:
    folder = next(path for path in (demo.home / "bundles").iterdir() if path.is_dir())
    return Grader(load_bundle(folder), load_policy())


@pytest.fixture(scope="module")
def book(demo: Demo, grader: Grader) -> Iterator[Book]:
    with open_ledger(demo.ledger) as ledger:
        yield book_of_day(ledger, LAST, grader)


def test_it_prints_a_line_per_grade_for_two_month_ends(demo: Demo) -> None:
    lines = re.findall(r"^grade=([ABCD]) customers=(\d+) ", demo.stdout, re.MULTILINE)
    assert [grade for grade, _ in lines] == list("ABCD") * 2
    assert all(int(number) > 0 for _, number in lines)
    assert sum(int(number) for _, number in lines[:4]) == 2000


def test_it_explains_a_grade_and_a_change_in_both_languages(demo: Demo) -> None:
    assert re.search(r"grade [ABCD] \([ABCD][123]\), score ", demo.stdout)
    assert "The grade fell from" in demo.stdout
    assert "等级由" in demo.stdout
    assert "make serve" in demo.stdout


def test_it_writes_the_reports_where_it_says(demo: Demo) -> None:
    said = re.findall(r"^(?:risk|validation) report (.+)$", demo.stdout, re.MULTILINE)
    assert len(said) == 3
    assert all(Path(name).stat().st_size > 1000 for name in said)


def test_it_stores_both_books(demo: Demo) -> None:
    with sqlite3.connect(demo.home / "store.db") as connection:
        rows = connection.execute("SELECT as_of, count(*) FROM grades GROUP BY as_of").fetchall()
    assert rows == [("2025-11-30", 2000), ("2025-12-31", 2000)]


def test_every_customer_is_explained_to_the_last_point(book: Book) -> None:
    worst = 0.0
    for explanation in book.explanations:
        drivers = sum(driver.points for driver in explanation.drivers)
        lines = sum(line.points for line in explanation.grading.adjustments)
        told = explanation.reference + drivers + lines
        worst = max(worst, abs(told - explanation.grading.score))
    assert len(book.explanations) == 2000
    assert worst <= 1e-9


def test_every_change_adds_up(demo: Demo) -> None:
    done = demo.run(
        "change", "--all", "--ledger", demo.ledger, "--from", "2025-11-30", "--to", LAST, "--json"
    )
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) == 2000
    for change in told:
        moved = change["score_to"] - change["score_from"]
        assert abs(sum(change["blocks"].values()) - moved) <= 1e-9 * max(1, abs(moved))
        for feature in change["features"]:
            if feature["from"] == feature["to"]:
                assert feature["points"] == 0


def good_customer(folder: Path, *, listed: bool = False) -> Path:
    """Draw a large prompt customer: 36 monthly invoices, two late, one of them in the last year."""
    invoices: list[dict[str, Any]] = []
    payments: list[dict[str, Any]] = []
    late = {5, 30}
    for month in range(36):
        year, number = 2023 + month // 12, month % 12 + 1
        issued, due = date(year, number, 1), date(year, number, 21)
        amount = "55555.00" if month < 35 else "55575.00"
        paid = due.replace(day=28) if month in late else due.replace(day=18)
        if paid > LAST:
            continue
        invoices.append({"invoice_id": f"I{month}", "customer_id": "big", "amount": amount,
                         "issued_on": issued.isoformat(), "due_on": due.isoformat()})  # fmt: skip
        payments.append({"payment_id": f"P{month}", "customer_id": "big", "amount": amount,
                         "invoice_id": f"I{month}", "paid_on": paid.isoformat()})  # fmt: skip
    legal = [{"event_id": "E1", "customer_id": "big", "filed_on": "2025-06-01",
              "kind": "dishonest"}] if listed else []  # fmt: skip
    return write_ledger(
        folder,
        customers=[
            {"customer_id": "big", "industry": "steel", "customer_since": "2022-12-01"},
            {"customer_id": "new", "industry": "steel", "customer_since": "2025-12-20"},
        ],
        invoices=invoices,
        payments=payments,
        legal_events=legal,
        coverage=[{"customer_id": "big", "source": "court", "searched_on": "2025-12-01"}],
        external_scores=[{"subject": "industry", "subject_id": "steel", "score": 90,
                          "published_on": "2025-12-01"}],
    )  # fmt: skip


def graded(folder: Path, grader: Grader) -> Book:
    with open_ledger(folder) as ledger:
        return book_of_day(ledger, LAST, grader)


def test_a_large_prompt_customer_has_an_a(grader: Grader, tmp_path: Path) -> None:
    big, new = graded(good_customer(tmp_path / "l"), grader).gradings
    assert big.grade == "A"
    assert not big.provisional
    assert (new.grade, new.provisional) == ("C", True)


def test_a_dishonest_listing_means_d_whatever_the_points(grader: Grader, tmp_path: Path) -> None:
    big, _ = graded(good_customer(tmp_path / "l", listed=True), grader).gradings
    assert big.grade == "D"
    assert big.blend > 50


def test_grades_order_what_really_happened(demo: Demo, grader: Grader) -> None:
    """Over the three dates that the model was tested on, worse grades defaulted no less often."""
    days = (date(2025, 3, 31), date(2025, 4, 30), date(2025, 5, 31))
    happened: dict[str, list[bool]] = {grade: [] for grade in "ABCD"}
    with open_ledger(demo.ledger) as ledger:
        events = default_events(ledger, ("bad_debt", "bankruptcy", "days_past_due"))
        for day in days:
            found = snapshots(ledger, all_pairs(ledger, [day]))
            known = [
                grading
                for grading in grade_snapshots(found, grader.bundle, grader.policy)
                if "in_default" not in grading.hard_facts
            ]
            ids = [grading.customer_id for grading in known]
            defaulted = defaulted_within(events, ids, as_of=day, horizon_days=180)
            for grading, bad in zip(known, defaulted.tolist(), strict=True):
                happened[grading.grade].append(bad)
    rates = {grade: float(np.mean(bad)) for grade, bad in happened.items()}
    # A and B are told .5 % and 1 %: with some ten defaults each only their sum can be ordered
    good = float(np.mean(happened["A"] + happened["B"]))
    assert good < rates["C"] < rates["D"]
    assert rates["D"] > 5 * good


def test_monotone_features_never_help_when_they_worsen(book: Book, grader: Grader) -> None:
    rows = np.arange(0, len(book.snapshots), 40)
    base = book.snapshots.take(rows)
    before = grader.bundle.probability.log_odds(base.select(grader.bundle.feature_names).values)
    for place, name in enumerate(base.names):
        direction = FEATURES[name].direction
        if direction == 0 or name not in grader.bundle.feature_names:
            continue
        values = base.values.copy()
        values[:, place] += direction * (np.abs(values[:, place]) * 0.5 + 1)
        worse = Snapshots(base.customer_ids, base.as_of, base.names, values)
        after = grader.bundle.probability.log_odds(worse.select(grader.bundle.feature_names).values)
        assert (after >= before - 1e-12).all(), name
        assert len(grade_snapshots(worse, grader.bundle, grader.policy)) == len(rows)
