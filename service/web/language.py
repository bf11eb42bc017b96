"""Which language a person reads: Chinese, unless they chose English."""

from collections.abc import Callable
from typing import Literal

from fastapi import Request

__all__ = ["COOKIE", "Language", "language_of", "translator"]

Language = Literal["zh", "en"]
COOKIE = "cleanlane_language"


def language_of(request: Request) -> Language:
    """Return the browser's choice, else the one of the signed-in user."""
    chosen = request.cookies.get(COOKIE) or getattr(request.state, "language", "zh")
    return "en" if chosen == "en" else "zh"


def translator(language: Language) -> Callable[[str, str], str]:
    """Return `t(zh, en)`, which templates write both texts with."""
    return (lambda _zh, en: en) if language == "en" else (lambda zh, _en: zh)
