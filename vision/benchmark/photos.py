"""Photos to race on: drawn street scenes as a phone of 12 megapixels stores them."""

from pathlib import Path

from PIL import Image

from vision.datasets.scenes import SceneKind, draw_scene

__all__ = ["SIZE", "write_photos"]

SIZE = (4000, 3000)
SCENES = 8  # drawn; the others are copies of them, which decode no faster
QUALITY = 95  # about 2.5 MB, as phones have it


def write_photos(folder: Path, count: int, size: tuple[int, int] = SIZE) -> list[Path]:
    """Write `count` JPEGs into a folder; a drawing takes seconds, so there are few different ones."""
    kinds = list(SceneKind)
    drawn: list[bytes] = []
    paths = [folder / f"IMG_{i:05}.jpg" for i in range(count)]
    for i, path in enumerate(paths):
        if i < SCENES:
            image = Image.fromarray(draw_scene(i, kinds[i % len(kinds)], size)[0])
            image.save(path, "JPEG", quality=QUALITY, subsampling="4:2:0")
            drawn.append(path.read_bytes())
        else:
            path.write_bytes(drawn[i % SCENES])
    return paths
