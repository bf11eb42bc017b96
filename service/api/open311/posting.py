"""A service request that is posted: form-encoded, one of point, address or site, and a key."""

from typing import Annotated, Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from starlette.datastructures import FormData

from service.api.dependencies import actor_of
from service.api.open311.documents import answer, complaint
from service.api.open311.services import category_of_service
from service.domain.roles import Permission
from service.errors import ServiceError
from service.fields import Id, LongText, ShortText, Story
from service.state import Service
from service.store.reporting import Report, report
from service.store.sign_in import token_user
from service.store.steps import note
from vision.errors import sentence

__all__ = ["BODY", "post"]

LINE = 500  # letters of an issue's description
NOTICE = "已受理，待审核 Received; waits for review"


class Posted(BaseModel):
    """The fields of GeoReport v2 that are kept; the rest of a client's form is passed over."""

    model_config = ConfigDict(extra="ignore")

    api_key: ShortText
    service_code: ShortText
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    long: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None
    address_string: Annotated[LongText, Field(max_length=256)] = ""
    address_id: Id | None = None
    description: Story = ""
    media_url: list[Story] = Field(default=[], max_length=20)
    first_name: ShortText = ""
    last_name: ShortText = ""
    phone: ShortText = ""
    email: ShortText = ""

    @model_validator(mode="after")
    def _placed(self) -> "Posted":
        if (self.lat is None) != (self.long is None):
            raise ValueError("lat and long: expected both or none")
        if self.lat is None and not self.address_string and self.address_id is None:
            raise ValueError("expected one of: lat and long, address_string, address_id")
        return self


BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": Posted.model_json_schema(),
                "example": {
                    "api_key": "…",
                    "service_code": "GB/T 47678.5-2026:06010",
                    "lat": 30.005,
                    "long": 120.005,
                    "description": "路口有一堆垃圾",
                },
            }
        },
    }
}


async def post(request: Request, service: Service, form: str) -> Response:
    """Take a request in; the answer is the number of the suspected issue."""
    try:
        async with request.form(max_files=0, max_fields=100) as sent:
            posted = Posted.model_validate(_filled(sent))
    except ValidationError as error:
        missing = any(item["loc"] == ("api_key",) for item in error.errors())
        return complaint(403 if missing else 400, sentence(error), form)
    return await run_in_threadpool(_report, service, posted, form)


def _filled(sent: FormData) -> dict[str, Any]:
    """Return what was filled in: the last of each name, but all addresses of pictures."""
    filled = [(name, value) for name, value in sent.multi_items() if isinstance(value, str) and value.strip()]
    pictures = [value for name, value in filled if name in ("media_url", "media_url[]")]
    return {**dict(filled), "media_url": pictures}


def _report(service: Service, posted: Posted, form: str) -> Response:
    category = category_of_service(posted.service_code)
    if category is None:
        return complaint(404, "service_code: there is no such service", form)
    told = Report(
        category=category,
        description=posted.description if len(posted.description) <= LINE else posted.description[: LINE - 1] + "…",
        address=posted.address_string,
        latitude=posted.lat,
        longitude=posted.long,
        site_id=posted.address_id,
    )
    contact = posted.model_dump(
        include={"media_url", "first_name", "last_name", "phone", "email"}, exclude_defaults=True
    )
    if len(posted.description) > LINE:
        contact["description"] = posted.description  # the whole of it
    try:
        with service.database.write() as session:
            user = token_user(session, posted.api_key)
            actor = actor_of(session, user) if user else None
            if actor is None or not actor.may(Permission.UPLOAD):
                return complaint(403, "api_key: unknown or expired", form)
            issue = report(session, actor, told)
            note(session, issue, "open311", actor, detail=contact)
            number = issue.id
    except ServiceError as error:
        return complaint(error.status, error.en, form)
    row = {"service_request_id": str(number), "service_notice": NOTICE, "account_id": None}
    return answer([row], form, "service_requests", "request", 201)
