"""docs/features.md: what the catalogue says, no more and no less."""

from features.catalogue import CATALOGUE
from tools.feature_reference import PAGE, feature_reference


def test_the_reference_is_what_the_catalogue_renders():
    assert PAGE.read_text(encoding="utf-8") == feature_reference(), "run `make docs`"


def test_every_feature_has_an_entry_in_both_languages():
    page = feature_reference()
    for feature in CATALOGUE:
        assert page.count(f"\n### {feature.name}\n") == 1
        assert feature.meaning_en in page
        assert feature.meaning_zh in page


def test_every_link_of_the_contents_has_its_heading():
    page = feature_reference()
    for feature in CATALOGUE:
        assert f"[{feature.name}](#{feature.name})" in page
