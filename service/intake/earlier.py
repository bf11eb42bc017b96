"""The earlier photos of issues, which a new one is compared with."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from service.store.issues import Evidence, Issue
from service.store.photos import Photo
from vision.inference.results import Box

__all__ = ["Earlier", "earlier_photos"]

SEEN = ("first", "again")


@dataclass(frozen=True)
class Earlier:
    """A photo that shows an issue's problem.

    Attributes:
        boxes: Of the problem, in pixels of the upright photo; a person's where one corrected them. At least one.
    """

    photo_id: int
    sha256: str
    width: int
    boxes: tuple[Box, ...]

    @property
    def worth(self) -> float:
        """How well it shows the problem: the best score times the side that the boxes would have as one square."""
        area = sum((box.box[2] - box.box[0]) * (box.box[3] - box.box[1]) for box in self.boxes)
        return max(box.score for box in self.boxes) * float(area**0.5) / self.width


def earlier_photos(session: Session, issue_ids: Sequence[int], most: int) -> dict[int, list[Earlier]]:
    """Return up to `most` photos of each issue: the latest one, then those that show it best.

    Photos of issues that were merged into it count as its own.
    """
    query = (
        select(Issue.id, Issue.merged_into_id, Evidence, Photo.sha256, Photo.width)
        .join(Evidence, Evidence.issue_id == Issue.id)
        .join(Photo, Photo.id == Evidence.photo_id)
        .where(or_(Issue.id.in_(issue_ids), Issue.merged_into_id.in_(issue_ids)), Evidence.kind.in_(SEEN))
        .order_by(Evidence.at.desc(), Evidence.id.desc())
    )
    found: dict[int, list[Earlier]] = defaultdict(list)
    for issue_id, merged_into_id, evidence, sha256, width in session.execute(query):
        stored = evidence.boxes if evidence.corrected is None else evidence.corrected
        boxes = tuple(Box.model_validate(box) for box in stored)
        if boxes:
            found[merged_into_id or issue_id].append(Earlier(evidence.photo_id, sha256, width, boxes))
    return {
        issue_id: [photos[0], *sorted(photos[1:], key=lambda photo: -photo.worth)[: most - 1]]
        for issue_id, photos in found.items()
    }
