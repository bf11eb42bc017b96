"""Workbooks, CSV files and GeoJSON for the tests."""

import io
import json
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook

__all__ = ["GRIDS", "PEOPLE", "SITES", "UNITS", "book", "csv_file", "geojson", "square"]

UNITS = ("单位名称", "类别", "上级单位", "负责人", "电话")
PEOPLE = ("登录名", "姓名", "电话", "角色", "单位", "在用")
GRIDS = ("网格编码", "网格名称", "级别", "上级网格编码", "责任单位", "网格长", "网格长电话", "边界", "坐标系")
SITES = ("点位名称", "所在网格编码", "纬度", "经度", "坐标系", "点位标准")


def book(**sheets: Sequence[Sequence[Any]]) -> bytes:
    """Return a workbook; each argument is a sheet, its first row the headers."""
    made = Workbook()
    assert made.active is not None
    made.remove(made.active)
    for title, rows in sheets.items():
        page = made.create_sheet(title)
        for row in rows:
            page.append(list(row))
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def csv_file(rows: Sequence[Sequence[str]], encoding: str = "utf-8") -> bytes:
    """Return a CSV file."""
    return "\r\n".join(",".join(row) for row in rows).encode(encoding)


def square(west: float, south: float, size: float = 0.01) -> dict[str, Any]:
    """Return a square as GeoJSON."""
    corners = [(0.0, 0.0), (size, 0.0), (size, size), (0.0, size), (0.0, 0.0)]
    return {"type": "Polygon", "coordinates": [[[west + x, south + y] for x, y in corners]]}


def geojson(*features: tuple[dict[str, Any], Any], **members: Any) -> bytes:
    """Return a FeatureCollection of (properties, geometry)."""
    listed = [{"type": "Feature", "properties": one, "geometry": geometry} for one, geometry in features]
    return json.dumps({"type": "FeatureCollection", **members, "features": listed}).encode()
