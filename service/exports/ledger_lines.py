"""An issue as a line of the workbook: the values of its cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.exports.ledger_columns import SLIPS, VERSION, handler_labels, local_minute, plain, state_word
from service.store.ledger_rows import LedgerRow, ledger_rows
from service.store.photos import Photo
from vision.categories import category_of

__all__ = ["Line", "lines_of"]

Value = str | int | datetime | None


@dataclass(frozen=True)
class Line:
    """A line: values by header, and the hashes of the photos before and after; "" for none."""

    values: dict[str, Value]
    photos: tuple[str, str]


def lines_of(session: Session, ids: Sequence[int], zone: ZoneInfo) -> list[Line]:
    """Return the lines of some hundred issues."""
    rows, labels = ledger_rows(session, ids), handler_labels(session)
    photos = {photo for row in rows for photo in (row.before, row.after)} - {None}
    hashes = {
        photo.id: photo.sha256 for photo in session.execute(select(Photo.id, Photo.sha256).where(Photo.id.in_(photos)))
    }
    return [
        Line(_values(row, labels, zone), (hashes.get(row.before or 0, ""), hashes.get(row.after or 0, "")))
        for row in rows
    ]


def _values(row: LedgerRow, labels: dict[int, str], zone: ZoneInfo) -> dict[str, Value]:
    issue, verdict = row.issue, row.verdict
    handler = issue.handler
    values: dict[str, Value] = {
        "编号": issue.id,
        "状态": state_word(issue),
        "类别": category_of(issue.category).zh,
        "标准代码": issue.code,
        "名称": issue.code_name,
        "位置": issue.address,
        "网格": issue.grid.name if issue.grid else "",
        "点位": issue.site.name if issue.site else "",
        "责任单位": issue.unit.name if issue.unit else "",
        "责任人": labels.get(handler.id, handler.name) if handler else "",
        "报到部门": issue.department.name if issue.department else "",
        "发现时间": local_minute(issue.found, zone),
        "整改措施": issue.measure,
        "整改期限": local_minute(issue.deadline, zone),
        "是否超期": _late(row.overdue),
        "整改时间": local_minute(issue.submitted, zone),
        "核查人": verdict.user_name if verdict else "",
        "核查时间": local_minute(verdict.at, zone) if verdict else None,
        "督办": SLIPS[row.slip],
        "备注": issue.description,
        VERSION: issue.version,
    }
    return {header: plain(value) if isinstance(value, str) else value for header, value in values.items()}


def _late(overdue: timedelta | None) -> str:
    if overdue is None:
        return "否"
    return f"超期 {overdue.days} 天" if overdue.days else f"超期 {max(1, overdue.seconds // 3600)} 小时"
