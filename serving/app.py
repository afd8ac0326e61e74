"""The application: routes, what surrounds them, and how errors are told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import metadata
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException

from features.errors import LedgerError, TradegradeError, UnavailableError, UsageError
from models.explain.words import Text
from serving.contract import BEARER, ZH
from serving.errors import (
    FAILED,
    NOT_FOUND,
    WRONG_METHOD,
    Fault,
    Problem,
    invalid,
    not_ready,
    problem_response,
)
from serving.grades.routes import router as grades
from serving.grades.schemas import ProblemBody
from serving.health import router as health
from serving.logs import log
from serving.middleware import Surround
from serving.pages.routes import error_page, is_page
from serving.pages.routes import router as pages
from serving.paths.routes import router as paths
from serving.scores.routes import router as scores
from serving.service import Service

TITLE = "Tradegrade"
_ABOUT = (
    "Grades of the customers that a seller ships to on credit, each explained exactly. Errors "
    "are application/problem+json in the language of Accept-Language (zh or en). Points and "
    "feature values are unrounded; money is a decimal string; dates are ISO; null is unknown."
)
_ABOUT_ZH = (
    "对赊销客户的评级，每个评级都有精确的解释。错误以application/problem+json返回，语言由Accept-Language"
    "（zh或en）决定。分数与特征值不作舍入；金额为十进制文本；日期为ISO格式；null表示未知。"
)


def create_app(service: Service | None, *, setup_code: str | None = None) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    service : Service or None
        Its parts; None only to write the OpenAPI document.
    setup_code : str, optional
        Lets the first person make an account; see `serving.pages`.
    """
    app = FastAPI(
        title=TITLE,
        version=metadata.version("tradegrade"),
        description=_ABOUT,
        docs_url=None,  # their pages load code from elsewhere; ours are in serving.pages
        redoc_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,
    )
    app.state.service = service
    app.state.setup_code = setup_code
    for router in (scores, grades, paths, health, pages):
        app.include_router(router)
    if service is not None:
        app.add_middleware(Surround, metrics=service.metrics, tell=told)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _bad_form)
    app.add_exception_handler(TradegradeError, _own_error)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    service.live.begin()
    yield
    service.live.end()
    service.engine.dispose()


def told(request: Request, problem: Problem) -> Response:
    """Return a problem as a page or as JSON, as its address asks for."""
    if is_page(request.url.path):
        return error_page(request, problem)
    return problem_response(request, problem)


def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - registered for nothing else
    return told(request, error)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    if error.status_code == WRONG_METHOD.status:
        detail = Text("请改用允许的方法。", "Use one of the allowed methods.")
        return told(request, Problem(WRONG_METHOD, detail, headers=dict(error.headers or {})))
    if error.status_code == NOT_FOUND.status:
        detail = Text("没有这个地址，见/docs。", "There is no such address. See /docs.")
        return told(request, Problem(NOT_FOUND, detail))
    return told(request, invalid(Fault("", Text("请求无效。", "The request is not valid."))))


def _bad_form(request: Request, error: Exception) -> Response:
    return told(request, invalid(Fault("", Text("表单不完整。", "The form is not complete."))))


def _own_error(request: Request, error: Exception) -> Response:
    """Tell an error of the rooms below; their sentences are for the log, not for a client."""
    log("error", "refused", request_id=request.scope.get("request_id"), fault=type(error).__name__)
    if isinstance(error, UnavailableError):
        detail = Text(
            "数据存储暂时不可用，请稍后再试。", "The store cannot be reached. Try again soon."
        )
        return told(request, not_ready(detail, seconds=2))
    if isinstance(error, UsageError | LedgerError):
        detail = Text("账套无法给出结果。", "The ledger cannot give an answer to this.")
        return told(request, invalid(Fault("", detail)))
    return told(
        request,
        Problem(FAILED, Text("模型或政策无法使用。", "The model or the policy cannot be used.")),
    )


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        parts = document.setdefault("components", {})
        parts["securitySchemes"] = {
            BEARER: {
                "type": "http",
                "scheme": "bearer",
                "description": "A key from `tradegrade keys create`.",
            }
        }
        schema = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
        document["info"][f"x-description-{ZH}"] = _ABOUT_ZH
        # what FastAPI says of a good answer, for those who read Chinese
        for methods in document["paths"].values():
            for entry in methods.values():
                entry["responses"]["200"][f"x-description-{ZH}"] = "成功"
        parts["schemas"] |= {**schema.pop("$defs", {}), "ProblemBody": schema}
        app.openapi_schema = document
    return app.openapi_schema
