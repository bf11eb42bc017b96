"""Every route tried by every role, and by the own unit and another one where it concerns an issue or a photo.

The table below is written by hand, from what people may do, not from the code. A route that isn't in it fails the test.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi.testclient import TestClient
from itsdangerous import URLSafeTimedSerializer
from starlette.routing import Mount

from service.api.app import create_app
from service.domain.lifecycle import State
from service.domain.roles import Role
from service.settings import Settings
from service.state import Service
from service.store.issues import Evidence, Issue
from service.store.people import User
from service.store.photos import Photo
from service.store.sign_in import make_token
from tests.service.conftest import opened
from tests.service.load.serving import serving
from tests.service.records import store_photo
from tests.service.town import Town, build_town

Client = Callable[[str], TestClient]
World = dict[str, dict[str, int]]
JSON = {"Accept": "application/json"}

# Who stands for a role: each of them covers the eastern community.
PEOPLE = {
    "nobody": "",
    "reporter": "east_reporter",
    "handler": "east_handler",
    "verifier": "verifier",
    "supervisor": "supervisor",
    "admin": "admin",
}
OPEN = frozenset(PEOPLE)
ALL = OPEN - {"nobody"}
REVIEW = frozenset({"verifier", "supervisor", "admin"})
EXPORT = frozenset({"handler", "verifier", "supervisor", "admin"})
LEAD = frozenset({"supervisor", "admin"})
VERIFY = frozenset({"verifier", "supervisor"})
HANDLE = frozenset({"handler"})
ADMIN = frozenset({"admin"})

# Path → method → who may.
TABLE: dict[str, dict[str, frozenset[str]]] = {
    # operations
    "/healthz": {"GET": OPEN},
    "/readyz": {"GET": OPEN},
    "/metrics": {"GET": ADMIN},
    "/api/v1/openapi.json": {"GET": OPEN},
    "/api/v1/model": {"GET": ADMIN, "PUT": ADMIN},
    "/api/v1/queue": {"GET": REVIEW},
    # signing in, one's own account
    "/login": {"GET": OPEN, "POST": OPEN},
    "/login/{token}": {"GET": OPEN, "POST": OPEN},
    "/logout": {"POST": ALL},
    "/language/{language}": {"GET": OPEN},
    "/account": {"GET": ALL},
    "/api/v1/account/password": {"PUT": ALL},
    "/api/v1/account/language": {"PUT": ALL},
    "/api/v1/account/tokens": {"GET": ALL, "POST": ALL},
    "/api/v1/account/tokens/{token_id}": {"DELETE": ALL},
    # photos
    "/upload": {"GET": ALL},
    "/photos": {"GET": ALL},
    "/api/v1/places": {"GET": ALL},
    "/api/v1/photos": {"GET": ALL, "POST": ALL},
    "/api/v1/photos/progress": {"GET": ALL},
    "/api/v1/photos/{photo_id}": {"GET": ALL},
    "/api/v1/photos/{photo_id}/file": {"GET": ALL},
    "/api/v1/photos/{photo_id}/picture": {"GET": ALL},
    "/api/v1/photos/{photo_id}/thumbnail": {"GET": ALL},
    "/api/v1/photos/{photo_id}/retry": {"POST": LEAD},
    "/api/v1/evidence/{evidence_id}/picture": {"GET": ALL},
    "/api/v1/events": {"POST": ALL},
    "/photo/{token}": {"GET": OPEN},  # signed, expiring
    # issues
    "/": {"GET": ALL},
    "/review": {"GET": REVIEW},
    "/api/v1/review": {"GET": REVIEW},
    "/api/v1/review/bulk": {"POST": REVIEW},
    "/issues/{issue_id}": {"GET": ALL},
    "/issues/{issue_id}/sheet": {"GET": ALL},
    "/api/v1/issues": {"POST": ALL},
    "/api/v1/issues/{issue_id}": {"GET": ALL, "PATCH": LEAD},
    "/api/v1/issues/{issue_id}/confirm": {"POST": REVIEW},
    "/api/v1/issues/{issue_id}/reject": {"POST": REVIEW},
    "/api/v1/issues/{issue_id}/merge": {"POST": REVIEW},
    "/api/v1/issues/{issue_id}/category": {"PATCH": REVIEW},
    "/api/v1/issues/{issue_id}/evidence/{evidence_id}/boxes": {"PUT": REVIEW},
    "/api/v1/issues/{issue_id}/dispatch": {"POST": LEAD},
    "/api/v1/issues/{issue_id}/submit": {"POST": HANDLE},
    "/api/v1/issues/{issue_id}/close": {"POST": VERIFY},
    "/api/v1/issues/{issue_id}/return": {"POST": VERIFY},
    "/api/v1/issues/{issue_id}/escalate": {"POST": LEAD},
    "/api/v1/issues/{issue_id}/cancel": {"POST": LEAD},
    "/api/v1/issues/{issue_id}/department-answer": {"POST": HANDLE},
    "/api/v1/issues/{issue_id}/slips": {"POST": LEAD},
    "/ledger": {"GET": ALL},
    "/api/v1/ledger": {"GET": ALL},
    "/api/v1/ledger.xlsx": {"GET": EXPORT},
    "/api/v1/ledger/import": {"POST": LEAD},
    "/api/v1/records": {"GET": EXPORT},
    "/api/v1/records.csv": {"GET": EXPORT},
    # slips
    "/slips": {"GET": ALL},
    "/slips/{slip_id}/sheet": {"GET": ALL},
    "/api/v1/slips": {"GET": ALL},
    "/api/v1/slips/{slip_id}/approve": {"POST": LEAD},
    "/api/v1/slips/{slip_id}/drop": {"POST": LEAD},
    "/api/v1/slips/{slip_id}/answer": {"POST": HANDLE},
    # postings
    "/postings": {"GET": REVIEW},
    "/postings/{dossier_id}": {"GET": REVIEW},
    "/api/v1/postings": {"GET": REVIEW},
    "/api/v1/postings/{dossier_id}": {"GET": REVIEW},
    # Open311: what it publishes is open; posting needs a key, which has its own rules
    "/open311/v2/discovery.{form}": {"GET": OPEN},
    "/open311/v2/services.{form}": {"GET": OPEN},
    "/open311/v2/services/{code:path}.{form}": {"GET": OPEN},
    "/open311/v2/requests.{form}": {"GET": ALL, "POST": ALL},
    "/open311/v2/requests/{number}.{form}": {"GET": ALL},
    # the town
    "/units": {"GET": ADMIN},
    "/api/v1/units": {"GET": ALL, "POST": ADMIN},
    "/api/v1/units/{unit_id}": {"GET": ALL, "PATCH": ADMIN, "DELETE": ADMIN},
    "/api/v1/grids": {"GET": ALL},
    "/api/v1/grids/{grid_id}": {"GET": ALL},
    "/api/v1/grids.geojson": {"GET": ALL},
    "/api/v1/sites": {"GET": ALL, "POST": ADMIN},
    "/api/v1/sites/{site_id}": {"GET": ALL, "PATCH": ADMIN, "DELETE": ADMIN},
    "/api/v1/town.xlsx": {"GET": ADMIN},
    "/api/v1/town/import": {"POST": ADMIN},
    # administration
    "/admin": {"GET": ADMIN},
    "/admin/deadlines": {"GET": ADMIN},
    "/admin/model": {"GET": ADMIN},
    "/admin/slips": {"GET": ADMIN},
    "/admin/webhooks": {"GET": ADMIN},
    "/api/v1/users": {"GET": ADMIN, "POST": ADMIN},
    "/api/v1/users/{user_id}": {"PATCH": ADMIN},
    "/api/v1/users/{user_id}/link": {"POST": ADMIN},
    "/api/v1/users/{user_id}/password": {"DELETE": ADMIN},
    "/api/v1/users/{user_id}/sessions": {"DELETE": ADMIN},
    "/api/v1/users/{user_id}/tokens": {"GET": ADMIN, "POST": ADMIN},
    "/api/v1/users/{user_id}/tokens/{token_id}": {"DELETE": ADMIN},
    "/api/v1/deadline-rules": {"GET": ADMIN, "PUT": ADMIN},
    "/api/v1/work-calendar": {"GET": ADMIN, "PUT": ADMIN},
    "/api/v1/deadline-preview": {"POST": ADMIN},
    "/api/v1/slip-rules": {"GET": ADMIN, "PUT": ADMIN},
    "/api/v1/webhooks": {"GET": ADMIN, "POST": ADMIN},
    "/api/v1/webhooks/{webhook_id}": {"PATCH": ADMIN, "DELETE": ADMIN},
    "/api/v1/webhooks/{webhook_id}/test": {"POST": ADMIN},
    "/api/v1/webhooks/{webhook_id}/deliveries": {"GET": ADMIN},
    "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/retry": {"POST": ADMIN},
}

ROUTES = [(method, path) for path, methods in TABLE.items() for method in methods]
# Codes of refusals (403) that are no matter of roles, by the routes on which they come.
RULES = {
    ("POST", "/login/{token}"): {"link_useless"},
    ("POST", "/api/v1/issues/{issue_id}/department-answer"): {"unit"},
}
ENDLESS = {"/api/v1/photos/progress"}  # a stream: those who may have it need a server, see test_stream
VALUES = {"language": "zh", "form": "json", "code:path": "x:06010", "token": "x" * 43, "token_id": "0" * 16}
IDS = {"issue_id": "issue", "evidence_id": "evidence", "photo_id": "photo"}


def routes_of(routes: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield method and path of every route, those of included routers too."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes_of(inner.routes, prefix)
        elif not isinstance(route, Mount):
            yield from ((method, prefix + route.path) for method in route.methods - {"HEAD", "OPTIONS"})


@pytest.fixture
def world(service: Service, town: Town) -> World:
    """An issue with evidence and a photo, in the eastern community and in the western one."""
    return add_issues(service, town)


def add_issues(service: Service, town: Town) -> World:
    """Add an issue of each community; returns ids of `issue`, `evidence` and `photo` by `east` and `west`."""
    found: World = {}
    for number, (side, unit, reporter) in enumerate(
        (("east", town.east, "east_reporter"), ("west", town.west, "west_handler"))
    ):
        photo = store_photo(service, np.full((48, 64, 3), 90 * number + 60, np.uint8), town.users[reporter])
        with service.database.write() as session:
            issue = Issue(category="litter", unit_id=unit, state=State.SUSPECTED)
            session.add(issue)
            session.flush()
            evidence = Evidence(issue_id=issue.id, photo_id=photo, kind="first", boxes=[])
            session.add(evidence)
            session.flush()
            found[side] = {"issue": issue.id, "photo": photo, "evidence": evidence.id}
    return found


def url_of(path: str, ids: dict[str, int]) -> str:
    """Fill in a path: ids of the issue where it has some, else 1."""
    values = VALUES | {name: str(ids[kind]) for name, kind in IDS.items()}
    return re.sub(r"\{([^}]+)\}", lambda found: values.get(found[1], "1"), path)


def test_no_route_is_forgotten(service: Service) -> None:
    assert set(routes_of(create_app(service).routes)) == set(ROUTES)


@pytest.mark.parametrize("role", PEOPLE)
def test_every_route(role: str, client_of: Client, world: World) -> None:
    """Allowed is anything but 401 and 403, as bodies are missing; nobody's pages lead to the login."""
    client, wrong = client_of(PEOPLE[role]), []
    for method, path in ROUTES:
        if path in ENDLESS and role in TABLE[path][method]:
            continue
        answer = _ask(client, method, path, world["east"])
        if problem := _problem(role, method, path, answer):
            wrong.append(problem)
    assert wrong == []


def _ask(client: TestClient, method: str, path: str, ids: dict[str, int]) -> Any:
    """Send a request as its clients do: browsers ask for pages, scripts for JSON; Open311's key is a parameter."""
    is_open311 = path.startswith("/open311/")
    accept = "text/html" if _is_page(method, path) else "application/json"
    key = {"api_key": client.headers.get("Authorization", "").removeprefix("Bearer ")} if is_open311 else {}
    sent: dict[str, Any] = {"data": key} if method == "POST" and key else {"params": key}
    return client.request(method, url_of(path, ids), headers={"Accept": accept}, **sent)


def _problem(role: str, method: str, path: str, answer: Any) -> str:
    status, where = answer.status_code, f"{method} {path}"
    if status >= 500:
        return f"{where}: {status}"
    if role in TABLE[path][method]:
        refused = status in (401, 403) and not (status == 403 and _code(answer) in RULES.get((method, path), ()))
        return f"{where}: {role} was refused ({status})" if refused or _to_login(answer) else ""
    if role == "nobody":
        expected = 403 if path.startswith("/open311/") else 401  # as GeoReport says of a missing key
        is_right = _to_login(answer) if _is_page(method, path) else status == expected
        return "" if is_right else f"{where}: nobody got {status}"
    return "" if status == 403 else f"{where}: {role} got {status}"


def _is_page(method: str, path: str) -> bool:
    return method == "GET" and not path.startswith(("/api/", "/open311/"))


def _code(answer: Any) -> Any:
    """Return the code of a refusal."""
    return answer.json().get("code") if "json" in answer.headers.get("content-type", "") else None


def _to_login(answer: Any) -> bool:
    return answer.status_code == 303 and str(answer.headers["location"]).startswith("/login?next=")


@pytest.mark.parametrize("role", PEOPLE)
def test_stream(role: str, served: tuple[str, Town]) -> None:
    """The endless stream, from a real server."""
    url, town = served
    headers = {"Authorization": f"Bearer {town.tokens[PEOPLE[role]]}"} if PEOPLE[role] else {}
    with httpx.stream("GET", f"{url}/api/v1/photos/progress", headers=headers, trust_env=False) as answer:
        if role in TABLE["/api/v1/photos/progress"]["GET"]:
            assert (answer.status_code, answer.headers["content-type"][:17]) == (200, "text/event-stream")
            assert next(answer.iter_lines()) == "event: progress"
        else:
            assert answer.status_code == 401


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Town]]:
    """A server process, and the town in it."""
    settings = Settings(data=tmp_path_factory.mktemp("served"), workers=0)
    service = opened(settings)
    with service.database.write() as session:
        town = build_town(session)
    service.close()
    with serving(settings) as (url, _):
        yield url, town


def test_links_to_photos(service: Service, town: Town, client_of: Client, world: World) -> None:
    """A signed link shows its photo to everybody, and nothing else does: no other token, none of another secret."""
    nobody, token = client_of(""), service.signer.dumps(world["west"]["photo"])
    shown = nobody.get(f"/photo/{token}")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    foreign = URLSafeTimedSerializer("x" * 40, salt="cleanlane-photo").dumps(world["west"]["photo"])
    for wrong in (
        foreign,
        token[:-5] + ("A" if token[-5] != "A" else "B") + token[-4:],
        str(world["west"]["photo"]),
        "%00",
    ):
        assert nobody.get(f"/photo/{wrong}").status_code == 404


BOUND = [(method, path) for method, path in ROUTES if any(f"{{{name}}}" in path for name in IDS)]
# What would do on one's own issue.
BODIES: dict[str, dict[str, Any]] = {
    "confirm": {},
    "reject": {"reason": "no_such_thing"},
    "merge": {"into": 1},
    "category": {"category": "graffiti"},
    "boxes": {"boxes": []},
    "dispatch": {"unit_id": 1},
    "submit": {"note": "好"},
    "close": {},
    "return": {"why": "不净"},
    "escalate": {"department_id": 2, "why": "无权"},
    "cancel": {"why": "重复"},
    "department-answer": {"text": "已办"},
    "slips": {"colour": "white", "reason": "超时"},
    "{issue_id}": {"address": "别处"},
}
UNIT_PEOPLE = {
    "east_reporter": "reporter",
    "east_handler": "handler",
    "east_verifier": "verifier",
    "east_supervisor": "supervisor",
    "department_handler": "handler",
}


@pytest.fixture
def unit_client(service: Service, town: Town, client_of: Client) -> Client:
    """Clients of people who belong to a unit; the town has no supervisor who does."""
    with service.database.write() as session:
        user = User(username="east_supervisor", name="东", role=Role.SUPERVISOR, unit_id=town.east)
        session.add(user)
        session.flush()
        town.tokens["east_supervisor"] = make_token(session, user, "tests")
    return client_of


@pytest.mark.parametrize("username", UNIT_PEOPLE)
def test_other_units(username: str, service: Service, unit_client: Client, world: World) -> None:
    """What belongs to another unit isn't there (404), with bodies that are right, and nothing is changed."""
    client, role, wrong = unit_client(username), UNIT_PEOPLE[username], []
    before = _state(service, world["west"])
    for method, path in BOUND:
        body = None if method == "GET" else BODIES.get(path.rpartition("/")[2])
        expected = 404 if role in TABLE[path][method] else 403
        other = client.request(method, url_of(path, world["west"]), headers=JSON, json=body).status_code
        if other != expected:
            wrong.append(f"{method} {path} of the west: {other} instead of {expected}")
    assert wrong == []
    assert _state(service, world["west"]) == before


@pytest.mark.parametrize("username", [name for name in UNIT_PEOPLE if name.startswith("east_")])
def test_own_unit(username: str, unit_client: Client, world: World) -> None:
    """What belongs to one's own unit is there, to be read; and to be changed as far as the role may."""
    client, role, wrong = unit_client(username), UNIT_PEOPLE[username], []
    for method, path in BOUND:
        if role not in TABLE[path][method]:
            continue
        body = None if method == "GET" else BODIES.get(path.rpartition("/")[2])
        answer = client.request(method, url_of(path, world["east"]), headers=JSON, json=body)
        is_right = answer.status_code == 200 if method == "GET" else answer.status_code in (200, 201, 409, 422)
        is_rule = answer.status_code == 403 and _code(answer) in RULES.get((method, path), ())
        if not is_right and not is_rule:
            wrong.append(f"{method} {path} of the east: {answer.status_code} {answer.text[:80]}")
    assert wrong == []


def _state(service: Service, ids: dict[str, int]) -> tuple[Any, ...]:
    with service.database.read() as session:
        issue, photo = session.get_one(Issue, ids["issue"]), session.get_one(Photo, ids["photo"])
        evidence = [(one.id, one.corrected) for one in issue.evidence]
        return issue.state, issue.category, issue.address, issue.version, len(issue.history), photo.state, evidence
