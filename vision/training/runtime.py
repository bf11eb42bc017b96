"""Make Ultralytics train as fast as a CPU allows, and start at all beside a foreign torchvision."""

import contextlib
import functools
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from PIL import Image

from vision.errors import MissingExtraError, UserError
from vision.inference.machine import cores

__all__ = ["cpu_bf16", "has_bf16", "import_torchvision", "import_ultralytics", "restart_with_large_malloc"]

# glibc returns large tensors to the system after every step and faults them in again; keeping them saves about a
# quarter of the CPU time. Read by the allocator only when a process starts.
MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "17179869184",
    "MALLOC_TOP_PAD_": "268435456",
}


def restart_with_large_malloc(arguments: Sequence[str]) -> None:
    """Replace this process by `python arguments…` with the allocator's settings, unless it has them already."""
    if sys.platform == "linux" and "MALLOC_TOP_PAD_" not in os.environ:
        os.execve(sys.executable, [sys.executable, *arguments], {**os.environ, **MALLOC})  # noqa: S606


def import_ultralytics() -> Any:
    """Import Ultralytics offline, on every core, and return the module.

    Raises:
        MissingExtraError: The extra `train` isn't installed.
        UserError: It is, but a system library is missing.
    """
    os.environ.setdefault("YOLO_OFFLINE", "true")  # nothing is fetched behind the user's back
    os.environ.setdefault("OMP_NUM_THREADS", str(cores()))  # else Ultralytics sets it to 1
    try:
        import torch

        import_torchvision(torch)
        opener = Image.open
        import ultralytics
        from ultralytics.utils import torch_utils

        Image.open = opener  # Ultralytics replaces it for the whole process; photos are read in one way only
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "ultralytics", "train") from error
    except ImportError as error:  # its OpenCV is built for desktops
        raise UserError(
            f"Ultralytics can't be imported ({error}); on Debian, apt install libgl1 libglib2.0-0"
        ) from error
    torch_utils.NUM_THREADS = cores()  # the default leaves one core idle
    torch.set_num_threads(cores())
    return ultralytics


def import_torchvision(torch: Any) -> None:
    """Import torchvision; a CUDA build beside a CPU torch lacks its operators, of which only nms is needed."""
    try:
        import torchvision
    except RuntimeError:
        for name in [m for m in sys.modules if m.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "FRAGMENT")
        for name in ("nms", "qnms"):  # the ones torchvision's import registers shapes for
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.impl("nms", functools.partial(_nms, torch), "CPU")
        import torchvision.extension

        torchvision.extension._has_ops = lambda: True
        torchvision.cleanlane_library = library  # the registration ends when the library is collected


def _nms(torch: Any, boxes: Any, scores: Any, iou_threshold: float) -> Any:
    """Greedy suppression of boxes (n, 4) xyxy; returns the kept indices, best score first."""
    order = scores.argsort(descending=True)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    kept = []
    while order.numel():
        best, rest = order[0], order[1:]
        kept.append(best)
        overlap = torch.minimum(boxes[best, 2:], boxes[rest, 2:]) - torch.maximum(boxes[best, :2], boxes[rest, :2])
        intersection = overlap.clamp(min=0).prod(1)
        order = rest[intersection <= iou_threshold * (areas[best] + areas[rest] - intersection)]
    return torch.stack(kept) if kept else order


def has_bf16() -> bool:
    """Tell whether this CPU multiplies bfloat16 itself; where it doesn't, emulation is tens of times slower."""
    import torch

    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported() and torch.cpu._is_avx512_bf16_supported())


@contextlib.contextmanager
def cpu_bf16() -> Iterator[None]:
    """Within the context Ultralytics' training steps on a CPU run in bfloat16, which it doesn't offer itself.

    Without bfloat16 instructions nothing is changed: the steps run in float32.
    """
    import torch
    from ultralytics.engine import trainer

    if not has_bf16():
        yield
        return
    original = trainer.autocast
    trainer.autocast = lambda enabled, device="cuda": (
        torch.autocast("cpu", dtype=torch.bfloat16) if device == "cpu" else original(enabled, device=device)
    )
    try:
        yield
    finally:
        trainer.autocast = original
