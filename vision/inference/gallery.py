"""The gallery: one HTML file to look through the results of a screening, offline, on a phone or a desktop."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from vision.categories import category_of
from vision.inference.results import Box, GpsPoint, ModelInfo, PhotoResult, ResultFile
from vision.inference.tally import Tally
from vision.pages import data_uri, write_template

__all__ = ["Card", "Legend", "geo_link", "legends", "write_gallery"]

EMBEDDED_BYTES = 40_000_000  # phones give up on pages much larger than this
MOST_CARDS = 5000  # nor do they scroll through more

# What a failure's code means, in Chinese and English.
REASONS = {
    "empty": ("空文件", "Empty file"),
    "encrypted": ("压缩包有密码", "Password-protected"),
    "missing": ("文件无法打开", "File can't be opened"),
    "stalled": ("读取超时", "Reading timed out"),
    "not_an_image": ("不是图片", "Not an image"),
    "too_large": ("图片过大", "Too large"),
    "truncated": ("文件损坏或不完整", "Damaged or cut off"),
    "unsupported": ("格式不支持", "Unsupported format"),
}


@dataclass(frozen=True, slots=True)
class Card:
    """One photo of the gallery.

    Attributes:
        photo: What is known of it.
        thumbnail: WebP without boxes, as `vision.inference.annotate.thumbnail` makes it; None if unreadable.
        copy: Path of the annotated copy relative to the page, with forward slashes and not yet quoted as
            a URL; None if none was written.
    """

    photo: PhotoResult
    thumbnail: bytes | None
    copy: str | None


class Legend(NamedTuple):
    """A category of the model as the page shows it; its position in the model names its CSS class."""

    zh: str
    en: str
    colour: str
    total: int


class Group(NamedTuple):
    """The boxes of one category on one photo."""

    category: int
    boxes: int
    best: float


class Shown(NamedTuple):
    """A card with everything that the template would otherwise have to work out."""

    photo: PhotoResult
    thumbnail: str | None
    copy: str | None
    groups: list[Group]
    name: str
    geo: str | None


def write_gallery(path: Path, results: ResultFile, tally: Tally, cards: Iterable[Card]) -> None:
    """Write the page; an existing one is replaced only by a complete one.

    Args:
        path: The HTML file to write.
        results: For categories and the details at the foot.
        tally: Of all photos.
        cards: In the order of the page; consumed one by one, so that a generator keeps memory flat.
            Thumbnails beyond 40 MB in total aren't embedded; such cards show their annotated copy. Cards beyond the
            5,000th are left out, and the page says so.

    Raises:
        OSError: The file can't be written.
    """
    positions = {category.name: i for i, category in enumerate(results.model.categories)}
    write_template(
        Path(__file__).with_name("gallery.html.jinja"),
        path,
        results=results,
        created=results.created.astimezone(),
        tally=tally,
        legends=legends(results.model, tally.showing),
        reasons=REASONS,
        positions=positions,
        cards=_shown(itertools.islice(cards, MOST_CARDS), positions),
        left_out=max(0, tally.photos - MOST_CARDS),
    )


def legends(model: ModelInfo, counts: Mapping[str, int]) -> list[Legend]:
    """Return what a page says of the model's categories, in its order; `counts` are by name, 0 where one is missing."""
    return [
        Legend(c.zh, c.name.replace("_", " ").capitalize(), category_of(c.name).colour, counts.get(c.name, 0))
        for c in model.categories
    ]


def geo_link(gps: GpsPoint | None) -> str | None:
    """Return a `geo:` link, which is defined for WGS-84 only: another datum would lead to a wrong place."""
    if gps is None or "".join(filter(str.isalnum, gps.datum)).upper() != "WGS84":
        return None
    return f"geo:{gps.latitude:.6f},{gps.longitude:.6f}"


def _shown(cards: Iterable[Card], positions: dict[str, int]) -> Iterator[Shown]:
    left = EMBEDDED_BYTES
    for card in cards:
        thumbnail = None
        if card.thumbnail is not None and len(card.thumbnail) <= left:
            left -= len(card.thumbnail)
            thumbnail = data_uri(card.thumbnail)
        yield Shown(
            photo=card.photo,
            thumbnail=thumbnail,
            # Quoting also takes the meaning from names such as `javascript:…`.
            copy=None if card.copy is None else quote(card.copy, errors="surrogateescape"),
            groups=_groups(card.photo.boxes, positions),
            name=card.photo.path.replace("\\", "/").rsplit("/", 1)[-1],
            geo=geo_link(card.photo.gps),
        )


def _groups(boxes: Sequence[Box], positions: dict[str, int]) -> list[Group]:
    """Return one group per category, the surest first."""
    scores: dict[int, list[float]] = {}
    for found in boxes:
        scores.setdefault(positions[found.category], []).append(found.score)
    groups = [Group(category, len(values), max(values)) for category, values in scores.items()]
    return sorted(groups, key=lambda group: -group.best)
