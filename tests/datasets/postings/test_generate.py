import numpy as np
import numpy.typing as npt
import pytest

from tests.datasets.postings.walls import drawn_wall, even_light, plain_wall, sky, street_with_person
from vision.datasets.postings import fonts_used, paste_postings
from vision.datasets.postings.fonts import installed_fonts
from vision.datasets.postings.generate import paste_items
from vision.datasets.postings.layout import advertisements, paint_over, remains, what_is_legal
from vision.datasets.postings.paste import Item
from vision.datasets.postings.poles import ads_on_pole, raise_pole
from vision.datasets.postings.site import survey
from vision.images import NDArrayImage


def square(x: float, y: float, side: float) -> npt.NDArray[np.float64]:
    return np.array([[x, y], [x + side, y], [x + side, y + side], [x, y + side]])


def red(x: float, y: float, side: float = 60, category: str | None = "illegal_posting") -> Item:
    sheet = np.zeros((40, 40, 4), np.uint8)
    sheet[..., 0] = sheet[..., 3] = 255
    return Item(sheet, square(x, y, side), category, ink=False, lift=0.0)


def changed(before: NDArrayImage, after: NDArrayImage) -> npt.NDArray[np.bool_]:
    return np.asarray(np.abs(before.astype(int) - after).max(axis=2) > 30)


def test_same_seed_same_pixels_and_labels() -> None:
    (first, labels), (second, again) = (paste_postings(drawn_wall(1), 3) for _ in range(2))
    assert np.array_equal(first, second)
    assert np.array_equal(labels.boxes, again.boxes)
    assert np.array_equal(labels.categories, again.categories)
    assert not np.array_equal(first, paste_postings(drawn_wall(1), 4)[0])


def test_a_photo_in_black_and_white_stays_so() -> None:
    wall = np.repeat(plain_wall().mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
    found = 0
    for seed in range(4):
        pixels, labels = paste_postings(wall, seed)
        found += len(labels)
        assert np.ptp(pixels.astype(int), axis=2).max() < 12
    assert found


def test_the_photo_that_was_given_is_left_alone() -> None:
    wall = plain_wall()
    paste_postings(wall, 1)
    assert np.array_equal(wall, plain_wall())


def test_boxes_are_inside_large_enough_and_of_both_kinds() -> None:
    wall, numbers, names = plain_wall(), [], set()
    for seed in range(12):
        pixels, labels = paste_postings(wall, seed)
        assert pixels.shape == wall.shape
        assert pixels.dtype == np.uint8
        sides = labels.boxes[:, 2:] - labels.boxes[:, :2]
        assert (labels.boxes >= 0).all()
        assert (labels.boxes[:, 2:] <= [400, 300]).all()
        assert (sides >= 8).all()
        assert len(labels) <= 60
        numbers.append(len(labels))
        names |= {name for _, _, name in labels}
    assert names == {"illegal_posting", "graffiti"}
    assert 2 <= np.median(numbers) <= 12
    assert 0 < numbers.count(0) < 8, "some show only what is legal"


@pytest.mark.parametrize("blue", [0, 25, 60], ids=["overcast", "hazy", "clear"])
def test_nothing_is_pasted_on_sky(blue: int) -> None:
    for seed in range(3):
        pixels, labels = paste_postings(sky(blue), seed)
        assert len(labels) == 0
        assert np.array_equal(pixels, sky(blue))


def test_sky_windows_and_people_are_spared() -> None:
    street, avoid = street_with_person()
    site = survey(street, np.random.default_rng(0))
    assert site is not None
    for seed in range(6):
        rng = np.random.default_rng(seed)
        items = advertisements(rng, site, installed_fonts(), 12) + what_is_legal(rng, site, installed_fonts(), 3)
        pixels, labels = paste_items(street, items, even_light(street), rng)
        spoilt = changed(street, pixels) & (avoid > 0)
        assert spoilt.mean() < 0.002
        assert len(labels)


def test_only_what_is_in_a_box_has_changed() -> None:
    for seed in range(6):
        wall, rng = plain_wall(), np.random.default_rng(seed)
        site = survey(wall, rng)
        assert site is not None
        items = advertisements(rng, site, installed_fonts(), 8)
        pixels, labels = paste_items(wall, items, even_light(wall), rng)
        difference = np.abs(wall.astype(int) - pixels).max(axis=2) > 90
        outside = difference.copy()
        for x1, y1, x2, y2 in labels.boxes.astype(int):
            assert difference[y1:y2, x1:x2].any() or changed(wall, pixels)[y1:y2, x1:x2].any()
            outside[max(y1 - 3, 0) : y2 + 3, max(x1 - 3, 0) : x2 + 3] = False
        assert not outside.any()


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        ([], [[20, 30, 80, 90]]),
        ([red(50, 30)], [[20, 30, 50, 90], [50, 30, 110, 90]]),
        ([red(30, 20, 80, None)], []),
        ([red(20, 60, 80, None)], [[20, 30, 80, 60]]),
    ],
    ids=["alone", "half under another", "nearly all under a plate: taken away", "half under a plate"],
)
def test_a_box_is_what_can_be_seen(over: list[Item], expected: list[list[float]]) -> None:
    wall = plain_wall()
    pixels, labels = paste_items(wall, [red(20, 30), *over], even_light(wall), np.random.default_rng(0))
    assert np.abs(labels.boxes - np.reshape(expected, (-1, 4))).max(initial=0) <= 1
    if not expected:
        assert not changed(wall, pixels)[30:90, 20:28].any(), "its remnant is gone too"


@pytest.mark.parametrize(("left", "kept"), [(-30, True), (-50, False)], ids=["half outside", "nearly all outside"])
def test_the_frame_cuts_boxes_off(left: float, kept: bool) -> None:
    wall = plain_wall()
    pixels, labels = paste_items(wall, [red(left, 100)], even_light(wall), np.random.default_rng(0))
    assert len(labels) == kept
    assert changed(wall, pixels).any() == kept
    assert (labels.boxes[:, 0] == 0).all()


def test_what_is_legal_painted_over_or_scraped_off_has_no_label() -> None:
    wall, rng = plain_wall(), np.random.default_rng(4)
    site = survey(wall, rng)
    assert site is not None
    legal = what_is_legal(rng, site, installed_fonts(), 6)
    painted, scraped = paint_over(rng, site, wall, even_light(wall)), remains(rng, site)
    assert legal
    assert painted
    assert scraped
    pixels, labels = paste_items(wall, legal + painted + scraped, even_light(wall), rng)
    assert changed(wall, pixels).any()
    assert len(labels) == 0


def test_a_crowded_door_holds_many() -> None:
    wall, rng = plain_wall(600, 800), np.random.default_rng(2)
    site = survey(wall, rng, 60)
    assert site is not None
    items = advertisements(rng, site, installed_fonts(), 60)
    assert 25 < len(items) <= 60
    assert len({id(item.sheet) for item in items}) < len(items), "an advertiser sticks several of a kind"


def test_ads_bend_round_a_pole() -> None:
    wall, rng = plain_wall(), np.random.default_rng(3)
    pole, skin = raise_pole(rng, (300, 400))
    items = ads_on_pole(rng, pole, installed_fonts(), 6)
    _, labels = paste_items(wall, [skin, *items], even_light(wall), rng)
    assert 0 < len(labels) <= len(items)  # one may be covered by others, depending on the machine's fonts
    outlines = [pole.at(y, angle)[0] for y in (0.0, 300.0) for angle in (-np.pi / 2, np.pi / 2)]
    assert (labels.boxes[:, 0] > min(outlines) - 1).all()
    assert (labels.boxes[:, 2] < max(outlines) + 1).all()
    bare, _ = paste_items(wall, [skin], even_light(wall), rng)
    across = bare.mean(axis=(0, 2))
    left, middle, right = (round(pole.at(150, angle)[0]) for angle in (-1.2, 0.0, 1.2))
    assert across[middle] > 1.15 * max(across[left], across[right]), "a cylinder is darker towards its outlines"


def test_the_fonts_are_named_with_size_and_hash() -> None:
    assert fonts_used() == tuple(sorted(fonts_used()))
    for entry in fonts_used():
        name, size, digest = entry.split()
        assert name.rpartition(".")[2] in {"ttf", "ttc", "otf"}
        assert int(size) > 10_000
        assert int(digest, 16)
