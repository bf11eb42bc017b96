"""Whether two things are one: by where they lie in one view, or by look and place."""

from collections.abc import Sequence

from vision.footage.appearance import looks_alike
from vision.footage.configuration import EventSettings
from vision.footage.grouping import kind_of, linked
from vision.footage.places import distance
from vision.footage.things import Sight, Thing
from vision.overlaps import overlaps

__all__ = ["alike", "same_here"]

OVERLAPPING = 0.5  # intersection over union from which on boxes of two kinds show one thing: a bin in a heap is another
MOST_COMPARED = 200  # things, the latest ones, that a new one is compared with by its look


def same_here(first: Sequence[Sight], second: Sequence[Sight], height: int) -> bool:
    """Tell whether two things seen in one view are one: they overlap, or are of a kind and close together."""
    return any(_one(a, b, height) for a in first for b in second)


def _one(first: Sight, second: Sight, height: int) -> bool:
    kind = kind_of(first.category)
    of_a_kind = kind is not None and kind == kind_of(second.category)
    if of_a_kind and linked(kind or "", first.box, second.box, height):
        return True
    iou, _ = overlaps(first.box[None], second.box[None])
    return bool(iou[0, 0] >= OVERLAPPING)


def alike(thing: Thing, others: Sequence[Thing], settings: EventSettings) -> list[Thing]:
    """Return the one of the others that is this thing by look and place, if there is one."""
    near = [other for other in others if _may_be(thing, other, settings)]
    best, most = None, 0
    for other in sorted(near, key=lambda other: other.end)[-MOST_COMPARED:]:
        if thing.best is None or other.best is None:
            continue
        count = looks_alike(other.best.appearance, thing.best.appearance, _kinds(thing) & _kinds(other))
        if count > most:
            best, most = other, count
    return [] if best is None else [best]


def _may_be(thing: Thing, other: Thing, settings: EventSettings) -> bool:
    if other is thing or thing.best is None or other.best is None:
        return False
    if abs(thing.start - other.end) > settings.same_within:
        return False
    here, there = thing.best.place, other.best.place
    if here is not None and there is not None and distance(here, there) > settings.same_place:
        return False
    return bool(_kinds(thing) & _kinds(other))


def _kinds(thing: Thing) -> set[str]:
    return {kind for name in thing.votes if (kind := kind_of(name))}
