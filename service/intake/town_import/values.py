"""Turns cells into values; what can't be is told in a sentence."""

import json
import math
import re
from collections.abc import Callable
from typing import Any

import phonenumbers
import shapely
from shapely.errors import ShapelyError
from shapely.geometry import mapping, shape

from service.domain.roles import ROLES, Role
from service.intake.town_import.columns import Column

__all__ = ["DATUMS", "Wrong", "geometry_of", "rounded", "value_of"]

LEVELS = {"片区": 2, "村社": 3, "村": 3, "社区": 3, "四级网格": 4, "四级": 4, "五级网格": 5, "五级": 5}
KINDS = {"街道": "office", "村社": "community", "社区": "community", "村": "community"}
KINDS |= {"部门": "department", "队伍": "team"}
DATUMS = {"cgcs2000": "CGCS2000", "wgs84": "WGS-84", "gcj02": "GCJ-02", "火星坐标": "GCJ-02"}
YES_NO = {"是": True, "否": False, "true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}
DECIMALS = 7  # of degrees: a centimetre
MOST_VERTICES = 20_000
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Wrong(Exception):  # noqa: N818 - says what is wrong with a cell
    """A cell that can't be taken; `zh` and `en` say what was expected, what came, what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def value_of(column: Column, text: str) -> Any:
    """Return the value of a cell that isn't empty.

    Raises:
        Wrong: It can't be taken.
    """
    if CONTROL.search(text):
        raise Wrong("含有不可见的控制字符，请重新输入该单元格", "holds control characters; type the cell anew")
    if len(text) > column.longest:
        raise Wrong(
            f"最多 {column.longest} 个字符，现为 {len(text)} 个，请缩短",
            f"expected at most {column.longest} characters, got {len(text)}; shorten it",
        )
    convert = CONVERTERS.get(column.field) or (_code if column.field == "code" and column.required else None)
    if column.field == "kind":
        return _one_of(text, KINDS | {value: value for value in KINDS.values()}, column)
    return convert(text, column) if convert else text


def _one_of(text: str, known: dict[str, Any], column: Column) -> Any:
    found = known.get(text.strip().lower(), known.get(text.strip()))
    if found is None:
        expected = "、".join(column.choices)
        raise Wrong(
            f"应为 {expected} 之一，现为“{_short(text)}”，请改正",
            f"expected one of {expected}, got “{_short(text)}”; correct it",
        )
    return found


def _level(text: str, column: Column) -> int:
    return int(_one_of(text, LEVELS | {str(level): level for level in LEVELS.values()}, column))


def _role(text: str, column: Column) -> str:
    known = {zh: role.value for role, (zh, _en) in ROLES.items()} | {role.value: role.value for role in Role}
    return str(_one_of(text, known, column))


def _datum(text: str, column: Column) -> str:
    known = DATUMS | {name.lower(): name for name in DATUMS.values()}
    return str(_one_of(text.replace(" ", "").replace("_", "-"), known, column))


def _is_active(text: str, column: Column) -> bool:
    return bool(_one_of(text, YES_NO, column))


def _code(text: str, _column: Column) -> str:
    if not re.fullmatch(r"[0-9A-Za-z-]+", text):
        raise Wrong(
            f"编码只能由数字、字母和“-”组成，现为“{_short(text)}”，请改正",
            f"expected digits, letters and “-”, got “{_short(text)}”; correct it",
        )
    return text


def _username(text: str, _column: Column) -> str:
    if not re.fullmatch(r"[\w.@-]+", text):
        raise Wrong(
            f"登录名只能由文字、数字和 . @ _ - 组成，现为“{_short(text)}”，请改正",
            f"expected letters, digits and . @ _ -, got “{_short(text)}”; correct it",
        )
    return text


def _phone(text: str, _column: Column) -> str:
    try:
        number = phonenumbers.parse(text, "CN")
        national = str(number.national_number)
        is_short_mobile = number.country_code == 86 and national[0] == "1" and national[1:2] != "0"
        is_right = phonenumbers.is_possible_number(number) and not (is_short_mobile and len(national) != 11)
    except phonenumbers.NumberParseException:
        is_right = False
    if not is_right:
        raise Wrong(
            f"不是有效的电话号码：“{_short(text)}”，请填写 11 位手机号或带区号的座机号",
            f"no phone number: “{_short(text)}”; give 11 digits, or a landline with its area code",
        )
    return text


def _degrees(limit: int) -> Callable[[str, Column], float]:
    def degrees(text: str, _column: Column) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not abs(number) <= limit:
            raise Wrong(
                f"应为 -{limit} 到 {limit} 之间的度数，现为“{_short(text)}”，请改正",
                f"expected degrees from -{limit} to {limit}, got “{_short(text)}”; correct it",
            )
        return round(number, DECIMALS)

    return degrees


def _boundary(text: str, _column: Column) -> dict[str, Any]:
    try:
        given = json.loads(text) if text.lstrip().startswith("{") else mapping(shapely.from_wkt(text))
    except (ShapelyError, ValueError, RecursionError, TypeError, AttributeError):
        raise Wrong(
            "边界应为 WKT 或 GeoJSON 的 Polygon / MultiPolygon，请从地图软件重新导出",
            "expected a Polygon or MultiPolygon as WKT or GeoJSON; export it anew from the map program",
        ) from None
    return geometry_of(given)


def geometry_of(given: Any) -> dict[str, Any]:
    """Return a cell's geometry as it is kept: a GeoJSON Polygon or MultiPolygon in degrees, rounded to 1 cm.

    Raises:
        Wrong: It is no valid polygon; says where it crosses itself.
    """
    if not isinstance(given, dict) or given.get("type") not in ("Polygon", "MultiPolygon"):
        raise Wrong(
            "边界应为 Polygon 或 MultiPolygon，请改为面要素", "expected a Polygon or MultiPolygon; export areas"
        )
    try:
        found = shapely.transform(shapely.force_2d(shape(given)), lambda points: points.round(DECIMALS))
    except (ShapelyError, ValueError, TypeError, IndexError, KeyError, AttributeError, RecursionError):
        raise Wrong(
            "边界的坐标不完整：每个环至少 4 个点，每个点为 [经度, 纬度]",
            "the coordinates are incomplete: a ring has 4 points or more, a point is [longitude, latitude]",
        ) from None
    _in_range(found)
    if not found.is_valid or found.is_empty or found.area == 0:
        why = shapely.is_valid_reason(found)
        raise Wrong(
            f"边界不是有效的多边形（{_reason_zh(why)}），请在地图软件中修正",
            f"the boundary is no valid polygon ({why}); mend it in the map program",
        )
    kept: dict[str, Any] = json.loads(json.dumps(mapping(found)))
    return kept


def rounded(geometry: Any) -> Any:
    """Return a stored geometry with as many decimals as an imported one: all else would look like a change."""
    if isinstance(geometry, dict):
        return {name: rounded(value) for name, value in geometry.items()}
    if isinstance(geometry, list):
        return [rounded(value) for value in geometry]
    return round(geometry, DECIMALS) if isinstance(geometry, float) else geometry


def _in_range(found: Any) -> None:
    west, south, east, north = found.bounds if not found.is_empty else (0, 0, 0, 0)
    if shapely.get_num_coordinates(found) > MOST_VERTICES:
        raise Wrong(f"边界的点数超过 {MOST_VERTICES}，请先简化", f"more than {MOST_VERTICES} points; simplify it")
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise Wrong(
            "坐标应为 [经度, 纬度]，单位为度；投影坐标请先转换，经纬度颠倒请调换",
            "expected [longitude, latitude] in degrees; convert projected coordinates, swap them if reversed",
        )


def _reason_zh(why: str) -> str:
    place = re.search(r"\[(.+)\]", why)
    kind = "自相交" if "elf-intersection" in why else "孔洞或环有误"
    return f"{kind}，位于 {place[1].replace(' ', ', ')}" if place else "面积为零"


def _short(text: str) -> str:
    return text if len(text) <= 30 else text[:30] + "…"


CONVERTERS: dict[str, Callable[[str, Column], Any]] = {
    "level": _level,
    "role": _role,
    "datum": _datum,
    "is_active": _is_active,
    "username": _username,
    "phone": _phone,
    "head_phone": _phone,
    "contact_phone": _phone,
    "latitude": _degrees(90),
    "longitude": _degrees(180),
    "geometry": _boundary,
}
