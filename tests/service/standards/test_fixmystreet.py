"""A report as FixMyStreet and the like send it: more fields than GeoReport v2 has, several pictures, a long text."""

from collections.abc import Callable

from fastapi.testclient import TestClient

from service.state import Service
from service.store.issues import Issue
from tests.service.town import Town


def test_report(any_client_of: Callable[[str], TestClient], any_town: Town, any_service: Service) -> None:
    story = "路口堆放装修垃圾。" * 200
    pictures = [f"https://fixmystreet.example/photo/{number}.full.jpeg?{'s' * 600}" for number in (1, 2)]
    form = {
        "api_key": any_town.tokens["east_reporter"],
        "jurisdiction_id": "town.example",
        "service_code": "GB/T 47678.5-2026:06010",
        "lat": "30.005",
        "long": "120.005",
        "description": story,
        "email": "a@example.org",
        "first_name": "三",
        "last_name": "张",
        "phone": "",
        "device_id": "x",
        "account_id": "7",
        "attribute[fixmystreet_id]": "1234",
        "attribute[easting]": "1.5",
        "attribute[group][]": ["a", "b"],
        "media_url": pictures,
    }
    answer = any_client_of("").post("/open311/v2/requests.json", params={"jurisdiction_id": "town.example"}, data=form)
    assert answer.status_code == 201
    with any_service.database.read() as session:
        issue = session.get_one(Issue, int(answer.json()[0]["service_request_id"]))
        assert issue.description == f"{story[:499]}…"
        detail = issue.history[-1].detail
        assert detail is not None
        assert detail["description"] == story
        assert detail["media_url"] == pictures
        assert "attribute[easting]" not in detail
