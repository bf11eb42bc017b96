"""What the network looks at: the whole photo, and if asked for its tiles."""

from dataclasses import dataclass
from typing import Literal

from vision.images import Photo
from vision.inference.model import Model
from vision.inference.preprocess import Letterbox, NDArrayCanvas, canvas_size, letterbox
from vision.inference.tiles import MAX_TILES, Window, columns_for, least_side, windows

__all__ = ["Tiles", "View", "side_needed", "views_of"]

Tiles = Literal["off", "auto"] | int


@dataclass(frozen=True, eq=False)
class View:
    """A photo, or a part of it, ready for the network.

    Attributes:
        canvas: (h, w, 3) uint8 RGB.
        place: Where the view lies in it.
        window: What part of the photo it shows.
    """

    canvas: NDArrayCanvas
    place: Letterbox
    window: Window

    @property
    def shown(self) -> NDArrayCanvas:
        """The canvas without its grey margins."""
        place = self.place
        return self.canvas[place.top : place.top + place.height, place.left : place.left + place.width]


def side_needed(model: Model, tiles: Tiles) -> int:
    """Return the pixels along a photo's longer side that suffice for what is looked at."""
    side = max(model.input_size)
    if tiles == "off":
        return side
    return least_side(MAX_TILES if tiles == "auto" else tiles, side)


def views_of(photo: Photo, model: Model, tiles: Tiles) -> list[View]:
    """Return the whole photo, then its tiles: `auto` decides by its size, a number is that of tiles in a row."""
    columns = columns_for(photo, max(model.input_size)) if tiles == "auto" else tiles
    parts = [] if columns == "off" else windows(photo.width, photo.height, columns)
    return [_view(photo, model, window) for window in (Window(0, 0, photo.width, photo.height), *parts)]


def _view(photo: Photo, model: Model, window: Window) -> View:
    height, width = photo.pixels.shape[:2]
    across, down = width / photo.width, height / photo.height
    left, top = min(round(window.x1 * across), width - 1), min(round(window.y1 * down), height - 1)
    pixels = photo.pixels[top : max(round(window.y2 * down), top + 1), left : max(round(window.x2 * across), left + 1)]
    size = canvas_size(pixels, model.input_size) if model.has_free_size else model.input_size
    canvas, place = letterbox(pixels, size)
    return View(canvas, place, window)
