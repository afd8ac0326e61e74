"""The pages in a real browser: both languages, a desk and a phone, and on paper."""

import socket
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Locator, Page, Request, sync_playwright

from serving.pages.drawing import customer_link
from tests.serving.pages.conftest import HOSTILE, LOGIN, LOST, PASSWORD
from tests.serving.shop import Shop

CHROMIUM = Path("/usr/bin/chromium")
HEADS = {
    "zh": ["客户评级总览", "按等级汇总", "等级变动", "客户", "评级原因", "得分构成", "信用条件",
           "规则评分", "评级历史", "已知与未知的信息"],
    "en": ["The book by grade", "Figures by grade", "Grades that moved", "Customers", "Reasons",
           "How the score comes about", "Terms", "Rule score", "History of grades",
           "Known and unknown"],
}  # fmt: skip
NAMES = {"zh": ("等级", "按客户编号"), "en": ("Grade", "By customer id")}


@pytest.fixture(scope="module")
def address(site: Shop) -> Iterator[str]:
    """Return the address of a real server."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(site.app(), log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=20)
    listening.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Return a browser, or skip where there is none."""
    if not CHROMIUM.is_file():
        pytest.skip(f"there is no browser: no {CHROMIUM}; apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


class Seen:
    """A page that a person looks at: nothing may overflow, and the console stays empty."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.heads: list[str] = []
        self._address = address
        self._complaints: list[str] = []
        page.on("console", lambda message: self._complaints.append(message.text))
        page.on("pageerror", lambda error: self._complaints.append(str(error)))
        page.on("requestfailed", self._failed)

    def at(self, path: str) -> None:
        self.page.goto(self._address + path)
        self.look()

    def press(self, place: Locator) -> None:
        """Press something that leads on, and wait for where it leads."""
        with self.page.expect_navigation():
            place.click()

    def _failed(self, request: Request) -> None:
        if "ERR_ABORTED" not in str(request.failure):  # who leaves a page waits for nothing
            self._complaints.append(request.url)

    def look(self) -> None:
        widths = self.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert widths[0] <= widths[1], f"{self.page.url} is {widths[0]} px wide of {widths[1]}"
        assert self._complaints == []
        self.heads += self.page.locator("h1, h2").all_inner_texts()


@pytest.fixture(params=["zh", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[1440, 390])
def seen(
    request: pytest.FixtureRequest, chromium: Browser, address: str, language: str
) -> Iterator[Seen]:
    """Return a browser's page whose reader has just logged in."""
    context = chromium.new_context(
        viewport={"width": request.param, "height": 900}, locale={"zh": "zh-CN"}.get(language, "en")
    )
    seen = Seen(context.new_page(), address)
    seen.at("/")  # leads to the login
    seen.page.fill("#login", LOGIN)
    seen.page.fill("#password", PASSWORD)
    seen.press(seen.page.locator("main button"))
    yield seen
    context.close()


def test_a_walk_from_the_book_to_a_customer(seen: Seen, language: str) -> None:
    seen.look()
    grade, by_id = NAMES[language]
    there = {"zh": "客户", "en": "Customers"}[language]
    seen.press(seen.page.get_by_role("navigation").get_by_role("link", name=there))
    seen.page.get_by_label(grade, exact=True).select_option("D")
    seen.page.locator("#order").select_option(label=by_id)
    seen.page.fill("#q", "C000")
    seen.press(seen.page.locator("main button"))
    seen.look()
    assert seen.page.input_value("#q") == "C000"
    seen.press(seen.page.locator("a.customer").first)
    seen.look()
    heads = [head.split("\n")[0] for head in seen.heads]
    assert [head for head in HEADS[language] if head not in heads] == []
    points = seen.page.locator("td[data-points]")
    told = [Decimal(cell.get_attribute("data-points") or "") for cell in points.all()]
    assert sum(told[:-1]) == told[-1]
    assert seen.page.locator(".key dd").first.inner_text() == f"{told[-1]:.2f}"


def test_a_chinese_page_has_chinese_headings(seen: Seen, language: str) -> None:
    for path in ("/", "/customers", "/customers/C0000003", "/docs"):
        seen.at(path)
    heads = [head for head in seen.heads if head and "/" not in head and "Customer 0" not in head]
    is_chinese = [any("\u4e00" <= letter <= "\u9fff" for letter in head) for head in heads]
    assert heads
    assert all(is_chinese) if language == "zh" else not any(is_chinese)


def test_strange_customers_break_nothing(seen: Seen) -> None:
    for path in (customer_link(HOSTILE), f"/customers/{LOST}", "/customers?q=%3Cscript"):
        seen.at(path)
    assert seen.page.locator("main img").count() == 0


def test_the_language_link_leads_back_to_the_same_page(seen: Seen, language: str) -> None:
    seen.at("/customers?grade=D&order=exposure")
    before = seen.page.url
    seen.press(seen.page.get_by_role("link", name={"zh": "English", "en": "中文"}[language]))
    assert seen.page.url == before
    assert seen.page.get_attribute("html", "lang") == {"zh": "en", "en": "zh-CN"}[language]


def test_logging_out_leads_to_the_login(seen: Seen) -> None:
    seen.press(seen.page.locator("header button"))
    assert seen.page.url.endswith("/login")
    seen.at("/customers")
    assert "/login?next=" in seen.page.url


def test_a_customer_prints_with_the_waterfall_and_without_navigation(seen: Seen) -> None:
    seen.page.goto(seen.page.url + "customers/C0000003")
    seen.page.emulate_media(media="print")
    assert not seen.page.locator("header nav").is_visible()
    assert seen.page.locator("table.waterfall svg rect.neg, svg rect.pos").first.is_visible()
    assert seen.page.pdf(format="A4").startswith(b"%PDF")
