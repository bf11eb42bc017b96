"""Types of what requests about the town carry."""

from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, Field

from service.fields import LARGEST_ID, ShortText
from service.intake.town_import.columns import SHEETS, Column
from service.intake.town_import.values import Wrong, value_of

__all__ = ["Name", "PageNumber", "PageSize", "PersonName", "Phone", "Username"]


def _as_in_tables(column: Column | None) -> AfterValidator:
    """Return a validator that takes what the import takes in a column."""

    def validate(text: str) -> str:
        try:
            if column is not None and text:
                value_of(column, text)
        except Wrong as error:
            raise ValueError(error.zh) from error
        return text

    return AfterValidator(validate)


Name = Annotated[ShortText, Field(min_length=1), _as_in_tables(SHEETS["units"].column("name"))]
PersonName = Annotated[ShortText, Field(min_length=1, max_length=50), _as_in_tables(SHEETS["people"].column("name"))]
Username = Annotated[ShortText, Field(min_length=1, max_length=50), _as_in_tables(SHEETS["people"].column("username"))]
Phone = Annotated[ShortText, Field(max_length=30), _as_in_tables(SHEETS["people"].column("phone"))]
PageNumber = Annotated[int, Query(ge=1, le=LARGEST_ID // 200)]
PageSize = Annotated[int, Query(ge=1, le=200)]
