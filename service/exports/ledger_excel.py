"""The ledger as an Excel workbook that a clerk recognises: headers, pictures, drop-downs, ready to print."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from openpyxl import Workbook
from sqlalchemy import select

from service.domain.roles import Actor
from service.errors import invalid
from service.exports.ledger_columns import handler_labels, plain
from service.exports.ledger_lines import Line, lines_of
from service.exports.ledger_pictures import small_picture
from service.exports.ledger_style import Sheet
from service.exports.ledger_words import filter_words
from service.state import Service
from service.store.base import now
from service.store.ledger import LedgerFilter, ledger_query
from service.store.people import Unit

__all__ = ["MOST_PICTURED", "MOST_ROWS", "write_ledger"]

MOST_ROWS = 20_000
MOST_PICTURED = 1_000  # issues with pictures: two of about 6 KB each are held until the workbook is written
CHUNK = 200


def write_ledger(service: Service, wanted: LedgerFilter, actor: Actor, *, pictures: bool = True) -> Path:
    """Write all pages of a ledger; returns the file, which is the caller's to remove.

    Raises:
        ServiceError: There are more than 20,000 issues.
    """
    with service.database.read() as session:
        ids = session.scalars(ledger_query(wanted, actor, service.settings.zone).limit(MOST_ROWS + 1)).all()
        filter_text = filter_words(session, wanted)
        units = session.scalars(select(Unit.name).order_by(Unit.id)).all()
        handlers = list(handler_labels(session).values())
    if len(ids) > MOST_ROWS:
        raise invalid(
            "too_many_rows",
            f"符合条件的案件超过 {MOST_ROWS:,} 件，请缩小筛选范围后再导出",
            f"more than {MOST_ROWS:,} issues match; narrow the filter and export again",
        )
    note = f"导出时间：{now().astimezone(service.settings.zone):%Y-%m-%d %H:%M} · 共 {len(ids):,} 件"
    if pictures and len(ids) > MOST_PICTURED:
        pictures, note = False, f"{note} · 超过 {MOST_PICTURED:,} 件，未附照片"
    book = Workbook(write_only=True)
    sheet = Sheet(book, plain(f"筛选条件：{filter_text} · {note}"), len(ids), has_pictures=pictures)
    for line in _lines(service, list(ids)):
        sheet.append(line, [small_picture(service, sha) for sha in line.photos] if pictures else [])
    sheet.finish(list(units), handlers)
    with tempfile.NamedTemporaryFile(suffix=".xlsx", delete=False) as file:
        book.save(file)
    return Path(file.name)


def _lines(service: Service, ids: list[int]) -> Iterator[Line]:
    for first in range(0, len(ids), CHUNK):
        with service.database.read() as session:
            lines = lines_of(session, ids[first : first + CHUNK], service.settings.zone)
        yield from lines
