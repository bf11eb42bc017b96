"""How what was found on a photo becomes suspected issues, or further evidence of known ones.

`weigh` reads and compares pixels, without a transaction; `record` writes, in the transaction in which the photo becomes
done. What others recorded in between is noticed there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from service.domain.duplicates import Known, Sighting, is_recurrence
from service.intake.candidates import candidates, lock_place, sighting_of
from service.intake.comparison import shot_of
from service.intake.earlier import Earlier, earlier_photos
from service.intake.grouping import Problem, problems
from service.intake.matching import Find, Gone, Matcher
from service.intake.recording import is_recorded, write_after, write_find, write_gone
from service.intake.rectified import compare_with_before
from service.state import Service
from service.store.issues import Issue
from service.store.photos import Photo, Purpose
from vision.footage.grouping import kind_of
from vision.images import NDArrayImage
from vision.inference.results import Box

__all__ = ["WeighAgain", "Weighed", "record", "weigh"]

MOST_COMPARED = 12  # issues that a photo is compared with by its look: the surest places, then the latest sights
PHOTOS_EACH = 2  # of each of them; after a rectification there is one issue, and time for more
PHOTOS_BEFORE = 4


class WeighAgain(Exception):  # noqa: N818 - a signal, nothing went wrong
    """What is known of the place changed since the photo was weighed: weigh it again, then record that."""


@dataclass(frozen=True)
class Weighed:
    """What a photo comes to.

    Attributes:
        sighting: Where and when it was taken.
        seen: Ids of the issues that it was weighed against.
        finds: Its problems, and what each is.
        gone: Issues that it shows to be gone.
        after: Of a photo of a rectification: the comparison, and the boxes of the issue's kind.
    """

    sighting: Sighting
    seen: frozenset[int] = frozenset()
    finds: tuple[Find, ...] = ()
    gone: tuple[Gone, ...] = ()
    after: tuple[dict[str, Any], tuple[Box, ...]] | None = None


def weigh(service: Service, photo_id: int, boxes: Sequence[Box], pixels: NDArrayImage) -> Weighed:
    """Say what a photo comes to, by comparison with earlier ones; writes nothing.

    Args:
        service: With the photo's row, and earlier photos in the store.
        photo_id: Of the photo.
        boxes: Everything that was found on it, in pixels of the upright photo.
        pixels: (h, w, 3) upright RGB; may be reduced.
    """
    known: list[Known] = []
    earlier: dict[int, list[Earlier]] = {}
    with service.database.read() as session:
        photo = session.get_one(Photo, photo_id)
        sighting, found = sighting_of(session, photo), _problems(photo, boxes)
        issue = session.get(Issue, photo.issue_id) if photo.purpose == Purpose.AFTER and photo.issue_id else None
        if issue is not None:
            earlier = earlier_photos(session, [issue.id], PHOTOS_BEFORE)
        elif photo.purpose != Purpose.AFTER:
            known = candidates(session, sighting)
            earlier = earlier_photos(session, [one.id for one in known[:MOST_COMPARED]], PHOTOS_EACH)
    if issue is None and not known:
        return Weighed(sighting, finds=tuple(Find(problem) for problem in found))
    shot = shot_of(pixels, photo.width)
    if issue is not None:
        kin = [problem for problem in found if problem.kind == kind_of(issue.category)]
        before = earlier.get(issue.id, [])
        words = compare_with_before(service.photos, shot, photo.height, kin, before, issue.category)
        return Weighed(sighting, after=(words, tuple(box for problem in kin for box in problem.boxes)))
    matcher = Matcher(service.photos, shot, photo.height, sighting, found, known, earlier)
    finds = matcher.finds()
    # A frame of patrol footage comes with the boxes of one event only: what it doesn't name may well be there.
    gone = [] if photo.purpose == Purpose.EVENT else matcher.gone(finds)
    return Weighed(sighting, frozenset(one.id for one in known), tuple(finds), tuple(gone))


def record(session: Session, photo: Photo, weighed: Weighed) -> None:
    """Write what a photo came to; does nothing if that was written already.

    Raises:
        WeighAgain: Another transaction changed what is known of the place since; nothing was written.
    """
    if is_recorded(session, photo):
        return
    if weighed.after is not None:
        write_after(session, photo, *weighed.after)
        return
    if photo.grid_id is None:
        photo.grid_id = weighed.sighting.grid_id
    if not weighed.finds and not weighed.gone:
        return
    lock_place(session, weighed.sighting)
    now_known = candidates(session, weighed.sighting)
    _check(weighed, {known.id: known for known in now_known})
    together: dict[int, list[Find]] = {}
    for number, find in enumerate(weighed.finds):  # two heaps that were one before are one piece of evidence
        together.setdefault(find.issue_id or -1 - number, []).append(find)
    for finds in together.values():
        write_find(session, photo, weighed.sighting, finds)
    for gone in weighed.gone:
        write_gone(session, photo, weighed.sighting, gone)


def _check(weighed: Weighed, known: dict[int, Known]) -> None:
    """Refuse what was weighed against another state of things; looks at no pixels."""
    kinds = {find.problem.kind for find in weighed.finds}
    if any(one.kind in kinds and one.id not in weighed.seen for one in known.values()):
        raise WeighAgain
    for find in weighed.finds:
        for issue_id, is_back in ((find.issue_id, False), (find.recurrence_of, True)):
            if issue_id is None:
                continue
            if issue_id not in known or is_recurrence(weighed.sighting, known[issue_id]) is not is_back:
                raise WeighAgain


def _problems(photo: Photo, boxes: Sequence[Box]) -> list[Problem]:
    """Return a photo's problems; an event of patrol footage is one, of the category that most of its sights say."""
    found = problems(boxes, photo.width, photo.height)
    if photo.purpose != Purpose.EVENT or photo.given is None:
        return found
    category = str(photo.given["category"])
    kind, of_event = kind_of(category), sorted(boxes, key=lambda box: -box.score)
    if kind is None or not of_event:
        return []
    return [Problem(kind, category, tuple(of_event), sum(problem.share for problem in found))]
