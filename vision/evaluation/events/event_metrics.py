"""How well events agree with the truth: found, false, reported twice, counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field

import numpy as np

from vision.datasets.patrol.truth import PatrolTruth
from vision.errors import ResultError
from vision.evaluation.events.event_matching import Track, match_track, tracks_of
from vision.evaluation.events.event_truth import Truth, patrol_truth
from vision.footage.grouping import kind_of
from vision.footage.result import EventFile

__all__ = ["EventReport", "Figures", "score_events", "score_tracks"]

Interval = tuple[float, float]


@dataclass(frozen=True)
class Figures:
    """Counts of one patrol or camera, of one kind, or of everything.

    Attributes:
        problems: That have to be found.
        found: How many of them have an event.
        true_events: Events on problems that have to be found.
        false_events: Events on nothing.
        agreeing: True events of a category that their problem has.
        optional_events: Events on problems that needn't be found; they count nowhere else.
        unjudged_events: Events on nothing, of a category that isn't labelled there; they count nowhere else.
    """

    problems: int = 0
    found: int = 0
    true_events: int = 0
    false_events: int = 0
    agreeing: int = 0
    optional_events: int = 0
    unjudged_events: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True)))

    @property
    def judged_events(self) -> int:
        """True and false ones."""
        return self.true_events + self.false_events

    @property
    def recall(self) -> float | None:
        """Part of the problems that is found; None without any."""
        return _ratio(self.found, self.problems)

    @property
    def precision(self) -> float | None:
        """Part of the judged events that is true; None without any."""
        return _ratio(self.true_events, self.judged_events)

    @property
    def duplicates(self) -> float | None:
        """Events for each problem that is found, ideally 1; None without any."""
        return _ratio(self.true_events, self.found)

    @property
    def count_error(self) -> float | None:
        """Judged events more than problems, as part of the problems: above 0 if too many; None without any."""
        return _ratio(self.judged_events - self.problems, self.problems)

    @property
    def agreement(self) -> float | None:
        """Part of the true events that has a category of its problem; None without any."""
        return _ratio(self.agreeing, self.true_events)


@dataclass(frozen=True)
class EventReport:
    """Figures of several patrols, or of the cameras of an event file.

    Attributes:
        patrols: By name of the patrol or camera.
        kinds: By kind of problem; a false event counts for the kind of its category.
    """

    patrols: dict[str, Figures]
    kinds: dict[str, Figures] = field(default_factory=dict)

    @property
    def total(self) -> Figures:
        """Of all patrols together."""
        return sum(self.patrols.values(), Figures())

    @property
    def mean_count_error(self) -> float | None:
        """Mean over the patrols of the count error without its sign; None without any problem."""
        errors = [abs(error) for figures in self.patrols.values() if (error := figures.count_error) is not None]
        return _ratio(sum(errors), len(errors))

    def interval(self, figure: str, resamples: int = 1000, seed: int = 0, level: float = 0.95) -> Interval | None:
        """Return how far a figure could have come out otherwise: the percentile bootstrap over patrols.

        Args:
            figure: Name of a property of `Figures`, such as `recall`.
            resamples: How many samples of as many patrols are drawn; those without the figure are left out.
            seed: Another seed draws others.
            level: Part of the samples whose figure lies within.

        Returns:
            (low, high); None for fewer than two patrols, or if no sample has the figure.
        """
        counts = np.array([astuple(figures) for figures in self.patrols.values()])
        if len(counts) < 2:
            return None
        draws = np.random.default_rng(seed).integers(len(counts), size=(resamples, len(counts)))
        samples = (getattr(Figures(*map(int, row)), figure) for row in counts[draws].sum(axis=1))
        values = [value for value in samples if value is not None]
        if not values:
            return None
        low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)


def score_events(file: EventFile, truths: Mapping[str, PatrolTruth | Truth]) -> EventReport:
    """Judge the events of cameras.

    Args:
        file: Has a camera for each truth; a simulated patrol's is named as its video without the ending.
        truths: By camera.

    Raises:
        ResultError: The file has no such camera, or looked at another size of frames.
    """
    cameras = {camera.name: camera for camera in file.cameras}
    for name, truth in truths.items():
        if name not in cameras:
            raise ResultError(f"the event file has no camera {name!r} as the truth files have; run that video, too")
        size = (cameras[name].width, cameras[name].height)
        if size != (truth.width, truth.height):
            raise ResultError(
                f"camera {name}: its frames are {size[0]}x{size[1]}, but those of the truth file are "
                f"{truth.width}x{truth.height}; take the truth file that lies beside the video"
            )
    return score_tracks({name: tracks_of(file, name) for name in truths}, truths)


def score_tracks(tracks: Mapping[str, Sequence[Track]], truths: Mapping[str, PatrolTruth | Truth]) -> EventReport:
    """Judge what any program followed in recordings; both by the name of the patrol or camera."""
    patrols, kinds = {}, defaultdict[str, Figures](Figures)
    for name, truth in truths.items():
        by_kind = _judge(tracks.get(name, ()), patrol_truth(truth) if isinstance(truth, PatrolTruth) else truth)
        patrols[name] = sum(by_kind.values(), Figures())
        for kind, figures in by_kind.items():
            kinds[kind] += figures
    return EventReport(patrols, dict(sorted(kinds.items())))


def _judge(tracks: Iterable[Track], truth: Truth) -> dict[str, Figures]:
    kinds = defaultdict[str, Figures](Figures)
    met = set()
    for track in tracks:
        match = match_track(track, truth)
        if match.problem is None:
            kind = kind_of(track.category) or track.category
            judged = match.panel is None or track.category in truth.panels[match.panel].annotated
            kinds[kind] += Figures(false_events=int(judged), unjudged_events=int(not judged))
            continue
        problem = truth.problems[match.problem]
        met.add(match.problem)
        agrees = track.category in problem.categories
        kinds[problem.kind] += (
            Figures(true_events=1, agreeing=int(agrees)) if problem.to_find else Figures(optional_events=1)
        )
    for index, problem in enumerate(truth.problems):
        if problem.to_find:
            kinds[problem.kind] += Figures(problems=1, found=int(index in met))
    return dict(kinds)


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None
