"""A policy tried on a book: who moves and why, in money, and at past month-ends."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from features.errors import ModelError
from features.ledger.open import Ledger, open_ledger
from features.ledger.simulate import simulate
from features.snapshot import all_pairs, snapshots
from models.bundle import Bundle
from models.grading import grade_snapshots
from tests.models.bundles import (
    POLICY,
    bundle_in,
    bundle_parts,
    certain,
    policy_with,
    snapshots_of,
)
from tests.training.books import write_book
from training.config import load_config
from training.shadow import Contest, history_of, movers_of, shadow_run
from training.shadow_document import MOVER_SCHEMA, shadow_document
from training.shadow_figures import stability

CONFIG = load_config()
AS_OF = date(2025, 12, 31)
NEW = policy_with(
    ("rule_weight = 0.4 ", "rule_weight = 0.7 "),
    ("overdue_days_to_c = 60", "overdue_days_to_c = 20"),
    ("upgrade_margin = 2.0", "upgrade_margin = 4.0"),
)
EXTERNAL = [{"external_score": float(score)} for score in range(0, 101, 2)]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return bundle_in(tmp_path_factory.mktemp("bundles"), bundle_parts(horizon_days=180))


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    folder = tmp_path_factory.mktemp("shop") / "ledger"
    simulate(60, 24, 3, folder)
    with open_ledger(folder, latest=AS_OF) as opened:
        yield opened


@pytest.fixture(scope="module")
def document(ledger: Ledger, bundle: Bundle):
    contest = Contest(bundle, POLICY, NEW)
    prior = {f"C{number:07d}": "C" for number in range(1, 31)}
    run = shadow_run(ledger, contest, AS_OF, prior_grades=prior, config=CONFIG, months=4)
    return shadow_document(run)


def test_who_moves_is_whose_grade_differs(ledger, bundle, document):
    found = snapshots(ledger, all_pairs(ledger, [AS_OF]))
    prior = {f"C{number:07d}": "C" for number in range(1, 31)}
    before, after = (
        {g.customer_id: g for g in grade_snapshots(found, bundle, policy, prior_grades=prior)}
        for policy in (POLICY, NEW)
    )
    moved = {c: (g.grade, after[c].grade) for c, g in before.items() if g.grade != after[c].grade}
    assert moved
    assert {m["customer_id"]: (m["grade_from"], m["grade_to"]) for m in document["movers"]} == moved
    assert document["up"] + document["down"] == len(moved)
    assert document["unchanged"] == 60 - len(moved)
    assert sum(sum(row.values()) for row in document["matrix"].values()) == 60
    off = sum(n for old, row in document["matrix"].items() for new, n in row.items() if old != new)
    assert off == len(moved)


def test_the_blocks_of_a_mover_add_up_and_neither_data_nor_model_has_any(document):
    kinds = set()
    for mover in document["movers"]:
        blocks = mover["blocks"]
        moved = mover["score_to"] - mover["score_from"]
        assert (blocks["data"], blocks["model"]) == (0.0, 0.0)
        assert sum(blocks.values()) == pytest.approx(moved, abs=1e-9 * max(1, abs(moved)))
        kinds |= {kind for kind, points in blocks.items() if points}
        assert mover["sentence"]["zh"].startswith("等级由")
        assert mover["sentence"]["en"].startswith("The grade ")
        assert list(mover) == MOVER_SCHEMA.names
    assert {"policy"} < kinds


def test_both_sides_are_measured_from_the_same_prior_grades(bundle):
    # the old policy makes many of them B; with that as its prior the other would stop nobody
    book = snapshots_of(*EXTERNAL)
    wary = policy_with(("upgrade_margin = 2.0", "upgrade_margin = 19.0"))
    contest = Contest(certain(bundle, 0.012), POLICY, wary)
    prior = dict.fromkeys(book.customer_ids, "C")
    found = movers_of(book, contest, prior)
    for side in found.gradings:
        assert {grading.prior_grade for grading in side} == {"C"}
    moved = {told.change.after.customer_id: told.change for told in found.moved}
    assert moved
    for account in moved.values():
        assert (account.before.grade, account.after.grade) == ("B", "C")
        assert account.blocks["hysteresis"] == pytest.approx(
            account.after.score - account.before.score, abs=1e-9
        )
        assert account.blocks["policy"] == 0.0


def test_an_equal_policy_moves_nobody(ledger, bundle):
    other = policy_with(("# The credit policy:", "# The same credit policy:"))
    run = shadow_run(
        ledger, Contest(bundle, POLICY, other), AS_OF, prior_grades={}, config=CONFIG, months=3
    )
    told = shadow_document(run)
    assert (told["movers"], told["up"], told["down"], told["unchanged"]) == ([], 0, 0, 60)
    assert told["grades_from"] == told["grades_to"]
    history = told["history"]
    assert history["realised_from"] == history["realised_to"]
    assert history["moves_per_customer_year_from"] == history["moves_per_customer_year_to"]
    assert told["policy_from"] != told["policy_to"]


def test_the_amount_at_risk_cannot_move_in_all_but_limits_do(document):
    before, after = document["total_from"], document["total_to"]
    assert before["amount_at_risk"] == after["amount_at_risk"]
    assert before["exposure"] == after["exposure"]
    assert before["credit_limit"] != after["credit_limit"]
    assert before["limit_at_risk"] != after["limit_at_risk"]
    shares = [[line["amount_at_risk"] for line in document[f"grades_{s}"]] for s in ("from", "to")]
    assert shares[0] != shares[1]
    assert [line["grade"] for line in document["grades_to"]] == ["A", "B", "C", "D"]
    for side in ("from", "to"):
        lines = document[f"grades_{side}"]
        assert sum(line["customers"] for line in lines) == 60
        total = sum(float(line["credit_limit"]) for line in lines)
        assert total == pytest.approx(float(document[f"total_{side}"]["credit_limit"]), abs=0.01)


def test_each_policy_follows_its_own_grades_from_month_to_month(ledger, bundle):
    history = history_of(ledger, Contest(bundle, POLICY, NEW), AS_OF, config=CONFIG, months=5)
    assert len(history.months) == 5
    for policy, steady in zip((POLICY, NEW), history.steady, strict=True):
        prior, chain = {}, []
        for day in history.months:
            book = snapshots(ledger, all_pairs(ledger, [day]))
            gradings = grade_snapshots(book, bundle, policy, prior_grades=prior)
            prior = {g.customer_id: g.grade_before_override for g in gradings}
            chain.append(prior)
        assert steady == stability(chain)
        assert steady.moves > 0
    assert history.steady[0] != history.steady[1]


def test_realised_rates_count_who_was_exposed_and_not_in_default(tmp_path: Path, bundle: Bundle):
    bad = {0: date(2025, 3, 15), 1: date(2025, 10, 27), 2: date(2025, 10, 28)}
    with open_ledger(write_book(tmp_path / "ledger", 10, bad)) as opened:
        found = history_of(
            opened, Contest(bundle, POLICY, NEW), date(2025, 12, 20), config=CONFIG, months=3
        )
    # 180 days and 30 of reporting lag before 2025-12-20 end on 2025-05-24
    assert found.months == (date(2025, 2, 28), date(2025, 3, 31), date(2025, 4, 30))
    assert found.left_out == 7  # May to November
    assert found.months[-1] + timedelta(days=180) == bad[1]
    for lines in found.realised:
        # 10 in February, then 9 without c0, who defaults after the first only; c1 defaults on
        # the last day of April's horizon, c2 a day after it
        assert sum(line.customers for line in lines) == 28
        assert sum(line.defaults for line in lines) == 2


def test_history_ends_on_the_day_of_the_run(ledger, bundle):
    contest = Contest(bundle, POLICY, NEW)
    found = history_of(ledger, contest, date(2024, 9, 15), config=CONFIG, months=12)
    assert found.months[-1] == date(2024, 8, 31)
    assert found.left_out == 0
    assert all(later > earlier for earlier, later in zip(found.months, found.months[1:],
                                                         strict=False))  # fmt: skip


def test_where_no_horizon_is_over_there_is_no_history(tmp_path: Path):
    long = bundle_in(tmp_path / "bundles", bundle_parts(horizon_days=365))
    simulate(30, 12, 5, tmp_path / "ledger")
    with open_ledger(tmp_path / "ledger") as opened:
        found = history_of(opened, Contest(long, POLICY, NEW), opened.last_day, config=CONFIG)
    assert (found.months, found.realised) == ((), ([], []))
    assert found.left_out > 0
    assert [steady.flip_flop for steady in found.steady] == [None, None]


def test_no_history_is_made_where_none_is_asked_for(ledger, bundle):
    found = history_of(ledger, Contest(bundle, POLICY, NEW), AS_OF, config=CONFIG, months=0)
    assert found.months == ()


def test_policies_of_two_currencies_are_refused(bundle):
    euro = policy_with(('currency = "CNY"', 'currency = "EUR"'))
    with pytest.raises(ModelError, match=r"in EUR.*in CNY.*cannot be compared.*Give"):
        Contest(bundle, POLICY, euro)


@pytest.mark.parametrize("swapped", [False, True])
def test_a_policy_without_anchors_for_the_horizon_is_refused_by_name(bundle, swapped):
    bare = policy_with(("180 = [0.0049440676734555655, 0.0506318400601703]\n", ""))
    pair = (bare, POLICY) if swapped else (POLICY, bare)
    with pytest.raises(ModelError, match=rf"{bare.policy_version} has no scale anchors .* 180 "):
        Contest(bundle, *pair)


def test_many_movers_are_worked_out_in_parts(bundle, monkeypatch):
    book = snapshots_of(*EXTERNAL)
    contest = Contest(certain(bundle, 0.012), POLICY, NEW)
    whole = movers_of(book, contest, {})
    monkeypatch.setattr("training.shadow._AT_ONCE", 3)
    parts = movers_of(book, contest, {})
    assert len(whole.moved) > 6
    assert [t.change.blocks for t in parts.moved] == [t.change.blocks for t in whole.moved]
    ids = [t.change.after.customer_id for t in parts.moved]
    assert np.array_equal(ids, [t.change.after.customer_id for t in whole.moved])
