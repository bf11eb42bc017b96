"""Answers of GeoReport v2 as JSON or XML, and its errors."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from fastapi import Response
from fastapi.responses import JSONResponse

__all__ = ["Format", "Rows", "answer", "complaint"]

Format = str  # "json" or "xml"
Rows = Sequence[Mapping[str, Any]]
# What XML 1.0 can't hold, not even escaped.
UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def answer(rows: Rows, format_: Format, root: str, element: str, status: int = 200) -> Response:
    """Return rows as the format asks: JSON's list, or XML's `root` of `element`s; unknown values are null or empty."""
    if format_ == "json":
        return JSONResponse(list(rows), status)
    tree = ET.Element(root)
    for row in rows:
        _add(ET.SubElement(tree, element), row)
    text = ET.tostring(tree, encoding="utf-8", xml_declaration=True)
    return Response(text, status, media_type="text/xml; charset=utf-8")


def complaint(status: int, description: str, format_: Format) -> Response:
    """Return an error as GeoReport v2 has it."""
    return answer([{"code": status, "description": description}], format_, "errors", "error", status)


def _add(parent: ET.Element, row: Mapping[str, Any]) -> None:
    for name, value in row.items():
        child = ET.SubElement(parent, name)
        if isinstance(value, Mapping):
            _add(child, value)
        elif isinstance(value, list):
            for item in value:
                _add(ET.SubElement(child, name.removesuffix("s")), item)
        elif value is not None:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            child.text = UNWRITABLE.sub("", text)
