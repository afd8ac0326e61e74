"""What the pages tell, in both languages, and what every page carries."""

import html
import re
from decimal import Decimal

import pytest
from starlette.testclient import TestClient

from serving.pages.drawing import customer_link
from serving.service import Service
from tests.serving.pages.conftest import HOSTILE, HOSTILE_NAME, LOST
from tests.serving.shop import DAYS

PAGES = ["/", "/customers", "/customers/C0000001", "/docs", "/nothing", "/customers/nobody"]
CODES = re.compile(r"<code.*?</code>|<pre.*?</pre>|<[^>]*lang=\"en\"[^>]*>[^<]*", re.S)
DATA = {"script", "alert", "onerror", "lost", "credit", "bureau"}  # ids, names and sources


def text_of(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("language", "named"), [("zh", "zh-CN"), ("en", "en")])
def test_every_page_has_the_headers(
    reader: TestClient, path: str, language: str, named: str
) -> None:
    found = reader.get(path, headers={"Accept-Language": language})
    policy = found.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self'")
    assert "unsafe" not in policy
    assert found.headers["referrer-policy"] == "same-origin"
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["cache-control"] == "no-store"
    assert found.headers["content-language"] == named
    assert "Accept-Language" in found.headers["vary"]
    assert f'<html lang="{named}">' in found.text
    assert "<script" not in found.text
    assert " style=" not in found.text
    assert "<style" not in found.text


@pytest.mark.parametrize("path", ["/", "/customers", "/customers/C0000001"])
def test_a_chinese_page_has_no_english_words(reader: TestClient, path: str) -> None:
    page = reader.get(path, headers={"Accept-Language": "zh-CN"}).text
    words = set(re.findall(r"[A-Za-z]{4,}", text_of(CODES.sub(" ", page))))
    allowed = {"Tradegrade", "English", "Customer", "controller"} | DATA
    assert {word for word in words - allowed if word.islower() or word.istitle()} == set()


def test_the_language_is_remembered(door: TestClient) -> None:
    found = door.get("/language?lang=zh&next=/docs")
    assert found.headers["location"] == "/docs"
    assert "tradegrade_lang=zh" in found.headers["set-cookie"]
    assert '<html lang="zh-CN">' in door.get("/docs").text
    assert '<html lang="en">' in door.get("/docs?lang=en").text
    assert "set-cookie" not in door.get("/language?lang=fr").headers


def test_the_book_tells_its_figures(reader: TestClient) -> None:
    page = reader.get("/").text
    text = " ".join(text_of(page).split())
    assert "As of Dec 31, 2025" in text
    assert "Default within 180 days" in text
    assert "Total Number of customers 62" in text  # sixty and the two strange ones
    assert 'href="/customers?moved=down"' in page
    assert page.count('href="/customers?grade=') == 4


def test_an_empty_book_says_what_to_run(new_door: TestClient) -> None:
    first = {"code": "the-code", "login": "head", "password": "ten letters", "again": "ten letters"}
    new_door.post("/setup", data=first)
    page = new_door.get("/").text
    assert "tradegrade grade --ledger LEDGER" in page
    assert "No customer found" in new_door.get("/customers").text


def test_the_list_is_searched_and_the_form_keeps_what_was_asked(reader: TestClient) -> None:
    page = reader.get("/customers", params={"q": "c0000007", "order": "exposure"}).text
    assert page.count('class="customer"') == 1
    assert 'href="/customers/C0000007"' in page
    assert 'name="q" type="search" value="c0000007"' in page
    assert '<option value="exposure" selected>' in page


@pytest.mark.parametrize("grade", ["A", "B", "C", "D"])
def test_the_list_is_filtered_by_grade(reader: TestClient, grade: str) -> None:
    page = reader.get("/customers", params={"grade": grade}).text
    badges = re.findall(r'class="badge bg-(\w)"', page)
    assert set(badges) <= {grade}
    assert f"<option selected>{grade}</option>" in page


def test_the_list_is_filtered_by_movement(reader: TestClient) -> None:
    for moved, told in (("down", "down from"), ("up", "up from")):
        page = reader.get("/customers", params={"moved": moved}).text
        assert page.count('class="customer"') == page.count(told)


@pytest.mark.parametrize("asked", [{"q": "zzzz"}, {"q": "%"}, {"q": "'; drop table grades"}])
def test_an_empty_result_says_so(reader: TestClient, asked: dict[str, str]) -> None:
    found = reader.get("/customers", params=asked)
    assert found.status_code == 200
    assert "No customer found" in found.text


def test_a_choice_that_does_not_exist_is_no_choice(reader: TestClient) -> None:
    asked = {"grade": "Z", "moved": "sideways", "order": "password_hash"}
    assert 'class="customer"' in reader.get("/customers", params=asked).text


@pytest.mark.parametrize("order", ["score", "exposure", "customer_id"])
def test_the_pages_of_the_list_hold_everybody_once(reader: TestClient, order: str) -> None:
    path, seen = f"/customers?order={order}", []
    while path:
        page = reader.get(path).text
        seen += re.findall(r'class="customer" href="([^"]+)"', page)
        onward = re.search(r'rel="next" href="([^"]+)"', page)
        path = html.unescape(onward[1]) if onward else ""
    assert len(seen) == len(set(seen)) == 62


@pytest.mark.parametrize(
    "cursor",
    ["x", "....", "W10", "bnVsbA", "eyJhIjoxfQ", "WyJzY29yZSIsMWU5OTksIkMiXQ", "A" * 5000,
     "WyJzY29yZSIsTmFOLCJDIl0", "WyJzY29yZSIsMTIuNSwiXHVkODAwIl0", "ü",
     "WyJleHBvc3VyZSIsMSwiQyJd", "WyJzY29yZSIsdHJ1ZV0", "W1tbW1tb"],
)  # fmt: skip
def test_a_broken_cursor_is_refused_politely(reader: TestClient, cursor: str) -> None:
    found = reader.get("/customers", params={"cursor": cursor})
    assert found.status_code == 404
    assert "Begin again at the first page" in found.text


def test_a_search_too_long_or_with_a_nul_is_refused(reader: TestClient) -> None:
    for text in ("x" * 129, "a\x00b"):
        assert reader.get("/customers", params={"q": text}).status_code == 422


def test_a_customer_s_page_adds_up(reader: TestClient) -> None:
    service: Service = reader.app.state.service
    for number in range(1, 61):
        customer = f"C{number:07}"
        page = reader.get(f"/customers/{customer}").text
        told = [Decimal(points) for points in re.findall(r'data-points="([^"]+)"', page)]
        stored = service.store.grade(customer)
        assert stored is not None
        assert sum(told[:-1]) == told[-1]
        assert abs(float(told[-1]) - stored.document["score"]) <= 0.005 + 1e-9


def test_no_two_numbers_of_a_page_disagree(reader: TestClient) -> None:
    """Reasons, waterfall and the list of features tell the same points of a feature."""
    for number in range(1, 61):
        page = reader.get(f"/customers/C{number:07}").text
        drawn = page.split('class="waterfall"')[1].split('id="h-terms"')[0]
        row = r'class="w-driver">\s*<th[^>]*>([^<]+)<.*?data-points="([^"]+)"'
        drivers = re.findall(row, drawn, re.S)
        known = points_by_label(page.split('id="h-known"')[1])
        assert drivers
        for label, points in drivers:
            assert Decimal(known[label].replace("−", "-")) == Decimal(points)
        reasons = page.split('id="h-reasons"')[1].split('id="h-change"')[0]
        for points, label in re.findall(r'class="pts[^"]*">([^<]+)</span> ([^<:]+):', reasons):
            assert known.get(label, points) == points


def points_by_label(page: str) -> dict[str, str]:
    found = {}
    for row in page.split('<tr role="row">'):
        label = re.search(r'role="rowheader">([^<]+)<small>', row)
        points = re.search(r"Points</span><span[^>]*>([^<]+)</span>", row)
        if label and points:
            found[label[1]] = points[1]
    return found


@pytest.mark.parametrize(("language", "key"), [("zh", "zh"), ("en", "en")])
def test_a_customer_s_page_tells_the_reasons(reader: TestClient, language: str, key: str) -> None:
    service: Service = reader.app.state.service
    stored = service.store.grade("C0000003")
    assert stored is not None
    text = text_of(reader.get(f"/customers/C0000003?lang={language}").text)
    for reason in stored.document["reasons"]:
        assert reason[key] in text
        for row in reason["evidence"]:
            assert row["id"] in text


def test_the_unknown_is_called_unknown(reader: TestClient) -> None:
    service: Service = reader.app.state.service
    stored = service.store.grade("C0000001")
    assert stored is not None
    page = reader.get("/customers/C0000001").text
    known = page.split('id="h-known"')[1]
    unknown = sum(value != value for value in stored.snapshot.values())
    assert len(re.findall(r'<td[^>]*><span class="label">Customer</span><span class="unknown">',
                          known)) == unknown  # fmt: skip
    assert unknown > 0


def test_an_earlier_day_shows_the_grade_that_held_then(reader: TestClient) -> None:
    page = reader.get(f"/customers/C0000001?as_of={DAYS[0]}").text
    assert "As of <b>Nov 30, 2025</b>" in page
    assert "A newer one is stored" in page
    assert 'href="/customers/C0000001?as_of=2025-11-30"' in page
    between = reader.get("/customers/C0000001?as_of=2025-12-15").text
    assert "As of <b>Nov 30, 2025</b>" in between
    assert reader.get("/customers/C0000001?as_of=2020-01-01").status_code == 404
    assert reader.get("/customers/C0000001?as_of=yesterday").status_code == 422


def test_a_grade_that_cannot_be_replayed_is_shown_with_the_reason(reader: TestClient) -> None:
    found = reader.get(f"/customers/{LOST}")
    assert found.status_code == 200
    assert "The waterfall is missing." in found.text
    assert "It cannot be replayed" in found.text
    assert "Reasons" in found.text
    assert "not kept" in found.text
    assert "data-points" not in found.text


def test_a_hostile_customer_is_only_text(reader: TestClient) -> None:
    found = reader.get(customer_link(HOSTILE))
    assert found.status_code == 200
    for page in (found.text, reader.get("/customers", params={"q": "<script>"}).text):
        assert "<script" not in page
        assert "<img" not in page
        assert (
            html.escape(HOSTILE_NAME).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in page
        )
    assert 'href="/customers/%3Cscript%3E' in page


def test_an_unknown_customer_is_not_echoed(reader: TestClient) -> None:
    found = reader.get("/customers/<b>nobody</b>")
    assert found.status_code == 404
    assert "nobody" not in re.sub(r'href="[^"]*"', "", found.text)  # the way back may name it
    assert "<b>" not in found.text
    assert "没有找到该客户" in reader.get("/customers/nobody?lang=zh").text


@pytest.mark.parametrize("customer", ["x" * 129, "a%00b", ""])
def test_what_cannot_be_an_id_is_refused(reader: TestClient, customer: str) -> None:
    assert reader.get(f"/customers/{customer}").status_code == 422


def test_programs_get_problems_as_json(reader: TestClient) -> None:
    found = reader.get("/customers/nobody", headers={"Accept": "application/json"})
    assert found.headers["content-type"] == "application/problem+json"
    assert reader.get("/v1/nothing").headers["content-type"] == "application/problem+json"
    assert reader.get("/nothing").headers["content-type"].startswith("text/html")


def test_the_api_is_described_to_everybody(door: TestClient) -> None:
    page = door.get("/docs").text
    for path in door.app.openapi()["paths"]:
        assert f"<code>{path}</code>" in page
    assert "grades:read" in page
    assert "/openapi.json" in page
    assert "known_weight" in page
    assert "customer_ids" in page


def test_styles_are_kept_by_the_browser(door: TestClient) -> None:
    link = re.search(r'rel="stylesheet" href="([^"]+)"', door.get("/login").text)
    assert link is not None
    found = door.get(link[1])
    assert found.headers["content-type"].startswith("text/css")
    assert "immutable" in found.headers["cache-control"]
    again = door.get(link[1], headers={"If-None-Match": found.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert door.get("/static/favicon.svg").headers["content-type"] == "image/svg+xml"
    for name in ("nothing.css", "..%2froutes.py", "%2e%2e/routes.py"):
        assert door.get(f"/static/{name}").status_code == 404
