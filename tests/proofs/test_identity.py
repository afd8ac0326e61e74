"""A short sample of the proof that accounts of changes add up, and that it would find a fault."""

from dataclasses import replace
from datetime import date

import pytest

from features.ledger.open import open_ledger
from features.ledger.simulate import simulate
from models.explain.change import Change, Side, changes
from models.grading import grade_snapshots
from models.policy.load import load_policy, parse_policy
from proofs.identity import Book, book_of, identity_of, identity_run, other_policy
from tests.models.bundles import POLICY, bundle_in, bundle_parts, random_snapshots

DAYS = (date(2025, 6, 30), date(2025, 9, 30), date(2025, 12, 31))


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("identity")
    simulate(40, 24, 5, folder / "ledger")
    bundles = [
        folder / bundle_in(folder, bundle_parts(seed=seed, horizon_days=days)).model_version
        for seed, days in ((0, 90), (1, 180))
    ]
    other = folder / "other.toml"
    other.write_text(other_policy(load_policy().content.decode()), encoding="utf-8")
    with open_ledger(folder / "ledger") as ledger:
        return book_of(ledger, DAYS, (bundles[0], bundles[1]), (None, other))


def test_changes_across_two_models_and_policies_add_up(book: Book) -> None:
    found = identity_run(book, processes=1)
    assert found.faults == ()
    assert found.changes >= 3 * 35
    assert found.moved > 0.9 * found.changes
    assert 0 < found.grades < found.changes
    assert found.largest < 1e-9


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> list[Change]:
    bundle = bundle_in(tmp_path_factory.mktemp("bundle"))
    rows = random_snapshots(30, 1), random_snapshots(30, 2)
    graded = [grade_snapshots(row, bundle, POLICY) for row in rows]
    first, last = (Side(row, bundle, POLICY) for row in rows)
    return changes(first, last, (graded[0], graded[1]))


def test_an_account_that_misses_the_difference_is_a_fault(accounts: list[Change]) -> None:
    assert identity_of(accounts, same_model=True, same_policy=True).faults == ()
    wrong = replace(accounts[0], blocks=accounts[0].blocks | {"ceiling": 1e-6})
    found = identity_of([wrong], same_model=True, same_policy=True)
    assert any("the blocks miss the difference" in fault for fault in found.faults)


def test_points_of_what_did_not_move_are_a_fault(accounts: list[Change]) -> None:
    first = accounts[0].features[0]
    wrong = replace(accounts[0], features=(first._replace(after=first.before),))
    found = identity_of([wrong], same_model=True, same_policy=True)
    assert any(f"{first.feature} did not move, but has points" in f for f in found.faults)


def test_points_of_a_model_that_did_not_change_are_a_fault(accounts: list[Change]) -> None:
    blocks = accounts[0].blocks
    wrong = replace(accounts[0], blocks=blocks | {"model": 0.5, "data": blocks["data"] - 0.5})
    found = identity_of([wrong], same_model=True, same_policy=True)
    assert any("nothing of the model changed" in fault for fault in found.faults)
    assert not any("nothing of" in f for f in
                   identity_of([wrong], same_model=False, same_policy=True).faults)  # fmt: skip


def test_the_other_policy_differs_and_can_be_read() -> None:
    other = parse_policy(other_policy(POLICY.content.decode()).encode())
    assert other.bands != POLICY.bands
    assert other.weights != POLICY.weights
    assert other.blend != POLICY.blend
