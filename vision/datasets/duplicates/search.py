"""Which pairs of photos are worth a closer look, among all pairs, in memory that doesn't grow with their number."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vision.datasets.duplicates.hashes import BITS, TRANSFORMS, hash_bits, turned

__all__ = ["Candidate", "candidates"]

ROWS = 256  # photos that are compared with all others at once
FEW = 48  # up to so many photos every pair is looked at: too few for statistics
HASH_DISTANCE = 12  # bits of 63
NEIGHBOURS, SIMILARITY = 4, 0.6  # nearest neighbours by standardised embedding, and how near they have to be


class Candidate(NamedTuple):
    """Two photos by position, first < second.

    Attributes:
        transform: Position in `TRANSFORMS` that brings the first photo's hash nearest to the second's.
        distance: Bits of 63 in which they then differ.
        similarity: Cosine of their embeddings.
    """

    first: int
    second: int
    transform: int
    distance: int
    similarity: float


def candidates(tables: npt.NDArray[np.float32], embeddings: npt.NDArray[np.float32]) -> list[Candidate]:
    """Return the pairs whose hashes agree under a flip or turn, or whose embeddings are neighbours.

    Args:
        tables: (n, 8, 8) of `frequencies`.
        embeddings: (n, d) of `Embedder.embed`.
    """
    found = {}
    hashes = hash_bits(tables)
    of_transforms = [hash_bits(turned(tables, transform)) for transform in range(len(TRANSFORMS))]
    standard = _standardised(embeddings)
    for rows in _chunks(len(tables)):
        distances = np.stack([(BITS - bits[rows] @ hashes.T) / 2 for bits in of_transforms])
        distance = distances.min(axis=0)
        near = distance <= HASH_DISTANCE
        near |= _neighbours(standard[rows] @ standard.T, rows) if len(tables) > FEW else True
        for row, other in zip(*np.nonzero(near), strict=True):
            pair = tuple(sorted((rows.start + int(row), int(other))))
            if pair[0] != pair[1] and pair not in found:
                first, second = pair
                back = [(BITS - bits[first] @ hashes[second]) / 2 for bits in of_transforms]
                found[pair] = Candidate(
                    first,
                    second,
                    int(np.argmin(back)),
                    int(min(back)),
                    _cosine(embeddings[first], embeddings[second]),
                )
    return [found[pair] for pair in sorted(found)]


def _chunks(n: int) -> Iterator[slice]:
    return (slice(start, min(start + ROWS, n)) for start in range(0, n, ROWS))


def _standardised(embeddings: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Bring every component to mean 0 and deviation 1 over the data set: what all street photos share tells nothing."""
    if not len(embeddings):
        return embeddings
    standard = (embeddings - embeddings.mean(axis=0)) / (embeddings.std(axis=0) + 1e-6)
    lengths = np.linalg.norm(standard, axis=1, keepdims=True)
    return np.asarray(standard / np.maximum(lengths, 1e-6), np.float32)


def _neighbours(similarity: npt.NDArray[np.float32], rows: slice) -> npt.NDArray[np.bool_]:
    """Mark the nearest photos of each row of (rows, n), itself left out."""
    similarity[np.arange(len(similarity)), np.arange(rows.start, rows.stop)] = -1
    nth = np.partition(similarity, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS, None]
    return (similarity >= nth) & (similarity >= SIMILARITY)


def _cosine(first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]) -> float:
    return float(first @ second / (np.linalg.norm(first) * np.linalg.norm(second)))
