"""What the numbers in COCO results stand for: they are those of the label file that the photos came with."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from vision.datasets.formats.coco import label_files
from vision.datasets.labels import LabelledPhoto

__all__ = ["CocoIds", "Declared", "Id", "coco_ids"]

Id = int | str
LEVELS = 3  # folders above a photo in which its label file may lie


class _Image(BaseModel):
    model_config = ConfigDict(strict=True)  # but with fields that we don't know, here and below

    id: Id
    file_name: str


class _Category(BaseModel):
    model_config = ConfigDict(strict=True)

    id: Id
    name: str


class Declared(BaseModel):
    """The part of a COCO file that says what its ids stand for."""

    model_config = ConfigDict(strict=True)

    images: list[_Image]
    categories: list[_Category]


@dataclass(frozen=True)
class CocoIds:
    """What ids stand for.

    Attributes:
        photos: Id to `source/file name`.
        categories: Id to the category's name.
    """

    photos: dict[Id, str]
    categories: dict[Id, str]


def coco_ids(photos: Sequence[LabelledPhoto]) -> CocoIds | None:
    """Return what numbers stand for in predictions for these photos.

    Returns:
        None unless all photos are of one source that has one COCO label file, so that a number means one photo.
    """
    sources = {photo.source for photo in photos}
    if len(sources) != 1:
        return None
    folders = list(photos[0].path.resolve().parents)[:LEVELS]
    files = next((files for folder in folders if (files := label_files(folder))), [])
    if len(files) != 1:
        return None
    try:
        declared = Declared.model_validate_json(files[0].read_bytes())
    except (OSError, ValidationError):  # what labels these photos is read already, so this is something else
        return None
    source = sources.pop()
    names = {image.id: f"{source}/{_without_folders(image.file_name)}" for image in declared.images}
    return CocoIds(names, {category.id: category.name for category in declared.categories})


def _without_folders(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]
