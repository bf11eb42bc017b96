"""What a camera and the weather do to a picture: the colour part of training's augmentation."""

import os
from typing import Any

from vision.errors import MissingExtraError

__all__ = ["camera_effects"]


def camera_effects(probability: float) -> list[Any]:
    """Return Albumentations transforms that change pixels, never boxes; each of the three groups has this probability.

    Light, optics, and the sensor with its compression, independent of each other. Strengths are those of phone and
    patrol cameras, not of test charts: a posting of 20 pixels must stay readable to a person.

    Raises:
        MissingExtraError: Albumentations isn't installed.
    """
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # importing it asks the network for a newer version
    try:
        import albumentations as al
    except ImportError as error:
        raise MissingExtraError("albumentations", "train") from error
    from vision.training.effect_groups import Light, Optics, Sensor

    light = [
        al.RandomGamma(gamma_limit=(50, 180)),
        al.RandomBrightnessContrast(brightness_limit=(-0.4, 0.3), contrast_limit=(-0.3, 0.3)),
        al.PlanckianJitter(),
        al.CLAHE(clip_limit=(1, 3)),
        al.RandomShadow(shadow_roi=(0, 0.3, 1, 1), num_shadows_limit=(1, 2), shadow_intensity_range=(0.3, 0.6)),
    ]
    optics = [
        al.MotionBlur(blur_limit=(3, 7)),
        al.GaussianBlur(blur_limit=(3, 5)),
        al.Downscale(scale_range=(0.4, 0.8)),
    ]
    sensor = [
        al.ISONoise(color_shift=(0.01, 0.06), intensity=(0.1, 0.5)),
        al.GaussNoise(std_range=(0.02, 0.08)),
        al.ImageCompression(quality_range=(25, 80)),
    ]
    return [Light(light, p=probability), Optics(optics, p=probability), Sensor(sensor, p=probability)]
