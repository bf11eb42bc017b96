"""Render Chinese small ads (牛皮癣) and paste them onto photos of real walls, with labels."""

from vision.datasets.postings.fonts import fonts_used
from vision.datasets.postings.generate import GENERATOR_VERSION, paste_postings

__all__ = ["GENERATOR_VERSION", "fonts_used", "paste_postings"]
