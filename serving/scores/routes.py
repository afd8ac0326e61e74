"""POST /v1/scores: grades without storing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial

from fastapi import APIRouter, Request, Response

from serving.contract import problems, reads_grades
from serving.errors import NO_CUSTOMER, NO_SNAPSHOT, TOO_LARGE, UNREADABLE, WRONG_TYPE
from serving.grades.routes import READS, json_response
from serving.grades.schemas import Scores, scores_request
from serving.parameters import only_known
from serving.scores.reading import MOST, BySnapshot, feature_schemas, read_scores
from serving.scores.service import customer_scores, snapshot_scores
from serving.service import service_of
from serving.strict_json import body_of, read_json

_AT_ONCE = 8  # rows graded without leaving the event loop
router = APIRouter(tags=["scores"])
_TOLD = (UNREADABLE, NO_CUSTOMER, NO_SNAPSHOT, TOO_LARGE, WRONG_TYPE)
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": scores_request(MOST, feature_schemas())}},
    }
}


@router.post(
    "/v1/scores",
    summary="Grades of customers or snapshots, told and not stored",
    responses={200: {"model": Scores}, **problems(*READS, *_TOLD)},
    openapi_extra=reads_grades("对客户或所附数据即时评级，不保存") | _BODY,
)
async def scores(request: Request) -> Response:
    """Grade up to 1,000 customers, or snapshots sent along.

    Customers are read from the server's ledger as of the day; where it has none, from the
    snapshots that were stored for that day.
    """
    service = service_of(request)
    service.access.key(request, "grades:read")
    only_known(request)
    body = await body_of(request, service.settings.largest_body_bytes)
    grader = service.live.grader()
    if len(body) > 100_000:  # reading it would hold up the others
        value = await asyncio.to_thread(read_json, body)
    else:
        value = read_json(body)
    asked = read_scores(value, datetime.now(UTC).date())
    if isinstance(asked, BySnapshot):
        work = partial(snapshot_scores, asked, grader)
        at_once = len(asked.snapshots) <= _AT_ONCE
    else:
        work = partial(customer_scores, asked, grader, service.live, service.store)
        at_once = False
    documents = work() if at_once else await asyncio.to_thread(work)
    service.metrics.scored(len(documents))
    return json_response({"grades": documents})
