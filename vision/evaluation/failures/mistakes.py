"""The worst errors of each kind, to look at."""

from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from vision.categories import NAMES
from vision.evaluation.failures.error_breakdown import BACKGROUND_IOU, Explained
from vision.evaluation.failures.judged import IOU, Judged, NDArrayIndices
from vision.evaluation.record import ERRORS, ErrorKind, Mistake

__all__ = ["worst_mistakes"]

OF_EACH_KIND = 12
OF_A_PHOTO, OF_A_SCENE = 2, 3  # at most, of each kind: one bad photo shouldn't fill the page


def worst_mistakes(judged: Judged, explained: Explained) -> tuple[Mistake, ...]:
    """Return at most 12 errors of each kind, worst first: what users see or miss at the thresholds.

    The worst of false finds have the highest scores; the worst of missed labels cover the largest part of their photo.
    There are at most 2 of a photo and 3 of a scene group in each kind.
    """
    mistakes: list[Mistake] = []
    for kind in ERRORS[:-1]:
        false = np.flatnonzero((explained.kind == kind) & judged.seen)
        worst = false[np.argsort(-judged.finds.scores[false], kind="stable")]
        mistakes += [_false(judged, explained, kind, i) for i in _spread(judged, worst, judged.find_photo)]
    return (*mistakes, *(_missed(judged, i) for i in _spread(judged, _unseen(judged), judged.label_photo)))


def _unseen(judged: Judged) -> NDArrayIndices:
    """Return the labels that no seen find is near, the largest first.

    Unlike the kinds of error, which a find has only one of, this asks what a person would: does any box show it.
    """
    near = np.zeros(len(judged.labels), np.bool_)
    for finds, labels, iou in judged.by_photo():
        same = judged.finds.categories[finds, None] == judged.labels.categories[None, labels]
        near[labels] = ((iou >= np.where(same, BACKGROUND_IOU, IOU)) & judged.seen[finds, None]).any(axis=0)
    unseen = np.flatnonzero(judged.reportable & ~near)
    photo_areas = np.array([photo.width * photo.height for photo in judged.photos])[judged.label_photo[unseen]]
    shares = (judged.labels.boxes[unseen, 2:] - judged.labels.boxes[unseen, :2]).prod(axis=1) / photo_areas
    return unseen[np.argsort(-shares, kind="stable")]


def _spread(judged: Judged, worst: Iterable[int], photo_of: NDArrayIndices) -> Iterator[int]:
    """Pass on the first ones, but not too many of one photo or scene."""
    photos: Counter[int] = Counter()
    scenes: Counter[tuple[str, str | int]] = Counter()
    for i in worst:
        number = int(photo_of[i])
        photo = judged.photos[number]
        scene = (photo.source, photo.scene_group or number)
        if photos[number] < OF_A_PHOTO and scenes[scene] < OF_A_SCENE:
            photos[number] += 1
            scenes[scene] += 1
            yield i
            if photos.total() == OF_EACH_KIND:
                return


def _false(judged: Judged, explained: Explained, kind: ErrorKind, i: int) -> Mistake:
    truth = int(explained.truth[i])
    known = truth >= 0
    return Mistake(
        kind=kind,
        photo=judged.photos[judged.find_photo[i]].name,
        category=NAMES[judged.finds.categories[i]],
        score=float(judged.finds.scores[i]),
        box=_box(judged.finds.boxes[i]),
        truth_category=NAMES[judged.labels.categories[truth]] if known else None,
        truth_box=_box(judged.labels.boxes[truth]) if known else None,
        iou=float(explained.iou[i]) if known else None,
    )


def _missed(judged: Judged, i: int) -> Mistake:
    return Mistake(
        kind="missed",
        photo=judged.photos[judged.label_photo[i]].name,
        category=NAMES[judged.labels.categories[i]],
        score=None,
        box=_box(judged.labels.boxes[i]),
    )


def _box(box: npt.NDArray[np.float32]) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = box.tolist()
    return x1, y1, x2, y2
