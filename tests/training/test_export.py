"""From a network to published files, through the real exporter; the network has learnt nothing."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from PIL import Image

from vision.categories import NAMES
from vision.datasets.build import DataSet, load_data_set
from vision.datasets.recipe import Recipe, SourceChoice
from vision.errors import ModelError, RecipeError
from vision.inference.detector import Detector
from vision.inference.model import METADATA_KEY, load_model

SIZE = 64
pytestmark = [  # torch's exporter as Ultralytics calls it
    pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ultralytics.*"),
    pytest.mark.filterwarnings("ignore:Converting a tensor to a Python"),
]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch = pytest.importorskip("torch", reason="the extra train is not installed")
    return save_network(torch, "yolo11n.yaml", tmp_path_factory.mktemp("weights") / "best.pt")


def save_network(torch: Any, architecture: str, path: Path) -> Path:
    from vision.training.runtime import import_ultralytics

    import_ultralytics()
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(0)
    network = DetectionModel(architecture, nc=len(NAMES), verbose=False)
    network.names = dict(enumerate(NAMES))
    for head in network.model[-1].cv3:
        head[-1].bias.data.fill_(-2)  # scores that parity looks at
    network.args = {"task": "detect", "imgsz": SIZE}
    network.pt_path = "/secret/place/best.pt"
    torch.save({"model": network, "train_args": {"data": "/secret/place", "imgsz": SIZE}, "epoch": -1}, path)
    return path


@pytest.fixture(scope="module")
def data_set(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    """200 photos of coloured noise in val, a few in train and test, each with a box."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "noise" / "images").mkdir(parents=True)
    random = np.random.default_rng(0)
    images, boxes = [], []
    for i, split in enumerate(["val"] * 200 + ["train"] * 8 + ["test"] * 8):
        name = f"{i}.png"
        pixels = random.integers(0, 255, (6, 8, 3), np.uint8)
        Image.fromarray(pixels).resize((64, 48)).save(folder / "noise" / "images" / name)
        images.append({"id": i, "file_name": name, "width": 64, "height": 48, "split": split})
        if i % 3:
            boxes.append({"image_id": i, "category_id": i % len(NAMES), "bbox": [8, 8, 24, 24]})
    content = {
        "info": {"annotated": list(NAMES), "licence": "own"},
        "categories": [{"id": i, "name": name} for i, name in enumerate(NAMES)],
        "images": images,
        "annotations": boxes,
    }
    (folder / "noise" / "annotations.json").write_text(json.dumps(content), encoding="utf-8")
    return load_data_set(Recipe(name="noise", sources=(SourceChoice(folder="noise"),)), folder)


def test_a_run_is_published_as_files_that_explain_themselves(
    checkpoint: Path, data_set: DataSet, tmp_path: Path
) -> None:
    from vision.training.publish import Publication, publish

    run = tmp_path / "run"
    (run / "weights").mkdir(parents=True)
    (run / "weights" / "best.pt").write_bytes(checkpoint.read_bytes())
    stage = {
        "recipe": "noise", "data_sha256": data_set.sha256, "photos": 8, "checkpoint": "x.pt", "device": "a machine",
        "hyperparameters": {"imgsz": SIZE}, "versions": {"torch": "2"}, "seconds": 1800, "watts": 20, "epochs_done": 3,
        "best_epoch": 2, "finished": "2026-01-01T00:00:00", "command": "cleanlane train once",
    }  # fmt: skip
    record = {**stage, "command": "cleanlane train twice", "previous": {**stage, "previous": None}}
    (run / "run.json").write_text(json.dumps(record), encoding="utf-8")
    steps: list[str] = []
    screening = tmp_path / "streets-of-one-day"
    (screening / "images").mkdir(parents=True)
    for name, photo in zip("ab", data_set.of("test", "val"), strict=False):
        (screening / "images" / f"{name}.png").write_bytes(photo.path.read_bytes())
    (screening / "labels.csv").write_text("file,needs_visit\na.png,1\nb.png,0\n", encoding="utf-8")
    what = Publication(
        "m", "cleanlane publish", screening=screening, judged=("garbage_pile", "litter"), notes="多处看错"
    )
    folder = publish(run, data_set, what, tmp_path, steps.append)
    files = {path.name for path in folder.iterdir()}
    about = {"manifest.json", "parity.json", "MODEL_CARD.md", "categories.webp"}
    assert files == {"m.onnx", "m-fp16.onnx", "m-int8.onnx", "m.pt", *about}
    card = (folder / "MODEL_CARD.md").read_text("utf-8")
    assert "cleanlane train once\ncleanlane train twice\ncleanlane publish" in card
    assert "about 0.02 kWh" in card  # two stages of half an hour at 20 W
    assert "多处看错" in card
    assert "| streets-of-one-day | balanced | 1 | " in card
    assert "| streets-of-one-day | cautious, only garbage_pile litter | 1 | " in card
    weights = zipfile.ZipFile(folder / "m.pt")
    contents = [path.read_bytes() for path in folder.iterdir()] + [weights.read(name) for name in weights.namelist()]
    assert not any(b"/secret/place" in content for content in contents)
    for name in ("m.onnx", "m-fp16.onnx", "m-int8.onnx"):
        detector = Detector(folder / name, operating_point="cautious")
        assert set(detector.thresholds) == set(NAMES)
        assert detector.model.input_size == (SIZE, SIZE)
        assert detector.model.metadata["data_sha256"] == data_set.sha256
        assert "AGPL" in detector.model.metadata["licence"]
    assert len(steps) >= 5


def test_published_weights_can_be_trained_from(checkpoint: Path, tmp_path: Path) -> None:
    from vision.training.runtime import import_ultralytics
    from vision.training.weights import save_weights

    save_weights(checkpoint, tmp_path / "m.pt", "AGPL-3.0")
    network = import_ultralytics().YOLO(str(tmp_path / "m.pt")).model
    assert tuple(network.names.values()) == NAMES


@pytest.mark.parametrize("architecture", ["yolo11n.yaml", "yolo26n.yaml"])
def test_both_heads_find_the_same(checkpoint: Path, data_set: DataSet, tmp_path: Path, architecture: str) -> None:
    import torch

    from vision.training.export import export_onnx
    from vision.training.parity import check_parity

    network = save_network(torch, architecture, tmp_path / "n.pt")
    export_onnx(network, SIZE, tmp_path / "plain.onnx")
    export_onnx(network, SIZE, tmp_path / "e2e.onnx", "end-to-end")
    plain, suppressed = (load_model(tmp_path / f"{name}.onnx") for name in ("plain", "e2e"))
    assert (plain.end_to_end, suppressed.end_to_end) == (False, True)
    photos = [photo.path for photo in data_set.of("val")]
    assert check_parity(network, tmp_path / "plain.onnx", photos).anchors > 0
    if architecture == "yolo11n.yaml":  # YOLO26 has a head of its own for this
        detectors = [Detector(tmp_path / f"{name}.onnx", thresholds=0.05) for name in ("plain", "e2e")]
        for photo in photos[:5]:
            a, b = (detector.detect(photo) for detector in detectors)
            np.testing.assert_allclose(a.boxes, b.boxes, atol=1e-3)


def test_a_file_that_differs_from_its_network_is_refused(checkpoint: Path, data_set: DataSet, tmp_path: Path) -> None:
    from vision.training.export import export_onnx
    from vision.training.parity import check_parity

    path = tmp_path / "m.onnx"
    export_onnx(checkpoint, SIZE, path)
    model = onnx.load(str(path))
    bias = next(tensor for tensor in model.graph.initializer if list(tensor.dims) == [len(NAMES)])
    bias.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(bias) + np.float32(0.02), bias.name))
    onnx.save(model, str(path))
    photos = [photo.path for photo in data_set.of("val")]
    with pytest.raises(ModelError, match=r"m\.onnx: expected what torch finds .*nothing is written"):
        check_parity(checkpoint, path, photos)
    with pytest.raises(RecipeError, match=r"expected at least 200 photos in val .*got 199"):
        check_parity(checkpoint, path, photos[1:])


def test_a_refused_export_leaves_nothing(checkpoint: Path, data_set: DataSet, tmp_path: Path) -> None:
    from dataclasses import replace

    from vision.files import replacing_folder
    from vision.training.variants import export_variants

    few = replace(data_set, photos=data_set.photos[150:])
    with pytest.raises(RecipeError), replacing_folder(tmp_path / "out") as folder:
        export_variants(checkpoint, few, "m", SIZE, folder, [], {}, lambda step: None)
    assert list(tmp_path.iterdir()) == []


def test_an_export_of_chosen_variants(checkpoint: Path, data_set: DataSet, tmp_path: Path) -> None:
    from vision.training.variants import export_variants

    wanted = [("fp16", "end-to-end"), ("fp32", "end-to-end")]
    export = export_variants(checkpoint, data_set, "m", SIZE, tmp_path, wanted, {}, lambda step: None)  # type: ignore[arg-type]
    assert [file.file for file in export.files] == ["m.onnx", "m-end-to-end-fp16.onnx", "m-end-to-end.onnx"]
    assert {path.name for path in tmp_path.iterdir()} == {*(file.file for file in export.files), "parity.json"}
    metadata = onnx.load(str(tmp_path / "m-end-to-end.onnx")).metadata_props
    assert json.loads({p.key: p.value for p in metadata}[METADATA_KEY])["head"] == "end-to-end"
