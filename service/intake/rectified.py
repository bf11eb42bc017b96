"""The photo of a rectification against the best photo from before it."""

from collections.abc import Sequence
from typing import Any

from service.intake.comparison import Shot, View, is_there, likeness, stored_shot, view_of
from service.intake.earlier import Earlier
from service.intake.grouping import Problem, hull
from service.intake.sentences import comparison_of
from service.store.photo_store import PhotoStore

__all__ = ["compare_with_before"]


def compare_with_before(
    photos: PhotoStore,
    shot: Shot,
    height: int,
    found: Sequence[Problem],
    before: Sequence[Earlier],
    category: str,
) -> dict[str, Any]:
    """Return the comparison that the verifier is shown; see `service.intake.sentences`.

    Args:
        photos: Where the earlier photos lie.
        shot: The new photo.
        height: Of it, in pixels, upright.
        found: Problems on it of the issue's kind.
        before: Earlier photos of the issue.
        category: Of the issue.
    """
    best: tuple[View, Earlier] | None = None
    alike, alike_with = 0, None
    for earlier in before:
        stored = stored_shot(photos, earlier.sha256, earlier.width)
        if stored is None:
            continue
        then = hull(earlier.boxes)
        view = view_of(stored, then, shot)
        if view is not None and (best is None or (view.in_view, view.points) > (best[0].in_view, best[0].points)):
            best = view, earlier
        points = max((likeness(stored, then, shot, hull(problem.boxes), problem.kind) for problem in found), default=0)
        if points > alike:
            alike, alike_with = points, earlier.photo_id
    if alike:
        overlap = best[0].overlap if best else 0.0
        return comparison_of("after_still", category, points=alike, photo_id=alike_with, overlap=overlap)
    if best is None:
        key = "after_unknown_found" if found else "after_unknown"
        photo_id = before[0].photo_id if before else None
        return comparison_of(key if before else "after_alone", category, photo_id=photo_id)
    view, earlier = best
    words = comparison_of(
        _verdict(view, found, height), category, points=view.points, photo_id=earlier.photo_id, overlap=view.overlap
    )
    return words | {"box": list(view.box)}


def _verdict(view: View, found: Sequence[Problem], height: int) -> str:
    if not view.in_view:
        return "after_out_of_view"
    if any(is_there(view, [hull([box])], problem.kind, height) for problem in found for box in problem.boxes):
        return "after_still"
    return "after_unchanged" if view.is_unchanged else "after_gone"
