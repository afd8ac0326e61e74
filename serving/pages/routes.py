"""Finance's pages: the book, the list, one customer; language, styles, the API's document."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from models.bands import GRADES, edges_of
from models.explain.words import LANGUAGES, Text
from models.policy.load import load_policy
from serving.errors import NO_GRADE, NOT_FOUND, Problem
from serving.language import COOKIE, language_of
from serving.pages.accounts import router as accounts
from serving.pages.api_docs import PLACES, both, operations
from serving.pages.book import book_shown
from serving.pages.customer import Asked, customer_shown
from serving.pages.drawing import STATIC, page, static
from serving.pages.forms import local_path
from serving.pages.listing import MOVED_NAMES, ORDER_NAMES, link, listing, wanted_of
from serving.pages.problems import error_page, is_page
from serving.pages.visitors import Reader, visitor_of
from serving.pages.words import words_of
from serving.parameters import identifier, optional_day
from serving.paths.routes import wanted_grade
from serving.service import service_of

__all__ = ["error_page", "is_page", "router"]

_A_YEAR = 365 * 24 * 3600
router = APIRouter(include_in_schema=False)
router.include_router(accounts)


@router.get("/")
def book_page(request: Request, reader: Reader) -> Response:
    """Show the book by grade, or what to run while there is none."""
    shown = book_shown(service_of(request).engine)
    if shown is None:
        return page(request, "empty.html", visitor=reader)
    return page(request, "book.html", visitor=reader, book=shown)


@router.get("/customers")
def customers_page(request: Request, reader: Reader) -> Response:
    """Show a page of the list."""
    service = service_of(request)
    policy = service.live.grader().policy if service.live.is_ready else load_policy()
    wanted = wanted_of(request.query_params, edges_of(policy.bands).floors)
    shown = listing(service.engine, wanted, request.query_params.get("cursor"))
    return page(
        request, "customers.html", visitor=reader, listing=shown, wanted=wanted,
        grades=GRADES, orders=ORDER_NAMES, moves=MOVED_NAMES, link=link,
    )  # fmt: skip


@router.get("/customers/{customer_id:path}")
def customer_page(request: Request, reader: Reader, customer_id: str) -> Response:
    """Show the grade of a customer that holds now, or held on ``as_of``, and what changed."""
    service = service_of(request)
    as_of, first, last = (_day(request, name) for name in ("as_of", "from", "to"))
    asked = Asked(as_of, first, last, wanted_grade(request.query_params.get("path")))
    stored = service.store.grade(identifier(customer_id), asked.day)
    if stored is None:
        raise _no_grade()
    shown = customer_shown(service, stored, words_of(language_of(request)), asked)
    return page(request, "customer.html", visitor=reader, c=shown)


@router.get("/docs")
def api_page(request: Request) -> Response:
    """Show the API from its OpenAPI document."""
    document = request.app.openapi()
    return page(
        request, "docs.html", visitor=visitor_of(request), about=document["info"],
        description=both(document["info"], "description"),
        operations=operations(document), places=PLACES, base=str(request.base_url).rstrip("/"),
    )  # fmt: skip


@router.get("/language")
def choose_language(request: Request) -> Response:
    """Remember the language and go back."""
    chosen = request.query_params.get("lang")
    back = RedirectResponse(local_path(request.query_params.get("next")), status_code=303)
    if chosen in LANGUAGES:
        back.set_cookie(
            COOKIE, str(chosen), max_age=_A_YEAR, path="/", samesite="lax", httponly=True,
            secure=request.url.scheme == "https",
        )  # fmt: skip
    return back


@router.get("/static/{name}")
def static_file(request: Request, name: str) -> Response:
    """Send the stylesheet or the icon."""
    if name not in STATIC:
        raise Problem(NOT_FOUND, Text("没有这个文件。", "There is no such file."))
    content, version = static(name)
    # what an address with a version names never changes
    lasting = "max-age=31536000, immutable" if "v" in request.query_params else "max-age=3600"
    headers = {
        "ETag": f'"{version}"',
        "Cache-Control": f"public, {lasting}",
        "X-Content-Type-Options": "nosniff",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=STATIC[name], headers=headers)


@router.get("/favicon.ico")
def icon(request: Request) -> Response:
    """Send the icon to who asks by the old name."""
    return static_file(request, "favicon.svg")


def _day(request: Request, name: str) -> date | None:
    """Return the day of a parameter; a field of a form that was left empty is none."""
    return optional_day(request, name) if request.query_params.get(name) else None


def _no_grade() -> Problem:
    return Problem(
        NO_GRADE,
        Text(
            "没有找到该客户在此日期的评级。请核对客户编号和日期，或在客户列表中搜索。",
            "No grade of this customer is stored for this day. Check the id and the day, or "
            "search the list of customers.",
        ),
    )
