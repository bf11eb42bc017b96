"""Pages of slips: the board of three colours, the sheet to print, the rules."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from service.api.dependencies import Reading, TheService, allow
from service.api.slip_rules import rules_out
from service.api.slips import SlipOut, slips_out, visible_slips
from service.domain.roles import Actor, Permission
from service.domain.slips import COLOURS, REASONS, Colour, SlipState
from service.errors import not_found
from service.fields import PathId
from service.settings import Settings
from service.store.issues import Evidence
from service.store.people import Unit
from service.store.rules import Slip
from service.web.pages import show

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
Viewer = Annotated[Actor, allow(Permission.SEE_ISSUES)]
GIVEN = (SlipState.ISSUED, SlipState.ANSWERED)
PER_COLUMN = 8
PER_PAGE = 24


@dataclass(frozen=True)
class Column:
    """The slips of a colour: how many there are, and those that are shown."""

    colour: Colour
    total: int
    slips: list[SlipOut]


@router.get("/slips")
def board(
    request: Request,
    actor: Viewer,
    session: Reading,
    service: TheService,
    colour: Colour | None = None,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> HTMLResponse:
    """Show the issued slips by colour, and to supervisors those that wait for approval on top."""

    size = PER_PAGE if colour else PER_COLUMN
    queries = {each: visible_slips(actor, None, each).where(Slip.state.in_(GIVEN)) for each in Colour}
    columns = [
        Column(each, _count(session, queries[each]), _cards(session, service.settings, queries[each], size, page))
        for each in ([colour] if colour else Colour)
    ]
    waiting = visible_slips(actor, SlipState.PROPOSED)
    return show(
        request,
        "slips.jinja",
        actor,
        colours=COLOURS,
        columns=columns,
        chosen=colour,
        page=page,
        pages=-(-columns[0].total // PER_PAGE),
        proposed=_cards(session, service.settings, waiting, PER_PAGE, 1),
        proposed_total=_count(session, waiting),
    )


@router.get("/slips/{slip_id}/sheet")
def sheet(request: Request, slip_id: PathId, actor: Viewer, session: Reading, service: TheService) -> HTMLResponse:
    """Show a slip as it is printed and handed over, A4."""
    slip = session.scalars(visible_slips(actor).where(Slip.id == slip_id)).one_or_none()
    if slip is None:
        raise not_found("督办单", "slip")
    evidence = session.scalars(
        select(Evidence).where(Evidence.issue_id == slip.issue_id, Evidence.kind != "gone").order_by(Evidence.id)
    ).all()
    office = session.scalar(select(Unit.name).where(Unit.kind == "office").order_by(Unit.id).limit(1))
    return show(
        request,
        "slip_sheet.jinja",
        actor,
        slip=slips_out(session, [slip], service.settings)[0],
        issue=slip.issue,
        head=slip.unit.head if slip.unit else "",
        office=office or "",
        colours=COLOURS,
        evidence=[evidence[0], *evidence[-1:]] if len(evidence) > 1 else evidence,
    )


@router.get("/admin/slips")
def rules(request: Request, actor: Annotated[Actor, allow(Permission.MANAGE)], session: Reading) -> HTMLResponse:
    """Show the rules and let them be changed."""
    return show(
        request,
        "slip_rules.jinja",
        actor,
        rules=rules_out(session).rules,
        colours=COLOURS,
        reasons=REASONS,
    )


def _cards(session: Session, settings: Settings, query: Select[Slip], size: int, page: int) -> list[SlipOut]:
    rows = session.scalars(query.order_by(Slip.id.desc()).limit(size).offset((page - 1) * size))
    return slips_out(session, list(rows), settings)


def _count(session: Session, query: Select[Slip]) -> int:
    return session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
