import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.training.photos import write_recipe, write_source
from vision.categories import NAMES
from vision.datasets.build import load_data_set
from vision.datasets.recipe import load_recipe
from vision.datasets.scenes import SceneKind
from vision.datasets.training_folder import source_of, write_training_folder
from vision.training.hyperparameters import Options
from vision.training.loading import EpochPhotos
from vision.training.partial_labels import add_regions
from vision.training.pasting import PASTED, Pasting
from vision.training.runtime import import_ultralytics

pytest.importorskip("torch", reason="the extra train is not installed")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Six training photos of streets with everything labelled, and two walls of which only graffiti is."""
    import_ultralytics()
    from ultralytics.cfg import get_cfg
    from ultralytics.data.build import build_yolo_dataset
    from ultralytics.data.utils import check_det_dataset

    here = tmp_path_factory.mktemp("pasting")
    write_source(here / "streets", [SceneKind.LITTER, SceneKind.CLEAN_STREET] * 4, NAMES)
    write_source(here / "walls", [SceneKind.GRAFFITI_WALL] * 4, ["graffiti"])
    built = write_training_folder(load_data_set(load_recipe(write_recipe(here / "r.yaml")), here), here / "built")
    data = check_det_dataset(str(built.data_yaml))
    found = build_yolo_dataset(get_cfg(overrides={"imgsz": 160, "cache": "ram"}), data["train"], 4, data)
    add_regions(found.labels, data["annotated"])
    return found


def of_source(dataset: Any, name: str) -> list[int]:
    return [i for i, label in enumerate(dataset.labels) if source_of(label["im_file"]) == name]


def pasted(dataset: Any, index: int, source: list[int]) -> tuple[dict[str, Any], int]:
    """Return the photo at `index` with a cut-out of the `source` photos on it, and how many boxes it had."""
    pasting = Pasting(dataset, dataset.data["annotated"])
    pasting.choose_from(source)
    label = dataset.get_image_and_label(index)
    before = len(label["cls"])
    for _ in range(50):
        pasting.paste(label)
        if len(label["cls"]) > before:
            return label, before
    pytest.fail("nothing was pasted in 50 tries")


def pixels_of(box: Any, label: dict[str, Any], share: float = 1.0) -> tuple[slice, slice]:
    """Rows and columns of the middle `share` of a relative xywh box."""
    height, width = label["img"].shape[:2]
    x, y, w, h = box * [width, height, width, height]
    rows, columns = (y - h * share / 2, y + h * share / 2), (x - w * share / 2, x + w * share / 2)
    return slice(*np.rint(rows).astype(int)), slice(*np.rint(columns).astype(int))


@pytest.mark.parametrize("seed", range(8))
def test_a_box_and_what_it_shows_arrive_together(dataset: Any, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random.seed(seed)
    streets = of_source(dataset, "streets")
    labelled = next(i for i in streets if len(dataset.labels[i]["cls"]))
    empty = next(i for i in streets if not len(dataset.labels[i]["cls"]))
    red = np.full_like(dataset.ims[labelled], (0, 0, 255))
    original: Callable[..., Any] = dataset.load_image
    monkeypatch.setattr(dataset, "load_image", lambda i: (red, *original(i)[1:]) if i == labelled else original(i))
    kept = original(empty)[0].copy()
    label, before = pasted(dataset, empty, [labelled])
    for box, number in zip(label["instances"].bboxes[before:], label["cls"].ravel()[before:], strict=True):
        assert number in dataset.labels[labelled]["cls"]
        inside = label["img"][pixels_of(box, label, 0.6)]
        assert inside.size == 0 or np.abs(inside.astype(int) - [0, 0, 255]).max() <= 2
    assert (label["img"] != kept).any()
    assert np.array_equal(original(empty)[0], kept)  # the photo in memory stays what it is


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_covered(dataset: Any, seed: int) -> None:
    random.seed(seed)
    walls = of_source(dataset, "walls")
    label, before = pasted(dataset, walls[0], walls[1:])
    boxes = label["instances"].bboxes
    low, high = boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2
    assert (low[before:] >= -1e-6).all()
    assert (high[before:] <= 1 + 1e-6).all()
    there = np.flatnonzero(label["cls"].ravel()[:before] < len(NAMES))
    for new in range(before, len(boxes)):
        overlap = (np.minimum(high[there], high[new]) - np.maximum(low[there], low[new])).clip(0).prod(1)
        assert overlap.max(initial=0) < 1e-6


def test_a_photo_gets_only_what_its_source_labels(dataset: Any) -> None:
    streets, walls = of_source(dataset, "streets"), of_source(dataset, "walls")
    assert any(NAMES.index("litter") in dataset.labels[i]["cls"] for i in streets)
    pasting = Pasting(dataset, dataset.data["annotated"])
    pasting.choose_from([i for i in streets if NAMES.index("graffiti") not in dataset.labels[i]["cls"]])
    label = dataset.get_image_and_label(walls[0])
    before = len(label["cls"])
    for _ in range(20):
        pasting.paste(label)
    assert len(label["cls"]) == before


def test_what_the_cut_out_leaves_unlabelled_comes_along(dataset: Any) -> None:
    random.seed(3)
    empty = next(i for i in of_source(dataset, "streets") if not len(dataset.labels[i]["cls"]))
    label, before = pasted(dataset, empty, of_source(dataset, "walls"))
    numbers, boxes = label["cls"].ravel()[before:], label["instances"].bboxes[before:]
    region = boxes[numbers >= len(NAMES)]
    assert len(region) == 1
    assert (region[0, 2:] >= boxes[:, 2:] - 1e-6).all()
    assert (region[0, 2:] < 0.8).all()


@pytest.mark.parametrize(("paste", "pasting", "more"), [(1.0, True, True), (1.0, False, False), (0.0, True, False)])
def test_the_option_and_the_epoch_decide(dataset: Any, paste: float, pasting: bool, more: bool) -> None:
    random.seed(0)
    photos = EpochPhotos(dataset, dataset.data["annotated"], Options(paste=paste))
    try:
        photos.start(np.arange(len(dataset)), pasting=pasting)
        counts = [
            len(dataset.get_image_and_label(i)["cls"]) - len(dataset.labels[i]["cls"]) for i in range(len(dataset))
        ]
        assert any(counts) == more
    finally:
        dataset.get_image_and_label = photos.unchanged


def test_bins_are_never_pasted() -> None:
    assert set(PASTED) == set(NAMES) - {"bin", "overflowing_bin"}
