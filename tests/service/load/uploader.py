"""A client that sends one photo after the other and doesn't give up until each is answered."""

import hashlib
import threading
import time
from functools import cache

import httpx
import numpy as np
import simplejpeg

from vision.datasets.scenes import SceneKind, draw_scene
from vision.images import NDArrayImage

__all__ = ["Uploader", "photo"]

SCENES = 8


def photo(number: int) -> bytes:
    """Return a photo that differs from all others: a drawn scene with its number in the corner's pixels."""
    picture = _scene(number % SCENES).copy()
    bits = [255 * (number >> i & 1) for i in range(24)]
    picture[:8, : 8 * 24] = np.repeat(np.array(bits, np.uint8), 8)[None, :, None]
    encoded: bytes = simplejpeg.encode_jpeg(picture, quality=90)
    return encoded


@cache
def _scene(seed: int) -> NDArrayImage:
    kinds = list(SceneKind)
    return np.ascontiguousarray(draw_scene(seed=seed, kind=kinds[seed % len(kinds)], size=(640, 480))[0])


class Uploader(threading.Thread):
    """Uploads until told to stop.

    Args:
        url: Of the server.
        token: Key of the person who uploads.
        site: Every other photo is of this site; the others don't say where they were taken.
        pause: Seconds between photos.
        first: Number of the first photo.

    Attributes:
        accepted: Photo ids that were answered, by the hash of what was sent.
        problems: Answers that shouldn't be.
        repeated: Requests that had to be repeated.
    """

    def __init__(self, url: str, token: str, site: int, pause: float, first: int = 0) -> None:
        super().__init__(name="uploader", daemon=True)
        self.url, self.site, self.pause, self.number = url, site, pause, first
        self.headers = {"Authorization": f"Bearer {token}"}
        self.ended = threading.Event()
        self.accepted: dict[str, int] = {}
        self.problems: list[str] = []
        self.repeated = 0

    def run(self) -> None:
        """Upload."""
        with httpx.Client(timeout=10, headers=self.headers) as client:
            while not self.ended.wait(self.pause):
                self._send(client, self.number, photo(self.number))
                self.number += 1

    def stop(self) -> None:
        """End with the photo that is being sent."""
        self.ended.set()
        self.join()

    def _send(self, client: httpx.Client, number: int, data: bytes) -> None:
        place = {"site_id": str(self.site)} if number % 2 else {}
        while True:
            try:
                answer = client.post(
                    f"{self.url}/api/v1/photos",
                    headers={"Idempotency-Key": f"photo-{number}"},
                    files={"files": (f"{number}.jpg", data, "image/jpeg")},
                    data=place,
                )
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code == 202:
                self.accepted[hashlib.sha256(data).hexdigest()] = answer.json()["files"][0]["id"]
                return
            if answer is not None and answer.status_code < 500:
                self.problems.append(f"photo {number}: {answer.status_code} {answer.text[:200]}")
                return
            self.repeated += 1
            time.sleep(0.1)
