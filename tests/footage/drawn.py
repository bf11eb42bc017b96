"""Drawn streets, videos of them, and a real network that finds what is coloured: what is in them is known exactly."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import onnx
from av.video.stream import VideoStream
from onnx import TensorProto, helper

from vision.images import NDArrayImage

NAMES = ("garbage_pile", "overflowing_bin", "illegal_posting")  # red, green, blue
SIDE = 320  # pixels that the network looks at
SIZE = (320, 180)  # width and height of the videos


def write_finder(path: Path) -> Path:
    """Write a detector with one box for each colour: where its pixels begin and end, scored by how strong it is."""
    node, tensor = helper.make_node, onnx.numpy_helper.from_array
    nodes = [node("Cast", ["pixels"], ["floats"], to=1), node("Split", ["floats"], ["c0", "c1", "c2"], axis=3)]
    columns = []
    for k in range(3):
        others = [f"c{i}" for i in range(3) if i != k]
        nodes += [
            node("Max", others, [f"{k}/others"]),
            node("Sub", [f"c{k}", f"{k}/others"], [f"{k}/excess4"]),
            node("Squeeze", [f"{k}/excess4", "three"], [f"{k}/excess"]),  # (b, h, w)
            node("Greater", [f"{k}/excess", "level"], [f"{k}/is"]),
            node("Cast", [f"{k}/is"], [f"{k}/mask"], to=1),
            node("Mul", [f"{k}/excess", f"{k}/mask"], [f"{k}/counted"]),
            node("ReduceMax", [f"{k}/counted"], [f"{k}/most"], axes=[1, 2], keepdims=0),
            node("Unsqueeze", [f"{k}/most", "one"], [f"{k}/most1"]),
            node("Div", [f"{k}/most1", "full"], [f"{k}/score"]),
            node("Mul", [f"{k}/score", "nil"], [f"{k}/none"]),
        ]
        for axis, reduced in (("x", 1), ("y", 2)):
            at = f"{k}/{axis}"
            nodes += [
                node("ReduceMax", [f"{k}/mask"], [f"{at}/any"], axes=[reduced], keepdims=0),
                node("ArgMax", [f"{at}/any"], [f"{at}/first"], axis=1, keepdims=1),
                node("ArgMax", [f"{at}/any"], [f"{at}/last"], axis=1, keepdims=1, select_last_index=1),
                node("Cast", [f"{at}/first"], [f"{at}/1"], to=1),
                node("Cast", [f"{at}/last"], [f"{at}/2"], to=1),
                node("Sub", [f"{at}/2", f"{at}/1"], [f"{at}/extent"]),
                node("Add", [f"{at}/2", f"{at}/1"], [f"{at}/sum"]),
                node("Div", [f"{at}/sum", "two"], [f"{at}/centre"]),
            ]
        scores = [f"{k}/score" if i == k else f"{k}/none" for i in range(3)]
        rows = [f"{k}/x/centre", f"{k}/y/centre", f"{k}/x/extent", f"{k}/y/extent", *scores]
        nodes += [
            node("Concat", rows, [f"{k}/rows"], axis=1),
            node("Unsqueeze", [f"{k}/rows", "last"], [f"{k}/column"]),
        ]
        columns.append(f"{k}/column")
    nodes.append(node("Concat", columns, ["output0"], axis=2))
    numbers = {"level": 60.0, "two": 2.0, "full": 255.0, "nil": 0.0}
    constants = [tensor(np.array(value, np.float32), name) for name, value in numbers.items()]
    constants += [tensor(np.array([v], np.int64), name) for name, v in (("one", 1), ("last", 2), ("three", 3))]
    pixels = helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["batch", "height", "width", 3])
    output = helper.make_tensor_value_info("output0", TensorProto.FLOAT, ["batch", 7, 3])
    graph = helper.make_graph(nodes, "finder", [pixels], [output], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"names": str(dict(enumerate(NAMES))), "imgsz": f"[{SIDE}, {SIDE}]"})
    onnx.save(model, str(path))
    return path


def street(width: int, seed: int = 0) -> NDArrayImage:
    """Draw a grey street (180, width, 3) that looks different everywhere."""
    rng = np.random.default_rng(seed)
    picture = np.full((SIZE[1], width), 110, np.uint8)
    for _ in range(width // 3):
        x, y = int(rng.integers(width)), int(rng.integers(SIZE[1]))
        w, h = (int(side) for side in rng.integers(4, 40, 2))
        cv2.rectangle(picture, (x, y), (x + w, y + h), int(rng.integers(40, 190)), -1)
    return np.repeat(picture[:, :, None], 3, axis=2)


def put(picture: NDArrayImage, category: str, box: Sequence[int], strength: float = 0.9) -> None:
    """Put a thing of a category's colour at x1, y1, x2, y2; its strength is its score."""
    x1, y1, x2, y2 = box
    rng = np.random.default_rng(x1 * 1000 + y1)
    base = rng.integers(0, 25, (y2 - y1, x2 - x1, 1), np.uint8)
    colour = np.zeros(3)
    colour[NAMES.index(category)] = 255 * strength
    picture[y1:y2, x1:x2] = np.clip(base + colour, 0, 255)


def walk(picture: NDArrayImage, lefts: Iterable[float]) -> list[NDArrayImage]:
    """Show the street through a window whose left edge is at each of the places."""
    width, height = SIZE
    shown = []
    for left in lefts:
        move = np.array([[1, 0, -left], [0, 1, 0]], np.float64)
        shown.append(cv2.warpAffine(picture, move, (width, height), flags=cv2.INTER_LINEAR).astype(np.uint8))
    return shown


def write_video(
    path: Path,
    frames: Sequence[NDArrayImage],
    rate: int = 10,
    gop: int = 10,
    times: Sequence[float] | None = None,
    created: str | None = None,
    codec: str = "libx264",
) -> Path:
    """Write frames as a video; `times` are seconds, for a rate that varies."""
    with av.open(str(path), "w") as container:
        if created:
            container.metadata["creation_time"] = created
        stream = container.add_stream(codec, rate=rate)
        assert isinstance(stream, VideoStream)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.gop_size, stream.bit_rate = gop, 4_000_000
        if codec == "libx264":
            stream.options = {"preset": "ultrafast", "sc_threshold": "0"}
        stream.codec_context.time_base = Fraction(1, 1000)
        for i, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
            seconds = i / rate if times is None else times[i]
            frame.pts, frame.time_base = round(seconds * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
