from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from features.errors import LedgerError
from features.ledger.open import open_ledger
from features.snapshot import all_pairs, snapshots
from models.bundle import load_bundle
from models.grading import grade_snapshots
from models.policy.load import load_policy, parse_policy
from models.rules import RULE_INPUTS, rule_scores
from tests.training.books import spread, write_book
from training.statistics.discrimination import auc
from training.weights import NAMES, weights_of
from training.weights_document import weights_document, weights_toml
from training.windows import TEST

POLICY = load_policy()


@pytest.fixture(scope="module")
def config(trained):
    return replace(trained.config, validation=replace(trained.config.validation, resamples=20))


@pytest.fixture(scope="module")
def bundle(trained):
    return load_bundle(trained.result.bundle)


@pytest.fixture(scope="module")
def found(trained, config, bundle):
    with open_ledger(trained.ledger) as ledger:
        return weights_of(ledger, config, policy=POLICY, bundle=bundle)


def pasted(found):
    """Return the policy with the suggested section pasted in place of its own."""
    text = POLICY.content.decode("utf-8")
    head, rest = text.split("[weights]", 1)
    after = rest[rest.index("\n[") :]
    return parse_policy(f"{head}{weights_toml(found.suggested)}{after}".encode())


def test_there_is_a_weight_for_each_indicator_beside_the_policys(found):
    assert [line.indicator for line in found.lines] == list(NAMES)
    assert [line.present for line in found.lines] == [0.30, 0.20, 0.20, 0.15, 0.15]


def test_weights_are_never_below_zero_and_add_up_to_one(found):
    assert min(line.fitted.low for line in found.lines) >= 0
    assert sum(line.fitted.estimate for line in found.lines) == pytest.approx(1)
    assert sum(line.suggested for line in found.lines) == pytest.approx(1)
    for line in found.lines:
        assert abs(line.suggested - line.fitted.estimate) < 0.01


def test_intervals_have_a_width(found):
    widths = [line.fitted.high - line.fitted.low for line in found.lines]

    assert max(widths) > 0.02
    assert all(0 <= line.fitted.low <= line.fitted.high <= 1 for line in found.lines)


def test_test_rows_are_not_fitted_on(found):
    dataset = found.dataset

    assert len(found.fit) == (dataset.parts != TEST).sum() < len(dataset.rows)
    assert found.fit.snapshots.as_of.max() < dataset.part(TEST).snapshots.as_of.min()


def test_auc_is_that_of_the_rule_score_on_the_test_rows(found, bundle):
    test = found.dataset.part(TEST)
    inputs = test.snapshots.select(RULE_INPUTS).values

    for policy, told in ((POLICY, found.auc_present), (pasted(found), found.auc_suggested)):
        scores = [score.score for score in rule_scores(inputs, bundle.book, policy)]
        assert told.estimate == pytest.approx(auc(-np.array(scores), test.defaulted), abs=1e-12)
    assert found.difference.estimate == pytest.approx(
        found.auc_suggested.estimate - found.auc_present.estimate
    )


def test_moves_are_those_of_the_policy_with_the_section_pasted_in(found, bundle, trained):
    with open_ledger(trained.ledger) as ledger:
        day = ledger.last_day
        book = snapshots(ledger, all_pairs(ledger, [day]))
    before, after = (
        [g.grade for g in grade_snapshots(book, bundle, policy)]
        for policy in (POLICY, pasted(found))
    )

    assert (found.moves.as_of, found.moves.customers) == (day, len(book))
    # A to D: the later letter is the worse grade
    assert found.moves.up == sum(a < b for b, a in zip(before, after, strict=True))
    assert found.moves.down == sum(a > b for b, a in zip(before, after, strict=True))
    assert found.moves.up + found.moves.down > 0


def test_document_tells_everything_unrounded(found):
    document = weights_document(found)

    assert [line["indicator"] for line in document["weights"]] == list(NAMES)
    assert document["weights"][0]["fitted"] == found.lines[0].fitted.estimate
    assert document["difference"]["low"] == found.difference.low
    assert document["grades"]["changed"] == found.moves.up + found.moves.down
    assert document["n"] + document["n_test"] == len(found.dataset.rows)
    assert document["toml"].startswith("[weights]\npayment_timeliness = ")


def test_without_a_bundle_no_grade_is_told(trained, config):
    few = replace(config, validation=replace(config.validation, resamples=2))
    with open_ledger(trained.ledger) as ledger:
        found = weights_of(ledger, few, policy=POLICY)

    assert found.moves is None
    assert weights_document(found)["grades"] is None


def test_indicator_nowhere_known_or_everywhere_the_same_keeps_its_weight(trained, config, tmp_path):
    # without these tables no outside score is known, and whoever was searched for has no suit
    bare = tmp_path / "ledger"
    bare.mkdir()
    for path in trained.ledger.glob("*.parquet"):
        if path.stem not in ("legal_events", "external_scores"):
            (bare / path.name).write_bytes(path.read_bytes())
    few = replace(config, validation=replace(config.validation, resamples=2))

    with open_ledger(bare) as ledger:
        lines = {line.indicator: line for line in weights_of(ledger, few, policy=POLICY).lines}

    assert [name for name, line in lines.items() if line.kept] == ["industry_score", "litigation"]
    assert (lines["industry_score"].suggested, lines["litigation"].suggested) == (0.15, 0.15)
    assert sum(line.fitted.estimate for line in lines.values()) == pytest.approx(1)
    assert lines["industry_score"].unknown_share == 1
    assert lines["litigation"].unknown_share < 1


def test_too_few_customers_that_defaulted_are_refused_however_many_their_rows(tmp_path, config):
    bad = spread(range(12), date(2023, 12, 1), date(2025, 10, 1))
    ledger_path = write_book(tmp_path, 60, bad)
    config = config.with_options(horizon_days=180)

    with (
        open_ledger(ledger_path) as ledger,
        pytest.raises(LedgerError, match=r"Only \d+ customers .* weights need 30") as raised,
    ):
        weights_of(ledger, config, policy=POLICY)

    assert raised.value.exit_code == 3
