"""A small town for the tests: units, people of every role, grid cells, sites."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from service.domain.roles import Role
from service.store.people import Unit, User
from service.store.places import Grid, Site
from service.store.sign_in import make_token

__all__ = ["Town", "build_town"]


@dataclass(frozen=True)
class Town:
    """Ids of what was built, and a key for each person.

    Attributes:
        office, east, west: Units: the street office, and two communities below it.
        department: A department of the city, outside the office.
        users: Id by username: `admin`, `supervisor` (whole town), `verifier` (whole town), and for each community
            `east_reporter`, `east_handler`, `east_verifier`, `west_reporter`, `west_handler`; `department_handler`.
        tokens: Key for `Authorization: Bearer …`, by username.
        east_cell, west_cell: Level-five grid cells: 0.01° squares around 30.005, 120.005 and 30.005, 120.015.
        east_site: A site in the eastern cell.
    """

    office: int
    east: int
    west: int
    department: int
    users: dict[str, int]
    tokens: dict[str, str]
    east_cell: int
    west_cell: int
    east_site: int


def build_town(session: Session) -> Town:
    """Fill an empty database."""
    office = Unit(name="净巷街道办事处", kind="office", code="11330100MB0000001A")
    department = Unit(name="综合执法局", kind="department", code="11330100MB0000002B")
    session.add_all([office, department])
    session.flush()
    east = Unit(name="东门社区", kind="community", parent_id=office.id, head="张三", code="11330100MB0000003C")
    west = Unit(name="西村", kind="community", parent_id=office.id, head="李四", code="11330100MB0000004D")
    session.add_all([east, west])
    session.flush()
    people = {
        "admin": (Role.ADMIN, None),
        "supervisor": (Role.SUPERVISOR, None),
        "verifier": (Role.VERIFIER, None),
        "east_reporter": (Role.REPORTER, east.id),
        "east_handler": (Role.HANDLER, east.id),
        "east_verifier": (Role.VERIFIER, east.id),
        "west_reporter": (Role.REPORTER, west.id),
        "west_handler": (Role.HANDLER, west.id),
        "department_handler": (Role.HANDLER, department.id),
    }
    users = [User(username=name, name=name, role=role, unit_id=unit) for name, (role, unit) in people.items()]
    session.add_all(users)
    session.flush()
    area = Grid(code="330100010", name="第一片区", level=2, unit_id=office.id)
    session.add(area)
    session.flush()
    cells = [
        Grid(
            code=f"33010001000{i}01",
            name=f"{unit.name}一网格",
            level=5,
            parent_id=area.id,
            unit_id=unit.id,
            head=f"网格长{i}",
            geometry=_square(120 + i / 100, 30),
        )
        for i, unit in enumerate((east, west))
    ]
    session.add_all(cells)
    session.flush()
    site = Site(name="东门农贸市场", grid_id=cells[0].id, latitude=30.005, longitude=120.005, standard="垃圾桶盖闭合")
    session.add(site)
    session.flush()
    return Town(
        office.id,
        east.id,
        west.id,
        department.id,
        {user.username: user.id for user in users},
        {user.username: make_token(session, user, "tests") for user in users},
        cells[0].id,
        cells[1].id,
        site.id,
    )


def _square(longitude: float, latitude: float) -> dict[str, object]:
    corners = [(0, 0), (0.01, 0), (0.01, 0.01), (0, 0.01), (0, 0)]
    return {"type": "Polygon", "coordinates": [[[longitude + x, latitude + y] for x, y in corners]]}
