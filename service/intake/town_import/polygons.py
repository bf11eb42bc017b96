"""Checks of cells' boundaries against each other: siblings that overlap, children outside their parents."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry import shape

from service.intake.town_import.columns import SHEETS

if TYPE_CHECKING:
    from service.intake.town_import.plan import Plan

__all__ = ["check_polygons"]

TOLERANCE = 0.005  # share of the smaller cell: drawn borders never fit exactly


def check_polygons(plan: "Plan") -> None:
    """Add warnings of cells in the files that overlap a sibling or lie outside their parent."""
    shapes: dict[str, Any] = {}
    siblings: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for key, entry in plan.after["grids"].items():
        if entry["geometry"]:
            shapes[key] = shape(entry["geometry"])
            siblings[entry["parent"], entry["level"], entry["datum"] == "GCJ-02"].append(key)
    for keys in siblings.values():
        _overlaps(plan, shapes, keys)
    for key in plan.given["grids"]:
        _outside(plan, shapes, key)


def _overlaps(plan: "Plan", shapes: dict[str, Any], keys: list[str]) -> None:
    found = [shapes[key] for key in keys]
    tree = shapely.STRtree(found)
    for first, second in zip(*tree.query(found, predicate="intersects"), strict=True):
        given = [key for key in (keys[first], keys[second]) if key in plan.given["grids"]]
        if first >= second or not given:
            continue
        a, b = found[first], found[second]
        share = a.intersection(b).area / min(a.area, b.area)
        if share > TOLERANCE:
            key, other = given[-1], keys[first] if given[-1] == keys[second] else keys[second]
            plan.tell(
                plan.rows["grids", key],
                SHEETS["grids"].column("geometry"),
                f"与同级网格“{other}”重叠 {share:.0%}，照片可能归错网格，请核对边界",
                f"overlaps its sibling “{other}” by {share:.0%}; check the boundary",
                is_error=False,
            )


def _outside(plan: "Plan", shapes: dict[str, Any], key: str) -> None:
    grids = plan.after["grids"]
    parent = grids[key]["parent"]
    if key not in shapes or parent not in shapes:
        return
    if (grids[key]["datum"] == "GCJ-02") != (grids[parent]["datum"] == "GCJ-02"):
        return  # hundreds of metres apart by themselves
    share = shapes[key].difference(shapes[parent]).area / shapes[key].area
    if share > TOLERANCE:
        plan.tell(
            plan.rows["grids", key],
            SHEETS["grids"].column("geometry"),
            f"有 {share:.0%} 位于上级网格“{parent}”之外，请核对边界或上级",
            f"{share:.0%} of it lie outside its parent “{parent}”; check boundary and parent",
            is_error=False,
        )
