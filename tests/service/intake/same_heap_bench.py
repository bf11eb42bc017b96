"""How well a heap is known again, and told from another one, on labelled photos.

    python -m tests.service.intake.same_heap_bench --boxes detector --strength 2 --failures folder

The second visit is the same photo from a step beside, turned, in other light and saved again; the other heap is on the
next photo of the same source, of another place, with the same kind. Boxes are the labels, or what the published model
finds on each photo; then what it finds by mistake counts as a heap, too.
"""

import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import cv2
import numpy as np
import typer
from PIL import Image
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from service.domain.lifecycle import State
from service.intake.grouping import Problem, hull, problems
from service.intake.suspecting import Weighed
from service.settings import Settings
from service.state import Service
from service.store.issues import Issue
from service.store.places import Site
from service.store.preparing import prepare
from tests.service.intake.visits import START, add_photo, boxes_of, cleared, handle, taken_again
from tests.service.town import Town, build_town
from vision.datasets.formats import read_source
from vision.detections import Detections
from vision.evaluation.figures.intervals import rate_interval
from vision.images import NDArrayImage, read_photo_file
from vision.inference.detector import Detector

SOURCES = ("amsterdam-debris", "china-bins", "athens-walls", "street-postings", "taco-litter")


class Boxes(StrEnum):
    """Where boxes come from."""

    LABELS = "labels"
    DETECTOR = "detector"


@dataclass(frozen=True, eq=False)
class Visit:
    """A photo and the boxes on it.

    Attributes:
        lying: Labels of what really lies there.
        seen: Boxes that the service is told.
    """

    name: str
    place: str
    pixels: NDArrayImage
    lying: Detections
    seen: Detections

    @cached_property
    def found(self) -> list[Problem]:
        """Its problems."""
        return problems(boxes_of(self.seen), self.pixels.shape[1], self.pixels.shape[0])

    @property
    def kinds(self) -> set[str]:
        """Of its problems."""
        return {problem.kind for problem in self.found}


class Bench:
    """Handles visits in a service, each time at a new site.

    Args:
        service: With an empty database.
        town: In it.
        strength: Of what differs at the second visit; see `taken_again`.
        look: Returns the boxes of a photo, given its labels.
        failures: Folder for pictures of what went wrong.
    """

    def __init__(
        self,
        service: Service,
        town: Town,
        strength: float,
        look: Callable[[NDArrayImage, Detections], Detections],
        failures: Path | None,
    ) -> None:
        self.service, self.town, self.strength, self.look, self.failures = service, town, strength, look, failures
        self.told: dict[str, list[bool]] = {}

    def visits_of(self, folder: Path, most: int) -> list[Visit]:
        """Return photos of a source that show a problem."""
        visits: list[Visit] = []
        for photo in read_source(folder).photos:
            if photo.split == "val" and len(visits) < most:
                pixels = read_photo_file(photo.path).pixels
                place = photo.scene_group or photo.name
                visit = Visit(photo.name, place, pixels, photo.labels, self.look(pixels, photo.labels))
                visits += [visit] if visit.found else []
        return visits

    def measure(self, visits: Sequence[Visit]) -> dict[str, list[bool]]:
        """Return how often each thing was so."""
        self.told = defaultdict(list)
        for number, visit in enumerate(visits):
            again = self.again(visit, number)
            is_seen = visit.found[0].kind in again.kinds
            self.tell("same heap: detected again", visit, again, is_so=is_seen, wanted=True)
            if is_seen:
                self.pair("same heap: joined", visit, again, wanted=True)
            others = [*visits[number + 1 :], *visits[:number]]
            other = next((o for o in others if o.place != visit.place and visit.found[0].kind in o.kinds), None)
            if other is not None:
                self.pair("another heap: joined", visit, other, wanted=False)
            self.rest(visit, number)
        return self.told

    def again(self, visit: Visit, seed: int, pixels: NDArrayImage | None = None, lying: bool = True) -> Visit:
        """Return another visit of the place."""
        labels = visit.lying if lying else Detections.empty(visit.lying.names)
        moved, there = taken_again(visit.pixels if pixels is None else pixels, labels, seed, self.strength)
        return Visit(visit.name, visit.place, moved, there, self.look(moved, there))

    def pair(self, what: str, first: Visit, second: Visit, *, wanted: bool) -> None:
        """Handle two visits of one site, and tell whether the first problem was seen again."""
        place = self.site()
        self.see(first, place)
        issue_id = self.first_issue(place)
        weighed = self.see(second, place, 24)
        self.tell(what, first, second, is_so=any(find.issue_id == issue_id for find in weighed.finds), wanted=wanted)

    def rest(self, visit: Visit, number: int) -> None:
        """Tell what is said where all was painted over, where it lies there, and where it lies there unseen."""
        boxes = np.concatenate([visit.lying.boxes, visit.seen.boxes])
        painted = self.again(visit, number + 1000, cleared(visit.pixels, boxes), lying=False)
        there = self.again(visit, number + 3000)
        unseen = Visit(there.name, there.place, there.pixels, there.lying, Detections.empty(there.seen.names))
        for what, second, is_gone in (
            ("painted over", painted, True),
            ("there", there, False),
            ("unseen", unseen, False),
        ):
            place = self.site()
            self.see(visit, place)
            gone = {one.issue_id for one in self.see(second, place, 24).gone}
            self.tell(f"{what}: gone", visit, second, is_so=self.first_issue(place) in gone, wanted=is_gone)
            place = self.site()
            self.see(visit, place)
            issue_id = self.first_issue(place)
            with self.service.database.write() as session:
                session.get_one(Issue, issue_id).state = State.IN_PROGRESS
            after = self.see(second, place, 24, purpose="after", issue_id=issue_id).after
            assert after is not None
            for verdict in ("gone", "still"):
                is_so, wanted = after[0]["verdict"] == verdict, (verdict == "gone") is is_gone
                self.tell(f"{what}: after-photo {verdict}", visit, second, is_so=is_so, wanted=wanted)

    def site(self) -> dict[str, Any]:
        """Return the columns of a photo at a new site."""
        with self.service.database.write() as session:
            site = Site(name=f"bench {uuid4()}")
            session.add(site)
            session.flush()
            return {"site_id": site.id}

    def first_issue(self, place: dict[str, Any]) -> int:
        """Return the issue of the first problem of a place; they are written in order."""
        with self.service.database.read() as session:
            return session.scalars(select(func.min(Issue.id)).filter_by(**place)).one()

    def see(self, visit: Visit, place: dict[str, Any], hours: float = 0, **columns: Any) -> Weighed:
        """Handle a photo that was taken some hours after the first."""
        at, reporter = START + timedelta(hours=hours), self.town.users["east_reporter"]
        photo_id = add_photo(self.service, visit.pixels, reporter, received=at, **place, **columns)
        return handle(self.service, photo_id, boxes_of(visit.seen), visit.pixels)

    def tell(self, what: str, first: Visit, second: Visit, *, is_so: bool, wanted: bool) -> None:
        """Count an answer, and draw what shouldn't be; what is unclear after a rectification is left to people."""
        self.told[what].append(is_so)
        is_left = "after-photo" in what and wanted
        if self.failures is not None and is_so is not wanted and not is_left:
            name = f"{what.replace(': ', '-').replace(' ', '-')}-{first.name.replace('/', '-')}.jpg"
            Image.fromarray(np.hstack([_drawn(first), _drawn(second)])).save(self.failures / name)


def _drawn(visit: Visit, side: int = 480) -> NDArrayImage:
    scale = side / max(visit.pixels.shape[:2])
    picture = np.full((side, side, 3), 255, np.uint8)
    small = cv2.resize(visit.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[:side, :side]
    picture[: small.shape[0], : small.shape[1]] = small
    for problem in visit.found:
        x1, y1, x2, y2 = (int(value) for value in hull(problem.boxes) * scale)
        cv2.rectangle(picture, (x1, y1), (x2, y2), (255, 0, 0), 2)
    return picture


def main(
    data: Path = Path("../shared/data"),
    most: int = 20,
    strength: float = 1.0,
    boxes: Boxes = Boxes.LABELS,
    failures: Annotated[Path | None, typer.Option(help="Folder for pictures of what went wrong.")] = None,
) -> None:
    """Print the table."""
    detector = Detector() if boxes is Boxes.DETECTOR else None
    if failures is not None:
        failures.mkdir(parents=True, exist_ok=True)
    shown = Table("source", "what", "so", "of", "Wilson 95 %", title=f"{boxes} boxes, strength {strength:g}")
    total: dict[str, list[bool]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        service = Service.open(Settings(data=Path(folder), workers=0))
        prepare(service.database)
        with service.database.write() as session:
            town = build_town(session)
        look = (lambda pixels, _: detector.detect(pixels)) if detector else (lambda _, labels: labels)
        bench = Bench(service, town, strength, look, failures)
        for source in SOURCES:
            told = bench.measure(bench.visits_of(data / source, most))
            for what, answers in told.items():
                total[what] += answers
                if what.endswith("joined"):
                    shown.add_row(source, *_row(what, answers))
        for what, answers in total.items():
            shown.add_row("all", *_row(what, answers))
        service.close()
    Console(width=110).print(shown)


def _row(what: str, answers: list[bool]) -> tuple[str, ...]:
    low, high = rate_interval(sum(answers), len(answers)) or (0, 1)
    return what, str(sum(answers)), str(len(answers)), f"{100 * low:.0f}–{100 * high:.0f} %"


if __name__ == "__main__":
    typer.run(main)
