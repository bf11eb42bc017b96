"""Smaller numbers in an exported model: half precision for GPUs, calibrated 8-bit integers for CPUs."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vision.errors import MissingExtraError
from vision.images import read_photo_file
from vision.inference.devices import Precision
from vision.inference.preprocess import letterbox

__all__ = ["CALIBRATION_PHOTOS", "PRECISIONS", "to_fp16", "to_int8"]

PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16", "int8")

CALIBRATION_PHOTOS = 200  # ranges of activations hardly move beyond this many
AT_A_TIME = 20  # all activations of so many photos are in memory, about 1 GB
ATTENTION = ("MatMul", "Mul", "Reshape", "Softmax", "Split", "Transpose")
PERCENTILE = 99.99  # of the activations is within the range. A YOLO26n lost .16 points of AP50, with all within 2.8


def to_fp16(model: Path, out: Path) -> None:
    """Write `model` with half-precision weights and arithmetic; input and output stay float32."""
    try:
        import onnx
        from onnxruntime.transformers.float16 import convert_float_to_float16
        from onnxruntime.transformers.onnx_model import OnnxModel
    except ImportError as error:
        raise MissingExtraError(error.name or "onnx", "train") from error
    converted = OnnxModel(convert_float_to_float16(onnx.load(str(model)), keep_io_types=True))
    converted.topological_sort()  # the conversion appends its casts
    onnx.save(converted.model, str(out))


def to_int8(model: Path, photos: Sequence[Path], image_size: int, out: Path) -> None:
    """Write `model` with 8-bit weights (per channel) and activations, whose ranges are read off real photos.

    The detection head stays in float: its scores are what quantization hurts most, and it costs little. So does the
    product of two activations within attention, which is faster so.

    Args:
        model: fp32 ONNX file that takes (b, 3, h, w) float.
        photos: Training photos; at most `CALIBRATION_PHOTOS` of them are used, evenly spread.
        image_size: Side of the square in pixels that they are fitted into.
        out: The new file.
    """
    try:
        from onnxruntime.quantization.shape_inference import quant_pre_process
    except ImportError as error:
        raise MissingExtraError(error.name or "onnx", "train") from error
    chosen = photos[:: max(1, len(photos) // CALIBRATION_PHOTOS)][:CALIBRATION_PHOTOS]
    portions = len(chosen) // AT_A_TIME or 1
    chosen = chosen[: portions * AT_A_TIME]
    mixed = [photo for first in range(portions) for photo in chosen[first::portions]]  # all sources in each portion
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(None):  # the calibration talks
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(model), str(prepared), skip_symbolic_shape=True)
        try:
            _quantize(prepared, out, mixed, image_size, "Percentile", CalibPercentile=PERCENTILE)
        except ValueError:  # numpy's: an activation that is next to nothing throughout has no histogram
            _quantize(prepared, out, mixed, image_size, "MinMax", CalibMovingAverage=True)


def _quantize(prepared: Path, out: Path, photos: Sequence[Path], image_size: int, method: str, **options: Any) -> None:
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

    quantize_static(
        str(prepared),
        str(out),
        _Calibration(prepared, photos, image_size),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod[method],
        nodes_to_exclude=_in_float(prepared),
        extra_options={"CalibStridedMinMax": min(AT_A_TIME, len(photos)), **options},
    )


def _in_float(path: Path) -> list[str]:
    """Return attention's products, the nodes of the detection head (the module with the highest number), and the rest.

    The rest is what follows the head.
    """
    import onnx

    nodes = onnx.load(str(path)).graph.node
    modules = [int(node.name.split("/")[1].removeprefix("model.")) for node in nodes if node.name.startswith("/model.")]
    return [
        node.name
        for node in nodes
        if not node.name.startswith("/model.")
        or node.name.startswith(f"/model.{max(modules)}/")
        or ("/attn/" in node.name and node.op_type in ATTENTION)
    ]


class _Calibration:
    """Feeds preprocessed photos to the calibration, one at a time."""

    def __init__(self, model: Path, photos: Sequence[Path], image_size: int) -> None:
        import onnx

        self.name = onnx.load(str(model)).graph.input[0].name
        self.size, self.photos = (image_size, image_size), photos

    def __len__(self) -> int:
        return len(self.photos)

    def set_range(self, start_index: int, end_index: int) -> None:
        """Go on with these photos."""
        self.batches: Iterator[dict[str, Any]] = (
            {self.name: self._input(photo)} for photo in self.photos[start_index:end_index]
        )

    def _input(self, photo: Path) -> npt.NDArray[np.float32]:
        canvas = letterbox(read_photo_file(photo).pixels, self.size)[0]
        return canvas.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)

    def get_next(self) -> dict[str, Any] | None:
        """Return the next input, or None at the end of the range."""
        return next(self.batches, None)
