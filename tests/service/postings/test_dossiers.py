"""One advertiser's postings across town form a dossier; who needn't see the number doesn't."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from service.state import Service
from service.store.issues import Evidence, Issue
from service.store.photos import Photo
from service.store.postings import AdvertisedNumber, PostingReading
from tests.service.town import Town

Client = Callable[[str], TestClient]
HTML = {"Accept": "text/html"}


@pytest.fixture
def postings(any_service: Service, any_town: Town) -> None:
    """Two postings of one advertiser in the east, one of the same and one of another in the west."""
    rows = [
        (any_town.east, any_town.east_cell, "13812345678"),
        (any_town.east, any_town.east_cell, "13812345678"),
        (any_town.west, any_town.west_cell, "13812345678"),
        (any_town.west, any_town.west_cell, "13987654321"),
    ]
    with any_service.database.write() as session:
        for i, (unit, cell, number) in enumerate(rows):
            photo = Photo(sha256=f"{i:064}", name="a.jpg", content_type="image/jpeg", byte_count=1, width=9, height=9)
            photo.reporter_id = any_town.users["admin"]
            issue = Issue(category="illegal_posting", unit_id=unit, grid_id=cell, address=f"{i} 号墙")
            session.add_all([photo, issue])
            session.flush()
            evidence = Evidence(issue_id=issue.id, photo_id=photo.id, kind="first", boxes=[])
            session.add(evidence)
            session.flush()
            reading = PostingReading(evidence_id=evidence.id, text=f"疏通\n电话 {number[:3]} {number[3:]}")
            reading.numbers = [AdvertisedNumber(number=f"+86{number}", as_written=number)]
            session.add(reading)


@pytest.mark.usefixtures("postings")
def test_dossier(any_client_of: Client) -> None:
    first, second = any_client_of("supervisor").get("/api/v1/postings").json()
    assert (first["number"], first["issues"], first["cells"]) == ("138 1234 5678", 3, 2)
    assert (second["number"], second["issues"]) == ("139 8765 4321", 1)
    whole = any_client_of("supervisor").get(f"/api/v1/postings/{first['id']}").json()
    assert {posting["address"] for posting in whole["postings"]} == {"0 号墙", "1 号墙", "2 号墙"}


@pytest.mark.usefixtures("postings")
def test_numbers_are_masked(any_client_of: Client) -> None:
    verifier = any_client_of("verifier")
    first = verifier.get("/api/v1/postings").json()[0]
    assert first["number"] == "138****5678"
    for path in (f"/api/v1/postings/{first['id']}", f"/postings/{first['id']}", "/postings"):
        text = verifier.get(path, headers=HTML).text
        assert "138****5678" in text
        assert "1234" not in text
        assert "12345678" not in text


@pytest.mark.usefixtures("postings")
def test_other_units_postings(any_client_of: Client) -> None:
    (only,) = any_client_of("east_verifier").get("/api/v1/postings").json()
    assert (only["number"], only["issues"]) == ("138****5678", 2)
    other = any_client_of("supervisor").get("/api/v1/postings").json()[1]["id"]
    assert any_client_of("east_verifier").get(f"/api/v1/postings/{other}").status_code == 404
    assert any_client_of("east_handler").get("/api/v1/postings").status_code == 403


@pytest.mark.usefixtures("postings")
def test_pages(any_client_of: Client) -> None:
    supervisor = any_client_of("supervisor")
    assert "138 1234 5678" in supervisor.get("/postings", headers=HTML).text
    assert "未启用文字识别" in supervisor.get("/postings", headers=HTML).text
    missing = supervisor.get("/postings/999", headers=HTML)
    assert (missing.status_code, "没有这个档案" in missing.text) == (404, True)
