"""The page of units, grid cells and sites."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select

from service.api.dependencies import Reading, allow
from service.domain.roles import Actor, Permission
from service.store.people import Unit
from service.store.places import Grid, Site
from service.web.pages import show
from service.web.town_map import town_map

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

LEVELS = {2: ("片区", "Area"), 3: ("村社", "Community"), 4: ("四级网格", "Level four"), 5: ("五级网格", "Level five")}
HEADS = {2: ("片区长", "Head"), 3: ("村社长", "Head"), 4: ("网格长", "Head"), 5: ("网格长", "Head")}
KINDS = {
    "office": ("街道", "Street office"),
    "community": ("村社", "Community"),
    "department": ("部门", "Department"),
    "team": ("队伍", "Team"),
}


class Node(NamedTuple):
    """A unit or cell with what lies below it."""

    item: Any
    below: "list[Node]"


@router.get("/units")
def units_page(request: Request, session: Reading, actor: Annotated[Actor, allow(Permission.MANAGE)]) -> HTMLResponse:
    """Show units and cells as trees, the cells on a map, the sites; and import them."""
    units = session.scalars(select(Unit).order_by(Unit.id)).all()
    grids = session.scalars(select(Grid).order_by(Grid.level, Grid.code)).all()
    sites = session.scalars(select(Site).order_by(Site.name)).all()
    return show(
        request,
        "units.jinja",
        actor,
        units=units,
        unit_tree=_tree(units),
        unit_names={unit.id: unit.name for unit in units},
        grid_tree=_tree(grids),
        grid_names={grid.id: grid.name for grid in grids},
        counts={level: sum(grid.level == level for grid in grids) for level in LEVELS},
        sites=sites,
        levels=LEVELS,
        heads=HEADS,
        kinds=KINDS,
        map=town_map(grids),
    )


def _tree(items: Sequence[Any]) -> list[Node]:
    """Return those without a parent, each with what lies below it."""
    below: dict[int | None, list[Any]] = defaultdict(list)
    known = {item.id for item in items}
    for item in items:
        below[item.parent_id if item.parent_id in known else None].append(item)

    def nodes(parent: int | None) -> list[Node]:
        return [Node(item, nodes(item.id)) for item in below[parent]]

    return nodes(None)
