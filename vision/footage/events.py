"""From looks to events: one for each thing in the real world, however often it is seen."""

from collections.abc import Callable, Iterable
from itertools import combinations

from vision.detections import Detections
from vision.footage.changes import Change, Changes, view_of
from vision.footage.configuration import EventSettings, Zone
from vision.footage.frames import Frame
from vision.footage.matching import alike, same_here
from vision.footage.things import Sight, Thing
from vision.footage.tracking import Tracker
from vision.footage.zones import Rules
from vision.inference.results import GpsPoint

__all__ = ["EventBuilder"]

FEW = 2.5  # looks without a thing don't end its visit, however far apart they are


class EventBuilder:
    """Builds the events of one camera out of its looks, which come in order of time.

    Args:
        rules: The camera's.
        settings: What makes an event.
        interval: Usual seconds between looks.
        place_at: Tells where the camera was so many seconds after its first picture.
        on_new: Called with each event as it begins.
        on_closed: Called with each event as it leaves the view or is gone.

    Attributes:
        things: All that have become events, in order of their beginning.
        changes: What is known of the camera's motion.
    """

    def __init__(
        self,
        rules: Rules,
        settings: EventSettings,
        interval: float,
        *,
        place_at: Callable[[float], GpsPoint | None] = lambda _seconds: None,
        on_new: Callable[[Thing], None] = lambda _thing: None,
        on_closed: Callable[[Thing], None] = lambda _thing: None,
    ) -> None:
        self.things: list[Thing] = []
        self.changes = Changes(rules.camera.motion)
        self._rules, self._settings, self._place_at = rules, settings, place_at
        self._on_new, self._on_closed = on_new, on_closed
        self._tracker = Tracker(settings.lost_after, interval)
        self._tracks: dict[int, Thing] = {}
        self._candidates: list[Thing] = []
        self._found = Detections.empty()
        self._last: float | None = None  # time of the last look
        self._apart = settings.lost_after  # seconds between two sights of one visit

    def add(self, frame: Frame, found: Detections | None) -> None:
        """Take in a look: what was found, or None if nothing has changed since the last one."""
        if found is not None:
            self._found = found
        if self._last is not None:
            self._apart = max(self._settings.lost_after, FEW * (frame.seconds - self._last))
        self._last = frame.seconds
        view = view_of(frame.pixels)
        change = self.changes.since_last(view)
        self.changes.looked(view)
        seen = self._sights(frame)
        for thing, sights in seen:
            thing.see(frame, sights, self.changes.view, self._place_at(frame.seconds), self._apart)
        for thing, _ in seen:
            if not thing.is_event and self._is_enough(thing):
                thing.is_event = True
                self._admit(thing, frame)
        self._join_neighbours(frame)
        self._look_for_absent(frame, change)
        self._forget(frame.seconds)

    @property
    def is_something_in_view(self) -> bool:
        """Whether something is followed now, be it an event or not."""
        return bool(self._tracks)

    def finish(self) -> list[Thing]:
        """Close what is open; return the events in order of their beginning."""
        for thing in list(self.things):
            if thing.state == "in_view" and thing in self.things:  # not merged a moment ago
                if not thing.present:
                    thing.state = "left_view"
                self._close(thing)
        return self.things

    def _sights(self, frame: Frame) -> list[tuple[Thing, list[Sight]]]:
        """Return what is seen in the frame: each thing with its parts."""
        watched = self._rules.apply(self._found, frame)
        tracks = self._tracker.update(frame, watched)
        seen: dict[int, tuple[Thing, list[Sight]]] = {}
        rows = zip(tracks, watched.detections, watched.thresholds, watched.zones, strict=True)
        for number, (box, score, category), threshold, zone in rows:
            if number < 0:
                continue
            sight = Sight(frame.seconds, category, score, box, float(threshold))
            if number not in self._tracks:
                self._tracks[number] = self._candidate_at(sight, frame) or self._new_candidate(zone)
            thing = self._tracks[number]
            seen.setdefault(id(thing), (thing, []))[1].append(sight)
        return list(seen.values())

    def _new_candidate(self, zone: Zone | None) -> Thing:
        name, loiter = (zone.name, zone.loiter_seconds) if zone else (None, 0.0)
        self._candidates.append(Thing(self._rules.camera.name, name, loiter))
        return self._candidates[-1]

    def _candidate_at(self, sight: Sight, frame: Frame) -> Thing | None:
        """Return what was seen in the same place of the same view before something hid it, and is no event yet."""
        unseen = (c for c in self._candidates if c.latest and c.latest[0].seconds < frame.seconds)
        here = (candidate for candidate in unseen if candidate.view == self.changes.view)
        return next((candidate for candidate in here if same_here([sight], candidate.latest, frame.height)), None)

    def _is_enough(self, thing: Thing) -> bool:
        return (
            thing.count >= self._settings.min_observations
            and thing.median_ratio >= self._settings.median_share
            and sum(sight.ratio for sight in thing.sights) >= self._settings.least_evidence
            and thing.end - thing.start >= thing.loiter
        )

    def _admit(self, thing: Thing, frame: Frame) -> None:
        """Make a thing an event of its own, or part of those in the same view that it turns out to be."""
        now = frame.seconds
        here = [
            other
            for other in self.things
            if (other.latest[0].seconds == now or other.view == self.changes.view)
            and now - other.end <= self._settings.same_within
            and same_here(thing.latest, other.latest, frame.height)
        ]
        self.things.append(thing)
        if here:
            self._merge([*here, thing])
        else:
            self._on_new(thing)

    def _join_neighbours(self, frame: Frame) -> None:
        """Make one of an event and what turns out to be a part of it, such as bins that came in one by one."""
        now = [number for number, thing in self._tracks.items() if thing.latest[0].seconds == frame.seconds]
        for one, other in combinations(now, 2):
            first, second = self._tracks[one], self._tracks[other]  # which merging may have made one
            is_event = first.is_event or second.is_event
            if is_event and first is not second and same_here(first.latest, second.latest, frame.height):
                self._merge([first, second])

    def _merge(self, things: Iterable[Thing]) -> Thing:
        """Make one of several, in place of the event that began first, and return it."""
        first, *others = sorted(things, key=lambda thing: (not thing.is_event, thing.start))
        for other in others:
            first.merge(other, self._apart)
            if other in self.things:
                self.things.remove(other)
        for number, thing in self._tracks.items():
            if thing in others:
                self._tracks[number] = first
        return first

    def _look_for_absent(self, frame: Frame, change: Change) -> None:
        now = frame.seconds
        for thing in [thing for thing in self.things if thing.state == "in_view" and thing.latest[0].seconds < now]:
            if thing not in self.things:  # merged a moment ago
                continue
            if thing.present and not any(change.touches(s.box, frame.width, frame.height) for s in thing.latest):
                thing.was_there(thing.end, now, self._apart)  # the detector blinked
                continue
            if thing.present:
                thing.present, thing.absent_since = False, thing.end
            in_sight = thing.view == self.changes.view
            if now - thing.absent_since >= (self._settings.gone_after if in_sight else self._apart):
                thing.state = "gone" if in_sight else "left_view"
                self._close(thing)

    def _close(self, thing: Thing) -> None:
        """Compare an event by its best picture with those that were never seen beside it."""
        looks = {sight.seconds for sight in thing.sights}
        apart = [other for other in self.things if looks.isdisjoint(sight.seconds for sight in other.sights)]
        if owners := alike(thing, apart, self._settings):
            thing = self._merge([*owners, thing])
        self._on_closed(thing)

    def _forget(self, now: float) -> None:
        """Drop tracks that the tracker has given up, and what became an event or was gone before it was one."""
        patience = 2 * self._apart
        self._tracks = {n: thing for n, thing in self._tracks.items() if now - thing.latest[0].seconds <= patience}
        patience = max(patience, self._settings.gone_after)
        self._candidates = [
            c for c in self._candidates if not c.is_event and c.latest and now - c.latest[0].seconds <= patience
        ]
