"""What reviewers said, as labelled photos for the next training."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from service.exports.feedback import write_feedback
from service.exports.judged import judged_photos, split_of_place
from service.state import Service
from service.store.base import now
from service.store.issues import Issue
from service.store.photos import Photo
from service.store.places import Grid, Site
from tests.service.records import add_evidence, box, store_photo
from tests.service.review.suspects import photo_of, suspect
from tests.service.town import Town
from vision.datasets.formats import read_source
from vision.errors import UserError

Client = Callable[[str], TestClient]
Run = Callable[..., tuple[int, str]]


class Reviewer:
    """Gives verdicts through the API."""

    def __init__(self, client: TestClient) -> None:
        self._client = client

    def confirm(self, issue: Issue) -> None:
        """Confirm an issue."""
        self._post(issue, "confirm", {})

    def reject(self, issue: Issue, reason: str) -> None:
        """Reject an issue."""
        self._post(issue, "reject", {"reason": reason})

    def merge(self, issue: Issue, into: Issue) -> None:
        """Merge an issue."""
        self._post(issue, "merge", {"into": into.id})

    def draw(self, issue: Issue, evidence_id: int, *boxes: tuple[str, list[float]]) -> None:
        """Correct boxes."""
        body = {"boxes": [{"category": category, "box": corners} for category, corners in boxes]}
        path = f"/api/v1/issues/{issue.id}/evidence/{evidence_id}/boxes"
        assert self._client.put(path, json=body).status_code == 200

    def _post(self, issue: Issue, path: str, body: dict[str, object]) -> None:
        assert self._client.post(f"/api/v1/issues/{issue.id}/{path}", json=body).status_code == 200


@pytest.fixture
def reviewer(client_of: Client) -> Reviewer:
    """Somebody who reviews on SQLite."""
    return Reviewer(client_of("verifier"))


@pytest.fixture
def any_reviewer(any_client_of: Client) -> Reviewer:
    """Somebody who reviews, on each database."""
    return Reviewer(any_client_of("verifier"))


def export(service: Service, out: Path) -> dict[str, dict[str, object]]:
    """Write the folder; returns its two label files by folder."""
    write_feedback(service.database, service.photos, out)
    return {path.parent.name: json.loads(path.read_text()) for path in out.glob("*/annotations.json")}


def boxes_of(labels: dict[str, object]) -> Iterator[tuple[str, list[float]]]:
    """Yield category and x, y, width, height of every label."""
    names = {category["id"]: category["name"] for category in labels["categories"]}  # type: ignore[attr-defined]
    for label in labels["annotations"]:  # type: ignore[attr-defined]
        yield names[label["category_id"]], label["bbox"]


def test_confirmed_and_rejected(any_service: Service, any_town: Town, any_reviewer: Reviewer, tmp_path: Path) -> None:
    issues = [suspect(any_service, any_town, seed) for seed in range(3)]
    corrected, plain, wrong = issues
    any_reviewer.draw(corrected, corrected.id, ("litter", [10, 20, 110, 70]))
    any_reviewer.confirm(corrected)
    any_reviewer.confirm(plain)
    any_reviewer.reject(wrong, "no_such_thing")
    labels = export(any_service, tmp_path / "out")
    assert list(boxes_of(labels["confirmed"])) == [
        ("litter", [10, 20, 100, 50]),
        ("garbage_pile", [100, 100, 200, 160]),
    ]
    assert len(labels["hard-negatives"]["images"]) == 1  # type: ignore[arg-type]
    assert labels["hard-negatives"]["annotations"] == []
    # Nobody was asked about bins, graffiti and the rest: they aren't absent, they are unlabelled.
    assert {*labels["confirmed"]["info"]["annotated"]} == {"garbage_pile", "litter"}  # type: ignore[index]
    assert read_source(tmp_path / "out" / "hard-negatives").annotated == {"garbage_pile", "litter"}


def test_only_fully_judged_photos(any_service: Service, any_town: Town, any_reviewer: Reviewer) -> None:
    photos = [photo_of(any_service, any_town, seed) for seed in range(5)]
    both, waiting, unclear, later, known = photos
    one, other = (suspect(any_service, any_town, photo_id=both) for _ in range(2))
    any_reviewer.confirm(one)
    any_reviewer.reject(other, "no_such_thing")
    any_reviewer.confirm(suspect(any_service, any_town, photo_id=waiting))
    suspect(any_service, any_town, photo_id=waiting, category="litter")
    any_reviewer.reject(suspect(any_service, any_town, photo_id=unclear), "not_our_problem")
    any_reviewer.reject(suspect(any_service, any_town, photo_id=known, category="graffiti"), "duplicate")
    with any_service.database.write() as session:  # the program finds the heap again, after it was confirmed
        add_evidence(session, session.get_one(Issue, one.id), later, kind="again")
    with any_service.database.read() as session:
        judged = judged_photos(session)
    assert [[category for category, _ in photo.boxes] for photo in judged.photos] == [["garbage_pile"], ["graffiti"]]
    assert judged.left_out == {"suspected": 1, "unclear": 1, "unseen": 1}


def test_merged_evidence_was_seen(service: Service, town: Town, reviewer: Reviewer) -> None:
    target = suspect(service, town, 1)
    reviewer.confirm(target)
    issue = suspect(service, town, 2, category="litter")
    reviewer.merge(issue, target)
    with service.database.read() as session:
        judged = judged_photos(session)
    assert [photo.boxes[0][0] for photo in judged.photos] == ["garbage_pile", "litter"]


def test_since(service: Service, town: Town, reviewer: Reviewer) -> None:
    reviewer.confirm(suspect(service, town))
    with service.database.read() as session:
        assert len(judged_photos(session, now() - timedelta(hours=1)).photos) == 1
        assert judged_photos(session, now() + timedelta(hours=1)).photos == ()


def test_a_place_is_on_one_side(service: Service, town: Town, reviewer: Reviewer) -> None:
    with service.database.write() as session:
        above = Grid(code="330100010003", name="四级网格", level=4, unit_id=town.east)
        session.add(above)
        session.flush()
        session.get_one(Grid, town.east_cell).parent_id = above.id
    fine = photo_of(service, town, 1, grid_id=town.east_cell)
    by_site = photo_of(service, town, 2, site_id=town.east_site)
    coarse = photo_of(service, town, 3, grid_id=above.id)
    by_issue = photo_of(service, town, 4)
    elsewhere = photo_of(service, town, 5, grid_id=town.west_cell)
    for photo in (fine, by_site, coarse, by_issue, elsewhere):
        reviewer.confirm(suspect(service, town, photo_id=photo))
    with service.database.read() as session:
        photos = judged_photos(session).photos
    assert [photo.place for photo in photos] == ["grid-330100010003"] * 4 + ["grid-33010001000101"]
    assert len({photo.split for photo in photos[:4]}) == 1
    share = [split_of_place(f"grid-{number}") for number in range(2000)].count("val") / 2000
    assert share == pytest.approx(0.2, abs=0.03)


def test_the_command_and_back(service: Service, town: Town, reviewer: Reviewer, tmp_path: Path, run: Run) -> None:
    sites = [f"site-{number}" for number in range(8)]
    assert {split_of_place(site) for site in sites} == {"train", "val"}
    with service.database.write() as session:
        rows = [Site(name=str(number)) for number in range(8)]
        session.add_all(rows)
        session.flush()
        ids = [row.id for row in rows]
    for seed, site in enumerate(ids):
        photo = photo_of(service, town, seed, site_id=site)
        issue = suspect(service, town, photo_id=photo, grid_id=None, category="illegal_posting")
        reviewer.reject(issue, "no_such_thing") if seed % 4 == 3 else reviewer.confirm(issue)
    out = tmp_path / "feedback"
    code, printed = run("dataset", "feedback", out, "--data", service.settings.data)
    assert code == 0, printed
    assert "confirmed: 6 张 photos 非法小广告 illegal_posting: 6 误报 hard negatives: 2 张" in printed
    for folder in ("confirmed", "hard-negatives"):
        code, printed = run("dataset", "check", out / folder, "--decode")
        assert (code, "0 findings" in printed) == (0, True), printed
    code, printed = run("dataset", "build", out / "recipe.yaml", "--data", out, "--out", tmp_path / "built")
    assert code == 0, printed
    data_yaml = next((tmp_path / "built").glob("feedback-*/data.yaml"))
    assert len(list(data_yaml.parent.glob("images/*/*"))) == 8
    again, _ = run("dataset", "feedback", out, "--data", service.settings.data, "--since", "2020-01-01")
    assert again == 0


def test_photos_that_training_cant_read(service: Service, town: Town, reviewer: Reviewer, tmp_path: Path) -> None:
    picture = Image.effect_noise((64, 48), 60).convert("RGB")
    photo = store_photo(service, np.asarray(picture), town.users["admin"], "TIFF")
    lost = photo_of(service, town, 1)
    for photo_id in (photo, lost):
        boxes = [box("litter", 1, 2, 30, 40)]
        reviewer.confirm(suspect(service, town, photo_id=photo_id, boxes=boxes))
    with service.database.read() as session:
        service.photos.delete(session.get_one(Photo, lost).sha256)
    written = write_feedback(service.database, service.photos, tmp_path / "out")
    assert (written.confirmed, written.left_out) == (1, {"missing": 1})
    (path,) = (tmp_path / "out" / "confirmed" / "images").iterdir()
    assert path.suffix == ".jpg"
    assert [photo.labels.boxes[0].tolist() for photo in read_source(path.parents[1]).photos] == [[1, 2, 30, 40]]


def test_nothing_is_lost_by_a_wrong_folder(service: Service, town: Town, reviewer: Reviewer, tmp_path: Path) -> None:
    reviewer.confirm(suspect(service, town))
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(UserError, match="expected an empty folder"):
        write_feedback(service.database, service.photos, tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def test_nothing_to_export(service: Service, town: Town, tmp_path: Path, run: Run) -> None:
    code, printed = run("dataset", "feedback", tmp_path / "out", "--data", service.settings.data)
    assert (code, "review some first" in printed) == (2, True), printed
    assert not (tmp_path / "out").exists()
    code, printed = run("dataset", "feedback", tmp_path / "out", "--data", tmp_path / "nowhere")
    assert (code, "there is no database in it" in printed) == (2, True), printed
    assert not (tmp_path / "nowhere").exists()
