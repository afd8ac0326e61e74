"""The risk report: figures that agree with the book, escaped, in both languages."""

from datetime import date
from pathlib import Path

import pytest

from features.errors import UsageError
from models.book import Book, Grader
from models.bundle import Bundle
from models.explain.drivers import explain
from models.explain.reasons import reasons_of
from models.grading import grade_snapshots
from serving.reports.labels import LABELS
from serving.reports.risk import risk_page, risk_report
from tests.models.bundles import POLICY, bundle_in, snapshots_of


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return bundle_in(tmp_path_factory.mktemp("bundles"))


@pytest.fixture
def book(bundle: Bundle) -> Book:
    snapshots = snapshots_of(
        {"exposure": 100.0},
        {"exposure": 300.0, "is_dishonest": 1.0, "legal_count_730d": 1.0},
        {"exposure": 0.0},
    )
    gradings = grade_snapshots(
        snapshots, bundle, POLICY, prior_grades={"c1": "C", "c2": "B", "c3": "B"}
    )
    explanations = explain(snapshots, gradings, bundle, POLICY)
    reasons = reasons_of(explanations, POLICY, lambda _, __: {})
    return Book(date(2025, 6, 30), snapshots, explanations, reasons)


def report(book: Book, bundle: Bundle, language: str = "en"):
    names = {"c2": "<b>Rude & Co</b>"}
    return risk_report(book, Grader(bundle, POLICY), names=names, currency="CNY", language=language)


def test_figures_agree_with_the_book(book: Book, bundle: Bundle) -> None:
    told = report(book, bundle)
    assert (told.total, told.downgraded, told.upgraded, told.without_prior) == (3, 1, 1, 0)
    assert [line.customer_id for line in told.downgrades] == ["c2"]
    assert [line.customer_id for line in told.at_risk] == ["c2", "c1"]
    assert told.largest_share == 0.75
    assert told.herfindahl == pytest.approx(0.75**2 + 0.25**2)


def test_the_reason_of_a_downgrade_is_one_that_costs_points(book: Book, bundle: Bundle) -> None:
    assert "dishonest debtor" in report(book, bundle).downgrades[0].reason


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_speaks_one_language_and_escapes_names(
    book: Book, bundle: Bundle, language: str
) -> None:
    page = risk_page(report(book, bundle, language), language)
    assert LABELS["title"].of(language) in page
    assert LABELS["title"].of("en" if language == "zh" else "zh") not in page
    assert "&lt;b&gt;Rude &amp; Co&lt;/b&gt;" in page
    assert "<script" not in page


def test_a_book_that_owes_nothing_says_so(bundle: Bundle) -> None:
    snapshots = snapshots_of({"exposure": 0.0})
    gradings = grade_snapshots(snapshots, bundle, POLICY)
    explanations = explain(snapshots, gradings, bundle, POLICY)
    quiet = Book(
        date(2025, 6, 30), snapshots, explanations, reasons_of(explanations, POLICY, lambda *_: {})
    )
    page = risk_page(report(quiet, bundle), "en")
    assert LABELS["none_at_risk"].en in page
    assert LABELS["no_downgrades"].en in page


def test_another_language_is_refused(book: Book, bundle: Bundle) -> None:
    with pytest.raises(UsageError, match="zh and en, not 'fr'"):
        risk_page(report(book, bundle), "fr")


def test_the_template_is_shipped() -> None:
    assert (Path(__file__).parents[3] / "serving" / "reports" / "risk.html").is_file()
