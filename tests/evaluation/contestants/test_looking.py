import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.inference.tiny import write_model
from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.datasets.scenes import SceneKind, draw_scene
from vision.detections import Detections
from vision.errors import PhotoError, UserError
from vision.evaluation.contestants.contestant import Contestant, open_contestant
from vision.evaluation.contestants.looking import look
from vision.evaluation.predict import predict
from vision.inference.peak_memory import peak_memory_mb

SETTINGS = {"model": "0" * 64, "photos": "1" * 64}
MODEL = Path(__file__).resolve().parents[3] / "models" / "cleanlane-n" / "cleanlane-n.onnx"
# finds a bin everywhere and litter whose score is the photo's brightness
ANSWER = np.array([[8, 8, 4, 4, 0.9, 0.0], [32, 32, 20, 10, 0.0, 0.0]], np.float32).T
Bits = list[tuple[bytes, bytes, bytes]]


def labelled(path: Path) -> LabelledPhoto:
    with Image.open(path) as image:
        width, height = image.size
    return LabelledPhoto(path, "drawn", "val", width, height, Detections.empty(), frozenset(NAMES))


def bits(detections: list[Detections]) -> Bits:
    return [(d.boxes.tobytes(), d.scores.tobytes(), d.categories.tobytes()) for d in detections]


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> list[LabelledPhoto]:
    """Drawn photos of several sizes; the larger JPEGs are decoded at a reduced scale."""
    folder = tmp_path_factory.mktemp("streets")
    kinds = (SceneKind.OVERFLOWING_BINS, SceneKind.STACKED_DEBRIS, SceneKind.POSTINGS_ON_WALL, SceneKind.CLEAN_STREET)
    sizes = ((640, 480), (1600, 1200), (480, 640), (2000, 1500))
    photos = []
    for i, (kind, size) in enumerate(zip(kinds, sizes, strict=True)):
        Image.fromarray(draw_scene(seed=i, kind=kind, size=size)[0]).save(folder / f"{i}.jpg")
        photos.append(labelled(folder / f"{i}.jpg"))
    return photos


@pytest.fixture(scope="module")
def greys(tmp_path_factory: pytest.TempPathFactory) -> list[LabelledPhoto]:
    folder = tmp_path_factory.mktemp("greys")
    for i in range(8):
        Image.new("RGB", (64, 48), (30 * i,) * 3).save(folder / f"{i}.png")
    return [labelled(folder / f"{i}.png") for i in range(8)]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Contestant:
    model = write_model(tmp_path_factory.mktemp("model") / "m.onnx", ANSWER, ("bin", "litter"))
    return open_contestant(model)


def test_it_finds_what_the_runtime_finds(tmp_path: Path, streets: list[LabelledPhoto]) -> None:
    found, cost = look(open_contestant(None), streets, tmp_path / "kept.jsonl", SETTINGS)
    assert bits(found) == bits(list(predict(MODEL, streets)))
    assert min(map(len, found)) > 0
    assert cost.photos == 4
    assert list(cost.stages) == ["decode", "preprocess", "network", "postprocess"]
    assert max(time.p50 for time in cost.stages.values()) <= cost.total.p50
    assert all(time.p50 <= time.p95 for time in (cost.total, *cost.stages.values()))
    assert 50 < cost.peak_memory_mb <= peak_memory_mb()


def test_what_is_kept_is_not_done_again(tmp_path: Path, greys: list[LabelledPhoto], tiny: Contestant) -> None:
    first = look(tiny, greys, tmp_path / "kept.jsonl", SETTINGS)
    content = (tmp_path / "kept.jsonl").read_bytes()
    gone = [LabelledPhoto(p.path.parent / "no" / p.path.name, p.source, *vars_of(p)) for p in greys]
    told: list[tuple[int, int]] = []
    again = look(tiny, gone, tmp_path / "kept.jsonl", SETTINGS, lambda *done: told.append(done))
    assert bits(again[0]) == bits(first[0])
    assert again[1] == first[1]
    assert told == [(8, 8)]
    assert (tmp_path / "kept.jsonl").read_bytes() == content


def vars_of(photo: LabelledPhoto) -> tuple[None, int, int, Detections, frozenset[str]]:
    return None, photo.width, photo.height, photo.labels, photo.annotated


@pytest.mark.parametrize("stop", [0, 1, 5, 8])
def test_an_interrupted_run_goes_on(tmp_path: Path, greys: list[LabelledPhoto], tiny: Contestant, stop: int) -> None:
    whole, _ = look(tiny, greys, tmp_path / "whole.jsonl", SETTINGS)

    def interrupt(done: int, _total: int) -> None:
        if done == stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        look(tiny, greys, tmp_path / "kept.jsonl", SETTINGS, interrupt)
    told: list[int] = []
    found, cost = look(tiny, greys, tmp_path / "kept.jsonl", SETTINGS, lambda done, _: told.append(done))
    assert told == list(range(stop, 9))
    assert bits(found) == bits(whole)
    assert cost.photos == 8


PROGRAM = """
import sys
from pathlib import Path
from tests.evaluation.contestants.test_looking import SETTINGS, labelled
from vision.evaluation.contestants.contestant import open_contestant
from vision.evaluation.contestants.looking import look
photos = [labelled(path) for path in sorted(Path(sys.argv[1]).glob("*.jpg"))]
look(open_contestant(None), photos * 50, Path(sys.argv[2]), SETTINGS, lambda done, total: print(done, flush=True))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals to processes")
@pytest.mark.parametrize("kind", ["SIGINT", "SIGKILL"])
def test_a_process_that_is_ended_leaves_what_it_has_done(
    tmp_path: Path, streets: list[LabelledPhoto], kind: str
) -> None:
    kept, photos = tmp_path / "kept.jsonl", streets * 50
    command = [sys.executable, "-c", PROGRAM, str(streets[0].path.parent), str(kept)]
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=root) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line == "3\n":
                process.send_signal(getattr(signal, kind))
    assert process.returncode != 0
    done = len(kept.read_bytes().splitlines()) - 1
    assert 3 <= done < len(photos)
    told: list[int] = []
    found, _ = look(open_contestant(None), photos[: done + 2], kept, SETTINGS, lambda count, _total: told.append(count))
    assert done - 1 <= told[0] <= done
    assert bits(found) == bits([*predict(MODEL, streets)] * 50)[: done + 2]


def test_from_any_cut_on_the_rest_is_done_again(tmp_path: Path, greys: list[LabelledPhoto], tiny: Contestant) -> None:
    path = tmp_path / "kept.jsonl"
    whole, _ = look(tiny, greys[:3], path, SETTINGS)
    content = path.read_bytes()
    for cut in range(0, len(content), 23):
        path.write_bytes(content[:cut])
        found, cost = look(tiny, greys[:3], path, SETTINGS)
        assert bits(found) == bits(whole)
        assert cost.photos == len(path.read_bytes().splitlines()) - 1 == 3


def first(line: bytes) -> Callable[[list[bytes]], list[bytes]]:
    """Put a line in place of the first photo's."""
    return lambda lines: [lines[0], line, *lines[2:]]


def replaced(old: bytes, new: bytes) -> Callable[[list[bytes]], list[bytes]]:
    return lambda lines: [lines[0], lines[1].replace(old, new), *lines[2:]]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(first(b"\0" * 40 + b"\n"), id="zeros"),
        pytest.param(first(b"{}\n"), id="empty object"),
        pytest.param(first(b"[1]\n"), id="list"),
        pytest.param(replaced(b'"scores":[', b'"scores":[0.5,'), id="uneven"),
        pytest.param(replaced(b'"bin"', b'"dog"'), id="unknown category"),
        pytest.param(lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], id="another photo's line"),
    ],
)
def test_from_a_damaged_line_on_everything_is_done_again(
    tmp_path: Path, greys: list[LabelledPhoto], tiny: Contestant, damage: Callable[[list[bytes]], list[bytes]]
) -> None:
    path = tmp_path / "kept.jsonl"
    whole, _ = look(tiny, greys[:4], path, SETTINGS)
    path.write_bytes(b"".join(damage(path.read_bytes().splitlines(keepends=True))))
    told: list[int] = []
    found, _ = look(tiny, greys[:4], path, SETTINGS, lambda done, _: told.append(done))
    assert told == [0, 1, 2, 3, 4]
    assert bits(found) == bits(whole)
    assert len(path.read_bytes().splitlines()) == 5


def test_other_settings_are_refused(tmp_path: Path, greys: list[LabelledPhoto], tiny: Contestant) -> None:
    path = tmp_path / "kept.jsonl"
    look(tiny, greys[:2], path, SETTINGS)
    content = path.read_bytes()
    with pytest.raises(UserError, match="the interrupted run there had another model"):
        look(tiny, greys[:2], path, {**SETTINGS, "model": "2" * 64})
    assert path.read_bytes() == content


def test_a_photo_or_a_folder_that_is_not_there(tmp_path: Path, greys: list[LabelledPhoto], tiny: Contestant) -> None:
    (tmp_path / "broken.png").write_bytes(greys[0].path.read_bytes()[:60])
    broken = LabelledPhoto(tmp_path / "broken.png", "drawn", *vars_of(greys[0]))
    with pytest.raises(PhotoError, match=r"broken\.png"):
        look(tiny, [*greys[:2], broken], tmp_path / "kept.jsonl", SETTINGS)
    assert len((tmp_path / "kept.jsonl").read_bytes().splitlines()) == 3  # the two before it are kept
    with pytest.raises(UserError, match="can't be written"):
        look(tiny, greys, tmp_path / "no" / "kept.jsonl", SETTINGS)


def test_any_float32_survives(tmp_path: Path, greys: list[LabelledPhoto], tiny: Contestant) -> None:
    """Of a contestant that finds odd numbers; it is ours otherwise."""
    random = np.random.default_rng(0)
    boxes = random.integers(0, 2**32, (400, 4), np.uint64).astype(np.uint32).view(np.float32)
    odd = Detections.of(np.nan_to_num(boxes), random.random(400), random.integers(len(NAMES), size=400))

    class Odd:
        about, thresholds, read = tiny.about, tiny.thresholds, staticmethod(tiny.read)

        def detect(self, photo: object, clock: object) -> Detections:
            return odd

    look(Odd(), greys[:1], tmp_path / "kept.jsonl", SETTINGS)
    found, _ = look(Odd(), greys[:1], tmp_path / "kept.jsonl", SETTINGS)
    assert bits(found) == bits([odd])
    assert json.loads((tmp_path / "kept.jsonl").read_text().splitlines()[0]) == SETTINGS
