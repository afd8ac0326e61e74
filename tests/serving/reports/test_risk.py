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
from models.losses.ageing import BucketHistory, Buckets, History, Owed
from models.losses.expected import LossFacts, expected_losses
from models.losses.given_default import LossGivenDefault
from serving.reports.labels import LABELS
from serving.reports.risk import risk_page, risk_report
from tests.models.bundles import POLICY, bundle_in, snapshots_of

LGD = LossGivenDefault(
    estimate=0.4,
    by_amount=None,
    by_default=None,
    lost_by_amount=None,
    lost_by_default=None,
    recovered_by_amount=None,
    recovered_by_debt=None,
    own_weight=0.0,
    floor_applied=False,
    defaults=7,
    complete=0,
    paid=0,
    without_balance=0,
    bad_debts=0,
    complete_bad_debts=0,
    default_on=("bad_debt",),
)
BUCKETS = Buckets(POLICY.loss.provision.edges)
FACTS = LossFacts(
    as_of=date(2025, 6, 30),
    currency="CNY",
    buckets=BUCKETS,
    owed={"c1": Owed((10000, 0, 0, 0, 0), 0, 0), "c2": Owed((0, 700_000_000, 0, 0, 1), 500, 1234)},
    within_horizon=0,
    lgd=LGD,
    history=History(0, 3, tuple(BucketHistory(code, 0, 0, 0) for code in BUCKETS.codes)),
)


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
    grader = Grader(bundle, POLICY)
    losses = expected_losses(FACTS, book.snapshots, book.gradings, grader)
    return risk_report(book, grader, losses, names=names, language=language)


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


@pytest.mark.parametrize(
    ("language", "bucket", "unknown", "source"),
    [
        ("en", "1–30 days past due", "unknown", "the policy&#39;s prior of 40% holds"),
        ("zh", "逾期1–30天", "未知", "没有自身历史，取政策先验值40%"),
    ],
)
def test_expected_losses_stand_beside_the_provision(
    book: Book, bundle: Bundle, language: str, bucket: str, unknown: str, source: str
) -> None:
    told = report(book, bundle, language)
    page = risk_page(told, language)
    assert bucket in page
    assert source in page
    assert f"{told.losses.total('expected_loss'):,.2f}" in page
    assert "105,000.00" in page  # 1.5 % of 7,000,000
    assert f">{unknown}</td>" in page or f">{unknown}<" in page  # the rates of no history
    assert "12.34" in page  # money that no invoice has used


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
