"""Hashes, neighbours among many photos, mirrored keypoints."""

import numpy as np
import pytest
from PIL import Image

from tests.datasets.duplicates.drawn import scene
from vision.alignment import Alignment, align, features
from vision.datasets.duplicates.find import kind_of
from vision.datasets.duplicates.hashes import BITS, TRANSFORMS, frequencies, hash_bits, turned
from vision.datasets.duplicates.report import Kind
from vision.datasets.duplicates.search import Candidate, candidates


@pytest.mark.parametrize("transform", range(len(TRANSFORMS)), ids=[f"mirrored {f}, turned {n}" for f, n in TRANSFORMS])
def test_hash_of_a_turned_photo(transform: int) -> None:
    flip, turns = TRANSFORMS[transform]
    image = np.asarray(scene(1).resize((256, 256)))
    copy = np.rot90(image[:, ::-1] if flip else image, turns)
    expected, got = turned(frequencies(image), transform), frequencies(np.ascontiguousarray(copy))
    np.testing.assert_allclose(expected, got, atol=0.05)
    others = [np.sum(hash_bits(turned(expected[None], t)) != hash_bits(got[None])) for t in range(1, len(TRANSFORMS))]
    assert min(others) > BITS / 8


def test_candidates_among_many_in_any_order() -> None:
    """Several chunks of noise, with a turned copy that only hashes find and a neighbour that only embeddings do."""
    rng = np.random.default_rng(0)
    tables = rng.normal(size=(600, 8, 8)).astype(np.float32)
    embeddings = rng.normal(size=(600, 64)).astype(np.float32) + 5
    tables[577] = turned(tables[3], 5)
    embeddings[10] = embeddings[590] + 0.05
    pairs = candidates(tables, embeddings)
    assert [(c.first, c.second) for c in pairs] == [(3, 577), (10, 590)]
    assert (pairs[0].transform, pairs[0].distance) == (5, 0)
    assert pairs[1].similarity == pytest.approx(1, abs=0.001)


def test_few_photos_are_all_compared() -> None:
    rng = np.random.default_rng(0)
    tables, embeddings = rng.normal(size=(4, 8, 8)).astype(np.float32), np.ones((4, 8), np.float32)
    assert [(c.first, c.second) for c in candidates(tables, embeddings)] == [
        (0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3),
    ]  # fmt: skip


def test_alignment_says_what_was_done() -> None:
    image = scene(2)
    copy = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).rotate(20, expand=True, fillcolor="grey")
    found = align(features(np.asarray(image)), features(np.asarray(copy)))
    assert found.mirrored
    assert found.rotation == pytest.approx(20, abs=1)
    assert found.correlation > 0.95
    assert found.overlap == pytest.approx(400 * 300 / (copy.width * copy.height), abs=0.02)


BLANK = np.full((300, 400, 3), 200, np.uint8)


def test_photo_without_keypoints() -> None:
    assert align(features(BLANK), features(np.asarray(scene(1)))) == Alignment()


@pytest.mark.parametrize(
    ("alignment", "distance", "similarity", "kind"),
    [
        (Alignment(200, 190, 0.98, 1), 2, 0.99, "near"),
        (Alignment(60, 40, 0.98, 1), 2, 0.99, "scene"),  # half of the matches elsewhere: another shot
        (Alignment(200, 190, 0.60, 1), 20, 0.9, "scene"),  # a copy lies over its original everywhere
        (Alignment(40, 14, 0.19, 1), 20, 0.9, None),  # the same logo on two bins
        (Alignment(18, 10, 0.82, 1), 20, 0.9, "scene"),
        (Alignment(18, 8, 0.82, 1), 20, 0.9, None),
        (Alignment(2, 0, 0, 0), 1, 0.999, "near"),  # bare walls
        (Alignment(2, 0, 0, 0), 1, 0.9, None),
        (Alignment(60, 8, 0.3, 1), 1, 0.999, None),  # keypoints there are, but they disagree
    ],
)
def test_judgement(alignment: Alignment, distance: int, similarity: float, kind: Kind | None) -> None:
    assert kind_of(Candidate(0, 1, 0, distance, similarity), alignment) == kind
