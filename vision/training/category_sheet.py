"""A picture of the categories, drawn by the project's own scenes."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from pylopdf_fonts_zh_cn import sans_path

from vision.categories import BY_NAME
from vision.datasets.scenes import SceneKind, draw_scene

__all__ = ["draw_category_sheet"]

SHOWN = {  # the scene that shows each category well
    "garbage_pile": (SceneKind.GARBAGE_HEAP, 0),
    "overflowing_bin": (SceneKind.OVERFLOWING_BINS, 0),
    "bin": (SceneKind.BIN_POINT, 0),
    "stacked_debris": (SceneKind.STACKED_DEBRIS, 0),
    "illegal_posting": (SceneKind.POSTINGS_ON_WALL, 0),
    "graffiti": (SceneKind.GRAFFITI_WALL, 1),
    "litter": (SceneKind.LITTER, 1),
}
TILE, CAPTION, COLUMNS = 400, 44, 4


def draw_category_sheet(path: Path) -> None:
    """Write one tile for each category: a drawn thing of it with its box and name."""
    tiles = [_tile(name, *scene) for name, scene in SHOWN.items()]
    sheet = Image.new("RGB", (COLUMNS * TILE, -(-len(tiles) // COLUMNS) * (TILE + CAPTION)), "white")
    for number, tile in enumerate(tiles):
        sheet.paste(tile, (number % COLUMNS * TILE, number // COLUMNS * (TILE + CAPTION)))
    sheet.save(path, quality=80)


def _tile(name: str, kind: SceneKind, seed: int) -> Image.Image:
    """Return the surroundings of the largest thing of this category in a scene."""
    image, labels = draw_scene(seed, kind)
    boxes = [[float(value) for value in box] for box, _, category in labels if category == name]
    x1, y1, x2, y2 = max(boxes, key=lambda box: (box[2] - box[0]) * (box[3] - box[1]))
    reach = min(max(x2 - x1, y2 - y1) * 0.75, min(image.shape[:2]) / 2)
    left = min(max((x1 + x2) / 2 - reach, 0), image.shape[1] - 2 * reach)
    top = min(max((y1 + y2) / 2 - reach, 0), image.shape[0] - 2 * reach)
    part = (left, top, left + 2 * reach, top + 2 * reach)
    tile = Image.new("RGB", (TILE, TILE + CAPTION), "white")
    tile.paste(Image.fromarray(image).resize((TILE, TILE), Image.Resampling.LANCZOS, box=part))
    draw, scale, category = ImageDraw.Draw(tile), TILE / (2 * reach), BY_NAME[name]
    corners = [(x1 - left) * scale, (y1 - top) * scale, (x2 - left) * scale, (y2 - top) * scale]
    draw.rectangle(corners, outline=category.colour, width=4)
    draw.text((10, TILE + 6), f"{category.zh} {name}", "black", ImageFont.truetype(sans_path(), 24))
    return tile
