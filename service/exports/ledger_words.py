"""A filter of the ledger in a clerk's words, for the line below the workbook's title."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.lifecycle import STATES
from service.exports.ledger_columns import SLIPS
from service.store.ledger import LedgerFilter
from service.store.people import Unit, User
from service.store.places import Grid, Site
from vision.categories import category_of

__all__ = ["filter_words"]

SEVERITIES = {1: "轻微", 2: "一般", 3: "严重"}


def filter_words(session: Session, wanted: LedgerFilter) -> str:
    """Return what was filtered by, such as `单位：东门社区 · 只看超期`."""
    values = {
        "单位": _name(session, Unit.name, Unit.id, wanted.unit),
        "网格": _name(session, Grid.name, Grid.id, wanted.grid),
        "点位": _name(session, Site.name, Site.id, wanted.site),
        "责任人": _name(session, User.name, User.id, wanted.handler),
        "类别": category_of(wanted.category).zh if wanted.category else "",
        "状态": "、".join(STATES[state][0] for state in wanted.state),
        "严重程度": SEVERITIES[wanted.severity] if wanted.severity else "",
        "文字": wanted.text,
        "发现": _span(wanted.found_from, wanted.found_to),
        "期限": _span(wanted.deadline_from, wanted.deadline_to),
        "督办": SLIPS[wanted.slip or ""],
    }
    words = [f"{name}：{value}" for name, value in values.items() if value]
    switches = (("只看未结案", wanted.open), ("只看超期", wanted.overdue), ("只看复现", wanted.recurrence))
    return " · ".join([*words, *(word for word, is_on in switches if is_on)]) or "全部"


def _name(session: Session, name: Any, id_: Any, number: int | None) -> str:
    return "" if number is None else session.scalar(select(name).where(id_ == number)) or f"#{number}"


def _span(first: object, last: object) -> str:
    return f"{first or ''}至{last or ''}" if first or last else ""
