import re
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from tests.training.books import rows_of
from training import plots
from training.dataset import Dataset
from training.grades import GradeRate
from training.population import Counts
from training.report import Judged, report_page
from training.validation import metrics
from training.windows import FIT, TEST

DAYS = [date(2025, 3, 31), date(2025, 6, 30)]
ODDS = np.linspace(-4, 1, 40)
HAPPENED = np.arange(40) % 5 == 4
JUDGED = Judged(metrics(ODDS, HAPPENED), (0.41, 0.87), ODDS, HAPPENED)
DATASET = Dataset(
    rows_of({}, HAPPENED, days=[DAYS[0]] * 20 + [DAYS[1]] * 20),
    np.repeat(np.array([FIT, TEST], dtype=np.int8), 20),
    "time",
    "Split by time with a horizon of 180 days.",
    180,
    tuple(DAYS),
    Counts(40),
)


def page(dataset=DATASET, judged=JUDGED, pictures=None, **record):
    return report_page(
        model_version="abc123",
        dataset=dataset,
        judged=judged,
        plots=pictures or {},
        record=record,
        bins=4,
    )


def test_page_tells_version_split_figures_and_record():
    text = page(ledger_fingerprint="f00d")

    assert "<title>Validation of model abc123</title>" in text
    assert "Split by time with a horizon of 180 days." in text
    assert f"<td>AUC</td><td>{JUDGED.metrics.auc:.4f}</td>" in text
    assert "0.4100 to 0.8700" in text
    assert "<td>ledger_fingerprint</td><td>f00d</td>" in text


def test_page_tells_rows_and_defaults_of_each_date_and_window():
    assert "<tr><td>2025-03-31</td><td>fit</td><td>20</td><td>4</td><td>20.00%</td></tr>" in page()
    assert "<tr><td>2025-06-30</td><td>test</td>" in page()


def test_page_tells_what_became_of_each_grade():
    lines = (GradeRate("A", 30, 0.004, 0.0), GradeRate("A1", 30, 0.004, 1 / 30))

    text = page(judged=replace(JUDGED, grades=lines))

    assert "<tr><td>A</td><td>30</td><td>0.40%</td><td>0.00%</td></tr>" in text
    assert "<tr><td>A1</td><td>30</td><td>0.40%</td><td>3.33%</td></tr>" in text


def test_page_escapes_what_comes_from_outside():
    dataset = replace(
        DATASET, warnings=("<script>alert(1)</script>",), split_reason="a < b & <b>c</b>"
    )

    text = page(dataset, pictures={"<i>caption</i>": "<svg/>"}, path="<img src=x onerror=y>")

    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "a &lt; b &amp; &lt;b&gt;c&lt;/b&gt;" in text
    assert "<i>" not in text
    assert "<img" not in text


def test_warnings_have_a_place_only_where_there_are_some():
    assert '<div class="warnings">' not in page()
    assert "<p>mind this</p>" in page(replace(DATASET, warnings=("mind this",)))


def test_folds_have_a_table_only_where_there_are_some():
    folds = {"auc": {"mean": 0.7512, "sd": 0.0103, "each": [0.74, 0.76]}}

    assert "Over folds of customers" not in page()
    assert "<td>AUC</td><td>0.7512</td><td>0.0103</td>" in page(judged=replace(JUDGED, folds=folds))


def test_page_of_a_training_opens_offline_and_is_small(trained):
    text = trained.result.report.read_text(encoding="utf-8")

    assert not re.findall(r"""(?:src|href|data|action)\s*=\s*["']?\s*(?:https?:)?//""", text)
    assert not re.findall(r"""<script|<link|<iframe|@import|url\(\s*["']?(?:https?:)?//""", text)
    assert text.count("<svg") == 4
    assert len(text.encode()) < 1_000_000


def test_page_holds_the_pictures_and_the_share_left_out(trained):
    text = trained.result.report.read_text(encoding="utf-8")

    assert "Default rate against probability told" in text
    assert "<td>unexposed_share</td>" in text


@pytest.mark.parametrize(
    "picture",
    [
        lambda: plots.reliability(ODDS, HAPPENED, bins=4),
        lambda: plots.roc(ODDS, HAPPENED),
        lambda: plots.distribution(ODDS, HAPPENED),
        lambda: plots.importance(["a", "b"], np.array([0.7, 0.3])),
    ],
    ids=["reliability", "roc", "distribution", "importance"],
)
def test_picture_is_a_self_contained_svg_of_the_same_bytes_each_time(picture):
    text = picture()

    assert text.startswith("<svg")
    assert text.rstrip().endswith("</svg>")
    assert picture() == text
