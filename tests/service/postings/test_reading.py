"""Postings are really read, with the networks that RapidOCR's wheel brings."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from pylopdf_fonts_zh_cn import sans_path

from service.intake.reading import Reader, read_next
from service.state import Service
from service.store.base import now
from service.store.issues import Evidence, Issue
from service.store.photos import Photo
from service.store.postings import AdvertisedNumber, PostingReading
from tests.service.town import Town
from vision.images import NDArrayImage


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def posting(*lines: str) -> NDArrayImage:
    """Draw a slip on a grey wall, (500, 700, 3)."""
    picture = Image.new("RGB", (700, 500), "#9a938a")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((60, 80, 640, 420), fill="#fdfbe8")
    font = ImageFont.truetype(sans_path(), 46)
    for i, line in enumerate(lines):
        draw.text((90, 110 + 90 * i), line, fill="#b01010", font=font)
    return np.asarray(picture)


def test_text_and_numbers(reader: Reader) -> None:
    reading = reader.read(posting("专业疏通下水道", "电话 138 1234 5678"), [(60, 80, 640, 420)])
    assert "疏通下水道" in "".join(reading.lines)
    assert [number.e164 for number in reading.numbers] == ["+8613812345678"]
    assert reading.confidence > 0.8


def test_a_bare_wall(reader: Reader) -> None:
    reading = reader.read(np.full((300, 300, 3), 150, np.uint8), [(50, 50, 250, 250)])
    assert (list(reading.lines), list(reading.numbers), reading.confidence) == ([], [], 0.0)


def add_posting(service: Service, town: Town, data: bytes, category: str = "illegal_posting") -> int:
    """Add an issue with a photo; returns the evidence's id."""
    import hashlib

    sha256 = hashlib.sha256(data).hexdigest()
    received = service.photos.incoming() / sha256
    received.write_bytes(data)
    service.photos.take(sha256, received)
    with service.database.write() as session:
        photo = Photo(
            sha256=sha256, name="a.jpg", content_type="image/jpeg", byte_count=len(data), width=700, height=500
        )
        photo.reporter_id = town.users["east_reporter"]
        issue = Issue(category=category, unit_id=town.east, grid_id=town.east_cell, address="东门街 1 号")
        session.add_all([photo, issue])
        session.flush()
        box = {"category": category, "score": 0.9, "box": [60, 80, 640, 420]}
        evidence = Evidence(issue_id=issue.id, photo_id=photo.id, kind="first", boxes=[box], at=now())
        session.add(evidence)
        session.flush()
        return evidence.id


def test_each_posting_is_read_once(reader: Reader, service: Service, town: Town, encode: object) -> None:
    jpeg = encode(posting("办证 13812345678"), "JPEG")  # type: ignore[operator]
    evidence = add_posting(service, town, jpeg)
    add_posting(service, town, encode(posting("出租 13912345678"), "JPEG"), "graffiti")  # type: ignore[operator]
    add_posting(service, town, b"no picture at all")
    assert [read_next(service, reader), read_next(service, reader)] == [2, 0]
    with service.database.read() as session:
        readings = session.query(PostingReading).order_by(PostingReading.id).all()
        assert [(r.evidence_id == evidence, len(r.numbers)) for r in readings] == [(True, 1), (False, 0)]
        assert session.query(AdvertisedNumber.number).scalar() == "+8613812345678"
