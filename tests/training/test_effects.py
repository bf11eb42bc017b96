import itertools
import math
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vision.datasets.scenes import SceneKind, draw_scene
from vision.images import NDArrayImage
from vision.training.effects import camera_effects

pytest.importorskip("albumentations", reason="the extra train is not installed")

REPOSITORY = Path(__file__).parents[2]
NAMES = [
    {"RandomGamma", "RandomBrightnessContrast", "PlanckianJitter", "CLAHE", "RandomShadow"},
    {"MotionBlur", "GaussianBlur", "Downscale"},
    {"ISONoise", "GaussNoise", "ImageCompression"},
]


@pytest.fixture(scope="module")
def scenes() -> list[NDArrayImage]:
    return [draw_scene(seed, kind, (320, 240))[0] for seed in range(2) for kind in SceneKind]


def composed(probability: float, **options: Any) -> Any:
    import albumentations

    return albumentations.Compose(camera_effects(probability), seed=0, **options)


def likeness(a: NDArrayImage, b: NDArrayImage) -> float:
    """Correlation of the two pictures' grey values."""
    return float(np.corrcoef(a.mean(2).ravel(), b.mean(2).ravel())[0, 1])


def test_size_and_type_stay_and_boxes_are_not_moved(scenes: list[NDArrayImage]) -> None:
    import albumentations

    effects = composed(1.0)
    for scene in scenes:
        after = effects(image=scene.copy())["image"]
        assert (after.shape, after.dtype) == (scene.shape, np.uint8)
        assert not np.array_equal(scene, after)
    for group in camera_effects(1.0):
        assert all(isinstance(transform, albumentations.ImageOnlyTransform) for transform in group.transforms)


@pytest.mark.parametrize("probability", [0.25, 1.0])
def test_groups_act_independently_and_reach_every_combination(probability: float) -> None:
    effects, small = composed(probability, save_applied_params=True), np.full((16, 16, 3), 90, np.uint8)
    applied = [[name for name, _ in effects(image=small.copy())["applied_transforms"]] for _ in range(1500)]
    for number, share in enumerate(binomial(probability)):
        assert abs(np.mean([len(names) == number for names in applied]) - share) < 0.04
    together = {tuple(names) for names in applied}
    if probability == 1:
        assert together == set(itertools.product(*NAMES))
    else:
        assert {(name,) for name in set.union(*NAMES)} <= together


def binomial(p: float) -> list[float]:
    return [math.comb(3, k) * p**k * (1 - p) ** (3 - k) for k in range(4)]


def test_without_probability_nothing_happens(scenes: list[NDArrayImage]) -> None:
    effects = composed(0.0)
    assert all(np.array_equal(effects(image=scene.copy())["image"], scene) for scene in scenes)


def test_pictures_stay_recognizable(scenes: list[NDArrayImage]) -> None:
    import albumentations

    alone = defaultdict(list)
    for transform in (transform for group in camera_effects(1.0) for transform in group.transforms):
        transform.p = 1.0
        effect = albumentations.Compose([transform], seed=0)
        alone[type(transform).__name__] = [likeness(scene, effect(image=scene.copy())["image"]) for scene in scenes]
    assert set(alone) == set.union(*NAMES)
    assert min(map(min, alone.values())) > 0.4, alone
    assert min(map(np.mean, alone.values())) > 0.75, alone
    together = composed(1.0)
    assert np.mean([likeness(scene, together(image=scene.copy())["image"]) for scene in scenes]) > 0.7


def test_they_outlive_the_checkpoint_they_are_stored_in(scenes: list[NDArrayImage]) -> None:
    import albumentations

    stored = [albumentations.from_dict(albumentations.to_dict(effect)) for effect in camera_effects(1.0)]
    ours, theirs = composed(1.0), albumentations.Compose(stored, seed=0)
    assert all(
        np.array_equal(ours(image=scene.copy())["image"], theirs(image=scene.copy())["image"]) for scene in scenes
    )


def test_nothing_is_asked_of_the_network() -> None:
    program = (
        "import socket, sys; sys.addaudithook(lambda event, _: event.startswith('socket.connect') and sys.exit(event));"
        "from vision.training.effects import camera_effects; camera_effects(1.0)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
