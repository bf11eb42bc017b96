import numpy as np
import numpy.typing as npt
import pytest

from vision.errors import RecipeError
from vision.training.sampling import EpochSampler, repeat_factors

EPOCHS = 20


def epochs(
    weights: npt.ArrayLike, drawn: int = 0, drawn_share: float = 0.0, real_from: int = EPOCHS, seed: int = 0
) -> list[npt.NDArray[np.int64]]:
    """Indices of each epoch for real photos of the given weights, followed by drawn ones."""
    real = np.asarray(weights, np.float64)
    synthetic = np.arange(len(real) + drawn) >= len(real)
    sampler = EpochSampler(np.append(real, np.ones(drawn)), synthetic, drawn_share, real_from, seed)
    found = []
    for sampler.epoch in range(EPOCHS):
        assert list(sampler) == sampler.indices().tolist()
        assert len(list(sampler)) == len(sampler)
        found.append(sampler.indices())
    return found


def test_rare_categories_are_repeated_by_the_root_of_what_they_lack() -> None:
    photos = [frozenset({0})] * 15 + [frozenset({0, 1})] * 4 + [frozenset({0, 2})] + [frozenset[int]()] * 80
    factors = repeat_factors(photos, np.ones(100), 0.16)
    # shares: category 0 on 20 of 100 photos, 1 on 4, 2 on 1; sqrt(.16/.04) = 2, sqrt(.16/.01) = 4
    assert factors.tolist() == pytest.approx([1.0] * 15 + [2.0] * 4 + [4.0] + [1.0] * 80)


def test_shares_are_of_the_weighted_photos() -> None:
    photos = [frozenset({0}), frozenset({1}), frozenset({1})]
    # category 0 has 0.5 of 8.5 in weight, category 1 has 8 of 8.5
    factors = repeat_factors(photos, np.array([0.5, 4.0, 4.0]), 0.5)
    assert factors.tolist() == pytest.approx([(0.5 * 8.5 / 0.5) ** 0.5, 1.0, 1.0])


def test_a_threshold_of_zero_repeats_nothing() -> None:
    assert repeat_factors([frozenset({0}), frozenset({1, 0})], np.ones(2), 0.0).tolist() == [1.0, 1.0]


def test_a_category_that_only_drawn_photos_show_is_not_repeated() -> None:
    assert repeat_factors([frozenset({0}), frozenset({1})], np.array([1.0, 0.0]), 1.0).tolist() == [1.0, 1.0]


@pytest.mark.parametrize(("weight", "photos"), [(0.4, 50), (0.4, 53), (0.25, 64), (1.0, 30), (2.5, 20)])
def test_every_photo_is_shown_as_often_as_its_weight_says(weight: float, photos: int) -> None:
    shown = epochs(np.full(photos, weight))
    assert {len(epoch) for epoch in shown} == {round(photos * weight)}
    for start in range(EPOCHS - 4):
        counts = np.bincount(np.concatenate(shown[start : start + 5]), minlength=photos)
        assert np.abs(counts - 5 * weight).max() < 1.5
    counts = np.bincount(np.concatenate(shown), minlength=photos)
    assert np.abs(counts - EPOCHS * weight).max() < 1.5


def test_two_epochs_in_five_are_exactly_two_where_the_numbers_divide() -> None:
    shown = epochs(np.full(50, 0.4))
    for start in range(0, EPOCHS, 5):
        assert (np.bincount(np.concatenate(shown[start : start + 5]), minlength=50) == 2).all()


def test_sources_keep_their_proportion_in_every_epoch() -> None:
    for epoch in epochs([0.5] * 400 + [1.0] * 100 + [2.0] * 50):
        a, b, c = (np.isin(epoch, part).sum() for part in (range(400), range(400, 500), range(500, 550)))
        assert abs(a - 200) <= 4
        assert (b, c) == (100, 100) or abs(b - 100) + abs(c - 100) <= 4


def test_an_epoch_depends_on_seed_and_number_alone() -> None:
    weights = np.random.default_rng(1).uniform(0.2, 2, 60)
    first, again, other = epochs(weights), epochs(weights), epochs(weights, seed=1)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(first, other, strict=True))
    assert not np.array_equal(first[0], first[1])


def test_drawn_photos_fade_out_and_do_not_come_back() -> None:
    shown = epochs(np.ones(100), drawn=300, drawn_share=0.4, real_from=10)
    assert {len(epoch) for epoch in shown} == {100}
    assert [int((epoch >= 100).sum()) for epoch in shown] == [40, 36, 32, 28, 24, 20, 16, 12, 8, 4] + [0] * 10


def test_drawn_photos_take_turns() -> None:
    shown = epochs(np.ones(100), drawn=220, drawn_share=0.4, real_from=10)
    counts = np.bincount(np.concatenate(shown), minlength=320)[100:]
    assert counts.sum() == 220
    assert counts.max() <= 2
    assert (counts == 1).mean() > 0.9


def test_without_a_share_drawn_photos_are_never_shown() -> None:
    assert max(epoch.max() for epoch in epochs(np.ones(10), drawn=10)) < 10


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(RecipeError, match="draws no synthetic postings"):
        epochs(np.ones(10), drawn_share=0.2)


def test_a_share_without_an_epoch_for_it_is_refused() -> None:
    with pytest.raises(RecipeError, match="close_mosaic covers all epochs"):
        epochs(np.ones(10), drawn=10, drawn_share=0.2, real_from=0)
