"""Photos in the store and the queue, as an upload leaves them."""

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from service.state import Service
from service.store.photos import Photo

__all__ = ["add_photo", "photo_of", "photos_of", "waiting"]


def add_photo(service: Service, reporter: int, data: bytes, size: tuple[int, int] = (640, 480), **columns: Any) -> int:
    """Store a file and queue it; returns the photo's id."""
    sha256 = hashlib.sha256(data).hexdigest()
    received = service.photos.incoming() / sha256
    received.write_bytes(data)
    service.photos.take(sha256, received)
    photo = Photo(
        sha256=sha256,
        name=f"{sha256[:8]}.jpg",
        content_type="image/jpeg",
        byte_count=len(data),
        width=size[0],
        height=size[1],
        reporter_id=reporter,
        **columns,
    )
    with service.database.write() as session:
        session.add(photo)
    return photo.id


def waiting(service: Service, reporter: int, count: int) -> list[int]:
    """Queue rows without files, for what only looks at the queue; returns their ids."""
    photos = [
        Photo(
            sha256=hashlib.sha256(b"%d" % i).hexdigest(),
            name=f"{i}.jpg",
            content_type="image/jpeg",
            byte_count=1,
            width=640,
            height=480,
            reporter_id=reporter,
        )
        for i in range(count)
    ]
    with service.database.write() as session:
        session.add_all(photos)
    return [photo.id for photo in photos]


def photo_of(service: Service, photo_id: int) -> Photo:
    """Return a photo's row as it is now."""
    with service.database.read() as session:
        return session.get_one(Photo, photo_id)


def photos_of(service: Service) -> Sequence[Photo]:
    """Return all rows."""
    with service.database.read() as session:
        return session.scalars(select(Photo).order_by(Photo.id)).all()
