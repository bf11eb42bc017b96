"""What a town's tables hold: sheets, their columns, and how headers are recognised."""

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["SHEETS", "Column", "Entry", "Kind", "Sheet", "Town", "empty_town"]

Kind = Literal["units", "people", "grids", "sites"]
Entry = dict[str, Any]  # values by field; other entries are named by their keys
Town = dict[Kind, dict[str, Entry]]  # entries by key: name of unit or site, user name, code of cell

ROLES = ("巡查员", "经办人", "核查员", "督办员", "管理员")
KINDS = ("街道", "村社", "部门", "队伍")
LEVELS = ("片区", "村社", "四级网格", "五级网格")
DATUMS = ("CGCS2000", "WGS-84", "GCJ-02")


@dataclass(frozen=True)
class Column:
    """A column of a sheet.

    Attributes:
        field: Its name in programs, and in GeoJSON's properties.
        zh: Its header.
        default: Value of a new entry where the column is absent or the cell empty.
        others: Other headers that are understood.
        choices: What a cell may hold, offered by Excel as a list.
        longest: Characters.
    """

    field: str
    zh: str
    example: str = ""
    required: bool = False
    default: Any = ""
    others: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    longest: int = 100


@dataclass(frozen=True)
class Sheet:
    """A kind of table; its first column is the key."""

    kind: Kind
    zh: str
    columns: tuple[Column, ...]

    @property
    def key(self) -> Column:
        """The column that tells entries apart."""
        return self.columns[0]

    def column(self, header: str) -> Column | None:
        """Return the column of a header."""
        wanted = header.strip().rstrip("*＊").strip().lower()
        return next((one for one in self.columns if wanted in (one.zh.lower(), one.field, *one.others)), None)


SHEETS: dict[Kind, Sheet] = {
    "units": Sheet(
        "units",
        "单位",
        (
            Column("name", "单位名称", "东门社区", required=True, others=("名称",)),
            Column("kind", "类别", "村社", default="community", choices=KINDS),
            Column("code", "统一社会信用代码", "", longest=18, others=("单位代码", "主管部门代码")),
            Column("parent", "上级单位", "净巷街道办事处", default=None),
            Column("head", "负责人", "张三", longest=50),
            Column("phone", "电话", "0571-88880000", longest=30, others=("联系电话",)),
        ),
    ),
    "people": Sheet(
        "people",
        "人员",
        (
            Column("username", "登录名", "zhangsan", required=True, longest=50, others=("用户名",)),
            Column("name", "姓名", "张三", required=True, longest=50),
            Column("phone", "电话", "", longest=30, others=("手机", "联系电话")),
            Column("role", "角色", "经办人", required=True, choices=ROLES),
            Column("unit", "单位", "东门社区", default=None, others=("所属单位",)),
            Column("is_active", "在用", "是", default=True, choices=("是", "否")),
        ),
    ),
    "grids": Sheet(
        "grids",
        "网格",
        (
            Column("code", "网格编码", "330100001010101", required=True, longest=15, others=("编码",)),
            Column("name", "网格名称", "东门社区第一网格", required=True, others=("名称",)),
            Column("level", "级别", "五级网格", required=True, choices=LEVELS, others=("层级",)),
            Column("parent", "上级网格编码", "", default=None, others=("上级编码", "上级网格")),
            Column("unit", "责任单位", "东门社区", default=None),
            Column("head", "网格长", "李四", longest=50, others=("片区长", "村社长", "负责人")),
            Column("head_phone", "网格长电话", "", longest=30, others=("片区长电话", "村社长电话", "负责人电话")),
            Column("contact", "联络员", "", longest=50),
            Column("contact_phone", "联络员电话", "", longest=30),
            Column("geometry", "边界", "", default=None, longest=32767, others=("wkt", "geojson")),
            Column("datum", "坐标系", "CGCS2000", default="CGCS2000", choices=DATUMS),
        ),
    ),
    "sites": Sheet(
        "sites",
        "点位",
        (
            Column("name", "点位名称", "东门农贸市场", required=True, others=("名称",)),
            Column("grid", "所在网格编码", "", default=None, others=("网格编码",)),
            Column("latitude", "纬度", "30.005", default=None, others=("lat",)),
            Column("longitude", "经度", "120.005", default=None, others=("lng", "lon", "long")),
            Column("datum", "坐标系", "WGS-84", default="WGS-84", choices=DATUMS),
            Column("standard", "点位标准", "垃圾桶盖闭合，周边无散落垃圾", longest=500),
        ),
    ),
}


def empty_town() -> Town:
    """Return a town without anything."""
    return {kind: {} for kind in SHEETS}
