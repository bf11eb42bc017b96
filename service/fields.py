"""Types of what requests carry: bounded, and without what databases refuse."""

from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator, Field, StringConstraints

__all__ = ["LARGEST_ID", "Id", "LongText", "PathId", "ShortText", "Story"]

LARGEST_ID = 2**31 - 1


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("expected text without NUL characters")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("expected text that can be written as UTF-8") from error
    return text


Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
PathId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100), AfterValidator(_storable)]
LongText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), AfterValidator(_storable)]
Story = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000), AfterValidator(_storable)]
