"""What is raced: CleanLane in its variants, Ultralytics' predict, and the loop that anyone would write first."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from vision.inference.stages import Clock

__all__ = ["CONTESTANTS", "Contestant", "import_yolo"]

# Given a model and its options, returns what yields something for each photo.
Contestant = Callable[[dict[str, Any], Clock], Callable[[list[Path]], Iterator[object]]]


def report(options: dict[str, Any], clock: Clock) -> Callable[[list[Path]], Iterator[object]]:
    """Return `cleanlane screen` as users run it: results, page, thumbnails, copies of problems with boxes drawn in."""
    from vision.inference.output_folder import prepare_folder
    from vision.inference.report import write_report
    from vision.inference.sources import find_photos

    detector = _detector(options)

    def run(paths: list[Path]) -> Iterator[object]:
        with tempfile.TemporaryDirectory() as out:
            prepare_folder(Path(out), "refuse")
            yield from range(
                write_report(find_photos(list(map(str, paths))), detector, Path(out), clock=clock).tally.photos
            )

    return run


def detections(options: dict[str, Any], clock: Clock) -> Callable[[list[Path]], Iterator[object]]:
    """Return CleanLane's pipeline without page and pictures, as other tools are measured."""
    from vision.inference.screen import screen
    from vision.inference.sources import find_photos

    detector = _detector(options)
    return lambda paths: screen(
        find_photos(list(map(str, paths))), detector, lambda screened: screened.result, clock=clock
    )


def _detector(options: dict[str, Any]) -> Any:
    from vision.inference.detector import Detector
    from vision.inference.machine import cores

    return Detector(
        options["model"],
        device=options["device"],
        precision=options["precision"],
        streams=cores(),
        tiles=options["tiles"],
    )


def ultralytics(options: dict[str, Any], _clock: Clock) -> Callable[[list[Path]], Iterator[object]]:
    """Return Ultralytics' predict, on a checkpoint or on its own ONNX export of it.

    As it is installed it leaves a core idle; `every_core` of the options changes that. `save` writes pictures with
    boxes, as its command does unless told otherwise, and `cleanlane screen` for photos with a problem.
    """
    model = import_yolo(options["every_core"])(options["weights"], task="detect")

    # One after the other: given a folder it does the same, and given a list it decodes all of it beforehand.
    def run(paths: list[Path]) -> Iterator[object]:
        with tempfile.TemporaryDirectory() as out:
            for path in paths:
                yield from model.predict(str(path), verbose=False, save=options["save"], project=out, exist_ok=True)

    return run


def import_yolo(every_core: bool) -> Any:
    """Return Ultralytics' class, set up for every core or left as it is installed."""
    from vision.training.runtime import import_torchvision, import_ultralytics

    if every_core:
        return import_ultralytics().YOLO
    os.environ.setdefault("YOLO_OFFLINE", "true")
    import torch

    import_torchvision(torch)
    from ultralytics import YOLO

    return YOLO


def plain_loop(options: dict[str, Any], _clock: Clock) -> Callable[[list[Path]], Iterator[object]]:
    """Return a loop with full decoding by OpenCV and ONNX Runtime as it comes, in full precision."""
    import cv2
    import numpy as np
    import onnxruntime

    from vision.inference.model import load_model
    from vision.inference.postprocess import decode
    from vision.inference.preprocess import letterbox

    model = load_model(Path(options["file"]))
    session = onnxruntime.InferenceSession(options["file"], providers=["CPUExecutionProvider"])
    thresholds = np.array([model.thresholds[name] for name in model.names], np.float32)

    def run(paths: list[Path]) -> Iterator[object]:
        for path in paths:
            image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
            scale = max(model.input_size) / max(image.shape)
            fitted = cv2.resize(image, None, fx=scale, fy=scale)  # bilinear: fast, and not what we would do
            canvas, place = letterbox(np.asarray(fitted, np.uint8), model.input_size)
            output = session.run(None, {session.get_inputs()[0].name: model.batch([canvas])})[0][0]
            size = (image.shape[1], image.shape[0])
            yield decode(output, place, size, model.names, thresholds, 0.6, model.end_to_end)

    return run


def decode_only(options: dict[str, Any], _clock: Clock) -> Callable[[list[Path]], Iterator[object]]:
    """Return the floor's first half: nothing but scaled JPEG decoding, on one thread."""
    import simplejpeg

    from vision.inference.model import load_model

    side = max(load_model(Path(options["file"])).input_size)

    def run(paths: list[Path]) -> Iterator[object]:
        for data in [path.read_bytes() for path in paths]:
            height, width = simplejpeg.decode_jpeg_header(data)[:2]
            scale = min(1.0, side / max(height, width))
            yield simplejpeg.decode_jpeg(data, min_height=round(height * scale), min_width=round(width * scale))

    return run


def model_only(options: dict[str, Any], _clock: Clock) -> Callable[[list[Path]], Iterator[object]]:
    """Return the floor's second half: nothing but the network on the photos' canvases, on one thread."""
    from vision.inference.detector import Detector

    detector = Detector(options["model"], device=options["device"], precision=options["precision"], threads=1)

    def run(paths: list[Path]) -> Iterator[object]:
        views = detector.prepare(detector.read(paths[0]))
        return (detector.infer(views) for _ in paths)

    return run


CONTESTANTS: dict[str, Contestant] = {
    "report": report,
    "detections": detections,
    "ultralytics": ultralytics,
    "plain_loop": plain_loop,
    "decode_only": decode_only,
    "model_only": model_only,
}
