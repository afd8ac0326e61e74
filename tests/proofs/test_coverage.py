"""A short sample of the measurement of what intervals cover, and that it would see a bad one."""

from dataclasses import replace

import pytest

import proofs.coverage
from proofs.coverage import coverage_of_facts, coverage_of_groups


@pytest.fixture(scope="module")
def small(trained):
    """Return a dataset, and settings of few trees."""
    config = replace(trained.config, model=replace(trained.config.model, trees=30))
    return trained.result.dataset, replace(config, sureness=replace(config.sureness, splits=1))


def test_both_parts_cover_more_than_one_and_a_narrow_interval_less(small, monkeypatch) -> None:
    monkeypatch.setattr(proofs.coverage, "GROUPS", 1)
    found = coverage_of_groups(*small, bootstraps=0)
    both, sample, form = (groups[0] for groups in found.values())
    assert both.share >= max(sample.share, form.share)
    assert both.width > max(sample.width, form.width)
    monkeypatch.setattr(proofs.coverage, "_Z", 0.05)
    narrow = coverage_of_groups(*small, bootstraps=0)["sample and form"][0]
    assert narrow.share < 0.5 * both.share
    assert len(narrow.by_level) == 5


def test_donors_cover_hidden_facts_at_least_as_often(small, tmp_path) -> None:
    found = coverage_of_facts(*small, tmp_path)
    assert "own_score" in found
    for rows, with_donors, without in found.values():
        assert 0 < rows <= 200
        assert with_donors >= without - 0.01
