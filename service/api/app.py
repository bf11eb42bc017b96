"""Puts the application together: routes, pages, errors, headers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException

from service.api import routers
from service.api.body_limit import BodyLimit
from service.api.document import DocumentedApp
from service.api.open311.documents import complaint
from service.errors import ServiceError, conflict
from service.operations.logs import logger
from service.operations.observing import Observing, RequestMetrics
from service.state import Service
from service.web.language import language_of
from service.web.pages import show_error

__all__ = ["create_app"]

STATIC = Path(__file__).parents[1] / "web" / "static"


def create_app(service: Service) -> FastAPI:
    """Return the application; it closes the service when it shuts down."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()

    app = DocumentedApp(
        title="CleanLane 净巷",
        version=version("cleanlane"),
        description="Issue records: from an uploaded photo to a struck-off ledger line.",
        docs_url=None,  # it would load scripts from elsewhere
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        lifespan=lifespan,
    )
    app.state.service = service
    app.state.metrics = RequestMetrics()
    app.add_middleware(BodyLimit)
    app.add_middleware(Observing, metrics=app.state.metrics)
    app.add_exception_handler(ServiceError, _problem)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(StaleDataError, _overtaken)
    app.add_exception_handler(OperationalError, _without_database)
    app.add_exception_handler(RequestValidationError, _wrong_request)
    for router in routers.ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)  # noqa: S101 - as registered
    if _wants_page(request):
        if error.status == 401:
            return RedirectResponse(f"/login?next={request.url.path}", status_code=303)
        return show_error(request, error)
    if request.url.path.startswith("/open311/"):
        return complaint(error.status, error.en, "xml" if request.url.path.endswith(".xml") else "json")
    message = error.en if language_of(request) == "en" else error.zh
    return JSONResponse({"code": error.code, "message": message}, error.status)


def _overtaken(request: Request, _error: Exception) -> Response:
    zh = "其他人刚刚修改了该案件，请刷新后重试"
    return _problem(request, conflict("overtaken", zh, "somebody else has just changed the issue; reload it"))


def _without_database(request: Request, error: Exception) -> Response:
    logger().error("the database can't be reached", error=str(error).splitlines()[0])
    zh = "数据库暂时无法连接，请稍后重试"
    return _problem(request, ServiceError(503, "database_away", zh, "the database can't be reached; try again"))


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as registered
    zh = {404: "没有这个页面", 405: "不支持此请求方式", 413: "请求过大，未接收"}.get(error.status_code, "请求无法处理")
    response = _problem(request, ServiceError(error.status_code, f"http_{error.status_code}", zh, str(error.detail)))
    response.headers.update(error.headers or {})
    return response


def _wrong_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as registered
    places = "; ".join(f"{'.'.join(map(str, item['loc'][1:]))}: {item['msg']}" for item in error.errors()[:5])
    status = 400 if request.url.path.startswith("/open311/") else 422  # as GeoReport v2 has it
    return _problem(
        request, ServiceError(status, "wrong_request", f"请求内容有误：{places}", f"the request is wrong: {places}")
    )


def _wants_page(request: Request) -> bool:
    is_program = request.url.path.startswith(("/api/", "/open311/"))
    return not is_program and "text/html" in request.headers.get("accept", "")
