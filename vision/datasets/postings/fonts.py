"""The fonts that ads are set in: those of Debian's packages where they are installed, else the two that come along."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import ImageFont
from pylopdf_fonts_zh_cn import sans_path, serif_path

__all__ = ["BUNDLED", "SANS", "SERIF", "Face", "Fonts", "Style", "covers", "fonts_used", "installed_fonts", "load"]

Style = Literal["sans", "heavy", "serif", "brush", "hand"]


@dataclass(frozen=True)
class Face:
    """One face of a font file."""

    path: Path
    index: int = 0


Fonts = Mapping[Style, tuple[Face, ...]]

SANS, SERIF = Face(Path(sans_path())), Face(Path(serif_path()))
BUNDLED: Fonts = {"sans": (SANS,), "heavy": (SANS,), "serif": (SERIF,), "brush": (SERIF,), "hand": (SANS,)}

FOLDER = Path("/usr/share/fonts")
TABLE: Mapping[Style, tuple[tuple[str, int], ...]] = {  # 2: the simplified Chinese face of a Noto collection
    "sans": (
        ("opentype/noto/NotoSansCJK-Regular.ttc", 2),
        ("opentype/noto/NotoSansCJK-Bold.ttc", 2),
        ("truetype/wqy/wqy-microhei.ttc", 0),
        ("truetype/wqy/wqy-zenhei.ttc", 0),
    ),
    "heavy": (
        ("opentype/noto/NotoSansCJK-Black.ttc", 2),
        ("opentype/noto/NotoSansCJK-Bold.ttc", 2),
        ("opentype/noto/NotoSerifCJK-Black.ttc", 2),
        ("truetype/smiley-sans/SmileySans-Oblique.ttf", 0),
    ),
    "serif": (
        ("opentype/noto/NotoSerifCJK-Regular.ttc", 2),
        ("opentype/noto/NotoSerifCJK-Bold.ttc", 2),
        ("truetype/arphic-gbsn00lp/gbsn00lp.ttf", 0),
        ("truetype/arphic/uming.ttc", 0),
    ),
    "brush": (
        ("truetype/arphic-gkai00mp/gkai00mp.ttf", 0),
        ("truetype/arphic/ukai.ttc", 0),
        ("truetype/lxgw-wenkai/LXGWWenKai-Bold.ttf", 0),
    ),
    "hand": (
        ("truetype/seto/setofont.ttf", 0),
        ("truetype/lxgw-wenkai/LXGWWenKai-Regular.ttf", 0),
        ("truetype/lxgw-wenkai/LXGWWenKai-Light.ttf", 0),
    ),
}


@functools.cache
def installed_fonts() -> Fonts:
    """Return the faces of `TABLE` that this machine has; a style with none gets the one that comes along."""
    found: dict[Style, tuple[Face, ...]] = {}
    for style, entries in TABLE.items():
        faces = tuple(Face(FOLDER / name, index) for name, index in entries if (FOLDER / name).is_file())
        found[style] = faces or BUNDLED[style]
    return found


@functools.cache
def fonts_used() -> tuple[str, ...]:
    """Name each font file that determines what is drawn on this machine, with its size and a hash, sorted."""
    paths = {face.path for faces in installed_fonts().values() for face in faces}
    described = []
    for path in paths:
        data = path.read_bytes()
        described.append(f"{path.name} {len(data)} {hashlib.sha256(data).hexdigest()[:16]}")
    return tuple(sorted(described))


@functools.lru_cache(maxsize=256)
def load(face: Face, size: int) -> ImageFont.FreeTypeFont:
    """Open a face at a height in pixels."""
    return ImageFont.truetype(str(face.path), size, index=face.index, layout_engine=ImageFont.Layout.BASIC)


@functools.lru_cache(maxsize=4096)
def covers(face: Face, letter: str) -> bool:
    """Tell whether a face has a glyph for a letter; what it lacks is drawn as one and the same box, or not at all."""
    font = load(face, 24)
    shape = font.getmask(letter)
    return letter.isspace() or (shape.getbbox() is not None and bytes(shape) != bytes(font.getmask("\U0010ffff")))
