import hashlib
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.inference.tiny import write_model
from vision.categories import NAMES
from vision.datasets.scenes import SceneKind, draw_scene
from vision.errors import ModelError, PhotoError, UserError
from vision.evaluation.contestants.contestant import open_contestant
from vision.images import NDArrayImage, Photo
from vision.inference.stages import StageClock, untimed

PUBLISHED = Path(__file__).resolve().parents[3] / "models" / "cleanlane-n"
CHECKPOINT = PUBLISHED / "cleanlane-n.pt"
STAGES = ["preprocess", "network", "postprocess"]
# a person everywhere, and a bottle whose score is the photo's brightness
ANSWER = np.array([[8, 8, 4, 4, 0.9, 0.0], [32, 32, 20, 10, 0.0, 0.0]], np.float32).T
WHITE = np.full((64, 64, 3), 255, np.uint8)

needs_ultralytics = pytest.mark.skipif(
    find_spec("ultralytics") is None, reason="Ultralytics is not installed (extra: train)"
)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pixels, _ = draw_scene(seed=4, kind=SceneKind.OVERFLOWING_BINS, size=(1000, 700))
    path = tmp_path_factory.mktemp("scene") / "scene.png"
    Image.fromarray(pixels).save(path)
    return path


def test_the_published_model(street: NDArrayImage) -> None:
    contestant, clock = open_contestant(None), StageClock()
    file = PUBLISHED / "cleanlane-n.onnx"
    about = contestant.about
    assert (about.kind, about.device, about.input_size, about.categories) == ("onnx", "cpu fp32", (640, 640), NAMES)
    assert (about.sha256, about.bytes) == (hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_size)
    assert (about.mapped, about.ignored) == ({}, ())
    assert set(contestant.thresholds) == set(NAMES)
    found = contestant.detect(street, clock)
    assert found.names == NAMES
    assert list(clock.seconds) == STAGES
    assert found.scores.min() < 0.01
    assert found.scores.max() > 0.5


@pytest.mark.parametrize("given", [PUBLISHED, PUBLISHED / "cleanlane-n-int8.onnx"], ids=["folder", "file"])
def test_the_precision_chooses_the_file(given: Path) -> None:
    contestant = open_contestant(given, precision="int8")
    assert contestant.about.sha256 == hashlib.sha256((PUBLISHED / "cleanlane-n-int8.onnx").read_bytes()).hexdigest()
    assert contestant.about.device == "cpu int8"


def test_a_foreign_export_states_no_thresholds(tmp_path: Path) -> None:
    model = write_model(tmp_path / "m.onnx", ANSWER, ("person", "bottle"))
    contestant = open_contestant(model, mapping={"bottle": "litter", "*": None})
    assert contestant.thresholds == {}
    about = contestant.about
    assert (about.name, about.categories) == ("m", ("litter",))
    assert (about.mapped, about.ignored) == ({"bottle": "litter"}, ("person",))
    found = contestant.detect(WHITE, untimed)
    assert [(box.tolist(), score, name) for box, score, name in found] == [([22, 27, 42, 37], 1, "litter")]


def test_stated_thresholds_go_by_our_names(tmp_path: Path) -> None:
    stated: dict[str, object] = {"thresholds": {"person": 0.2, "bottle": 0.6}}
    model = write_model(tmp_path / "m.onnx", ANSWER, ("person", "bottle"), metadata=stated)
    assert open_contestant(model, mapping={"bottle": "litter", "person": "bin"}).thresholds == {
        "bin": 0.2,
        "litter": 0.6,
    }


def test_models_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no\.onnx"):
        open_contestant(tmp_path / "no.onnx")
    with pytest.raises(ModelError, match=r"m\.onnx: reports person, bottle, which are none of our categories"):
        open_contestant(write_model(tmp_path / "m.onnx", ANSWER, ("person", "bottle")))
    with pytest.raises(PhotoError, match="scene"):
        open_contestant(None).read(tmp_path / "scene.png")


PROGRAM = """
import sys
from pathlib import Path
sys.modules["torch"] = sys.modules["ultralytics"] = None  # importing them now raises ImportError
import numpy as np
from vision.errors import MissingExtraError
from vision.evaluation.contestants.contestant import open_contestant
from vision.inference.stages import untimed
open_contestant(None).detect(np.zeros((48, 64, 3), np.uint8), untimed)
assert not any(name.startswith("vision.training") for name in sys.modules)
try:
    open_contestant(Path(sys.argv[1]))
except MissingExtraError as error:
    print(error)
"""


def test_only_a_checkpoint_needs_the_extra() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(CHECKPOINT)], capture_output=True, text=True, check=False)
    assert "cleanlane[train]" in done.stdout, done.stderr


@needs_ultralytics
def test_a_checkpoint_finds_what_ultralytics_itself_finds(scene: Path) -> None:
    from vision.training.runtime import import_ultralytics

    contestant, clock = open_contestant(CHECKPOINT), StageClock()
    about, data = contestant.about, CHECKPOINT.read_bytes()
    assert (about.sha256, about.bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    assert (about.name, about.kind, about.device) == ("cleanlane-n", "ultralytics", "cpu fp32")
    assert (about.input_size, about.categories, contestant.thresholds) == ((640, 640), NAMES, {})
    photo = contestant.read(scene)
    found = contestant.detect(photo, clock)
    assert list(clock.seconds) == STAGES
    expected = import_ultralytics().YOLO(str(CHECKPOINT)).predict(str(scene), conf=0.001, verbose=False)[0].boxes
    assert len(found) == len(expected) >= 5
    assert found.scores.tolist() == expected.conf.tolist()
    assert found.boxes.tolist() == expected.xyxy.tolist()
    assert found.categories.tolist() == expected.cls.int().tolist()
    assert found.scores.max() > 0.5

    small = Photo(np.asarray(Image.fromarray(photo.pixels).resize((500, 350))), photo.width, photo.height)
    best = contestant.detect(small, untimed)[:1]
    assert best.boxes[0] == pytest.approx(found.boxes[0], abs=30)  # in full pixels, not in those of the reduced photo


@needs_ultralytics
def test_a_checkpoint_with_a_map(scene: Path) -> None:
    mapping = dict.fromkeys(("garbage_pile", "litter"), "litter") | {"bin": None}
    contestant = open_contestant(CHECKPOINT, mapping=mapping)
    assert "bin" not in contestant.about.categories
    assert contestant.about.mapped == {"garbage_pile": "litter"}
    found = contestant.detect(contestant.read(scene), untimed)
    assert {"bin", "garbage_pile"}.isdisjoint(name for _, _, name in found)


@needs_ultralytics
@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        pytest.param(None, {}, "expected a checkpoint, but it can't be read", id="missing"),
        pytest.param(b"", {}, "expected a checkpoint of Ultralytics, but it can't be loaded", id="empty"),
        pytest.param(b"no checkpoint", {}, "but it can't be loaded", id="text"),
        pytest.param(CHECKPOINT.read_bytes()[:100_000], {}, "but it can't be loaded", id="cut off"),
        pytest.param(b"", {"precision": "int8"}, "precision int8 is not to be had", id="precision"),
        pytest.param(b"", {"tiles": "auto"}, "tiles auto is not to be had", id="tiles"),
    ],
)
def test_checkpoints_that_cannot_be_opened(
    tmp_path: Path, content: bytes | None, options: dict[str, Any], message: str
) -> None:
    path = tmp_path / "vendor.pt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=message) as caught:
        open_contestant(path, **options)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@needs_ultralytics
def test_checkpoints_of_something_else(tmp_path: Path) -> None:
    import torch

    torch.save({"weights": torch.zeros(3)}, tmp_path / "other.pt")
    with pytest.raises(ModelError, match=r"other\.pt: expected a checkpoint of Ultralytics"):
        open_contestant(tmp_path / "other.pt")


@needs_ultralytics
@pytest.mark.parametrize("device", ["openvino", "cuda:99", "toaster"])
def test_devices_that_are_not_there(device: str) -> None:
    with pytest.raises(UserError, match=device):
        open_contestant(CHECKPOINT, device=device)
