"""Reads files into a plan: what the town would be afterwards, what changes, and everything that is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from service.intake.town_import.checks import check
from service.intake.town_import.columns import SHEETS, Column, Entry, Kind, Town, empty_town
from service.intake.town_import.reading import Row, read_file
from service.intake.town_import.report import Change, Counts, Problem, Report
from service.intake.town_import.values import DATUMS, Wrong, geometry_of, value_of

__all__ = ["Plan", "make_plan"]


@dataclass
class Plan:
    """What an import does.

    Attributes:
        before, after: The town, without and with the files.
        given: Values that the files hold, by kind and key.
        rows: Where each entry stands.
        problems: All of them.
    """

    before: Town
    after: Town = field(default_factory=empty_town)
    given: Town = field(default_factory=empty_town)
    rows: dict[tuple[Kind, str], Row] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def tell(self, row: Row, column: Column | None, zh: str, en: str, *, is_error: bool = True) -> None:
        """Add a problem of a row."""
        self.problems.append(
            Problem(
                severity="error" if is_error else "warning",
                file=row.file,
                sheet=row.sheet,
                row=row.number,
                column=column.zh if column else "",
                message=zh,
                message_en=en,
            )
        )

    def changes(self) -> list[Change]:
        """Return the entries that are added or changed, in the order of the sheets."""
        found = []
        for kind, entries in self.given.items():
            for key in entries:
                before, after = self.before[kind].get(key), self.after[kind][key]
                fields = [
                    one.zh for one in SHEETS[kind].columns if before is None or before[one.field] != after[one.field]
                ]
                if fields:
                    found.append(Change(kind=kind, key=key, is_new=before is None, fields=fields))
        return found

    def report(self) -> Report:
        """Return what a person is told."""
        changes = self.changes()
        counts = {kind: Counts(unchanged=len(entries)) for kind, entries in self.given.items()}
        for change in changes:
            one = counts[change.kind]
            one.unchanged -= 1
            one.added += change.is_new
            one.changed += not change.is_new
        errors = sum(problem.severity == "error" for problem in self.problems)
        return Report(
            errors=errors,
            warnings=len(self.problems) - errors,
            problems=self.problems,
            counts=counts,
            changes=changes,
        )


def make_plan(files: Sequence[tuple[str, bytes]], before: Town, datum: str = "") -> Plan:
    """Return what files (names and contents) would make of a town.

    Args:
        files: Workbooks, CSV files, GeoJSON.
        before: The town as it is.
        datum: Of coordinates whose file doesn't tell it: CGCS2000, WGS-84 or GCJ-02.
    """
    plan = Plan(before)
    rows: list[Row] = []
    for name, content in files:
        try:
            rows += read_file(name, content)
        except Wrong as error:
            plan.problems.append(Problem(severity="error", file=name, message=error.zh, message_en=error.en))
    for row in sorted(rows, key=lambda row: row.is_feature):  # features complete what tables say
        _take(plan, row, datum)
    for kind, entries in before.items():
        plan.after[kind] = dict(entries)
        for key, given in plan.given[kind].items():
            new = {one.field: one.default for one in SHEETS[kind].columns}
            plan.after[kind][key] = (entries.get(key) or new) | given
    check(plan)
    order = {name: number for number, (name, _content) in enumerate(files)}
    plan.problems.sort(key=lambda one: (order[one.file], one.sheet, one.row or 0))
    return plan


def _take(plan: Plan, row: Row, datum: str) -> None:
    sheet = SHEETS[row.kind]
    entry = _entry(plan, row, datum)
    key = entry.get(sheet.key.field)
    if not key:
        return
    earlier = plan.rows.get((row.kind, key))
    if earlier is None:
        plan.rows[row.kind, key] = row
        plan.given[row.kind][key] = entry
        _complete(plan, row, key)
    elif row.is_feature and not earlier.is_feature:
        kept = plan.given[row.kind][key]
        if "geometry" in entry:
            kept |= {"geometry": entry["geometry"], "datum": entry.get("datum", "CGCS2000")}
        plan.given[row.kind][key] = entry | kept
    else:
        zh = f"“{key}”重复，已出现在“{earlier.sheet}”第 {earlier.number} 行，请删除其中一行"
        plan.tell(row, sheet.key, zh, f"“{key}” is already in row {earlier.number} of {earlier.sheet}; remove one")


def _complete(plan: Plan, row: Row, key: str) -> None:
    """Tell which cells a new entry lacks."""
    for column in SHEETS[row.kind].columns:
        is_new = key not in plan.before[row.kind]
        if column.required and is_new and not row.values.get(column.field):
            plan.tell(row, column, f"“{column.zh}”不能为空，请填写", f"{column.field} is missing; fill it in")


def _entry(plan: Plan, row: Row, datum: str) -> Entry:
    entry: Entry = {}
    for column in SHEETS[row.kind].columns:
        text = row.values.get(column.field)
        if text is None or (not text and (column.required or column.field in ("geometry", "datum"))):
            if column is SHEETS[row.kind].key and not text:
                plan.tell(row, column, f"“{column.zh}”不能为空，请填写", f"{column.field} is missing; fill it in")
            continue
        try:
            entry[column.field] = value_of(column, text) if text else column.default
        except Wrong as error:
            plan.tell(row, column, error.zh, error.en)
    if row.is_feature:
        try:
            entry["geometry"] = geometry_of(row.geometry)
        except Wrong as error:
            plan.tell(row, SHEETS["grids"].column("geometry"), error.zh, error.en)
    _with_datum(plan, row, entry, datum)
    return entry


def _with_datum(plan: Plan, row: Row, entry: Entry, datum: str) -> None:
    """Coordinates whose datum nobody tells aren't taken: Chinese web maps are off by hundreds of metres."""
    has_place = entry.get("geometry") is not None or entry.get("latitude") is not None
    if not has_place or "datum" in entry or row.values.get("datum"):
        return
    if datum:
        entry["datum"] = datum
        return
    expected = "、".join(sorted(set(DATUMS.values())))
    plan.tell(
        row,
        SHEETS[row.kind].column("datum"),
        f"未声明坐标系，请填写“坐标系”或在导入时选择（{expected}）",
        f"the datum isn't declared; fill it in, or choose one for the import ({expected})",
    )
