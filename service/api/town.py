"""The town in one piece: import with a dry run, workbook, template, cells as GeoJSON."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from service.api.dependencies import Reading, TheService, allow
from service.domain.roles import Actor, Permission
from service.errors import ServiceError, invalid
from service.intake.town_import.applying import import_town
from service.intake.town_import.exporting import feature_collection, template, workbook
from service.intake.town_import.reading import MOST_BYTES
from service.intake.town_import.report import Report
from service.intake.town_import.snapshot import town_of
from service.web.language import language_of

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["town"])

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_FILES = 10
Datum = Literal["", "CGCS2000", "WGS-84", "GCJ-02"]
FILES = {
    "type": "object",
    "required": ["files"],
    "properties": {"files": {"type": "array", "maxItems": MOST_FILES, "items": {"type": "string", "format": "binary"}}},
}
BODY = {"schema": FILES, "example": {"files": ["(a workbook, CSV file or GeoJSON file)"]}}


@router.post(
    "/town/import",
    response_model=Report,
    dependencies=[allow(Permission.MANAGE)],
    responses={
        411: {"description": "The request doesn't tell its length."},
        413: {"description": "The files are too large."},
        422: {"description": "Something in the files is wrong; `report` lists everything."},
    },
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": BODY}}},
)
async def import_files(
    request: Request,
    service: TheService,
    dry_run: Annotated[bool, Query(description="Only check, and tell what would change.")] = False,
    datum: Annotated[Datum, Query(description="Of coordinates whose file doesn't tell it.")] = "",
) -> Any:
    """Import units, people, grid cells and sites from workbooks, CSV files and GeoJSON: all of it, or nothing."""
    files = await _files(request)
    base_url = service.settings.public_url or str(request.base_url)
    report = await run_in_threadpool(import_town, service, files, apply=not dry_run, datum=datum, base_url=base_url)
    if report.errors and not dry_run:
        zh = f"文件中有 {report.errors} 个错误，未导入任何内容，请按清单改正"
        en = f"the files hold {report.errors} errors; nothing was imported; mend them after the list"
        message = en if language_of(request) == "en" else zh
        answer = {"code": "import_wrong", "message": message, "report": report.model_dump(mode="json")}
        return JSONResponse(answer, 422)
    return report


@router.get(
    "/town.xlsx",
    response_class=Response,
    dependencies=[allow(Permission.MANAGE)],
    responses={200: {"content": {EXCEL: {}}}},
)
def town_workbook(
    session: Reading,
    empty: Annotated[bool, Query(description="The template: headers, an example, notes.")] = False,
) -> Response:
    """Return everything that the import takes, as a workbook; importing it changes nothing."""
    content = template() if empty else workbook(town_of(session))
    name = "town-template.xlsx" if empty else "town.xlsx"
    return Response(content, media_type=EXCEL, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.get("/grids.geojson", response_class=Response, responses={200: {"content": {"application/geo+json": {}}}})
def cells(session: Reading, actor: Annotated[Actor, allow(Permission.SEE_ISSUES)]) -> Response:
    """Return the cells that have a boundary as GeoJSON; heads' phones only for whoever supervises."""
    collection = feature_collection(town_of(session), with_phones=actor.may(Permission.SUPERVISE))
    return JSONResponse(collection, media_type="application/geo+json")


async def _files(request: Request) -> list[tuple[str, bytes]]:
    """Read the form's files; refuses a body that is too large before it is read.

    Raises:
        ServiceError: It is too large, of unknown length, or holds no files.
    """
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        raise ServiceError(411, "length_missing", "请求须说明长度", "the request has to tell its length")
    if int(length) > 2 * MOST_BYTES:
        megabytes = 2 * MOST_BYTES // 1_000_000
        raise ServiceError(
            413,
            "too_large",
            f"文件合计超过 {megabytes} MB，请拆分后分别导入",
            f"the files have more than {megabytes} MB in all; split them",
        )
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise invalid("files_missing", "请以表单上传文件（字段 files）", "send the files as a form (field: files)")
    async with request.form(max_files=MOST_FILES, max_fields=10) as form:
        sent = [one for one in form.getlist("files") if isinstance(one, UploadFile) and one.filename]
        found = [(_name(one.filename or "", number), await one.read()) for number, one in enumerate(sent, start=1)]
    if not found:
        raise invalid("files_missing", "请选择要导入的文件", "choose the files to import")
    return found


def _name(given: str, number: int) -> str:
    """Return a name that can be shown; two files of one name are told apart."""
    shown = "".join(one for one in given if one.isprintable())[-80:]
    return f"{number}. {shown}" if number > 1 else shown
