"""The ledger for programs: pages as JSON, the whole as Excel, and edited Excel back in."""

from datetime import datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, File, Query, Request, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.background import BackgroundTask

from service.api.dependencies import Reading, TheService, allow
from service.domain.lifecycle import STATES, State
from service.domain.roles import Actor, Permission
from service.errors import ServiceError
from service.exports.ledger_excel import write_ledger
from service.exports.ledger_import import LARGEST_BYTES, ImportResult, import_ledger
from service.store.base import now
from service.store.ledger import LedgerFilter
from service.store.ledger_rows import LedgerRow, ledger_page
from service.web.language import language_of

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/ledger", tags=["ledger"])
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Named(BaseModel):
    """A unit, grid cell, site or person."""

    id: int
    name: str


class LedgerLine(BaseModel):
    """A line of the ledger; times are UTC."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"id": 17, "state": "in_progress", "state_name": "处理中", "category": "litter"}}
    )

    id: int
    state: State
    state_name: str
    category: str
    standard: str
    code: str
    code_name: str
    severity: int
    address: str
    latitude: float | None
    longitude: float | None
    datum: str
    description: str
    grid: Named | None
    site: Named | None
    unit: Named | None
    department: Named | None
    handler: Named | None
    measure: str
    found: datetime
    deadline: datetime | None
    overdue_hours: float | None
    ended: datetime | None
    slip: str
    before_photo: int | None
    after_photo: int | None
    version: int


class ExportFilter(LedgerFilter):
    """A filter, and whether the workbook has pictures."""

    pictures: bool = Field(default=True, description="With thumbnails, up to 1,000 issues.")


class LedgerAnswer(BaseModel):
    """A page of the ledger; `is_more` says that there are more than `total`."""

    items: list[LedgerLine]
    total: int
    is_more: bool
    page: int
    size: int


class ImportProblem(BaseModel):
    """What is wrong with a cell, or with the whole file where `row` is 0."""

    row: int
    column: str
    message: str


class ImportAnswer(BaseModel):
    """What an import did, or would do."""

    is_applied: bool
    changed: list[int]
    unchanged: int
    added: int
    problems: list[ImportProblem]


@router.get("")
def read_ledger(
    service: TheService,
    session: Reading,
    actor: Annotated[Actor, allow(Permission.SEE_ISSUES)],
    wanted: Annotated[LedgerFilter, Query()],
) -> LedgerAnswer:
    """Return a page of the ledger."""
    page = ledger_page(session, wanted, actor, service.settings.zone)
    lines = [_line(row) for row in page.rows]
    return LedgerAnswer(items=lines, total=page.total, is_more=page.is_more, page=wanted.page, size=wanted.size)


@router.get(
    ".xlsx",
    response_class=FileResponse,
    responses={200: {"content": {XLSX: {}}}, 422: {"description": "More issues than a workbook takes."}},
)
def export_ledger(
    service: TheService,
    actor: Annotated[Actor, allow(Permission.EXPORT)],
    wanted: Annotated[ExportFilter, Query()],
) -> FileResponse:
    """Return all pages of the ledger as an Excel workbook."""
    path = write_ledger(service, wanted, actor, pictures=wanted.pictures)
    name = quote(f"问题台账{now().astimezone(service.settings.zone):%Y%m%d-%H%M}.xlsx")
    return FileResponse(
        path,
        media_type=XLSX,
        headers={"Content-Disposition": f"attachment; filename=\"ledger.xlsx\"; filename*=UTF-8''{name}"},
        background=BackgroundTask(Path.unlink, path),
    )


@router.post(
    "/import",
    responses={413: {"description": "Too large."}, 422: {"description": "No such workbook."}},
    openapi_extra={"requestBody": {"content": {"multipart/form-data": {"example": {"file": "(the workbook)"}}}}},
)
def upload_ledger(
    request: Request,
    service: TheService,
    actor: Annotated[Actor, allow(Permission.SUPERVISE)],
    file: Annotated[UploadFile, File(description="The exported workbook, edited.")],
    dry_run: Annotated[bool, Query(description="Only tell what would be changed.")] = True,
) -> ImportAnswer:
    """Take an edited workbook: all of it, or with any problem nothing."""
    if (file.size or 0) > LARGEST_BYTES:
        raise ServiceError(
            413,
            "workbook_too_large",
            f"文件超过 {LARGEST_BYTES // 1_000_000} MB，请导出不带照片的台账后再编辑",
            f"the file is larger than {LARGEST_BYTES // 1_000_000} MB; export the ledger without pictures",
        )
    return _answer(import_ledger(service, actor, file.file, dry_run=dry_run), language_of(request) == "en")


def _answer(result: ImportResult, is_english: bool) -> ImportAnswer:
    return ImportAnswer(
        is_applied=result.is_applied,
        changed=result.changed,
        unchanged=result.unchanged,
        added=result.added,
        problems=[
            ImportProblem(row=p.row, column=p.column, message=p.en if is_english else p.zh) for p in result.problems
        ],
    )


def _line(row: LedgerRow) -> LedgerLine:
    issue = row.issue
    return LedgerLine(
        id=issue.id,
        state=State(issue.state),
        state_name=STATES[State(issue.state)][0],
        category=issue.category,
        standard=issue.standard,
        code=issue.code,
        code_name=issue.code_name,
        severity=issue.severity,
        address=issue.address,
        latitude=issue.latitude,
        longitude=issue.longitude,
        datum=issue.datum,
        description=issue.description,
        grid=_named(issue.grid),
        site=_named(issue.site),
        unit=_named(issue.unit),
        department=_named(issue.department),
        handler=_named(issue.handler),
        measure=issue.measure,
        found=issue.found,
        deadline=row.due,
        overdue_hours=None if row.overdue is None else round(row.overdue.total_seconds() / 3600, 1),
        ended=issue.ended,
        slip=row.slip,
        before_photo=row.before,
        after_photo=row.after,
        version=issue.version,
    )


def _named(thing: object) -> Named | None:
    return None if thing is None else Named.model_validate(thing, from_attributes=True)
