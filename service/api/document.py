"""The OpenAPI document: what every route may answer, said once, and the shape of every refusal."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

__all__ = ["Complaint", "DocumentedApp", "Refusal"]

JSON = "application/json"
SECURITY = {
    "key": {"type": "http", "scheme": "bearer", "description": "A key, made on the account page or by an admin."},
    "browser": {
        "type": "apiKey",
        "in": "cookie",
        "name": "cleanlane_session",
        "description": "Of a person who signed in; requests that change anything need the header X-CSRF-Token, too.",
    },
}
OPEN = ("/healthz", "/readyz", "/open311/")  # those without the service's own kind of signing in
EVERYWHERE = {
    "401": "Nobody is signed in, or the key is unknown or has expired.",
    "403": "The role, the unit or a rule doesn't allow it, or the page's token is missing.",
    "422": "Something in the request is wrong; the sentence says what.",
}
CHANGING = {
    "400": "The body can't be read.",
    "409": "It doesn't fit the present state, or somebody else has just changed it.",
    "413": "The body is too large.",
}


class Refusal(BaseModel):
    """Why a request can't be met."""

    code: str  # for programs
    message: str  # for people, in their language


class Complaint(BaseModel):
    """The same in GeoReport v2, which sends a list of them."""

    code: int
    description: str


class DocumentedApp(FastAPI):
    """An application whose document tells of the refusals that don't depend on the route."""

    def openapi(self) -> dict[str, Any]:
        """Return the document."""
        if self.openapi_schema is None:
            document = super().openapi()
            shapes = document["components"]["schemas"]
            shapes |= {model.__name__: model.model_json_schema() for model in (Refusal, Complaint)}
            for unused in ("HTTPValidationError", "ValidationError"):
                shapes.pop(unused, None)
            document["components"]["securitySchemes"] = SECURITY
            _simplify(shapes)
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    _complete(path, method, operation)
        return self.openapi_schema or {}


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    if "HTTPValidationError" in str(answers.get("422")):
        del answers["422"]
    is_open311 = path.startswith("/open311/")
    if is_open311:
        expected = {"400": "A parameter is wrong."}
    elif path.startswith(OPEN):
        expected = {}
    else:
        expected = EVERYWHERE | (CHANGING if method != "get" else {})
        operation["security"] = [{"key": []}, {"browser": []}]
    if "{" in path and not is_open311:
        expected = expected | {"404": "There is none that the person may see."}
    expected = expected | {"503": "The database or a file can't be reached just now."}
    for status, description in expected.items():
        answers.setdefault(status, {"description": description})
    for status, answer in answers.items():
        if status[0] in "45" and "content" not in answer:
            answer["content"] = _complaints() if is_open311 else {JSON: {"schema": _reference("Refusal")}}


def _simplify(node: Any) -> None:
    """Say a tuple of equal things as an array of them, which more programs understand than `prefixItems`."""
    if isinstance(node, dict):
        things = node.get("prefixItems")
        if isinstance(things, list) and all(thing == things[0] for thing in things):
            node["items"] = node.pop("prefixItems")[0]
        for value in node.values():
            _simplify(value)
    elif isinstance(node, list):
        for value in node:
            _simplify(value)


def _complaints() -> dict[str, Any]:
    return {JSON: {"schema": {"type": "array", "items": _reference("Complaint")}}, "text/xml": {}}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
