"""GET …/paths: what would bring a customer to a better grade."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from models.bands import GRADES
from models.explain.words import Text
from models.paths.document import paths_document
from serving.contract import CUSTOMER_ID, DAY, problems, reads_grades
from serving.errors import BACKWARD, NO_CUSTOMER, NO_GRADE, NO_LEDGER, TOO_FAR, Fault, invalid
from serving.grades.routes import READS, json_response
from serving.parameters import identifier, only_known, optional_day
from serving.paths.schemas import Paths
from serving.paths.service import customer_paths, grade_of
from serving.service import service_of

router = APIRouter(tags=["grades"])
_ASKED = [
    {
        "name": "to",
        "in": "query",
        "description": "The grade to reach; without it the next better one.",
        "schema": {"type": "string", "enum": list(GRADES)},
    },
    {
        "name": "by",
        "in": "query",
        "description": "The last day looked at; without it a year after the grade's day.",
        "schema": DAY,
    },
]
_TOLD = (NO_GRADE, NO_CUSTOMER, NO_LEDGER, BACKWARD, TOO_FAR)


@router.get(
    "/v1/customers/{customer_id:path}/paths",
    summary="What would bring a customer to a better grade, proved by regrading",
    responses={200: {"model": Paths}, **problems(*READS, *_TOLD)},
    openapi_extra=reads_grades("达到更好等级的办法，经重新评级验证", CUSTOMER_ID, *_ASKED),
)
def paths(request: Request) -> Response:
    """Return the actions that reach a grade at least cost, or why none do, and what fades when."""
    service = service_of(request)
    service.access.key(request, "grades:read")
    only_known(request, "to", "by")
    customer_id = identifier(request.path_params["customer_id"])
    wanted, by = wanted_grade(request.query_params.get("to")), optional_day(request, "by")
    stored = grade_of(service, customer_id)
    return json_response(paths_document(customer_paths(service, stored, wanted, by)))


def wanted_grade(given: str | None) -> str | None:
    """Return the grade that a parameter names, None where it is absent.

    Raises
    ------
    Problem
        422 if it is there and names none.
    """
    if given is None or given in GRADES:
        return given
    detail = Text("须为A、B、C或D。", "Give A, B, C or D.")
    raise invalid(Fault("to", detail))
