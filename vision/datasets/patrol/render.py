"""Render patrols: videos as phones write them, each with its truth file and, if asked for, its way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from vision.datasets.build import DataSet
from vision.datasets.patrol.camera import NDArrayFloats
from vision.datasets.patrol.passers import draw_passer
from vision.datasets.patrol.place import write_gpx
from vision.datasets.patrol.plan import FPS, Patrol, PatrolSettings, plan_patrol
from vision.datasets.patrol.strip import paint
from vision.datasets.patrol.truth import TRUTH
from vision.datasets.patrol.video import write_video
from vision.errors import RecipeError
from vision.images import NDArrayImage, path_text

__all__ = ["write_patrols"]


def write_patrols(
    data_set: DataSet, out: Path, settings: PatrolSettings, progress: Callable[[int, int], object] = lambda _d, _t: None
) -> list[Path]:
    """Write patrol-SPLIT-NN.mp4, .truth.json and, if asked for, .gpx into `out`; files of these names are replaced.

    The same photos, settings and machine give the same files.

    Args:
        data_set: Of which a split's photos are shown.
        out: Made if need be.
        settings: What is rendered.
        progress: Told how many frames of how many are done.

    Returns:
        The videos.

    Raises:
        RecipeError: The split has too few photos, or `out` can't be made.
        PhotoError: A photo can't be read.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecipeError(f"{path_text(out)}: the folder can't be made ({error.strerror})") from error
    photos = data_set.of(settings.split)
    videos = []
    for number in range(settings.count):
        patrol = plan_patrol(photos, data_set.name, settings, number)
        video = out / f"patrol-{settings.split}-{number:02d}.mp4"
        frames = _counted(_frames(patrol), number * settings.frames, settings.count * settings.frames, progress)
        write_video(video, frames, settings.size, FPS, patrol.truth.started)
        patrol.truth.write(video.with_suffix(TRUTH))
        if settings.gpx:
            street = np.random.default_rng([settings.seed, number, 1])
            write_gpx(video.with_suffix(".gpx"), street, patrol.way, FPS, patrol.height, patrol.truth.started)
        videos.append(video)
    return videos


def _counted(
    frames: Iterable[NDArrayImage], before: int, total: int, progress: Callable[[int, int], object]
) -> Iterator[NDArrayImage]:
    for done, frame in enumerate(frames, start=before + 1):
        yield frame
        progress(done, total)


def _frames(patrol: Patrol) -> Iterator[NDArrayImage]:
    strip, way, sensor = paint(patrol.panels, patrol.height), patrol.way, patrol.sensor
    smears = [sensor.smears(passer.feet - way.centres)[:, 0] for passer in patrol.passers]
    for index, matrix in enumerate(way.matrices):
        frame = sensor.blurred(_seen(strip, matrix, way.size), index)
        for passer, smear in zip(patrol.passers, smears, strict=True):
            draw_passer(frame, passer, index, matrix, round(smear[index]))
        yield sensor.exposed(frame, index)


def _seen(strip: NDArrayImage, matrix: NDArrayFloats, size: tuple[int, int]) -> NDArrayImage:
    """Look at the strip through `matrix` (2, 3) from its points to the frame's, where a pixel's middle is at 0.5."""
    width, height = size
    corners = np.array([[0, width, width, 0], [0, 0, height, height]]) - matrix[:, 2:]
    across = np.linalg.solve(matrix[:, :2], corners)[0]
    first, last = max(0, int(across.min()) - 2), int(across.max()) + 3
    part = strip[:, first:last]  # OpenCV takes no picture of 32768 pixels or more
    moved = matrix.copy()
    moved[:, 2] += matrix[:, :2] @ [first + 0.5, 0.5] - 0.5
    seen: NDArrayImage = cv2.warpAffine(part, moved, size, flags=cv2.INTER_LINEAR)
    return seen
