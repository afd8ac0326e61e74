"""Errors for people: a page in their language, or the way to the login."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from serving.errors import NOT_LOGGED_IN, Problem, problem_response
from serving.language import language_of
from serving.pages.drawing import page
from serving.pages.forms import address_without

_NOT_PAGES = ("/v1", "/healthz", "/readyz", "/metrics", "/openapi.json")


def is_page(path: str) -> bool:
    """Tell whether an address is one for people, not for programs.

    Examples
    --------
    >>> is_page("/customers/C1"), is_page("/v1/scores"), is_page("/v1x")
    (True, False, True)
    """
    return not any(path == start or path.startswith(f"{start}/") for start in _NOT_PAGES)


def error_page(request: Request, problem: Problem) -> Response:
    """Return a problem as a page; JSON where the client does not take HTML.

    Who must log in first is sent there, and comes back afterwards.
    """
    if problem.kind is NOT_LOGGED_IN:
        wanted = address_without(request) if request.method == "GET" else "/"
        return RedirectResponse(f"/login?{urlencode({'next': wanted})}", status_code=303)
    if "text/html" not in request.headers.get("accept", ""):
        return problem_response(request, problem)
    language = language_of(request)
    return page(
        request,
        "error.html",
        status=problem.kind.status,
        headers=problem.headers,
        visitor=getattr(request.state, "visitor", None),
        title=problem.kind.title.of(language),
        detail=problem.detail.of(language),
        faults=[fault.detail.of(language) for fault in problem.faults],
        request_id=request.scope.get("request_id", ""),
    )
