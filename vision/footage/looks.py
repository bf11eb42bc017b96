"""Which pictures of a recording are looked at: key frames or one a second at first, more where things come and go."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from itertools import chain, pairwise
from typing import Protocol

from vision.detections import Detections
from vision.footage.changes import Changes, view_of
from vision.footage.configuration import Sampling
from vision.footage.frames import Frame
from vision.footage.videos import Group
from vision.inference.stages import ordered_map

__all__ = ["Look", "Recording", "looks"]

AHEAD = 6  # groups of pictures that are decoded before the detector has done with the first
SAME = 1e-3  # seconds between two decodings of one picture

Detect = Callable[[Frame], Detections]
Kinds = Callable[[Frame, Detections], frozenset[str]]


class Recording(Protocol):
    """A video or a folder of photos; see `Video`."""

    def groups(self, start: float = 0.0) -> Iterator[Group]:
        """Yield what can be decoded by itself, in order."""
        ...

    def frames(self, group: Group, interval: float) -> list[Frame]:
        """Decode pictures of a group that are so many seconds apart."""
        ...

    def twin(self) -> "Recording":
        """Open it once more."""
        ...


@dataclass(frozen=True, eq=False)
class Look:
    """A picture and what was found on it; None if nothing had changed since the look before."""

    frame: Frame
    found: Detections | None


@dataclass(frozen=True, eq=False)
class _Part:
    """A group: what has been looked at, and what is to be.

    Attributes:
        moved, far: Whether the camera moved since the part before or within this one, and whether it moved far.
        closer: Whether more of it is to be looked at.
    """

    group: Group
    frames: list[Frame] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    moved: bool = False
    far: bool = False
    closer: bool = False


def looks(recording: Recording, detect: Detect, kinds: Kinds, sampling: Sampling, pool: Executor) -> Iterator[Look]:
    """Yield the looks in order of time; none that was decided on is left out.

    Key frames are decoded in the calling thread, all else happens in the pool.

    Args:
        recording: What to look at.
        detect: Returns what is worth following on a frame; called from several threads.
        kinds: Tells what kinds of problems that shows for sure: where they differ from one look to the next, something
            comes into view or leaves it, and more is looked at in between.
        sampling: How often.
        pool: Runs `detect`.
    """

    def see(part: _Part) -> _Part:
        seen = [Look(frame, detect(frame)) for frame in part.frames]
        return replace(part, frames=[], looks=sorted([*part.looks, *seen], key=lambda look: look.frame.seconds))

    closer = _Closer(recording, sampling.dense_interval)
    coarse = ordered_map(pool, see, _coarse(recording, sampling), AHEAD)
    dense = ordered_map(pool, lambda part: see(closer(part)), _marked(kinds, coarse), AHEAD)
    yield from chain.from_iterable(part.looks for part in dense)


def _coarse(recording: Recording, sampling: Sampling) -> Iterator[_Part]:
    due, looked, changes = 0.0, 0.0, Changes()
    for group in recording.groups():
        if group.start < due - sampling.interval / 4:  # short groups: one look in several
            yield _Part(group)
            continue
        in_parts = group.continues or group.goes_on  # can't be decoded once more
        interval = sampling.dense_interval if in_parts else sampling.interval
        part = _Part(group)
        for frame in recording.frames(group, interval):
            due = frame.seconds + interval
            view = view_of(frame.pixels)
            change = changes.since_last(view)
            if not change.any and frame.seconds - looked < sampling.still_interval:
                part.looks.append(Look(frame, None))
                continue
            changes.looked(view)
            looked = frame.seconds
            moved, far = part.moved or change.moved, part.far or change.far
            part = replace(part, frames=[*part.frames, frame], moved=moved, far=far)
        yield part


def _marked(kinds: Kinds, parts: Iterable[_Part]) -> Iterator[_Part]:
    """Mark the parts in which something comes or goes as the camera moves, or is in view as it moves far."""
    waiting: list[_Part] = []
    for part in parts:
        if part.looks and waiting:
            closer = _wants_closer(kinds, waiting[0], part)
            yield from (replace(one, closer=closer) for one in waiting)
            waiting = []
        waiting.append(part)
    yield from waiting and (replace(one, closer=_wants_closer(kinds, waiting[0], None)) for one in waiting)


def _wants_closer(kinds: Kinds, part: _Part, following: _Part | None) -> bool:
    looks = [*part.looks, *(following.looks[:1] if following else ())]
    shown = [kinds(look.frame, look.found) for look in looks if look.found is not None]  # else it shows the same
    if following is None:  # what comes after the end isn't known
        return part.moved and any(shown)
    moved, far = part.moved or following.moved, part.far or following.far
    return (moved and any(before != after for before, after in pairwise(shown))) or (far and any(shown))


class _Closer:
    """Takes more frames of the parts that are marked, with decoders of its own: the first one is far ahead."""

    def __init__(self, recording: Recording, interval: float) -> None:
        self._recording, self._interval = recording, interval
        self._idle: deque[Recording] = deque()  # as many as threads ask for at a time

    def __call__(self, part: _Part) -> _Part:
        if not part.closer or part.group.continues or part.group.goes_on:
            return part
        try:
            twin = self._idle.pop()
        except IndexError:
            twin = self._recording.twin()
        frames = twin.frames(part.group, self._interval)
        self._idle.append(twin)
        known = [look.frame.seconds for look in part.looks]
        return replace(part, frames=[f for f in frames if all(abs(f.seconds - seconds) > SAME for seconds in known)])
