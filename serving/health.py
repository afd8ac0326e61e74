"""Whether the server lives, whether it can answer, and its figures."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from models.explain.words import Text
from serving.contract import in_chinese, problems
from serving.errors import NOT_READY, not_ready
from serving.grades.book import has_book
from serving.grades.routes import json_response
from serving.metrics import MEDIA_TYPE
from serving.service import Service, service_of

router = APIRouter(tags=["health"])


@router.get(
    "/healthz",
    summary="200 as soon as it listens",
    openapi_extra=in_chinese("服务开始监听即返回200"),
)
async def healthz(request: Request) -> Response:
    """Tell that the process lives."""
    return json_response({"status": "ok"})


@router.get(
    "/readyz",
    summary="200 when there is a bundle and a book, else 503",
    responses=problems(NOT_READY),
    openapi_extra=in_chinese("有模型和评级数据时返回200，否则503"),
)
async def readyz(request: Request) -> Response:
    """Tell whether grades can be given."""
    service = service_of(request)
    grader = service.live.grader()
    if not await _has_book(service):
        raise not_ready(
            Text(
                "还没有评级数据。请运行`tradegrade grade --store`，或用--ledger启动服务。",
                "There is no book yet. Run `tradegrade grade --store`, or start with --ledger.",
            )
        )
    return json_response(
        {
            "status": "ready",
            "model_version": grader.bundle.model_version,
            "policy_version": grader.policy.policy_version,
        }
    )


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=PlainTextResponse,
    openapi_extra=in_chinese("供Prometheus采集的指标"),
)
async def metrics(request: Request) -> Response:
    """Return the figures in Prometheus' text format."""
    service = service_of(request)
    ready = service.live.is_ready and await _has_book(service)
    return Response(service.metrics.text(ready=ready), media_type=MEDIA_TYPE)


async def _has_book(service: Service) -> bool:
    return await service.run(lambda: has_book(service.engine))
