"""Follow things from look to look: BoT-SORT with compensation of the camera's motion (package `trackers`)."""

import numpy as np
import numpy.typing as npt
import supervision as sv
from trackers import BoTSORTTracker

from vision.footage.frames import Frame
from vision.footage.zones import Watched

__all__ = ["Tracker"]

RATE = 30  # pictures a second that the package counts its buffer in
LONGEST_STEP = 2  # intervals that two looks count to lie apart at most
AT_THRESHOLD = 0.5  # what a score that just reaches its category's threshold is to the tracker


class Tracker:
    """One camera's tracker.

    Args:
        lost_after: Seconds without a sight after which a thing that comes back is a new track.
        interval: Usual seconds between looks.
    """

    def __init__(self, lost_after: float, interval: float) -> None:
        self._interval, self._clock = interval, 0.0
        self._last: float | None = None
        self._tracker = BoTSORTTracker(
            lost_track_buffer=max(1, round(lost_after * RATE)),
            frame_rate=1 / interval,
            track_activation_threshold=AT_THRESHOLD,
            high_conf_det_threshold=AT_THRESHOLD,
            minimum_consecutive_frames=1,  # what is too seldom seen is told by the event's own rules
            cmc_method="orb",  # looks lie too far apart for optical flow; SIFT takes six times as long
            cmc_downscale=2,
        )

    def update(self, frame: Frame, watched: Watched) -> list[int]:
        """Return the track of each detection of the frame; -1 where it is too weak to begin one."""
        found = watched.detections
        scale = frame.pixels.shape[1] / frame.width
        boxes = sv.Detections(
            xyxy=(found.boxes * scale).astype(np.float32),
            confidence=_evened(found.scores, watched.thresholds),
            data={"index": np.arange(len(found))},
        )
        if self._last is not None:  # looks that lie far apart, as in a time-lapse, don't lose everything in between
            self._clock += min(frame.seconds - self._last, LONGEST_STEP * self._interval)
        self._last = frame.seconds
        self._tracker.frame_id = 0  # only in its first picture does it give a new track its number at once
        tracked = self._tracker.update(boxes, frame.pixels, self._clock)
        tracks = np.full(len(found), -1)
        if len(tracked):
            tracks[np.asarray(tracked.data["index"], int)] = tracked.tracker_id
        return [int(track) for track in tracks]


def _evened(scores: npt.NDArray[np.float32], thresholds: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Put scores on one scale, on which every category's threshold is `AT_THRESHOLD`."""
    below = AT_THRESHOLD * scores / np.maximum(thresholds, 1e-6)
    above = AT_THRESHOLD + (1 - AT_THRESHOLD) * (scores - thresholds) / np.maximum(1 - thresholds, 1e-6)
    return np.where(scores < thresholds, below, above).astype(np.float32)
