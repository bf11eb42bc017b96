"""What a sender says of the photos of one request."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from service.errors import invalid
from service.fields import Id, LongText
from service.store.photos import Purpose

__all__ = ["DATUMS", "Sent", "read_form"]

DATUMS = ("WGS-84", "GCJ-02", "CGCS2000")


class Sent(BaseModel):
    """The form's fields beside the files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    purpose: Literal[Purpose.INSPECTION, Purpose.AFTER] = Purpose.INSPECTION
    issue_id: Id | None = Field(default=None, description="With purpose `after`: the issue that was put in order.")
    site_id: Id | None = None
    grid_id: Id | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    datum: Literal["WGS-84", "GCJ-02", "CGCS2000"] = "WGS-84"
    note: LongText = ""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude come together")
        if (self.purpose == Purpose.AFTER) != (self.issue_id is not None):
            raise ValueError("issue_id comes with purpose=after, and purpose=after with issue_id")
        return self


def read_form(fields: Mapping[str, str]) -> Sent:
    """Check a form's fields; empty ones count as not given.

    Raises:
        ServiceError: One of them is wrong or unknown.
    """
    try:
        return Sent.model_validate({name: value for name, value in fields.items() if value.strip()})
    except ValidationError as error:
        places = "; ".join(
            f"{'.'.join(map(str, item['loc']))[:50]}: {item['msg']}".removeprefix(": ") for item in error.errors()[:5]
        )
        raise invalid("wrong_request", f"表单内容有误：{places}", f"the form is wrong: {places}") from error
