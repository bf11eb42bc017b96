"""A town with years of issues in its ledger: 28 units, 650 cells, 60 sites, and as many issues as are asked for."""

import io
import os
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from PIL import Image
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from service.domain.lifecycle import State
from service.domain.roles import Role
from service.state import Service
from service.store.base import now
from service.store.issues import Evidence, HistoryEntry, Issue
from service.store.people import Unit, User
from service.store.photos import Photo, PhotoState
from service.store.places import Grid, Site
from service.store.rules import Slip
from service.store.sign_in import make_token
from tests.service.town import Town, build_town
from vision.categories import PROBLEMS

__all__ = ["fill", "reopened"]

YEARS = 3
SUSPECTED, OPENED = 0.025, 0.05  # of all: 5,000 and 10,000 of 200,000; the rest are closed or cancelled
SITES, PHOTOS = 60, 2000
COMMUNITIES, CELLS = 26, 25  # 26 × 25 = 650 level-five cells
ROADS = ["人民路", "解放路", "建设路", "迎宾大道", "学院路", "滨河路", "文化街", "东大街"]
OPEN_STATES = [State.PENDING_DISPATCH, State.IN_PROGRESS, State.IN_PROGRESS, State.PENDING_VERIFICATION, State.RETURNED]


def fill(service: Service, issues: int) -> Town:
    """Fill an empty database; returns its small town, whose eastern community has the most issues."""
    chance = random.Random(1)  # noqa: S311 - the same town every time
    with service.database.write() as session:
        town = build_town(session)
        _office_supervisor(session, town)
        units = [town.east, town.west, *_communities(session, town.office)]
        cells = _cells(session, units)
        sites = [Site(name=f"点位{n}", grid_id=chance.choice(cells[chance.choice(units)])) for n in range(SITES)]
        session.add_all(sites)
        photos = _photos(service, session, town)
        session.flush()
        site_ids = [site.id for site in sites]
    for first in range(1, issues + 1, 10_000):
        rows = [_issue(n, town, units, cells, site_ids, chance) for n in range(first, min(first + 10_000, issues + 1))]
        with service.database.write() as session:
            session.execute(insert(Issue), rows)
            session.execute(insert(Evidence), [row for issue in rows for row in _evidence(issue, photos)])
            session.execute(insert(HistoryEntry), [row for issue in rows[::3] for row in _history(issue, town)])
            session.execute(insert(Slip), [_slip(issue, chance) for issue in rows[::50]])
    return town


def reopened(service: Service) -> Town:
    """Return the town of a database that was filled before, with new keys."""
    with service.database.write() as session:
        units = {name: id_ for id_, name in session.execute(select(Unit.id, Unit.name))}
        users = {user.username: user for user in session.scalars(select(User))}
        cells = session.scalars(select(Grid.id).where(Grid.level == 5).order_by(Grid.id).limit(2)).all()
        return Town(
            units["净巷街道办事处"],
            units["东门社区"],
            units["西村"],
            units["综合执法局"],
            {name: user.id for name, user in users.items()},
            {name: make_token(session, user, "bench") for name, user in users.items()},
            cells[0],
            cells[1],
            session.scalars(select(Site.id).order_by(Site.id)).first() or 0,
        )


def _office_supervisor(session: Session, town: Town) -> None:
    """Add one who sees nearly everything, by unit."""
    user = User(username="office", name="office", role=Role.SUPERVISOR, unit_id=town.office)
    session.add(user)
    session.flush()
    town.users["office"], town.tokens["office"] = user.id, make_token(session, user, "bench")


def _communities(session: Session, office: int) -> list[int]:
    units = [Unit(name=f"第{n}社区", kind="community", parent_id=office) for n in range(COMMUNITIES - 2)]
    session.add_all(units)
    session.flush()
    return [unit.id for unit in units]


def _cells(session: Session, units: list[int]) -> dict[int, list[int]]:
    """Make 6 areas, a village or community in them per unit, and 25 cells in each; returns the cells by unit."""
    areas = [Grid(code=f"A{n}", name=f"第{n + 1}片区", level=2) for n in range(6)]
    session.add_all(areas)
    session.flush()
    found: dict[int, list[int]] = {}
    for place, unit in enumerate(units):
        above = Grid(code=f"B{place}", name=f"村社{place}", level=3, parent_id=areas[place % 6].id, unit_id=unit)
        session.add(above)
        session.flush()
        x, y = 120.1 + place % 6 * 0.025, 30.1 + place // 6 * 0.025
        cells = [
            Grid(
                code=f"C{place:02}{n:02}",
                name=f"村社{place}第{n}网格",
                level=5,
                parent_id=above.id,
                unit_id=unit,
                geometry=_square(x + n % 5 * 0.005, y + n // 5 * 0.005, 0.005),
            )
            for n in range(CELLS)
        ]
        session.add_all(cells)
        session.flush()
        found[unit] = [cell.id for cell in cells]
    return found


def _photos(service: Service, session: Session, town: Town) -> list[int]:
    """Store the same photo under as many names: each of them is read and scaled down on its own."""
    first = service.photos.incoming() / "first"
    first.write_bytes(_photo())
    photos = []
    for n in range(PHOTOS):
        sha256 = f"{n:08x}" * 8
        again = first.with_name(f"{n}")
        os.link(first, again)
        again.parent.parent.joinpath(sha256[:2]).mkdir(exist_ok=True)
        again.replace(again.parent.parent / sha256[:2] / sha256)
        photos.append(
            Photo(
                sha256=sha256,
                name=f"{n}.jpg",
                width=4000,
                height=3000,
                byte_count=first.stat().st_size,
                content_type="image/jpeg",
                reporter_id=town.users["east_reporter"],
                state=PhotoState.DONE,
            )
        )
    session.add_all(photos)
    session.flush()
    return [photo.id for photo in photos]


def _photo() -> bytes:
    """Return a JPEG of 12 megapixels and some megabytes."""
    coarse = np.random.default_rng(1).integers(0, 255, (375, 500, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(coarse).resize((4000, 3000), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def _issue(
    number: int, town: Town, units: list[int], cells: dict[int, list[int]], sites: list[int], chance: random.Random
) -> dict[str, Any]:
    unit = units[min(int(chance.expovariate(0.12)), len(units) - 1)]
    age = timedelta(days=chance.uniform(0, YEARS * 365))
    luck = chance.random()
    found = now() - (age / 40 if luck < SUSPECTED + OPENED else age)
    if luck < SUSPECTED:
        state = State.SUSPECTED
    elif luck < SUSPECTED + OPENED:
        state = chance.choice(OPEN_STATES)
    else:
        state = State.CLOSED if chance.random() < 0.85 else State.CANCELLED
    is_dispatched = state not in (State.SUSPECTED, State.PENDING_DISPATCH)
    deadline = found + timedelta(days=chance.uniform(1, 20)) if is_dispatched else None
    is_escalated = is_dispatched and chance.random() < 0.02
    ended = found + timedelta(days=chance.uniform(0.2, 12)) if state in (State.CLOSED, State.CANCELLED) else None
    return {
        "id": number,
        "state": state,
        "category": chance.choice(sorted(PROBLEMS)),
        "standard": "GB/T 47678.5-2026",
        "code": "06010",
        "code_name": "暴露垃圾",
        "severity": chance.choice([1, 1, 1, 2, 2, 3]),
        "confidence": chance.random(),
        "grid_id": chance.choice(cells[unit]),
        "site_id": chance.choice(sites) if chance.random() < 0.1 else None,
        "latitude": 30.1 + chance.random() * 0.12,
        "longitude": 120.1 + chance.random() * 0.15,
        "datum": "WGS-84",
        "address": f"{chance.choice(ROADS)}{chance.randint(1, 400)}号门前",
        "description": f"{chance.choice(ROADS)}与{chance.choice(ROADS)}交叉口北侧{chance.randint(5, 90)}米处垃圾未清运",
        "reporter_id": town.users["east_reporter" if chance.random() < 0.1 else "west_reporter"],
        "found": found,
        "last_seen": found,
        "recurrence_of_id": None if number < 100 or chance.random() > 0.05 else chance.randint(1, 99),
        "unit_id": None if state == State.SUSPECTED and chance.random() < 0.5 else unit,
        "department_id": town.department if is_escalated else None,
        "handler_id": town.users["east_handler"] if unit == town.east else None,
        "measure": "清运垃圾并冲洗地面" if is_dispatched else "",
        "dispatched": found + timedelta(hours=2) if is_dispatched else None,
        "deadline": deadline,
        "escalated": found + timedelta(days=1) if is_escalated else None,
        "department_deadline": found + timedelta(days=30) if is_escalated else None,
        "submitted": ended - timedelta(hours=3) if ended and state == State.CLOSED else None,
        "ended": ended,
        "returns": 1 if state == State.RETURNED else 0,
        "version": 1,
    }


def _evidence(issue: dict[str, Any], photos: list[int]) -> Iterator[dict[str, Any]]:
    box = {"category": issue["category"], "score": 0.8, "box": [100.0, 100.0, 900.0, 700.0]}
    kinds = {State.SUSPECTED: ("first", "again"), State.CLOSED: ("first", "after")}
    for place, kind in enumerate(kinds.get(issue["state"], ("first",))):
        yield {
            "issue_id": issue["id"],
            "photo_id": photos[(issue["id"] * 2 + place) % len(photos)],
            "kind": kind,
            "boxes": [box],
            "at": issue["found"],
            "added": issue["found"],
        }


def _history(issue: dict[str, Any], town: Town) -> Iterator[dict[str, Any]]:
    at: datetime = issue["found"]
    for place, action in enumerate(("found", "confirm", "dispatch", "submit", "close")):
        yield {
            "issue_id": issue["id"],
            "at": at + timedelta(hours=place),
            "user_id": town.users["verifier"],
            "user_name": "verifier",
            "action": action,
            "why": "",
        }


def _slip(issue: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    colour = chance.choice(["white", "white", "yellow", "red"])
    return {"issue_id": issue["id"], "unit_id": issue["unit_id"], "colour": colour, "reason": "超期", "state": "issued"}


def _square(x: float, y: float, side: float) -> dict[str, Any]:
    corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)]
    return {"type": "Polygon", "coordinates": [[[round(a, 6), round(b, 6)] for a, b in corners]]}
