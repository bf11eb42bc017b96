"""An invented town for demonstrations and tests: as many areas, communities and cells as a real one."""

import hashlib
import itertools
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPoint, Polygon, mapping
from shapely.geometry.base import BaseGeometry

from service.intake.town_import.columns import SHEETS, Entry, Town, empty_town
from service.intake.town_import.exporting import feature_collection, workbook
from service.intake.town_import.values import DECIMALS
from vision.errors import UserError
from vision.files import replacing

__all__ = ["example_town", "write_example"]

AREAS, VILLAGES, FOURTH, FIFTH = 6, 26, 299, 650
CENTRE = (120.5, 30.3)
RADIUS = 0.035  # degrees: about 3.5 km
TOWN_CODE = "339999001"  # no division has it
OFFICE = "云栖里街道办事处"
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜"
GIVEN = ("建国", "秀英", "志强", "丽华", "永康", "春梅", "海峰", "雪琴", "文斌", "月娥", "国平", "小燕", "立新", "玉珍")
VILLAGE_NAMES = (
    "青石", "柳浦", "白鹭", "望山", "桂溪", "石桥", "南塘", "荷塘", "竹坞", "枫林", "松岭", "杏花",
    "清水湾", "东篱", "长埭", "新圩", "乌桕", "鹤洲", "梅园", "凤栖", "菱湖", "沙渚", "云帆", "银杏", "晓河", "听泉",
)  # fmt: skip
AREA_NAMES = ("东片区", "南片区", "西片区", "北片区", "中心片区", "滨河片区")
COMMUNITIES = 8  # the last of the list; the others are villages


def example_town(seed: int = 0) -> Town:
    """Return a town of 6 areas, 26 villages and communities, 299 level-four and 650 level-five cells without gaps."""
    draw = random.Random(seed)  # noqa: S311 - an invented town
    town, people = empty_town(), _names(draw)
    town["units"][OFFICE] = _unit(OFFICE, "office", None, next(people))
    for name in ("综合行政执法中队", "环境卫生管理所"):
        town["units"][name] = _unit(name, "department", None, next(people))
    villages = _split(VILLAGES, AREAS, draw)
    fourth = _split(FOURTH, VILLAGES, draw)
    fifth = _split(FIFTH, FOURTH, draw)
    leaves = iter(_leaves(np.random.default_rng(seed), [villages, fourth, fifth]))
    village, cell = itertools.count(), itertools.count()
    for area in range(AREAS):
        below = [
            _village(town, next(village), f"{TOWN_CODE}A{area + 1}", fourth, fifth, cell, leaves, people)
            for _ in range(villages[area])
        ]
        _add(town, f"{TOWN_CODE}A{area + 1}", AREA_NAMES[area], 2, None, OFFICE, below, people)
    _people(town, people)
    town["grids"] = dict(sorted(town["grids"].items(), key=lambda item: (item[1]["level"], item[0])))
    return town


def write_example(path: Path, seed: int = 0) -> None:
    """Write the example as a workbook or, its cells only, as GeoJSON.

    Raises:
        UserError: The name ends in neither .xlsx nor .geojson.
    """
    town = example_town(seed)
    if path.suffix.lower() == ".xlsx":
        content = workbook(town)
    elif path.suffix.lower() in (".geojson", ".json"):
        content = json.dumps(feature_collection(town, with_phones=True), ensure_ascii=False).encode()
    else:
        raise UserError(f"{path}: expected a name that ends in .xlsx or .geojson")
    with replacing(path) as unfinished:
        unfinished.write_bytes(content)


def _village(
    town: Town, number: int, area: str, fourth: list[int], fifth: list[int], cell: Any, leaves: Any, people: Any
) -> Any:
    """Add a village with its unit, site and cells; returns its outline."""
    name = VILLAGE_NAMES[number] + ("社区" if number >= VILLAGES - COMMUNITIES else "村")
    code = f"{TOWN_CODE}{number + 1:02}"
    town["units"][name] = _unit(name, "community", OFFICE, next(people))
    outlines = []
    for i in range(fourth[number]):
        parent = f"{code}{i + 1:02}"
        polygons = [next(leaves) for _ in range(fifth[next(cell)])]
        for j, polygon in enumerate(polygons):
            label = f"{name}第{i + 1}网格{j + 1}号"
            _add(town, f"{parent}{j + 1:02}", label, 5, parent, name, [polygon], people)
        outlines.append(_add(town, parent, f"{name}第{i + 1}网格", 4, code, name, polygons, people))
    outline = _add(town, code, name, 3, area, name, outlines, people)
    point = outline.representative_point()
    standard = "垃圾桶盖闭合、周边无散落垃圾，墙面无小广告"
    place = {"latitude": round(point.y, DECIMALS), "longitude": round(point.x, DECIMALS), "datum": "CGCS2000"}
    site = f"{name}集贸市场"
    town["sites"][site] = {"name": site, "grid": code, **place, "standard": standard}
    return outline


def _add(
    town: Town, code: str, name: str, level: int, parent: str | None, unit: str, parts: list[Any], people: Any
) -> Any:
    outline = shapely.unary_union(parts)
    head, contact = next(people), next(people)
    town["grids"][code] = {
        "code": code,
        "name": name,
        "level": level,
        "parent": parent,
        "unit": unit,
        "head": head[0],
        "head_phone": head[1],
        "contact": contact[0],
        "contact_phone": contact[1],
        "geometry": json.loads(json.dumps(mapping(outline))),
        "datum": "CGCS2000",
    }
    return outline


def _unit(name: str, kind: str, parent: str | None, person: tuple[str, str]) -> Entry:
    code = hashlib.sha256(name.encode()).hexdigest()[:18].upper()  # of the right shape, nobody's
    return {"name": name, "kind": kind, "code": code, "parent": parent, "head": person[0], "phone": person[1]}


def _people(town: Town, people: Any) -> None:
    communities = [name for name, unit in town["units"].items() if unit["kind"] == "community"]
    wanted: list[tuple[str, str, str | None]] = [
        ("supervisor1", "supervisor", None),
        ("verifier1", "verifier", None),
        ("verifier2", "verifier", None),
        ("zhifa1", "handler", "综合行政执法中队"),
        ("huanwei1", "handler", "环境卫生管理所"),
    ]
    for number, unit in enumerate(communities, start=1):
        wanted += [(f"xuncha{number:02}", "reporter", unit), (f"jingban{number:02}", "handler", unit)]
    fields = [column.field for column in SHEETS["people"].columns]
    for username, role, of in wanted:
        name, phone = next(people)
        town["people"][username] = dict(zip(fields, (username, name, phone, role, of, True), strict=True))


def _names(draw: random.Random) -> Any:
    """Yield names and numbers; no mobile number begins with 154."""
    for number in itertools.count(1):
        yield draw.choice(SURNAMES) + draw.choice(GIVEN), f"154{number:08}"


def _split(total: int, parts: int, draw: random.Random) -> list[int]:
    """Return `parts` numbers of at least one that add up to `total`."""
    counts = [1] * parts
    for _ in range(total - parts):
        counts[min(draw.sample(range(parts), 2), key=counts.__getitem__)] += 1
    return counts


def _leaves(rng: np.random.Generator, levels: list[list[int]]) -> list[BaseGeometry]:
    """Return the finest cells, each group of each level together.

    Args:
        rng: Where chance comes from.
        levels: How many groups of the next level each group holds, for areas, villages and level-four cells.
    """
    outline = _outline(rng)
    low, high = np.array(outline.bounds[:2]), np.array(outline.bounds[2:])
    points = rng.uniform(low, high, (FIFTH * 4, 2))
    points = points[shapely.contains_xy(outline, points)][:FIFTH]
    cells: list[BaseGeometry] = []
    for _ in range(4):  # points move to the middle of their cells, so that these get alike in size
        cells = _cells(points, outline)
        points = np.array([cell.centroid.coords[0] for cell in cells])
    order = [i for area in _nested(np.arange(FIFTH), points, levels) for i in area]
    return [shapely.transform(cells[i], lambda corners: corners.round(DECIMALS)) for i in order]


def _cells(points: Any, outline: Polygon) -> list[BaseGeometry]:
    diagram = shapely.voronoi_polygons(MultiPoint(points), extend_to=outline, ordered=True)
    return [cell.intersection(outline) for cell in diagram.geoms]


def _outline(rng: np.random.Generator) -> Polygon:
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    phases = rng.uniform(0, 2 * np.pi, 4)
    radii = RADIUS * (1 + sum(0.09 / k * np.sin((k + 1) * angles + phase) for k, phase in enumerate(phases, start=1)))
    return Polygon(np.stack([CENTRE[0] + 1.5 * radii * np.cos(angles), CENTRE[1] + radii * np.sin(angles)], 1))


def _nested(indices: Any, points: Any, levels: list[list[int]]) -> list[list[int]]:
    """Group points by groups of groups: first into areas, each of them into villages, and so on."""
    groups = [indices]
    for depth in range(len(levels)):
        parts = iter(_leaf_counts(levels, depth))
        inner = [1] * len(groups) if depth == 0 else levels[depth - 1]
        wanted = [[next(parts) for _ in range(len(levels[0]) if depth == 0 else count)] for count in inner]
        groups = [part for group, sizes in zip(groups, wanted, strict=True) for part in _cut(group, points, sizes)]
    return [[int(i) for i in group] for group in groups]


def _leaf_counts(levels: list[list[int]], depth: int) -> list[int]:
    """Return how many of the finest cells each group of a level holds."""
    counts = levels[-1]
    for level in reversed(levels[depth:-1]):
        parts = iter(counts)
        counts = [sum(itertools.islice(parts, count)) for count in level]
    return counts


def _cut(indices: Any, points: Any, sizes: list[int]) -> list[Any]:
    """Cut a group into parts of given sizes: halve the sizes, cut the points across the longer side, and so on."""
    if len(sizes) == 1:
        return [indices]
    half = len(sizes) // 2
    spread = np.ptp(points[indices], axis=0)
    along = indices[np.argsort(points[indices, int(spread[1] > spread[0])], kind="stable")]
    cut = sum(sizes[:half])
    return _cut(along[:cut], points, sizes[:half]) + _cut(along[cut:], points, sizes[half:])
