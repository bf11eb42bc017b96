"""Units, cells and sites over the API."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from service.state import Service
from service.store.issues import Issue
from service.store.people import Unit
from service.store.photos import Photo
from tests.service.town import Town

Client = Callable[[str], TestClient]


def test_everybody_may_choose_a_unit(client_of: Client, town: Town) -> None:
    found = client_of("east_reporter").get("/api/v1/units", params={"search": "社区"}).json()
    assert (found["total"], [unit["name"] for unit in found["items"]]) == (1, ["东门社区"])
    assert found["items"][0]["phone"] is None
    assert client_of("supervisor").get(f"/api/v1/units/{town.east}").json()["phone"] == ""
    assert client_of("east_reporter").get("/api/v1/units", params={"search": "%"}).json()["total"] == 0
    page = client_of("east_reporter").get("/api/v1/units", params={"size": 1, "page": 2}).json()
    assert (page["total"], len(page["items"])) == (4, 1)


def test_add_change_delete(any_client_of: Client, any_town: Town) -> None:
    admin = any_client_of("admin")
    made = admin.post("/api/v1/units", json={"name": " 北桥村 ", "parent_id": any_town.office, "phone": "13800000000"})
    assert (made.status_code, made.json()["name"]) == (201, "北桥村")
    path = f"/api/v1/units/{made.json()['id']}"
    changed = admin.patch(path, json={"head": "王五", "parent_id": None}).json()
    assert (changed["head"], changed["parent_id"], changed["phone"]) == ("王五", None, "13800000000")
    assert admin.delete(path).status_code == 204
    assert admin.get(path).status_code == 404


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"name": "东门社区"}, 409, "name_taken"),
        ({"name": ""}, 422, "wrong_request"),
        ({"name": "a\x00b"}, 422, "wrong_request"),
        ({"name": "甲", "phone": "无"}, 422, "wrong_request"),
        ({"name": "甲", "parent_id": 9999}, 404, "not_found"),
        ({"name": "甲", "code": "1" * 19}, 422, "wrong_request"),
        ({"name": "甲", "other": 1}, 422, "wrong_request"),
    ],
    ids=["taken", "empty", "NUL", "phone", "parent", "code", "unknown field"],
)
def test_wrong_units(any_client_of: Client, sent: dict[str, object], status: int, code: str) -> None:
    answer = any_client_of("admin").post("/api/v1/units", json=sent)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_no_circles(client_of: Client, town: Town) -> None:
    answer = client_of("admin").patch(f"/api/v1/units/{town.office}", json={"parent_id": town.east})
    assert (answer.status_code, answer.json()["code"]) == (422, "circle")


def test_what_is_in_use_stays(any_service: Service, any_client_of: Client, any_town: Town) -> None:
    admin = any_client_of("admin")
    with any_service.database.write() as session:
        lonely = Unit(name="只有案件")
        session.add(lonely)
        session.flush()
        session.add(Issue(category="litter", unit_id=lonely.id))
        reporter = any_town.users["east_reporter"]
        size = {"content_type": "image/jpeg", "byte_count": 1, "width": 9, "height": 9}
        session.add(Photo(name="a.jpg", sha256="0" * 64, reporter_id=reporter, site_id=any_town.east_site, **size))
    for path in (
        f"units/{lonely.id}",
        f"units/{any_town.office}",
        f"units/{any_town.east}",
        f"sites/{any_town.east_site}",
    ):
        answer = admin.delete(f"/api/v1/{path}")
        assert (answer.status_code, answer.json()["code"]) == (409, "in_use"), path


def test_sites(any_client_of: Client, any_town: Town) -> None:
    admin, reporter = any_client_of("admin"), any_client_of("east_reporter")
    sent = {"name": "西村公厕", "grid_id": any_town.west_cell, "latitude": 30.005, "longitude": 120.015}
    made = admin.post("/api/v1/sites", json=sent)
    assert (made.status_code, made.json()["datum"]) == (201, "WGS-84")
    path = f"/api/v1/sites/{made.json()['id']}"
    assert reporter.get("/api/v1/sites", params={"grid_id": any_town.west_cell}).json()["total"] == 1
    assert admin.patch(path, json={"standard": "整洁"}).json()["standard"] == "整洁"
    assert admin.patch(path, json={"latitude": 30.0}).status_code == 422
    assert admin.patch(path, json={"latitude": None, "longitude": None}).json()["latitude"] is None
    assert admin.post("/api/v1/sites", json=sent).json()["code"] == "name_taken"
    assert admin.post("/api/v1/sites", json={"name": "半个", "latitude": 30.0}).json()["code"] == "coordinates"
    assert admin.delete(path).status_code == 204
    assert reporter.get(path).status_code == 404


def test_grids(client_of: Client, town: Town) -> None:
    reporter = client_of("east_reporter")
    found = reporter.get("/api/v1/grids", params={"level": 5, "search": "网格长1"}).json()
    assert [grid["id"] for grid in found["items"]] == [town.west_cell]
    assert found["items"][0]["head_phone"] is None
    assert "geometry" not in found["items"][0]
    assert reporter.get(f"/api/v1/grids/{town.east_cell}").json()["geometry"]["type"] == "Polygon"
    assert reporter.get("/api/v1/grids", params={"unit_id": town.office}).json()["total"] == 1
    assert reporter.get("/api/v1/grids/999").status_code == 404
    assert reporter.get("/api/v1/grids", params={"page": 2**40}).status_code == 422
