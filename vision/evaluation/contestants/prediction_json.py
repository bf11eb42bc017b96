"""The structure of a predictions file, checked by pydantic: half a million entries take seconds."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from vision.errors import ResultError
from vision.evaluation.contestants.coco_ids import Declared, Id
from vision.inference.results import Fraction

__all__ = ["Find", "parse_predictions"]

Number = Annotated[float, Field(allow_inf_nan=False)]
Side = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Find(BaseModel):
    """An entry, as COCO results have it: bbox is [x, y, width, height]."""

    model_config = ConfigDict(strict=True)  # but with fields that we don't know, such as `area`

    image_id: Id
    category_id: Id
    bbox: tuple[Number, Number, Side, Side]
    score: Fraction


class _Explained(Declared):
    annotations: list[Find]


RESULTS = TypeAdapter(list[Find])


def parse_predictions(path: Path, data: bytes) -> tuple[list[Find], Declared | None]:
    """Return the entries of a list, or those of an object and what it declares.

    Raises:
        ResultError: The data is something else; names the first place and how many more there are.
    """
    text = data.removeprefix(b"\xef\xbb\xbf")
    try:
        if text[:1000].lstrip()[:1] == b"[":
            return RESULTS.validate_json(text), None
        explained = _Explained.model_validate_json(text)
    except ValidationError as error:
        raise ResultError(f"{path}: {_told(error)}") from error
    return explained.annotations, explained


def _told(error: ValidationError) -> str:
    """Return what is wrong in the first place, and how many more there are."""
    first = error.errors(include_url=False)[0]
    keys = [str(key) for key in first["loc"] if key != "annotations"]
    if len(keys) <= 1 and not "".join(keys).isdecimal():
        return (
            "expected predictions in JSON: a list of {image_id, category_id, bbox, score}, or an object with images, "
            f"categories and annotations; got something else ({': '.join([*keys, first['msg']])})"
        )
    place = f"entry {', '.join(keys)}" if keys[0].isdecimal() else ".".join(keys)
    got = "" if first["type"] == "missing" else f", got {first['input']!r:.60}"
    more = error.error_count() - 1
    return f"{place}: {first['msg']}{got}" + (f"; and {more} more like it" if more else "")
