"""Example photos as a town hands them over: phone photos of several makes, and two files that can't be read."""

from __future__ import annotations

import datetime
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from pillow_heif import from_pillow

from vision.datasets.scenes.scene import SceneKind, draw_scene

__all__ = ["write_examples"]

GPS_IFD, CAPTURE_IFD = 0x8825, 0x8769
ORIENTATION, MAKE, MODEL, CAPTURED = 0x0112, 0x010F, 0x0110, 0x9003
STORED = {  # how the upright picture is turned before it is stored under an orientation
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
TOWN = (30.8703, 120.4358)  # latitude and longitude, somewhere in northern Zhejiang
START = datetime.datetime(2026, 5, 18, 7, 40, tzinfo=datetime.UTC)
SUBFOLDER = "南街社区"
KINDS = (  # a third shows no problem
    SceneKind.OVERFLOWING_BINS,
    SceneKind.CLEAN_STREET,
    SceneKind.GARBAGE_HEAP,
    SceneKind.POSTINGS_ON_WALL,
    SceneKind.BIN_POINT,
    SceneKind.STACKED_DEBRIS,
    SceneKind.POSTINGS_ON_POLE,
    SceneKind.CLEAN_STREET,
    SceneKind.GRAFFITI_WALL,
    SceneKind.MIXED_CORNER,
    SceneKind.BIN_POINT,
    SceneKind.NIGHT,
    SceneKind.LITTER,
    SceneKind.CLEAN_STREET,
)
WORDS = {
    SceneKind.CLEAN_STREET: "巡查正常",
    SceneKind.BIN_POINT: "分类投放点",
    SceneKind.OVERFLOWING_BINS: "垃圾桶满溢",
    SceneKind.GARBAGE_HEAP: "垃圾点",
    SceneKind.STACKED_DEBRIS: "楼道口杂物",
    SceneKind.POSTINGS_ON_WALL: "墙面小广告",
    SceneKind.POSTINGS_ON_POLE: "灯杆小广告",
    SceneKind.GRAFFITI_WALL: "墙面涂鸦",
    SceneKind.LITTER: "零星垃圾",
    SceneKind.MIXED_CORNER: "卫生死角",
    SceneKind.NIGHT: "夜间巡查",
}
STREETS = ("红旗路", "人民街", "建设路", "南大街", "幸福里")


@dataclass(frozen=True)
class _Shot:
    """One photo to be: its place in the series and what it shows."""

    index: int
    kind: SceneKind
    taken: datetime.datetime
    orientation: int
    suffix: str

    def path(self, folder: Path) -> Path:
        """Return where it goes; some are named by a phone, some by a person."""
        name = f"IMG_{self.taken:%Y%m%d_%H%M%S}"
        if self.index % 3 == 2:
            name = f"{STREETS[self.index % len(STREETS)]}{7 + 5 * self.index}号_{WORDS[self.kind]}"
        return (folder / SUBFOLDER if self.index % 8 == 4 else folder) / f"{name}{self.suffix}"


def write_examples(folder: Path, count: int = 24, seed: int = 0, size: tuple[int, int] = (1600, 1200)) -> list[Path]:
    """Write example photos; files of the same name are overwritten.

    Args:
        folder: Created if missing.
        count: How many files; from 16 on every kind of scene and every kind of file occurs.
        seed: Chooses the scenes.
        size: Longer and shorter side of the photos in pixels.

    Returns:
        The files in the order of their making; the last two can't be read.
    """
    (folder / SUBFOLDER).mkdir(parents=True, exist_ok=True)
    shots = [_shot(index) for index in range(max(count - 2, 0))]
    paths = []
    for shot in shots:
        path = shot.path(folder)
        path.write_bytes(_encoded(shot, seed, size))
        paths.append(path)
    return [*paths, *_broken(folder, seed, size)[: count - len(shots)]]


def _shot(index: int) -> _Shot:
    kind = KINDS[index % len(KINDS)]
    after = datetime.timedelta(hours=12 * (kind is SceneKind.NIGHT), minutes=11 * index, seconds=(37 * index) % 60)
    orientation = (1, 6, 1, 3, 8, 1, 6, 2, 1, 5, 7, 1, 4, 6)[index % 14]
    suffix = {5: ".png", 8: ".webp", 11: ".heic"}.get(index, ".jpg")
    return _Shot(index, kind, START + after, orientation if suffix == ".jpg" else 1, suffix)


def _encoded(shot: _Shot, seed: int, size: tuple[int, int]) -> bytes:
    """Draw the scene and return the bytes of its file."""
    long, short = max(size), min(size)
    portrait = shot.orientation in (5, 6, 7, 8)  # a sensor is always wide: upright photos are stored lying
    pixels, _ = draw_scene(seed * 1000 + shot.index, shot.kind, (short, long) if portrait else (long, short))
    image = Image.fromarray(pixels)
    turn = STORED[shot.orientation]
    image = image if turn is None else image.transpose(turn)
    exif = _exif(shot, seed)
    file = io.BytesIO()
    if shot.suffix == ".png":
        image.putalpha(255)
        image.save(file, "PNG", exif=exif)
    elif shot.suffix == ".webp":
        image.save(file, "WEBP", quality=85, exif=exif)
    elif shot.suffix == ".heic":
        from_pillow(image).save(file, quality=70, exif=exif.tobytes())
    else:
        image.save(file, "JPEG", quality=86, exif=exif)
    return file.getvalue()


def _exif(shot: _Shot, seed: int) -> Image.Exif:
    """Return capture time, place and orientation as a phone writes them."""
    exif = Image.Exif()
    exif[MAKE], exif[MODEL] = "CleanLane", "drawn example"
    exif[ORIENTATION] = shot.orientation
    exif.get_ifd(CAPTURE_IFD)[CAPTURED] = f"{shot.taken:%Y:%m:%d %H:%M:%S}"
    aside = np.random.default_rng([seed, shot.index]).normal(0, 0.004, 2)
    gps = exif.get_ifd(GPS_IFD)
    gps[1], gps[2] = "N", _degrees(TOWN[0] + float(aside[0]))
    gps[3], gps[4] = "E", _degrees(TOWN[1] + float(aside[1]))
    return exif


def _degrees(value: float) -> tuple[float, float, float]:
    """Split degrees into whole degrees, whole minutes and seconds to a hundredth."""
    hundredths = round(value * 360_000)
    return float(hundredths // 360_000), float(hundredths // 6000 % 60), hundredths % 6000 / 100


def _broken(folder: Path, seed: int, size: tuple[int, int]) -> list[Path]:
    """Write a JPEG whose upload broke off, and a text that calls itself one."""
    whole = _encoded(_shot(0), seed, size)
    truncated, text = folder / "IMG_20260518_115902_传输中断.jpg", folder / "巡查记录.jpg"
    truncated.write_bytes(whole[: len(whole) * 2 // 5])
    text.write_text("5月18日巡查记录：南街社区垃圾桶满溢两处，已通知清运。\n", encoding="utf-8")
    return [truncated, text]
