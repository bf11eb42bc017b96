"""Groups of Albumentations transforms that draw independently of each other."""

import zlib

import albumentations as al

__all__ = ["Light", "Optics", "Sensor"]


class _Group(al.OneOf):  # type: ignore[misc]
    """One of its transforms. Compose seeds all its members alike: plain ones would act on the same pictures only."""

    def set_random_seed(self, seed: int | None) -> None:
        """Seed this group and its transforms with what its name makes of `seed`."""
        super().set_random_seed(None if seed is None else zlib.crc32(f"{type(self).__name__} {seed}".encode()))


class Light(_Group):
    """Dusk, flash, shadows, colour of the lamp."""


class Optics(_Group):
    """Shake, defocus, a small picture blown up."""


class Sensor(_Group):
    """Noise and compression."""
