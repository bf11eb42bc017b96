"""Which photos an epoch shows: sources by their weight, rare categories more often, drawn photos at first only."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from vision.errors import RecipeError

__all__ = ["EpochSampler", "repeat_factors"]


def repeat_factors(
    photos: Sequence[frozenset[int]], weights: npt.NDArray[np.float64], threshold: float
) -> npt.NDArray[np.float64]:
    """Return how often each photo is to be repeated so that rare categories are seen more often, (n,).

    A category c on a share f(c) of the photos gets max(1, sqrt(threshold / f(c))), a photo the largest factor of its
    categories: repeat factor sampling, Gupta et al., "LVIS", CVPR 2019, section 4.2.

    Args:
        photos: Categories on each photo.
        weights: (n,) how often each is shown without this; shares are of the weighted photos.
        threshold: Share below which a category counts as rare; 0 repeats nothing.
    """
    shown: dict[int, float] = {}
    for categories, weight in zip(photos, weights, strict=True):
        for category in categories:
            shown[category] = shown.get(category, 0.0) + weight
    factor = {c: max(1.0, (threshold * weights.sum() / count) ** 0.5) for c, count in shown.items() if count > 0}
    return np.array([max((factor.get(c, 1.0) for c in categories), default=1.0) for categories in photos])


class EpochSampler:
    """Draws the indices of an epoch, the same ones for the same seed and epoch.

    Each photo is drawn as often as its weight says, over the epochs, too: a weight of 0.4 shows every photo in two
    epochs of five, one of 2.5 shows it twice and three times in turn.

    Args:
        weights: (n,) how often each photo is shown in an epoch.
        drawn: (n,) which photos are synthetic; their weights don't count.
        drawn_share: Share of synthetic photos in the first epoch. It falls linearly to none.
        real_from: First epoch without synthetic photos.
        seed: Of the drawing.

    Raises:
        RecipeError: There is a share of synthetic photos, but no such photo, or no epoch to show it in.
    """

    def __init__(
        self,
        weights: npt.NDArray[np.float64],
        drawn: npt.NDArray[np.bool_],
        drawn_share: float,
        real_from: int,
        seed: int,
    ) -> None:
        if drawn_share and not drawn.any():
            raise RecipeError("drawn_share is set, but the recipe draws no synthetic postings")
        if drawn_share and real_from <= 0:
            raise RecipeError("drawn_share is set, but close_mosaic covers all epochs; give more epochs")
        self.real, self.drawn = np.where(drawn, 0.0, weights), drawn.astype(np.float64)
        self.drawn_share, self.real_from, self.seed = drawn_share, real_from, seed
        self.epoch = 0
        self.size = max(1, round(float(self.real.sum())))

    def __len__(self) -> int:
        return self.size

    def share(self, epoch: int) -> float:
        """Return the share of synthetic photos in an epoch."""
        return self.drawn_share * max(0.0, 1 - epoch / self.real_from) if self.drawn_share else 0.0

    def indices(self) -> npt.NDArray[np.int64]:
        """Return the (size,) indices of the present epoch, shuffled."""
        owed = np.random.default_rng(self.seed).random(len(self.real))  # who comes first
        for epoch in range(self.epoch + 1):
            synthetic = round(self.size * self.share(epoch))
            times = _times(self.real, self.size - synthetic, owed) + _times(self.drawn, synthetic, owed)
        chosen = np.repeat(np.arange(len(times)), times)
        np.random.default_rng((self.seed, self.epoch)).shuffle(chosen)
        return chosen

    def __iter__(self) -> Iterator[int]:
        return iter(self.indices().tolist())


def _times(weights: npt.NDArray[np.float64], count: int, owed: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return how often each photo is shown, (n,), `count` in all: whole shares, then those that are owed most.

    What remains of a share is added to `owed` for the next epoch.
    """
    if not count:
        return np.zeros(len(weights), np.int64)
    shares = weights * (count / weights.sum())
    times: npt.NDArray[np.int64] = np.floor(shares).astype(np.int64)
    owed += shares - times
    first = np.argsort(np.where(weights > 0, -owed, np.inf), kind="stable")[: count - int(times.sum())]
    times[first] += 1
    owed[first] -= 1
    return times
