"""The exception tree.

CleanLaneError
├── UserError              what the user gave can't be used; the message is one sentence for them
│   ├── PhotoError         a photo that can't be read
│   ├── ModelError         a model file that can't be loaded or run
│   ├── RecipeError        a data recipe or label file that is wrong
│   ├── ResultError        a result file that doesn't follow its format
│   └── MissingExtraError  a part of CleanLane that isn't installed
└── InternalError          our bug: please report it

A command line prints a UserError's message and exits with code 2; everything else is a traceback.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError

__all__ = [
    "CleanLaneError",
    "InternalError",
    "MissingExtraError",
    "ModelError",
    "PhotoError",
    "RecipeError",
    "ResultError",
    "UserError",
    "sentence",
]


class CleanLaneError(Exception):
    """Base of every exception raised on purpose."""


class UserError(CleanLaneError):
    """What was given can't be used; says what was expected, what came, and what to do."""


class PhotoError(UserError):
    """A photo can't be read.

    Attributes:
        reason: A stable English code for programs, such as `truncated`.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class ModelError(UserError):
    """A model file can't be loaded or run."""


class RecipeError(UserError):
    """A data recipe or a label file is wrong."""


class ResultError(UserError):
    """A result file doesn't follow its format."""


class MissingExtraError(UserError):
    """A part of CleanLane that isn't installed."""

    def __init__(self, module: str, extra: str) -> None:
        super().__init__(f"{module} is not installed; install it with: pip install 'cleanlane[{extra}]'")


class InternalError(CleanLaneError):
    """Something that can't happen has happened."""


def sentence(error: "ValidationError", limit: int = 5) -> str:
    """Turn a pydantic error into one sentence: how many errors, then place and message of the first `limit`."""
    details = error.errors(include_url=False)
    places = [f"{'.'.join(map(str, item['loc'])) or 'file'}: {item['msg']}" for item in details[:limit]]
    more = f"; and {len(details) - limit} more" if len(details) > limit else ""
    return f"found {len(details)} error{'s' * (len(details) > 1)}: {'; '.join(places)}{more}"
