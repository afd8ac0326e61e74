"""A model validated on the seller that it was trained on: figures, document and page."""

import json
import re
import shutil
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser

import numpy as np
import pytest

from features.errors import LedgerError, UsageError
from features.ledger.open import open_ledger
from models.bundle import load_bundle
from models.grading import grade_snapshots
from models.policy.load import load_policy
from tests.training.books import LAST, spread, write_book
from tests.training.quiet import client_of
from training import runs
from training.config import load_config
from training.statistics.discrimination import auc, rank_of
from training.tracking import log_validation
from training.validating.document import tracked_figures, validation_document
from training.validating.months import config_of, months_of, windows_of
from training.validating.page import PARTS, validation_page
from training.validating.validate import validate
from training.windows import TEST

KEYS = {
    "model_version", "policy_version", "from", "to", "months", "rows", "customers", "defaults",
    "discrimination", "calibration", "stability", "concentration", "conflicts", "missing",
    "lead_time", "monotonicity", "warnings",
}  # fmt: skip
VOID = {"meta"}


@pytest.fixture(scope="module")
def bundle(trained):
    return load_bundle(trained.result.bundle)


@pytest.fixture(scope="module")
def record(trained):
    return runs.read_record(trained.home, trained.result.model_version)


@pytest.fixture(scope="module")
def found(trained, bundle, record):
    with open_ledger(trained.ledger) as ledger:
        return validate(ledger, bundle, load_policy(), record=record)


@pytest.fixture(scope="module")
def document(found):
    return validation_document(found)


def test_without_a_span_the_test_window_of_the_training_is_judged(found, trained):
    test = trained.result.dataset.part(TEST)

    assert found.months == tuple(np.unique(test.snapshots.as_of).tolist())
    assert found.rows == len(test)
    assert found.defaults == test.defaults


def test_ranking_equals_that_of_the_training_on_the_same_rows(found, trained):
    assert found.discrimination.auc.estimate == pytest.approx(trained.result.judged.metrics.auc)
    assert found.discrimination.ks == pytest.approx(trained.result.judged.metrics.ks)
    low, high = trained.result.judged.auc_interval
    assert (found.discrimination.auc.low, found.discrimination.auc.high) == (low, high)
    assert found.discrimination.since_training.initial == trained.result.judged.metrics.auc


def test_coarser_grades_rank_no_better_than_the_score_they_come_from(found):
    ranks = found.discrimination

    assert ranks.auc_grades.estimate <= ranks.auc_notches.estimate
    assert ranks.auc_grades.estimate < ranks.auc_score.estimate
    apart = ranks.auc.estimate - ranks.auc_rules.estimate
    assert ranks.model_over_rules.estimate == pytest.approx(apart)


def test_calibration_is_of_days_whose_horizons_do_not_overlap(found, trained):
    true = found.calibration
    test = trained.result.dataset.part(TEST)
    last = test.snapshots.as_of == np.datetime64(found.months[-1])

    assert true.cohorts == found.months[-1:]  # the test window is shorter than the horizon
    assert (true.rows, true.defaults) == (int(last.sum()), int(test.defaulted[last].sum()))
    for lines in (true.grades, true.notches):
        assert sum(line.rows for line in lines) == true.rows
        assert sum(line.defaults for line in lines) == true.defaults
    parts = true.brier
    whole = parts.reliability - parts.resolution + parts.uncertainty + parts.within
    assert parts.brier == pytest.approx(whole)


def test_the_shipped_model_breaks_no_direction(found):
    assert sum(audit.steps for audit in found.monotonicity) > 10_000
    assert [a for a in found.monotonicity if a.violations] == []


def test_a_model_turned_round_is_found_out(trained, bundle, record):
    turned = replace(bundle.probability.calibration, slope=-bundle.probability.calibration.slope)
    wrong = replace(bundle, probability=replace(bundle.probability, calibration=turned))

    with open_ledger(trained.ledger) as ledger:
        found = validate(ledger, wrong, load_policy(), record=record)

    assert found.discrimination.auc.estimate < 0.5
    assert found.discrimination.since_training.p < 0.001
    assert sum(audit.violations for audit in found.monotonicity) > 1000
    assert found.warnings[0].en.startswith("The model breaks the direction of")


def test_grades_of_the_rows_follow_each_other_from_month_to_month(found, trained, bundle):
    test = trained.result.dataset.part(TEST)
    gradings = grade_snapshots(test.snapshots, bundle, load_policy())
    places = rank_of([grading.grade for grading in gradings], "ABCD")

    # without prior grades there is no hysteresis, and the ranking is another one
    assert auc(places, test.defaulted) != found.discrimination.auc_grades.estimate


def test_conflicts_are_counted_by_the_matrix(document):
    conflicts = document["conflicts"]
    matrix = np.array(conflicts["matrix"])
    row, column = np.indices(matrix.shape)

    assert matrix.sum() == conflicts["rows"]
    assert matrix[abs(row - column) >= 2].sum() == conflicts["conflicts"] > 0
    assert matrix[column - row >= 2].sum() == conflicts["model_worse"]
    assert conflicts["model_worse"] + conflicts["rules_worse"] == conflicts["conflicts"]


def test_unknown_shares_are_those_of_the_rows(found, trained):
    test = trained.result.dataset.part(TEST).snapshots
    shares = {line.feature: line.share for line in found.missing}

    assert shares["external_score"] == np.isnan(test.column("external_score")).mean()
    assert [line.share for line in found.missing] == sorted(shares.values(), reverse=True)


def test_every_default_that_was_looked_at_is_told_apart(found):
    lead = found.lead_time
    only_once = lead.grade_first + lead.overdue_first + lead.together

    assert 0 < max(lead.grade.warned, lead.overdue.warned) <= only_once <= lead.defaults
    assert lead.grade.lower_days <= lead.grade.median_days <= lead.grade.upper_days


def test_document_is_json_with_the_agreed_keys_and_names_no_customer(document, trained):
    text = json.dumps(document, allow_nan=False)

    assert set(document) >= KEYS
    assert json.loads(text) == document
    ids = set(trained.result.dataset.rows.snapshots.customer_ids)
    assert not [customer for customer in ids if f'"{customer}"' in text]


def test_tracked_figures_are_numbers_of_the_document(document):
    figures = tracked_figures(document)

    assert figures["validation_auc"] == document["discrimination"]["auc"]["estimate"]
    assert figures["validation_violations"] == 0
    assert all(isinstance(value, float) for value in figures.values())


class Balance(HTMLParser):
    """Tell whether every tag that is opened is closed, in order."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", ["zh", "en"])
def test_page_is_whole_small_and_opens_offline(document, trained, language):
    page = validation_page(document, language)
    reader = Balance()
    reader.feed(page)

    assert reader.open == []
    assert len(page.encode()) < 200_000
    assert not re.findall(r"""(?:src|href|action)\s*=|<script|<link|<iframe|@import|url\(""", page)
    assert page.count("<svg") == 3
    assert page.count("<h2>") == len(PARTS) + 3  # warnings, population and overrides
    ids = set(trained.result.dataset.rows.snapshots.customer_ids)
    assert not [customer for customer in ids if customer in page]


def test_each_language_is_complete(document):
    chinese, english = (validation_page(document, language) for language in ("zh", "en"))
    text = re.sub(r"<style>.*?</style>|<[^>]*>", " ", english, flags=re.DOTALL)

    assert not re.search(r"[\u3000-\u9fff]", text)
    assert "区分能力" in chinese
    for word in ("Discrimination", "Calibration", "Told", "Realised", "Overrides"):
        assert word in english
        assert word not in chinese


def test_both_pages_show_the_figures_of_the_document(document):
    area = document["discrimination"]["auc"]

    for language in ("zh", "en"):
        page = validation_page(document, language)
        assert f'<td class="n">{area["estimate"]:.4f}</td>' in page
        assert f"{area['low']:.4f} – {area['high']:.4f}" in page


def test_page_speaks_two_languages_only(document):
    with pytest.raises(UsageError, match="speaks zh and en, not 'fr'"):
        validation_page(document, "fr")


def test_few_defaults_are_warned_of_and_one_outcome_leaves_the_ranking_out(tmp_path, bundle):
    bad = spread([3], date(2025, 7, 1), date(2025, 7, 1))
    folder = write_book(tmp_path, 30, bad)

    with open_ledger(folder, latest=LAST) as ledger:
        none = validate(ledger, bundle, load_policy(), record={}, last=date(2024, 12, 31))
        one = validate(ledger, bundle, load_policy(), record={}, first=date(2025, 3, 1))

    assert (none.defaults, none.discrimination) == (0, None)
    assert one.defaults > 0
    assert one.discrimination is not None
    for found in (none, one):
        assert any("little more than a guess" in told.en for told in found.warnings)
        assert any("no record of this model's training" in told.en for told in found.warnings)
    for language, told in (("zh", "只有一种结果"), ("en", "Only one outcome happened")):
        assert told in validation_page(validation_document(none), language)


def test_a_day_on_which_nobody_is_exposed_cannot_be_judged(tmp_path, bundle):
    folder = write_book(tmp_path, 3, {n: date(2023, 2, 1) for n in range(3)})

    with (
        open_ledger(folder, latest=LAST) as ledger,
        pytest.raises(LedgerError, match="On 2023-04-30 nobody is exposed and out of default"),
    ):
        validate(ledger, bundle, load_policy(), record={}, last=date(2023, 5, 1))


def test_months_that_the_model_learned_from_are_named(trained, bundle, record):
    fit = windows_of(record, 210)[0]

    with open_ledger(trained.ledger) as ledger:
        months = months_of(
            ledger, record, config_of(record, 180).windows, horizon_days=180, last=fit[-1]
        )
        other = dict(record, ledger_fingerprint="another")
        strange = months_of(
            ledger, other, config_of(other, 180).windows, horizon_days=180, last=fit[-1]
        )

    assert months.learned == months.judged[-len(fit) :] == fit
    assert strange.learned == strange.learned_path == ()


def test_months_of_the_path_that_the_model_learned_from_are_told(found, trained):
    dataset = trained.result.dataset
    test = set(found.months)
    since = found.stability.migration.first
    learned = [day for day in dataset.days if day >= since and day not in test]

    told = [warning.en for warning in found.warnings if "grades are followed" in warning.en]

    assert learned
    assert len(told) == 1
    assert f"fitted or calibrated on {len(learned)}:" in told[0]


def test_windows_of_a_record_are_those_of_the_training(trained, record):
    dataset = trained.result.dataset
    days = np.unique(dataset.part(TEST).snapshots.as_of).tolist()

    fit, calibrate, test = windows_of(record, 210)

    assert test == tuple(days)
    assert (*fit, *calibrate, *test) == dataset.days


def test_months_must_be_covered_by_the_ledger(trained, bundle):
    windows = load_config().windows

    with open_ledger(trained.ledger) as ledger:
        months = months_of(ledger, {}, windows, horizon_days=180)
        after = ledger.last_day - timedelta(days=30)
        with pytest.raises(LedgerError, match="there is no month-end whose 180 days"):
            months_of(ledger, {}, windows, horizon_days=180, first=after)
        with pytest.raises(LedgerError, match="Give a longer ledger"):
            months_of(ledger, {}, windows, horizon_days=4000)

    assert len(months.judged) == 12
    assert months.judged[-1] + timedelta(days=180 + windows.reporting_lag_days) <= ledger.last_day
    assert months.reference == months.path[0]


def test_definition_of_default_is_that_of_the_training():
    told = {"config": {"default": {"on": ["bankruptcy"], "keep_unexposed": True}, "seed": 7,
                       "windows": {"reporting_lag_days": 5}}}  # fmt: skip

    config = config_of(told, 365)

    assert (config.default.on, config.default.keep_unexposed) == (("bankruptcy",), True)
    assert (config.seed, config.windows.reporting_lag_days) == (7, 5)
    assert config.windows.horizons_days == (365,)


def test_validation_is_added_to_the_run_of_the_training(trained, tmp_path):
    shutil.copy(trained.home / "mlflow.db", tmp_path / "mlflow.db")
    with client_of(tmp_path) as client:
        number = client.create_experiment("x", artifact_location=(tmp_path / "kept").as_uri())
        run_id = client.create_run(number).info.run_id

    log_validation(
        run_id,
        figures={"validation_auc": 0.75},
        texts={"validation/a.en.html": "<p>told</p>"},
        home=tmp_path,
        settings=load_config().tracking,
    )

    with client_of(tmp_path) as client:
        assert client.get_run(run_id).data.metrics == {"validation_auc": 0.75}
    (page,) = (tmp_path / "kept").rglob("a.en.html")
    assert page.read_text(encoding="utf-8") == "<p>told</p>"
