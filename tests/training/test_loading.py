from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.photos import write_recipe, write_source
from vision.categories import NAMES
from vision.datasets.build import load_data_set
from vision.datasets.recipe import load_recipe
from vision.datasets.scenes import SceneKind
from vision.datasets.training_folder import write_training_folder
from vision.training.hyperparameters import Options
from vision.training.loading import EpochPhotos, epoch_loader, epoch_sampler
from vision.training.runtime import import_ultralytics

pytest.importorskip("torch", reason="the extra train is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of data.yaml for eight photos, two of them of `walls`, and six drawn ones."""
    here = tmp_path_factory.mktemp("loading")
    write_source(here / "streets", [SceneKind.CLEAN_STREET, SceneKind.LITTER] * 4, NAMES)
    write_source(here / "walls", [SceneKind.GRAFFITI_WALL] * 4, ["graffiti"])
    recipe = write_recipe(here / "recipe.yaml", synthetic_postings={"photos": 6, "backgrounds": ["streets"]})
    return write_training_folder(load_data_set(load_recipe(recipe), here), here / "built").data_yaml.parent


@pytest.fixture(params=["ram", None], ids=["in memory", "on disk"])
def dataset(request: pytest.FixtureRequest, folder: Path) -> Any:
    import_ultralytics()
    from ultralytics.cfg import get_cfg
    from ultralytics.data.build import build_yolo_dataset
    from ultralytics.data.utils import check_det_dataset

    data = check_det_dataset(str(folder / "data.yaml"))
    arguments = {"imgsz": 64, "mixup": 0.5, "cutmix": 0.5, "copy_paste": 0.5, "copy_paste_mode": "mixup"}
    args = get_cfg(overrides=arguments | {"cache": request.param or False, "epochs": 4, "close_mosaic": 2})
    found = build_yolo_dataset(args, data["train"], 4, data)
    found.arguments = args
    return found


def test_partners_are_of_the_same_epoch(dataset: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sampler = epoch_sampler(dataset.labels, dataset.data, Options(), dataset.arguments)
    photos = EpochPhotos(dataset, dataset.data["annotated"], Options())
    photos.indices = np.unique(sampler.indices())[:3]
    loaded = set()
    original = dataset.load_image

    def noted(index: int, **options: Any) -> Any:
        loaded.add(index)
        return original(index, **options)

    monkeypatch.setattr(dataset, "load_image", noted)
    for _ in range(30):
        dataset[int(photos.indices[0])]
    assert loaded == set(photos.indices.tolist())


def test_an_epoch_has_sources_by_weight_and_drawn_photos_by_share(dataset: Any) -> None:
    sampler = epoch_sampler(dataset.labels, dataset.data, Options(drawn_share=0.5), dataset.arguments)
    EpochPhotos(dataset, dataset.data["annotated"], Options())
    loader = epoch_loader(dataset, sampler, batch=4, workers=0)
    for sampler.epoch, drawn in ((0, 4), (1, 2), (2, 0), (3, 0)):
        loader.reset()
        names = [Path(name).name for batch in loader for name in batch["im_file"]]
        assert len(names) == len(sampler) == 8  # 6 of 0.8 and 2 of 1.5
        assert sum(name.startswith("synthetic-postings__") for name in names) == drawn
        assert len(loader) == 2
