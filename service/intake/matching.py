"""Which known issue each problem of a photo is, and which issues the photo shows to be gone.

Only the look makes a problem further evidence of a known issue: of two different heaps at one site within a day the
second would be lost from view. Where the look can't say (dark, blurred, another side) it is a new issue with a hint at
the known one, and a reviewer merges them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.domain.duplicates import Known, Sighting, is_recurrence, nearness
from service.domain.lifecycle import State
from service.intake.comparison import Shot, View, is_there, likeness, stored_shot, view_of
from service.intake.earlier import Earlier
from service.intake.grouping import Problem, hull
from service.intake.sentences import comparison_of
from service.store.photo_store import PhotoStore

__all__ = ["Find", "Gone", "Matcher"]


@dataclass(frozen=True)
class Find:
    """A problem on the photo, and what it is.

    Attributes:
        issue_id: The known issue that it is; none: a new one.
        recurrence_of: The closed issue that is back.
        comparison: With the earlier photo; see `service.intake.sentences`.
    """

    problem: Problem
    issue_id: int | None = None
    recurrence_of: int | None = None
    comparison: dict[str, Any] | None = None


@dataclass(frozen=True)
class Gone:
    """An issue whose place the photo shows, with nothing there any more."""

    issue_id: int
    comparison: dict[str, Any]


@dataclass(frozen=True)
class _Likeness:
    """What the look says of a problem and an issue; without points they are at different spots of one view."""

    points: int
    photo_id: int
    overlap: float


NOT_ALIKE = _Likeness(0, 0, 0.0)


class Matcher:
    """Compares the problems of one photo with known issues.

    Args:
        photos: Where the earlier photos lie.
        shot: The new photo.
        height: Of it, in pixels, upright.
        sighting: Where and when it was taken.
        found: Its problems.
        known: Candidates, the surest first.
        earlier: Photos of each of them.
    """

    def __init__(
        self,
        photos: PhotoStore,
        shot: Shot,
        height: int,
        sighting: Sighting,
        found: Sequence[Problem],
        known: Sequence[Known],
        earlier: Mapping[int, Sequence[Earlier]],
    ) -> None:
        self._photos, self._shot, self._height, self._sighting = photos, shot, height, sighting
        self._found, self._known, self._earlier = found, known, earlier
        self._views: dict[tuple[int, int], View | None] = {}  # by issue and photo
        self._alike: dict[tuple[int, int], _Likeness] = {}  # by problem's index and issue
        self._compare()

    def finds(self) -> list[Find]:
        """Return what each problem is, in order."""
        back = {known.id for known in self._known if is_recurrence(self._sighting, known)}
        chosen: dict[int, Find] = {}
        for (index, issue_id), alike in sorted(self._alike.items(), key=lambda item: -item[1].points):
            if alike.points and index not in chosen and issue_id not in back:
                chosen[index] = self._again(self._found[index], issue_id, alike)
        for index in range(len(self._found)):
            if index not in chosen:
                taken = {find.issue_id for find in chosen.values()} | {find.recurrence_of for find in chosen.values()}
                chosen[index] = self._recurred(index, taken) or self._new(index, taken)
        return [chosen[index] for index in range(len(self._found))]

    def gone(self, finds: Sequence[Find]) -> list[Gone]:
        """Return the issues that are gone, given what was found."""
        seen = {find.issue_id for find in finds}
        return [gone for known in self._known if known.id not in seen and (gone := self._gone(known)) is not None]

    def _compare(self) -> None:
        for known in self._known:
            kin = {index for index, problem in enumerate(self._found) if problem.kind == known.kind}
            for earlier in self._earlier.get(known.id, ()):
                stored = stored_shot(self._photos, earlier.sha256, earlier.width)
                if stored is not None:
                    self._compare_with(known.id, earlier, stored, kin)
                if kin and all(self._points(index, known.id) for index in kin):
                    break  # another photo of it wouldn't say more

    def _compare_with(self, issue_id: int, earlier: Earlier, stored: Shot, kin: Iterable[int]) -> None:
        before = hull(earlier.boxes)
        view = self._views[issue_id, earlier.photo_id] = view_of(stored, before, self._shot)
        overlap = view.overlap if view is not None else 0.0
        for index in kin:
            problem = self._found[index]
            box = hull(problem.boxes)
            if view is not None and view.is_known and is_there(view, [box], problem.kind, self._height):
                points = view.points
            else:  # looking for keypoints in the crops as well takes longer than all else
                points = likeness(stored, before, self._shot, box, problem.kind)
            if points or (view is not None and view.is_known):
                self._keep(index, issue_id, _Likeness(points, earlier.photo_id, overlap))

    def _points(self, index: int, issue_id: int) -> int:
        return self._alike.get((index, issue_id), NOT_ALIKE).points

    def _keep(self, index: int, issue_id: int, alike: _Likeness) -> None:
        best = self._alike.get((index, issue_id))
        if best is None or alike.points > best.points:
            self._alike[index, issue_id] = alike

    def _again(self, problem: Problem, issue_id: int, alike: _Likeness) -> Find:
        words = comparison_of(
            "still", problem.category, points=alike.points, photo_id=alike.photo_id, overlap=alike.overlap
        )
        return Find(problem, issue_id, comparison=words)

    def _strong(self, index: int, taken: set[int | None]) -> list[Known]:
        """Return the issues of the problem's kind at its place that the look says nothing about."""
        return [
            known
            for known in self._known
            if known.kind == self._found[index].kind
            and known.id not in taken
            and (index, known.id) not in self._alike
            and getattr(nearness(self._sighting, known), "is_strong", False)
        ]

    def _recurred(self, index: int, taken: set[int | None]) -> Find | None:
        """Return the closed issue that is back: at its place, or wherever the look says so."""
        problem, strong = self._found[index], self._strong(index, taken)
        for known in self._known:
            alike = self._alike.get((index, known.id), NOT_ALIKE)
            if not is_recurrence(self._sighting, known) or not (alike.points or known in strong):
                continue
            words = comparison_of(
                "recurred",
                problem.category,
                points=alike.points,
                photo_id=alike.photo_id or None,
                overlap=alike.overlap,
                number=known.id,
            )
            hint = None if alike.points else self._maybe(problem, strong)
            return Find(problem, recurrence_of=known.id, comparison=hint or words)
        return None

    def _new(self, index: int, taken: set[int | None]) -> Find:
        """Return a new problem, with a hint at the issue that a reviewer may take it for."""
        problem = self._found[index]
        hint = self._maybe(problem, self._strong(index, taken))
        for (other, issue_id), alike in self._alike.items():
            if hint is None and other == index and not alike.points:
                hint = comparison_of(
                    "elsewhere", problem.category, photo_id=alike.photo_id, overlap=alike.overlap, number=issue_id
                )
        return Find(problem, comparison=hint)

    def _maybe(self, problem: Problem, strong: Sequence[Known]) -> dict[str, Any] | None:
        """Return a hint at the first issue at the place that isn't closed."""
        known = next((known for known in strong if known.state is not State.CLOSED), None)
        if known is None:
            return None
        photo_id = next((photo.photo_id for photo in self._earlier.get(known.id, ())), None)
        return comparison_of("maybe", problem.category, photo_id=photo_id, number=known.id)

    def _gone(self, known: Known) -> Gone | None:
        if known.state is State.CLOSED or known.presence == "gone" or self._sighting.at <= known.last_seen:
            return None
        boxes = [hull([box]) for problem in self._found if problem.kind == known.kind for box in problem.boxes]
        for earlier in self._earlier.get(known.id, ()):
            view = self._views.get((known.id, earlier.photo_id))
            if view is None or not view.in_view:
                continue
            if view.is_unchanged or is_there(view, boxes, known.kind, self._height):
                return None
            if not view.is_known:
                continue
            category = max(earlier.boxes, key=lambda box: box.score).category
            words = comparison_of("gone", category, points=view.points, photo_id=earlier.photo_id, overlap=view.overlap)
            return Gone(known.id, words | {"box": list(view.box)})
        return None
