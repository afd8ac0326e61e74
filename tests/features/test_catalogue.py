"""The catalogue: every feature once, with words, direction, window and evidence."""

import re
from dataclasses import fields, replace

import pytest

from features.catalogue import CATALOGUE, FAMILIES, FEATURE_NAMES, FEATURES, feature_set_hash
from features.expression import Literal, relations_of
from features.feature import Feature
from features.ledger.tables import TABLES
from features.relations import RELATIONS
from features.render import row_sql
from features.settings import SETTINGS, FeatureSettings

# Section 4 of the design names these; programs read them by name.
REQUIRED = {
    "timeliness": "on_time_rate_90d on_time_rate_365d on_time_amount_share_365d "
    "days_beyond_terms_90d days_beyond_terms_365d days_beyond_terms_trend worst_days_late_365d "
    "payment_days_median_365d",
    "overdue": "overdue_count_90d overdue_count_365d overdue_share_365d open_overdue_amount "
    "open_overdue_share oldest_overdue_days open_overdue_count days_since_last_overdue",
    "trading": "invoice_amount_90d invoice_amount_365d invoice_count_90d invoice_count_365d "
    "amount_trend amount_volatility_365d days_since_last_invoice tenure_days exposure "
    "limit_utilisation dispute_share_365d cancel_share_365d return_share_365d dso_90d",
    "litigation": "legal_count_730d legal_amount_730d legal_open_count enforcement_count_365d "
    "days_since_last_legal_event is_dishonest",
    "external": "external_score external_score_change_180d industry_score negative_news_180d "
    "complaint_count_365d contract_breach_count_365d contact_change_count_365d "
    "supplier_review_365d guaranteed_share group_worst_overdue_days",
    "data": "history_days known_share past_bad_debt_amount invoices_due_365d "
    "enforcement_open_count in_default",
}
EACH = pytest.mark.parametrize("feature", CATALOGUE, ids=FEATURE_NAMES)


@pytest.mark.parametrize("family", REQUIRED)
def test_the_features_of_the_contract_are_there(family: str) -> None:
    here = {feature.name for feature in CATALOGUE if feature.family == family}
    assert set(REQUIRED[family].split()) <= here


def test_names_are_unique_and_plain() -> None:
    assert len(set(FEATURE_NAMES)) == len(CATALOGUE) == len(FEATURES)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in FEATURE_NAMES)


def test_families_stand_in_the_order_of_the_design() -> None:
    assert [family.name for family in FAMILIES] == list(REQUIRED)
    assert list(dict.fromkeys(f.family for f in CATALOGUE)) == list(REQUIRED)


@EACH
def test_words_stand_in_both_languages(feature: Feature) -> None:
    for words in (feature.label_zh, feature.meaning_zh):
        assert re.search("[\u4e00-\u9fff]", words)
    for words in (feature.label_en, feature.meaning_en):
        assert re.search("[A-Za-z]", words)
        assert not re.search("[\u4e00-\u9fff]", words)


@EACH
def test_a_window_stands_in_the_name_and_in_the_meaning(feature: Feature) -> None:
    in_name = re.search(r"_(\d+)d$", feature.name)
    if in_name:
        assert feature.window_days == int(in_name[1])
    elif feature.window_days is not None:
        assert feature.name in ("days_beyond_terms_trend", "amount_trend")


@EACH
def test_direction_null_and_version_are_of_the_vocabulary(feature: Feature) -> None:
    assert feature.direction in (-1, 0, 1)
    assert feature.null in ("unknown", "never")
    assert feature.version >= 1
    assert feature.anchor


@EACH
def test_evidence_selects_rows_of_a_relation(feature: Feature) -> None:
    if feature.evidence is None:
        return
    assert feature.evidence.relation in RELATIONS
    assert row_sql(feature.evidence.where)


@EACH
def test_every_fold_is_over_a_relation_of_known_tables(feature: Feature) -> None:
    for name in relations_of(feature.value):
        assert set(RELATIONS[name].needs) <= set(TABLES)


def test_what_never_happened_counts_as_the_whole_history() -> None:
    never = [feature.name for feature in CATALOGUE if feature.null == "never"]
    assert never == ["days_since_last_overdue", "days_since_last_legal_event"]


def test_the_hash_is_stable_and_a_sha256() -> None:
    assert feature_set_hash() == feature_set_hash(FeatureSettings())
    assert re.fullmatch("[0-9a-f]{64}", feature_set_hash())


@pytest.mark.parametrize("setting", [field.name for field in fields(FeatureSettings)])
def test_the_hash_changes_with_every_setting(setting: str) -> None:
    changed = replace(SETTINGS, **{setting: getattr(SETTINGS, setting) + 1})
    assert feature_set_hash(changed) != feature_set_hash()


@pytest.mark.parametrize(
    "change", [{"version": 9}, {"direction": 0}, {"null": "never"}, {"value": Literal(0)}]
)
def test_the_hash_changes_with_a_definition(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    before = feature_set_hash()
    changed = (replace(CATALOGUE[0], **change), *CATALOGUE[1:])  # type: ignore[arg-type]
    monkeypatch.setattr("features.catalogue.CATALOGUE", changed)
    assert feature_set_hash() != before


def test_the_hash_does_not_change_with_words(monkeypatch: pytest.MonkeyPatch) -> None:
    before = feature_set_hash()
    changed = (replace(CATALOGUE[0], label_en="Other words"), *CATALOGUE[1:])
    monkeypatch.setattr("features.catalogue.CATALOGUE", changed)
    assert feature_set_hash() == before


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"unit": "furlongs"}, "unit 'furlongs', null 'unknown' are unknown"),
        ({"null": "perhaps"}, "null 'perhaps'"),
        ({"direction": 2}, "the direction is -1, 0 or 1, not 2"),
    ],
)
def test_an_entry_outside_the_vocabulary_is_refused(change: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        replace(CATALOGUE[0], **change)  # type: ignore[arg-type]


def test_another_relation_or_other_facts_are_another_feature_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import features.catalogue as catalogue

    before = feature_set_hash()
    items = catalogue.RELATIONS["items"]
    changed = {**catalogue.RELATIONS, "items": replace(items, sql=items.sql + " AND 1 = 1")}
    with monkeypatch.context() as patch:
        patch.setattr(catalogue, "RELATIONS", changed)
        assert feature_set_hash() != before
    monkeypatch.setattr(catalogue, "FACTS_VERSION", catalogue.FACTS_VERSION + 1)
    assert feature_set_hash() != before
