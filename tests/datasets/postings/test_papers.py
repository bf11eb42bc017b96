import re

import numpy as np
import pytest

from vision.datasets.postings.fonts import BUNDLED, SANS, covers, installed_fonts
from vision.datasets.postings.legal import LEGAL
from vision.datasets.postings.marks import MARKS
from vision.datasets.postings.papers import PAPERS, Renderer
from vision.datasets.postings.wear import residue, worn
from vision.datasets.postings.words import DETAILS, SHORT, TRADES, phone_number

RENDERERS = [kind[0] for kind in (*PAPERS, *MARKS, *LEGAL)]


def test_no_number_can_be_dialled() -> None:
    rng = np.random.default_rng(0)
    for number in {phone_number(rng) for _ in range(2000)}:
        blanked = re.fullmatch(r"1\d{2}\*{4}\d{4}", number)
        impossible = re.fullmatch(r"000-\d{4}-\d{4}", number)
        assert blanked or impossible, number


def test_no_other_words_hold_a_number() -> None:
    assert not [word for word in (*SHORT, *TRADES, *DETAILS) if re.search(r"\d{3}", word)]


@pytest.mark.parametrize("fonts", [BUNDLED, installed_fonts()], ids=["brought along", "installed"])
@pytest.mark.parametrize("render", RENDERERS, ids=lambda render: render.__name__)
def test_every_kind_renders_in_every_size(render: Renderer, fonts: dict) -> None:  # type: ignore[type-arg]
    small, large = (render(np.random.default_rng(3), size, fonts) for size in (9.0, 40.0))
    for sheet in (small, large):
        assert sheet.dtype == np.uint8
        assert sheet.shape[2] == 4
        assert sheet[..., 3].max() > 120
    assert 2.2 < large.shape[1] / small.shape[1] < 8


@pytest.mark.parametrize("style", installed_fonts())
def test_the_fonts_have_what_ads_say(style: str) -> None:
    letters = set("".join((*SHORT, *TRADES, *DETAILS, "0123456789-*")))
    faces = installed_fonts()[style]  # type: ignore[index]
    for letter in letters:
        if style == "hand":  # one lacks some, then the next one writes them
            assert any(covers(face, letter) for face in (*faces, SANS))
        else:
            assert all(covers(face, letter) for face in faces)


def test_wear_keeps_the_size_and_takes_paper_away() -> None:
    sheet = np.full((80, 120, 4), 255, np.uint8)
    left = [(worn(np.random.default_rng(seed), sheet, 1.0)[..., 3] > 115).mean() for seed in range(20)]
    fresh = worn(np.random.default_rng(0), sheet, 0.0)
    assert fresh.shape == sheet.shape
    assert (fresh[..., 3] > 115).mean() > 0.95
    assert min(left) < 0.8
    assert 0 < (residue(np.random.default_rng(0), 40)[..., 3] > 115).mean() < 0.5
