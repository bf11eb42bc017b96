"""The columns of the ledger's workbook, and the words that its cells hold; export and import both read them here."""

from collections import Counter
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.lifecycle import STATES, State
from service.domain.roles import Role
from service.store.issues import Issue
from service.store.people import User

__all__ = ["COLUMNS", "EDITABLE", "SLIPS", "VERSION", "Column", "handler_labels", "local_minute", "plain", "state_word"]


class Column(NamedTuple):
    """A column: its header and its width in characters."""

    header: str
    width: float


VERSION = "版本"  # hidden: tells whether an issue was changed since it was exported
COLUMNS = (
    Column("编号", 8),
    Column("状态", 10),
    Column("类别", 12),
    Column("标准代码", 9),
    Column("名称", 12),
    Column("位置", 26),
    Column("网格", 16),
    Column("点位", 14),
    Column("责任单位", 16),
    Column("责任人", 10),
    Column("报到部门", 14),
    Column("发现时间", 17),
    Column("整改措施", 26),
    Column("整改期限", 17),
    Column("是否超期", 12),
    Column("整改前照片", 23),
    Column("整改后照片", 23),
    Column("整改时间", 17),
    Column("核查人", 10),
    Column("核查时间", 17),
    Column("督办", 8),
    Column("备注", 26),
    Column(VERSION, 6),
)
EDITABLE = ("责任单位", "责任人", "整改措施", "整改期限")
SLIPS = {"": "", "white": "白色", "yellow": "黄色", "red": "红色"}


def handler_labels(session: Session) -> dict[int, str]:
    """Return what the ledger calls each active handler: their name, with the user name where several share it."""
    query = select(User.id, User.name, User.username).where(User.role == Role.HANDLER, User.is_active)
    people = session.execute(query.order_by(User.name, User.id)).all()
    namesakes = Counter(name for _, name, _ in people)
    return {id_: name if namesakes[name] == 1 else f"{name}（{username}）" for id_, name, username in people}


def state_word(issue: Issue) -> str:
    """Return the Chinese name of an issue's state."""
    return STATES[State(issue.state)][0]


def local_minute(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return a time as a cell holds it: of the town, without a zone, to the minute."""
    return moment.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0) if moment else None


def plain(text: str) -> str:
    """Return text as a cell holds it: without control characters, with line feeds only."""
    return ILLEGAL_CHARACTERS_RE.sub("", text.replace("\r\n", "\n")).strip()
