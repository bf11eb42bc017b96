"""Small things in big photos: found, found once, and where they are."""

import itertools
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from tests.inference.tiny import write_model
from vision.images import NDArrayImage, Photo
from vision.inference.detector import Detector
from vision.inference.tiles import OVERLAP, columns_for, windows

SIDE = 128
SIZE = (1000, 750)


@pytest.fixture(scope="module")
def finder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real detector of one bright thing on black: its box is where the bright pixels begin and end.

    What fills less than 3 pixels each way on the canvas it overlooks, as networks do.
    """
    node, tensor = helper.make_node, onnx.numpy_helper.from_array
    nodes = [
        node("Cast", ["pixels"], ["floats"], to=1),
        node("ReduceMax", ["floats"], ["brightest"], axes=[3], keepdims=0),  # (b, h, w)
        node("Greater", ["brightest", "level"], ["bright"]),
        node("Cast", ["bright"], ["mask"], to=1),
    ]
    for axis, reduced in (("x", 1), ("y", 2)):
        nodes += [
            node("ReduceMax", ["mask"], [f"{axis}/any"], axes=[reduced], keepdims=0),  # (b, length)
            node("ArgMax", [f"{axis}/any"], [f"{axis}/first"], axis=1, keepdims=1),
            node("ArgMax", [f"{axis}/any"], [f"{axis}/last"], axis=1, keepdims=1, select_last_index=1),
            node("Cast", [f"{axis}/first"], [f"{axis}/1"], to=1),
            node("Cast", [f"{axis}/last"], [f"{axis}/before2"], to=1),
            node("Add", [f"{axis}/before2", "one"], [f"{axis}/2"]),
            node("Sub", [f"{axis}/2", f"{axis}/1"], [f"{axis}/extent"]),
            node("Add", [f"{axis}/2", f"{axis}/1"], [f"{axis}/sum"]),
            node("Div", [f"{axis}/sum", "two"], [f"{axis}/centre"]),
            node("ReduceSum", [f"{axis}/any", "axis"], [f"{axis}/count"], keepdims=1),
            node("GreaterOrEqual", [f"{axis}/count", "three"], [f"{axis}/seen"]),
        ]
    nodes += [
        node("And", ["x/seen", "y/seen"], ["seen"]),
        node("Cast", ["seen"], ["seen/float"], to=1),
        node("Mul", ["seen/float", "high"], ["score"]),
        node("Concat", ["x/centre", "y/centre", "x/extent", "y/extent", "score", "score/none"], ["rows"], axis=1),
        node("Unsqueeze", ["rows", "last"], ["output0"]),
    ]
    nodes.insert(-2, node("Mul", ["score", "nil"], ["score/none"]))
    numbers = {"level": 160.0, "one": 1.0, "two": 2.0, "three": 3.0, "high": 0.9, "nil": 0.0}
    constants = [tensor(np.array(value, np.float32), name) for name, value in numbers.items()]
    constants += [tensor(np.array([1], np.int64), "axis"), tensor(np.array([2], np.int64), "last")]
    pixels = helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["batch", "height", "width", 3])
    output = helper.make_tensor_value_info("output0", TensorProto.FLOAT, ["batch", 6, 1])
    graph = helper.make_graph(nodes, "finder", [pixels], [output], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"names": "{0: 'litter', 1: 'bin'}", "imgsz": f"[{SIDE}, {SIDE}]"})
    path = tmp_path_factory.mktemp("finder") / "finder.onnx"
    onnx.save(model, str(path))
    return path


def photo_with(box: tuple[int, int, int, int]) -> NDArrayImage:
    """Black, with a white thing; the grey of a canvas's margins is below the finder's level."""
    image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    image[box[1] : box[3], box[0] : box[2]] = 255
    return image


def seams() -> list[tuple[float, float]]:
    """Return the middle of every overlap between neighbours, and of every corner where four tiles meet."""
    tiles = windows(*SIZE, 4)
    xs = sorted({w.x1 for w in tiles} | {w.x2 for w in tiles})
    ys = sorted({w.y1 for w in tiles} | {w.y2 for w in tiles})
    vertical = [(x, y) for x in xs for y in (SIZE[1] * 0.31, SIZE[1] * 0.5) if 0 < x < SIZE[0]]
    horizontal = [(x, y) for y in ys for x in (SIZE[0] * 0.13, SIZE[0] * 0.5) if 0 < y < SIZE[1]]
    corners = [(x, y) for x in xs for y in ys if 0 < x < SIZE[0] and 0 < y < SIZE[1]]
    return [*vertical, *horizontal, *corners]


@pytest.mark.parametrize("extent", [(12, 12), (40, 30), (90, 90), (150, 60), (320, 280)])
@pytest.mark.parametrize("seam", seams(), ids=lambda p: f"{p[0]:.0f},{p[1]:.0f}")
def test_a_thing_on_a_seam_is_found_once(finder: Path, seam: tuple[float, float], extent: tuple[int, int]) -> None:
    x1, y1 = (max(0, round(at - size / 2)) for at, size in zip(seam, extent, strict=True))
    box = (x1, y1, min(x1 + extent[0], SIZE[0]), min(y1 + extent[1], SIZE[1]))
    found = Detector(finder, device="cpu", thresholds=0.5, tiles=4).detect(photo_with(box))
    assert len(found) == 1, found.boxes
    assert found.boxes[0] == pytest.approx(box, abs=9)  # the canvas has 128 pixels for 1000


def test_tiles_find_what_the_whole_photo_does_not_show(finder: Path) -> None:
    speck = photo_with((500, 400, 510, 410))
    assert len(Detector(finder, device="cpu", thresholds=0.5).detect(speck)) == 0
    found = Detector(finder, device="cpu", thresholds=0.5, tiles=4).detect(speck)
    assert found.boxes[0] == pytest.approx((500, 400, 510, 410), abs=4)


@pytest.mark.parametrize("size", [(4000, 3000), (3000, 4000), (1000, 100), (640, 640), (7, 5)])
@pytest.mark.parametrize("columns", [2, 3, 4, 9])
def test_tiles_cover_the_photo_and_overlap(size: tuple[int, int], columns: int) -> None:
    tiles = windows(*size, columns)
    tile = max(size) / (columns - OVERLAP * (columns - 1))
    covered = np.zeros((50, 50), int)
    ys, xs = (np.linspace(0, length, 50, endpoint=False) for length in size[::-1])
    for w in tiles:
        assert (w.x1 >= 0, w.y1 >= 0, w.x2 <= size[0], w.y2 <= size[1]) == (True,) * 4
        covered += ((xs >= w.x1) & (xs < w.x2)) & ((ys >= w.y1) & (ys < w.y2))[:, None]
    assert (covered > 0).all()
    starts = sorted({w.x1 for w in tiles})
    assert all(b - a <= (1 - OVERLAP) * tile + 1e-6 for a, b in itertools.pairwise(starts))


@pytest.mark.parametrize(
    ("size", "columns"), [((640, 480), 1), ((1280, 960), 1), ((1600, 1200), 2), ((3000, 4000), 4), ((16000, 9000), 4)]
)
def test_auto_cuts_big_photos_only(size: tuple[int, int], columns: int) -> None:
    photo = Photo(np.zeros((48, 64, 3), np.uint8), *size)
    assert columns_for(photo, 640) == columns


def test_two_things_stay_two(tmp_path: Path) -> None:
    """The whole photo shows two neighbours, tiles show both again."""
    answer = np.array([[20, 32, 10, 10, 0.9, 0.0], [44, 32, 10, 10, 0.8, 0.0]], np.float32).T
    model = write_model(tmp_path / "m.onnx", answer, ("litter", "bin"))
    whole = Detector(model, device="cpu", thresholds=0.5)
    assert len(whole.detect(np.zeros((64, 64, 3), np.uint8))) == 2
    tiled = Detector(model, device="cpu", thresholds=0.5, tiles=2).detect(np.zeros((64, 64, 3), np.uint8))
    assert len(tiled) == 2 + 4 * 2  # each tile answers the same at its own place
