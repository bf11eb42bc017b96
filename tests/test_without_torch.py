import subprocess
import sys

PROGRAM = """
import sys
sys.modules["torch"] = sys.modules["ultralytics"] = None  # importing them now raises ImportError
import vision.inference.detector, vision.inference.report, vision.datasets.build, cleanlane.cli
from vision import Detector
import numpy as np
assert len(Detector().detect(np.zeros((48, 64, 3), np.uint8)).names) == 7
print("ran")
"""


def test_the_runtime_needs_neither_torch_nor_ultralytics() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.stdout == "ran\n", done.stderr
