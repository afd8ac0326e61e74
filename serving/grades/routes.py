"""Stored grades over HTTP: the current one, the history, and the exact account."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from models.document import change_document
from models.explain.words import Text
from serving.contract import CUSTOMER_ID, DAY, problems, reads_grades
from serving.errors import (
    BACKWARD,
    INVALID,
    NO_GRADE,
    NO_PAGE,
    NO_REPLAY,
    NOT_ALLOWED,
    NOT_LOGGED_IN,
    NOT_READY,
    Problem,
)
from serving.grades.changes import change_of
from serving.grades.records import Place
from serving.grades.replay import account_document, account_of
from serving.grades.schemas import Change, Explanation, Grade, History
from serving.parameters import (
    cursor,
    day_of,
    identifier,
    no_page,
    number_between,
    only_known,
    optional_day,
    read_cursor,
)
from serving.service import Service, service_of

JSON = "application/json"
READS = (NOT_LOGGED_IN, NOT_ALLOWED, INVALID, NOT_READY)  # what every reader can be told
LARGEST_GRADE_ID = 2**31 - 1
router = APIRouter(tags=["grades"])
_AS_OF = {
    "name": "as_of",
    "in": "query",
    "description": "The grade that held on this day; without it the current one.",
    "schema": DAY,
}
_PAGE = [
    {
        "name": "limit",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
    },
    {
        "name": "cursor",
        "in": "query",
        "description": "next_cursor of the page before.",
        "schema": {"type": "string"},
    },
]


_DAYS = [
    {
        "name": name,
        "in": "query",
        "description": told,
        "schema": DAY,
    }
    for name, told in (
        ("from", "The earlier day; without it that of the grade stored before the later one."),
        ("to", "The later day; without it that of the current grade."),
    )
]


@router.get(
    "/v1/customers/{customer_id:path}/grade",
    summary="The grade of a customer, as it was told",
    responses={200: {"model": Grade}, **problems(*READS, NO_GRADE)},
    openapi_extra=reads_grades("客户的评级，与告知时相同", CUSTOMER_ID, _AS_OF),
)
async def grade(request: Request) -> Response:
    """Return the grade with its terms, adjustments and reasons."""
    service, customer_id = _asked(request, "as_of")
    as_of = optional_day(request, "as_of")
    text = await service.run(lambda: service.store.document(customer_id, as_of))
    if text is None:
        raise _no_grade()
    return Response(text, media_type=JSON)


@router.get(
    "/v1/customers/{customer_id:path}/grades",
    summary="The grades of a customer, newest first",
    responses={200: {"model": History}, **problems(*READS, NO_GRADE, NO_PAGE)},
    openapi_extra=reads_grades("客户的历次评级，最新在前", CUSTOMER_ID, *_PAGE),
)
async def grades(request: Request) -> Response:
    """Return a page of a customer's history."""
    service, customer_id = _asked(request, "limit", "cursor")
    at_most = number_between(request, "limit", 1, 200, default=50)
    below = _place(request)
    # one more than asked tells whether there is another page
    found = await service.run(
        lambda: service.store.history(customer_id, at_most=at_most + 1, below=below)
    )
    if not found and below is None:
        raise _no_grade()
    page = found[:at_most]
    more = len(found) > at_most
    last = cursor(page[-1].as_of.isoformat(), page[-1].grade_id) if more else None
    document = {
        "customer_id": customer_id,
        "grades": [stored.document | {"grade_id": stored.grade_id} for stored in page],
        "next_cursor": last,
    }
    return json_response(document)


@router.get(
    "/v1/customers/{customer_id:path}/explanation",
    summary="The exact account of a grade",
    responses={200: {"model": Explanation}, **problems(*READS, NO_GRADE, NO_REPLAY)},
    openapi_extra=reads_grades("评级的精确构成", CUSTOMER_ID, _AS_OF),
)
def explanation(request: Request) -> Response:
    """Return `score = reference + drivers + adjustments`, with the ledger rows of each driver."""
    service, customer_id = _asked(request, "as_of")
    stored = service.store.grade(customer_id, optional_day(request, "as_of"))
    if stored is None:
        raise _no_grade()
    account = account_of(stored, service.graders)
    return json_response(account_document(account, service.driver_rows(account)))


@router.get(
    "/v1/customers/{customer_id:path}/change",
    summary="Why a grade changed between two days, exactly",
    responses={200: {"model": Change}, **problems(*READS, NO_GRADE, BACKWARD, NO_REPLAY)},
    openapi_extra=reads_grades("评级在两个日期之间变化的精确构成", CUSTOMER_ID, *_DAYS),
)
def change(request: Request) -> Response:
    """Return blocks that add up to the difference of the scores, features, rows, a sentence."""
    service, customer_id = _asked(request, "from", "to")
    first, last = (optional_day(request, name) for name in ("from", "to"))
    return json_response(change_document(change_of(service, customer_id, first, last)))


def json_response(document: Any) -> Response:
    """Return a document as it stands: no number is rounded, no text escaped."""
    return Response(orjson.dumps(document), media_type=JSON)


def _asked(request: Request, *parameters: str) -> tuple[Service, str]:
    service = service_of(request)
    service.access.key(request, "grades:read")
    only_known(request, *parameters)
    return service, identifier(request.path_params["customer_id"])


def _place(request: Request) -> Place | None:
    given = request.query_params.get("cursor")
    if given is None:
        return None
    as_of, grade_id = read_cursor(given, (str, int))
    day = day_of(as_of)
    if day is None or not 0 <= grade_id <= LARGEST_GRADE_ID:
        raise no_page()
    return Place(day, grade_id)


def _no_grade() -> Problem:
    return Problem(
        NO_GRADE,
        Text(
            "该客户在此日期没有已保存的评级。请核对客户编号和日期，或运行"
            "`tradegrade grade --store`。",
            "No grade of this customer is stored for this day. Check the id and the day, or run "
            "`tradegrade grade --store`.",
        ),
    )
