from dataclasses import replace

import numpy as np
import pytest

from models.bundle import load_bundle
from models.policy.load import load_policy
from models.rules import RULE_INPUTS, rule_scores
from training.candidates.compare import compared
from training.candidates.figures import comparison_lines, tracked_figures
from training.folds import cross_validated
from training.report import report_page
from training.statistics.discrimination import auc_difference
from training.windows import TEST

FEW = 40  # draws


@pytest.fixture(scope="module")
def config(trained):
    validation = replace(trained.config.validation, resamples=FEW)
    model = replace(trained.config.model, trees=20)
    return replace(trained.config, validation=validation, model=model).with_options(folds=2)


@pytest.fixture(scope="module")
def candidates(trained, config):
    dataset = trained.result.dataset
    folds = cross_validated(dataset.rows, config, progress=lambda _: None)
    return compared(
        dataset,
        load_bundle(trained.result.bundle),
        config,
        policy=load_policy(),
        folds=folds,
        progress=lambda _: None,
    )


def test_three_candidates_are_judged_the_shipped_one_first(candidates):
    assert [found.name for found in candidates] == ["lightgbm", "scorecard", "rules"]
    assert candidates[0].difference_to_lightgbm is None


def test_lightgbm_has_the_figures_of_the_training(candidates, trained):
    shipped, told = candidates[0], trained.result.judged.metrics

    assert shipped.auc.estimate == told.auc
    assert (shipped.ks.estimate, shipped.brier.estimate, shipped.ece.estimate) == (
        told.ks,
        told.brier,
        told.ece,
    )


def test_differences_are_those_of_the_estimates_and_are_paired(candidates):
    shipped = candidates[0]
    for found in candidates[1:]:
        gap = found.difference_to_lightgbm
        assert gap.estimate == pytest.approx(found.auc.estimate - shipped.auc.estimate)
        apart = (found.auc.high - found.auc.low) + (shipped.auc.high - shipped.auc.low)
        assert gap.low <= gap.estimate <= gap.high
        assert gap.high - gap.low < apart


def test_each_learns_something(candidates):
    for found in candidates:
        assert found.auc.low > 0.5
        assert found.auc.low < found.auc.estimate < found.auc.high
        assert found.brier.low < found.brier.estimate < found.brier.high
        assert found.ece.estimate < 0.05


def test_each_is_cross_validated_over_the_same_folds_where_folds_were_asked_for(candidates):
    assert all(len(found.folds["auc"]["each"]) == 2 for found in candidates)
    assert len({tuple(found.folds["auc"]["each"]) for found in candidates}) == 3


def test_rules_of_the_shipped_book_are_compared(candidates, trained):
    # equal to the rule score by which the shipped bundle grades, whatever the calibration

    test = trained.result.dataset.part(TEST)
    book = load_bundle(trained.result.bundle).book
    found = rule_scores(test.snapshots.select(RULE_INPUTS).values, book, load_policy())
    risk = -np.array([score.score for score in found])

    gap = auc_difference(
        risk,
        trained.result.judged.log_odds,
        test.defaulted,
        test.snapshots.customer_ids,
        seed=trained.config.seed,
        resamples=FEW,
        confidence=0.95,
    )

    told = candidates[2].difference_to_lightgbm
    assert (told.estimate, told.low, told.high) == pytest.approx((gap.estimate, gap.low, gap.high))


def test_document_has_the_fields_that_other_programs_rely_on(candidates):
    document = candidates[1].to_dict()

    assert set(document) >= {"name", "auc", "ks", "brier", "ece", "difference_to_lightgbm"}
    assert set(document["auc"]) == {"estimate", "low", "high"}
    assert set(document["difference_to_lightgbm"]) == {"estimate", "low", "high"}
    assert isinstance(document["ece"], float)
    assert candidates[0].to_dict()["difference_to_lightgbm"] is None


def test_tracked_figures_are_named_after_the_candidate(candidates):
    figures = tracked_figures(candidates)

    assert figures["candidate.rules.auc"] == candidates[2].auc.estimate
    assert figures["candidate.scorecard.difference_to_lightgbm_low"] == (
        candidates[1].difference_to_lightgbm.low
    )
    assert "candidate.lightgbm.difference_to_lightgbm" not in figures
    assert "candidate.rules.fold_mean_auc" in figures


def test_table_has_a_line_of_names_and_one_per_candidate(candidates):
    lines = list(comparison_lines(candidates))

    assert len(lines) == 4
    assert lines[0].startswith("Candidate")
    assert f"{candidates[1].auc.estimate:.4f} (" in lines[2]


def test_report_shows_the_comparison_where_there_is_one(candidates, trained):
    result = trained.result
    pages = [
        report_page(
            model_version="x",
            dataset=result.dataset,
            judged=judged,
            plots={},
            record={},
            bins=10,
        )
        for judged in (result.judged, replace(result.judged, candidates=candidates))
    ]

    assert "Candidates on the same test set" not in pages[0]
    assert "<td>scorecard</td>" in pages[1]
