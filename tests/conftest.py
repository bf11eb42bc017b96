"""What several tests need: drawn pictures, the published model, and the labelled photos where they are at hand."""

import io
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import playwright
import pytest
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from cleanlane.cli import main
from vision.datasets.scenes import SceneKind, draw_scene
from vision.images import NDArrayImage
from vision.inference.detector import Detector

os.environ["COLUMNS"] = "200"  # before any console measures its window, which tests that run side by side don't have
# Jobs in a shell's background ignore Ctrl-C, and so would the programs that tests start to interrupt them.
signal.signal(signal.SIGINT, signal.default_int_handler)

REPOSITORY = Path(__file__).resolve().parents[1]
CHROMIUM = shutil.which("chromium")
CHROMIUM_OPTIONS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)


@pytest.fixture(scope="session")
def corners() -> NDArrayImage:
    """A (60, 80, 3) picture: red top left, green top right, blue bottom left, white bottom right."""
    image = np.zeros((60, 80, 3), np.uint8)
    image[:30, :40] = (255, 0, 0)
    image[:30, 40:] = (0, 255, 0)
    image[30:, :40] = (0, 0, 255)
    image[30:, 40:] = (255, 255, 255)
    return image


@pytest.fixture(scope="session")
def encode() -> Callable[..., bytes]:
    """Encode an array or a Pillow image into a file's bytes."""

    def encoded(image: NDArrayImage | Image.Image, file_format: str, **options: object) -> bytes:
        buffer = io.BytesIO()
        picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
        picture.save(buffer, file_format, **options)
        return buffer.getvalue()

    return encoded


@pytest.fixture(scope="session")
def detector() -> Detector:
    """The published model, as exact as it is."""
    return Detector(device="cpu", precision="fp32")


@pytest.fixture(scope="session")
def street() -> NDArrayImage:
    """A drawn photo with overflowing bins, (480, 640, 3)."""
    return draw_scene(seed=1, kind=SceneKind.OVERFLOWING_BINS, size=(640, 480))[0]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of labelled photos, which are no part of the repository."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the labelled photos are not on this machine")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium, without a window."""
    if CHROMIUM is None:
        pytest.skip("needs the program chromium on this machine")
    node = Path(playwright.__file__).parent / "driver" / "node"
    if subprocess.run([node, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("playwright's driver doesn't start on this machine; on Debian it needs the package libatomic1")
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS.split())
        yield running
        running.close()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Run `cleanlane …`; returns its exit code and what it and its processes printed, on one line."""

    def runner(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["cleanlane", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_info:
            main()
        captured = capfd.readouterr()
        printed = re.sub(r"[\s│]+", " ", captured.out + captured.err)
        assert "Traceback" not in printed
        return int(exit_info.value.code or 0), printed

    return runner
