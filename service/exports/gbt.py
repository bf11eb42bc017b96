"""Records of GB/T 47678.5-2026 and of GB/T 30428.2-2013, which it replaces, checked field by field.

Every field is mandatory. The item's code says of which kind a problem is, not which one: 6 digits of the
administrative division, 2 of the main class, then 3 (47678.5) or 2 (30428.2) of the sub-class.
"""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from service.domain.codes import code_for
from service.store.issues import Issue

__all__ = ["FIELDS", "STANDARDS", "Fault", "Record", "Standard", "record_of"]

Standard = Literal["GB/T 47678.5-2026", "GB/T 30428.2-2013"]
STANDARDS: tuple[Standard, ...] = ("GB/T 47678.5-2026", "GB/T 30428.2-2013")
DIVISION = re.compile(r"[1-8]\d{5}")

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Record(BaseModel):
    """What a record holds; the titles are the standard's."""

    model_config = ConfigDict(frozen=True)

    item_code: str = Field(pattern=r"^[1-8]\d{9,10}$", title="事项代码", examples=["33010006010"])
    item_name: Name = Field(max_length=30, title="事项名称", examples=["暴露垃圾"])
    department_code: str = Field(pattern=r"^[0-9A-Z]{18}$", title="主管部门代码", examples=["11330100MB0000003C"])
    department_name: Name = Field(max_length=100, title="主管部门名称", examples=["东门社区"])
    location: Name = Field(max_length=256, title="所在位置", examples=["东门农贸市场北侧"])
    grid_code: str = Field(pattern=r"^\d{6,15}$", title="所在单元网格", examples=["330100010000101"])


FIELDS: dict[str, str] = {name: str(field.title) for name, field in Record.model_fields.items()}


class Fault(BaseModel):
    """A field of a record that doesn't fit the standard."""

    field: str
    title: str
    value: str
    message: str


def record_of(issue: Issue, standard: Standard) -> Record | list[Fault]:
    """Return an issue's record, or what is wrong with each of its fields."""
    grid_code = issue.grid.code if issue.grid else ""
    unit = issue.department or issue.unit
    code = code_for(issue.category, standard)
    division = DIVISION.match(grid_code)
    item_code = f"{division.group() if division else ''}{code.code.replace('-', '')}"
    values = {
        "item_code": item_code,
        "item_name": code.name,
        "department_code": unit.code if unit else "",
        "department_name": unit.name if unit else "",
        "location": issue.address,
        "grid_code": grid_code,
    }
    try:
        return Record.model_validate(values)
    except ValidationError as error:
        return [_fault(str(item["loc"][0]), values) for item in error.errors()]


_EXPECTED = {
    "item_code": "应为 6 位行政区划代码加类别代码；行政区划取自网格代码的前 6 位，请检查网格",
    "item_name": "应为 1 至 30 个字",
    "department_code": "应为 18 位代码，请在“单位网格”中填写责任单位的代码",
    "department_name": "应为 1 至 100 个字，请先指定责任单位",
    "location": "应为 1 至 256 个字，请填写位置",
    "grid_code": "应为 6 至 15 位数字，请指定网格",
}


def _fault(name: str, values: dict[str, str]) -> Fault:
    return Fault(field=name, title=FIELDS[name], value=values[name], message=_EXPECTED[name])
