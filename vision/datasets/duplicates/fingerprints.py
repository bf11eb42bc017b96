"""What is remembered of a photo: enough to find its copies without reading it again."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vision.datasets.duplicates.embedding import Embedder, NDArrayEmbedding
from vision.datasets.duplicates.hashes import NDArrayFrequencies, frequencies
from vision.images import path_text, photo_bytes, read_photo

__all__ = ["SIDE", "Fingerprint", "fingerprint"]

SIDE = 512  # pixels that are kept of the longest side of a large photo


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """What is remembered of a photo.

    Attributes:
        file_sha256: Hash of the file's bytes.
        pixels_sha256: Hash of the upright pixels as they are read here, and of the photo's size.
        table: Of `frequencies`.
        embedding: Of `Embedder.embed`.
    """

    file_sha256: str
    pixels_sha256: str
    table: NDArrayFrequencies
    embedding: NDArrayEmbedding


def fingerprint(path: Path, embedder: Embedder) -> Fingerprint:
    """Read a photo and return its fingerprint.

    Raises:
        PhotoError: It can't be read.
    """
    data = photo_bytes(path)
    photo = read_photo(data, path_text(path), at_least=SIDE)
    pixels = hashlib.sha256(f"{photo.width}x{photo.height} {photo.pixels.shape}".encode())
    pixels.update(np.ascontiguousarray(photo.pixels).data)
    return Fingerprint(
        hashlib.sha256(data).hexdigest(), pixels.hexdigest(), frequencies(photo.pixels), embedder.embed(photo.pixels)
    )
