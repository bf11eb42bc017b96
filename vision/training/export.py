"""Turn a trained checkpoint into ONNX files that explain themselves."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any, Literal

from vision.errors import MissingExtraError
from vision.inference.detector import DEFAULT_IOU
from vision.inference.model import METADATA_KEY
from vision.training.runtime import import_ultralytics
from vision.training.suppression import add_suppression

__all__ = ["HEADS", "Head", "export_onnx", "set_metadata"]

Head = Literal["plain", "end-to-end"]
HEADS: tuple[Head, ...] = ("plain", "end-to-end")

OPSET = 17  # first with LayerNormalization in one node; every runtime of the last years reads it
PRIVATE = ("description", "args")  # what the exporter writes there names folders of the training machine


def export_onnx(checkpoint: Path, image_size: int, out: Path, head: Head = "plain") -> None:
    """Write `checkpoint` as fp32 ONNX that takes (b, 3, h, w) float in 0..1, any number and size of images.

    Args:
        checkpoint: Ultralytics detection weights (.pt).
        image_size: Side in pixels that it was trained at; noted in the file.
        out: The .onnx file.
        head: `plain` gives (b, 4 + c, n), boxes before suppression; `end-to-end` (b, 300, 6), suppressed: by the
            network itself if it was trained so (YOLO26), else by nodes added to the graph.
    """
    ultralytics = import_ultralytics()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "model.pt"
        shutil.copyfile(checkpoint, copy)
        model = ultralytics.YOLO(str(copy))
        trained_so = bool(getattr(model.model.model[-1], "end2end", False))
        arguments = {"end2end": head == "end-to-end"} if trained_so else {}
        model.export(format="onnx", imgsz=image_size, opset=OPSET, dynamic=True, simplify=True, **arguments)
        exported = copy.with_suffix(".onnx")
        if head == "end-to-end" and not trained_so:
            add_suppression(exported, DEFAULT_IOU)
        shutil.copyfile(exported, out)


def set_metadata(path: Path, metadata: dict[str, Any]) -> None:
    """Store CleanLane's own metadata in the ONNX file, beside what the exporter wrote."""
    try:
        import onnx
    except ImportError as error:
        raise MissingExtraError("onnx", "train") from error
    model = onnx.load(str(path))
    kept = {p.key: p.value for p in model.metadata_props if p.key not in (METADATA_KEY, *PRIVATE)}
    onnx.helper.set_model_props(model, {**kept, METADATA_KEY: json.dumps(metadata, ensure_ascii=False)})
    onnx.save(model, str(path))
