"""Checks that need more than one entry: references, circles, levels, administrators, phones of heads."""

from typing import TYPE_CHECKING, Any

from service.domain.roles import Role
from service.intake.town_import.columns import SHEETS, Kind
from service.intake.town_import.polygons import check_polygons
from service.intake.town_import.snapshot import REFERENCES

if TYPE_CHECKING:
    from service.intake.town_import.plan import Plan

__all__ = ["check"]


def check(plan: "Plan") -> None:
    """Add to a plan's problems what is wrong between its entries."""
    _references(plan)
    _circles(plan, "units")
    _circles(plan, "grids")
    _levels(plan)
    _people(plan)
    _heads(plan)
    _places(plan)
    check_polygons(plan)


def _references(plan: "Plan") -> None:
    for (kind, field), (_column, named) in REFERENCES.items():
        column = SHEETS[kind].column(field)
        for key, entry in plan.given[kind].items():
            wanted = entry.get(field)
            if wanted and wanted not in plan.after[named]:
                what = SHEETS[named].zh
                plan.tell(
                    plan.rows[kind, key],
                    column,
                    f"{what}“{wanted}”不存在，请先在“{what}”表中添加或改正",
                    f"there is no “{wanted}” among the {named}; add it there, or correct it",
                )


def _circles(plan: "Plan", kind: Kind) -> None:
    parents = {key: entry["parent"] for key, entry in plan.after[kind].items()}
    for key in plan.given[kind]:
        chain, above = [key], parents[key]
        while above is not None and above not in chain:
            chain.append(above)
            above = parents.get(above)
        if above == key:
            way = " → ".join([*chain, key])
            plan.tell(
                plan.rows[kind, key],
                SHEETS[kind].column("parent"),
                f"上下级成环：{way}，请改正其中一个上级",
                f"the parents form a circle: {way}; correct one of them",
            )


def _levels(plan: "Plan") -> None:
    grids, sheet = plan.after["grids"], SHEETS["grids"]
    for key in plan.given["grids"]:
        entry, row = grids[key], plan.rows["grids", key]
        parent = grids.get(entry["parent"] or "")
        if not entry["level"]:
            continue
        if parent and parent["level"] and parent["level"] >= entry["level"] and parent is not entry:
            plan.tell(
                row,
                sheet.column("parent"),
                f"上级“{entry['parent']}”的级别应高于本网格，请改正级别或上级",
                f"the parent “{entry['parent']}” has to be of a higher level; correct level or parent",
            )
        if entry["parent"] is None and entry["level"] > 2:
            plan.tell(
                row,
                sheet.column("parent"),
                "没有上级网格，统计时不会计入任何片区；如属遗漏请补填",
                "there is no parent, so it counts in no area; fill it in if it was forgotten",
                is_error=False,
            )


def _people(plan: "Plan") -> None:
    sheet = SHEETS["people"]
    for key in plan.given["people"]:
        entry = plan.after["people"][key]
        if entry["unit"] is None and entry["role"] in (Role.REPORTER, Role.HANDLER):
            plan.tell(
                plan.rows["people", key],
                sheet.column("unit"),
                "没有单位，将能看到全镇的案件；如属遗漏请补填",
                "there is no unit, so they would see the whole town's issues; fill it in if it was forgotten",
                is_error=False,
            )
    before = [key for key, entry in plan.before["people"].items() if _administers(entry)]
    if before and not any(_administers(entry) for entry in plan.after["people"].values()):
        key = next(key for key in before if key in plan.given["people"])
        plan.tell(
            plan.rows["people", key],
            sheet.column("role"),
            "导入后将没有在用的管理员，请至少保留一名",
            "no active administrator would be left; keep one",
        )


def _administers(entry: dict[str, Any]) -> bool:
    return bool(entry["role"] == Role.ADMIN and entry["is_active"])


def _heads(plan: "Plan") -> None:
    sheet = SHEETS["grids"]
    for key in plan.given["grids"]:
        entry, row = plan.after["grids"][key], plan.rows["grids", key]
        for person, phone in (("head", "head_phone"), ("contact", "contact_phone")):
            column = sheet.column(phone)
            if column and entry[person] and not entry[phone] and not row.values.get(phone):
                plan.tell(
                    row,
                    column,
                    f"“{entry[person]}”没有电话，紧急时无法联系，请补填",
                    f"“{entry[person]}” has no phone; fill it in",
                    is_error=False,
                )


def _places(plan: "Plan") -> None:
    sheet = SHEETS["sites"]
    for key in plan.given["sites"]:
        entry, row = plan.after["sites"][key], plan.rows["sites", key]
        if (entry["latitude"] is None) != (entry["longitude"] is None):
            lacking = "latitude" if entry["latitude"] is None else "longitude"
            if not row.values.get(lacking):
                plan.tell(
                    row,
                    sheet.column(lacking),
                    "纬度和经度须同时填写或同时留空",
                    "give both latitude and longitude, or neither",
                )
