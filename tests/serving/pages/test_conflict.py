"""Rules against model in the list and on a customer's page."""

import re

from starlette.testclient import TestClient

from models.bands import GRADES, edges_of
from models.policy.load import load_policy
from tests.serving.shop import Shop


def apart(site: Shop) -> set[str]:
    """Return the customers whom rules and model would grade two bands apart, as they were told."""
    service = site.app().state.service
    edges = edges_of(load_policy().bands)
    found = set()
    for place in range(1, 61):
        stored = service.store.grade(f"C{place:07d}")
        assert stored is not None
        told = stored.document
        grades = [edges.grade(told[name]) for name in ("rule_score", "model_score")]
        first, second = (GRADES.index(grade) for grade in grades)
        if abs(first - second) >= 2 and told["known_weight"] > 0:
            found.add(stored.customer_id)
    service.engine.dispose()
    return found


def test_the_list_shows_who_is_two_grades_apart(reader: TestClient, site: Shop) -> None:
    wanted = apart(site)
    assert 0 < len(wanted) < 50
    page = reader.get("/customers?apart=1").text
    shown = set(re.findall(r'href="/customers/(C\d{7})"', page))
    assert shown == wanted
    assert '<option value="1" selected>' in page


def test_the_page_of_one_tells_both_accounts(reader: TestClient, site: Shop) -> None:
    customer_id = sorted(apart(site))[0]
    for language, title, rules in (
        ("en", "Rules and model disagree", "The rules say"),
        ("zh", "规则与模型意见不一", "规则为"),
    ):
        headers = {"Accept-Language": language}
        page = reader.get(f"/customers/{customer_id}", headers=headers).text
        section = page[page.index('class="panel conflict"') : page.index('id="change"')]
        assert title in section
        assert rules in section
        assert section.count("<table>") == 2
        for table in section.split("<table>")[1:]:
            numbers = re.findall(r'class="n">(?:<span[^>]*>)?([+\N{MINUS SIGN}-]?[\d.]+)', table)
            *parts, score = (float(n.replace("\N{MINUS SIGN}", "-")) for n in numbers)
            assert abs(sum(parts) - score) < 0.005


def test_who_is_not_apart_has_no_such_section(reader: TestClient, site: Shop) -> None:
    others = {f"C{place:07d}" for place in range(1, 61)} - apart(site)
    page = reader.get(f"/customers/{sorted(others)[0]}").text
    assert 'class="panel conflict"' not in page
