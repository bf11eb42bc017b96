"""What was tracked in a recording, put beside the truth: which problem a track is about, if any."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from vision.evaluation.events.event_truth import Truth
from vision.footage.grouping import Corners
from vision.footage.result import EventFile, Observation
from vision.overlaps import overlaps, shared_areas

__all__ = ["Match", "Track", "match_track", "track_of", "tracks_of"]

NOWHERE = (0.0, 0.0, 0.0, 0.0)  # the box of what isn't in view
LEAST_IOU = 0.3
LEAST_INSIDE = 0.7  # of one box that lies in the other: a group and one of its members
LEAST_SHARE = 0.5  # of a track's observations that are of the problem that it is about


@dataclass(frozen=True)
class Track:
    """One thing that was followed through a video, whatever program did it."""

    category: str
    observations: tuple[Observation, ...]


@dataclass(frozen=True)
class Match:
    """Indices of the problem that a track is about, None if it is about none, and of the panel that it mostly lies on.

    The panel is None for a track that never lies on one.
    """

    problem: int | None
    panel: int | None


def track_of(observations: Iterable[Observation]) -> Track:
    """Make a track of at least one observation; its category is the one with the greatest sum of scores."""
    seen = tuple(observations)
    scores: defaultdict[str, float] = defaultdict(float)
    for look in seen:
        scores[look.category] += look.score
    return Track(max(sorted(scores), key=lambda name: scores[name]), seen)


def tracks_of(file: EventFile, camera: str) -> list[Track]:
    """Return the events of a camera as tracks."""
    return [Track(event.category, event.history) for event in file.events if event.camera == camera]


def match_track(track: Track, truth: Truth) -> Match:
    """Find what a track is about.

    An observation is of a problem if their boxes overlap with intersection over union of at least 0.3, or at least 70 %
    of one lies in the other; of several, of one that has its category, and then of the one that overlaps it most. A
    track is about the problem that most of its observations are of, if these are at least half of all.
    """
    problems: Counter[int] = Counter()
    panels: Counter[int] = Counter()
    for look in track.observations:
        best = max(
            (
                (look.category in problem.categories, iou, index)
                for index, problem in enumerate(truth.problems)
                if (iou := _fit(look.box, problem.box_at(look.seconds))) is not None
            ),
            default=None,
        )
        if best is not None:
            problems[best[2]] += 1
        shown = [panel.box_at(look.seconds) or NOWHERE for panel in truth.panels]
        shared = shared_areas(np.array([look.box]), np.array(shown))[0]
        if shared.max() > 0:
            panels[int(shared.argmax())] += 1
    (problem, count) = problems.most_common(1)[0] if problems else (None, 0)
    about = problem if count >= LEAST_SHARE * len(track.observations) else None
    return Match(about, panels.most_common(1)[0][0] if panels else None)


def _fit(box: Corners, truth: Corners | None) -> float | None:
    """Return the intersection over union of an observation that is of a problem; None for another."""
    if truth is None:
        return None
    iou, inside = (float(share[0, 0]) for share in overlaps(np.array([box]), np.array([truth])))
    return iou if iou >= LEAST_IOU or inside >= LEAST_INSIDE else None
