"""Photos to send, and ways of sending them."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import httpx2
import numpy as np
from fastapi.testclient import TestClient
from PIL import ExifTags, Image

__all__ = ["archive", "events_of", "exif_of", "jpeg", "pixel_bomb", "send"]


def jpeg(seed: int = 0, *, size: tuple[int, int] = (64, 48), exif: bytes = b"") -> bytes:
    """Return a small JPEG, different for each seed."""
    noise = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def exif_of(
    taken: str = "", latitude: float | None = None, longitude: float | None = None, datum: str = "WGS-84"
) -> bytes:
    """Return EXIF with a capture time and a point north and east of 0, 0."""
    exif = Image.Exif()
    if taken:
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken
    if latitude is not None and longitude is not None:
        gps = {1: "N", 2: (latitude, 0.0, 0.0), 3: "E", 4: (longitude, 0.0, 0.0), 18: datum}
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(gps)
    return exif.tobytes()


def send(client: TestClient, *files: bytes | tuple[str, bytes], key: str = "", **fields: object) -> httpx2.Response:
    """Send files and fields to POST /api/v1/photos."""
    named = [file if isinstance(file, tuple) else (f"{i}.jpg", file) for i, file in enumerate(files)]
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(
        "/api/v1/photos",
        files=[("files", file) for file in named],
        data={name: str(value) for name, value in fields.items()},
        headers=headers,
    )


def pixel_bomb(width: int, height: int) -> bytes:
    """Return the beginning of a PNG that claims to have so many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000)))


def archive(files: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return buffer.getvalue()


def events_of(*pictures: str, place: tuple[float, float] | None = None) -> dict[str, Any]:
    """Return an event file with one event for each picture of 64x48 pixels."""
    seen = {"seconds": 3.0, "category": "garbage_pile", "score": 0.8, "box": [4, 4, 40, 30]}
    events = [
        {
            "id": f"{i:012x}",
            "camera": "patrol",
            "category": "garbage_pile",
            "category_share": 1.0,
            "score": 0.8,
            "observation_count": 5,
            "start_seconds": 1.0,
            "end_seconds": 5.0,
            "start": "2026-05-18T08:00:01",
            "state": "left_view",
            "visits": [{"start_seconds": 1.0, "end_seconds": 5.0}],
            "place": {"latitude": place[0], "longitude": place[1]} if place else None,
            "picture": {"file": picture, "seconds": 3.0, "width": 64, "height": 48, "boxes": [seen]},
            "history": [seen],
        }
        for i, picture in enumerate(pictures)
    ]
    category = {"name": "garbage_pile", "zh": "暴露垃圾", "is_problem": True, "threshold": 0.3}
    camera = {
        "name": "patrol",
        "source": "patrol.mp4",
        "motion": "moving",
        "mode": "archive",
        "width": 64,
        "height": 48,
        "duration_seconds": 9.0,
        "looked_at": 9,
        "unchanged": 0,
        "skipped": 0,
    }
    return {
        "format": "cleanlane-events",
        "version": 1,
        "created": "2026-05-18T09:00:00Z",
        "software": "cleanlane 0.1.0",
        "provider": "cpu",
        "model": {"name": "m", "sha256": "0" * 64, "input_size": [640, 640], "categories": [category]},
        "cameras": [camera],
        "events": events,
    }
