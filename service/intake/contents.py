"""Tells photos from what only claims to be one, by content."""

from dataclasses import replace
from pathlib import Path

from service.errors import ServiceError
from service.intake.uploads import Upload
from vision.errors import PhotoError
from vision.images import PhotoFacts, photo_facts

__all__ = ["examine", "is_zip"]

# What people send by mistake, or worse; the first bytes without white space, in lower case.
KINDS = (
    (b"%pdf", "PDF"),
    (b"pk\x03\x04", "ZIP"),
    (b"pk\x05\x06", "ZIP"),
    (b"<!doctype html", "HTML"),
    (b"<html", "HTML"),
    (b"<script", "HTML"),
    (b"<svg", "SVG"),
    (b"<?xml", "SVG / XML"),
)
# As EXIF writers spell the datum that everybody means.
SPELLINGS = {"WGS84": "WGS-84", "WGS 84": "WGS-84", "GCJ02": "GCJ-02", "CGCS 2000": "CGCS2000"}


def examine(upload: Upload, max_pixels: int) -> PhotoFacts:
    """Return what a file's header says; nothing is decoded.

    Raises:
        ServiceError: It was refused while it came, is no photo, or claims too many pixels (413, 415 or 422).
    """
    if upload.refusal:
        raise upload.refusal
    try:
        facts = photo_facts(upload.path, max_pixels)
    except PhotoError as error:
        raise _refusal(error.reason, upload.path, max_pixels) from error
    if facts.gps is None:
        return facts
    datum = facts.gps.datum.upper()
    return replace(facts, gps=replace(facts.gps, datum=SPELLINGS.get(datum, datum)))


def is_zip(path: Path) -> bool:
    """Whether a file starts like a zip archive."""
    return _kind(path) == "ZIP"


def _refusal(reason: str, path: Path, max_pixels: int) -> ServiceError:
    if reason == "empty":
        return ServiceError(
            422, "empty", "文件是空的（0 字节），请重新选择", "the file is empty (0 bytes); choose it again"
        )
    if reason == "too_large":
        millions = max_pixels / 1e6
        return ServiceError(
            413,
            "too_many_pixels",
            f"图片超过 {millions:g} 百万像素，未接收",
            f"the picture has more than {millions:g} million pixels and wasn't taken",
        )
    kind = _kind(path)
    return ServiceError(
        415,
        "not_a_photo",
        f"只接收照片（JPEG、HEIC、PNG、WebP 等），该文件{f'是 {kind}' if kind else '不是照片'}",
        f"only photos are taken (JPEG, HEIC, PNG, WebP and the like); this file is {kind or 'none'}",
    )


def _kind(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next((kind for start, kind in KINDS if head.startswith(start)), "")
