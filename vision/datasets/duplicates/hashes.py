"""A perceptual hash that can be compared under the eight flips and quarter turns without drawing them.

It is of the pHash family: the signs of the lowest frequencies of a photo's cosine transform. Mirroring a photo changes
the sign of every odd frequency along that axis, transposing it transposes the table, so that one transform gives the
hashes of all eight. The photo is squeezed into a square first: stretching it changes nothing.
"""

import cv2
import numpy as np
import numpy.typing as npt

from vision.images import NDArrayImage

__all__ = ["BITS", "TRANSFORMS", "NDArrayFrequencies", "frequencies", "hash_bits", "turned"]

NDArrayFrequencies = npt.NDArray[np.float32]  # (8, 8) rows of vertical frequencies, the mean brightness at [0, 0]

SIDE, LOW = 32, 8
BITS = LOW * LOW - 1  # all but the mean brightness
TRANSFORMS = tuple((flip, turns) for flip in (False, True) for turns in range(4))  # mirror, then turn left 90° n times


def frequencies(image: NDArrayImage) -> NDArrayFrequencies:
    """Return the lowest frequencies of a photo (h, w, 3)."""
    small = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    table: NDArrayFrequencies = cv2.dct(small.astype(np.float32))[:LOW, :LOW]
    return table


def turned(table: NDArrayFrequencies, transform: int) -> NDArrayFrequencies:
    """Return the frequencies (..., 8, 8) of the same photo after `TRANSFORMS[transform]`."""
    flip, turns = TRANSFORMS[transform]
    odd = np.where(np.arange(LOW) % 2, -1, 1).astype(np.float32)
    if flip:
        table = table * odd
    for _ in range(turns):  # turning left is transposing, then mirroring top to bottom
        table = table.swapaxes(-1, -2) * odd[:, None]
    return table


def hash_bits(tables: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the hashes (n, 63) of (n, 8, 8) tables as -1 and 1: (63 - a·b) / 2 is then the Hamming distance."""
    signs = np.where(tables.reshape(-1, LOW * LOW)[:, 1:] > 0, 1, -1)
    return signs.astype(np.float32)
