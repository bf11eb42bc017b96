import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from vision.errors import MissingExtraError
from vision.training import runtime

REPOSITORY = Path(__file__).parents[2]
try:
    import torch
except ImportError:
    torch = None
needs_torch = pytest.mark.skipif(torch is None, reason="the extra train is not installed")


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"cleanlane\[train\]"):
        runtime.import_ultralytics()


def test_restarting_sets_the_allocator_once() -> None:
    program = (
        "import os, sys; from vision.training.runtime import restart_with_large_malloc as restart;"
        "print('started', flush=True); restart(['-c', \"import os; print(os.environ['MALLOC_TOP_PAD_'])\"])"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MALLOC")}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=REPOSITORY, check=True)
    assert done.stdout.split() == ["started", "268435456"]


@needs_torch
def test_our_suppression_is_everyone_elses() -> None:
    generator = torch.Generator().manual_seed(0)
    corner = torch.rand(300, 2, generator=generator) * 100
    boxes = torch.cat([corner, corner + 5 + torch.rand(300, 2, generator=generator) * 40], 1)
    scores = torch.rand(300, generator=generator)
    for iou in (0.2, 0.5, 0.8):
        ours = runtime._nms(torch, boxes, scores, iou)
        xywh = torch.cat([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], 1)
        assert ours.tolist() == list(cv2.dnn.NMSBoxes(xywh.tolist(), scores.tolist(), 0.0, iou))
        assert 0 < len(ours) < 300
    assert runtime._nms(torch, boxes[:0], scores[:0], 0.5).tolist() == []


def test_ultralytics_leaves_pillow_as_it_was() -> None:
    pytest.importorskip("ultralytics", reason="the extra train is not installed")
    code = """
import PIL.Image
before = PIL.Image.open
from vision.training.runtime import import_ultralytics
import_ultralytics()
import ultralytics.data.utils
assert PIL.Image.open is before
"""
    subprocess.run([sys.executable, "-c", code], check=True)
