"""Cells as GeoJSON: datum, geometry, neighbours and parents."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.intake.town_import.applying import import_town
from service.intake.town_import.columns import empty_town
from service.intake.town_import.plan import Plan, make_plan
from service.state import Service
from service.store.people import Unit
from tests.service.town import Town
from tests.service.town_import.helpers import geojson, square

Client = Callable[[str], TestClient]
CELL = {"code": "A1", "name": "一片", "level": 2}
CRS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}


def _plan(*features: tuple[dict[str, Any], Any], chosen: str = "", **members: Any) -> Plan:
    return make_plan([("cells.geojson", geojson(*features, **members))], empty_town(), chosen)


@pytest.mark.parametrize(
    ("members", "properties", "parameter", "expected"),
    [
        ({"crs": CRS}, {}, "", "CGCS2000"),
        ({"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}}, {}, "", "WGS-84"),
        ({"datum": "GCJ-02"}, {}, "", "GCJ-02"),
        ({"datum": "GCJ-02"}, {"datum": "WGS84"}, "", "WGS-84"),
        ({}, {}, "CGCS2000", "CGCS2000"),
        ({"crs": CRS}, {}, "GCJ-02", "CGCS2000"),
    ],
    ids=["crs", "CRS84", "member", "feature", "parameter", "the file says more than the parameter"],
)
def test_datum(members: dict[str, Any], properties: dict[str, Any], parameter: str, expected: str) -> None:
    plan = _plan((CELL | properties, square(120, 30)), chosen=parameter, **members)
    assert plan.problems == []
    assert plan.after["grids"]["A1"]["datum"] == expected


def test_undeclared_datum_is_asked_for() -> None:
    (problem,) = _plan((CELL, square(120, 30))).problems
    assert (problem.column, problem.severity, problem.row) == ("坐标系", "error", 1)
    assert "在导入时选择" in problem.message


def test_projected_coordinates() -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}}
    (problem,) = _plan((CELL, square(500_000, 3_300_000, 100)), crs=crs).problems
    assert "EPSG:4490" in problem.message
    (problem,) = _plan((CELL, square(500_000, 3_300_000, 100)), chosen="CGCS2000").problems
    assert "投影坐标请先转换" in problem.message


BAD_GEOMETRIES = {
    "none": None,
    "a point": {"type": "Point", "coordinates": [120, 30]},
    "two corners": {"type": "Polygon", "coordinates": [[[120, 30], [121, 31]]]},
    "no numbers": {"type": "Polygon", "coordinates": [[["a", "b"], ["c", "d"], ["e", "f"], ["a", "b"]]]},
    "no coordinates": {"type": "Polygon"},
    "flat": {"type": "Polygon", "coordinates": [120, 30]},
    "no area": {"type": "Polygon", "coordinates": [[[120, 30], [121, 31], [120, 30], [120, 30]]]},
    "empty": {"type": "Polygon", "coordinates": []},
    "crossing": {"type": "Polygon", "coordinates": [[[120, 30], [121, 31], [121, 30], [120, 31], [120, 30]]]},
    "too many corners": {"type": "Polygon", "coordinates": [[[120 + i / 1e6, 30 + i % 2] for i in range(30_000)]]},
    "infinite": {"type": "Polygon", "coordinates": [[[1e400, 30], [121, 31], [121, 30], [1e400, 30]]]},
}


@pytest.mark.parametrize("geometry", BAD_GEOMETRIES.values(), ids=BAD_GEOMETRIES.keys())
def test_bad_geometry(geometry: Any) -> None:
    (problem,) = _plan((CELL, geometry), chosen="WGS-84").problems
    assert (problem.severity, problem.column, problem.sheet, problem.row) == ("error", "边界", "features", 1)


def test_overlap_and_outside_are_warnings() -> None:
    inner = {"name": "格", "level": 3, "parent": "A1"}
    plan = _plan(
        (CELL, square(120, 30, 0.02)),
        (inner | {"code": "B1"}, square(120, 30)),
        (inner | {"code": "B2"}, square(120.005, 30)),
        (inner | {"code": "B3"}, square(120.019, 30.01)),
        (inner | {"code": "B4"}, square(120, 30.01)),  # only touches
        chosen="CGCS2000",
    )
    told = {(problem.row, problem.severity): problem.message for problem in plan.problems}
    assert set(told) == {(3, "warning"), (4, "warning")}
    assert "与同级网格“B1”重叠 50%" in told[3, "warning"]
    assert "有 90% 位于上级网格“A1”之外" in told[4, "warning"]


def test_out_and_in(service: Service, town: Town, client_of: Client) -> None:
    """Any signed-in person can draw the cells; phones are for whoever supervises."""
    admin, reporter = client_of("admin"), client_of("east_reporter")
    found = admin.get("/api/v1/grids.geojson")
    assert found.headers["content-type"] == "application/geo+json"
    collection = json.loads(found.content)
    assert len(collection["features"]) == 2
    assert {feature["properties"]["datum"] for feature in collection["features"]} == {"CGCS2000"}
    assert "head_phone" in collection["features"][0]["properties"]
    assert "head_phone" not in reporter.get("/api/v1/grids.geojson").json()["features"][0]["properties"]
    assert import_town(service, [("g.geojson", found.content)], apply=False).changes == []


def test_holes_and_several_parts_stay(service: Service) -> None:
    hole = square(120, 30)["coordinates"] + square(120.002, 30.002, 0.002)["coordinates"]
    parts = {"type": "MultiPolygon", "coordinates": [hole, square(120.02, 30)["coordinates"]]}
    with service.database.write() as session:
        session.add(Unit(name="甲"))
    content = geojson((CELL | {"unit": "甲"}, parts), crs=CRS)
    assert import_town(service, [("g.geojson", content)], apply=True).applied
    assert import_town(service, [("g.geojson", content)], apply=True).changes == []
