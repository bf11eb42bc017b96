"""What `cleanlane evaluate-footage` prints: figures as tables."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from vision.categories import category_of
from vision.evaluation.report.report_words import number

if TYPE_CHECKING:
    from vision.benchmark.footage import Checked, Patrols, Reading
    from vision.evaluation.events.event_metrics import Figures

__all__ = ["show_checked", "show_patrols"]


def show_patrols(console: Console, patrols: "Patrols", readings: Sequence["Reading"]) -> None:
    """Show the readings side by side, and the first one by kind of problem."""
    from vision.benchmark.footage_record import speed_ratio

    _show(console, f"{len(patrols.truths)} patrols 段巡查, {patrols.film:.0f} s", "每段 of a patrol", readings)
    if ratio := speed_ratio(readings):
        line = f"CleanLane 的速度是逐帧跟踪的 {ratio:.1f} 倍: {ratio:.1f} times as fast as the plain tracker"
        console.print(line, highlight=False)
    _show_kinds(console, readings[0], with_count=False)


def show_checked(console: Console, checked: "Checked", reading: "Reading") -> None:
    """Show what is judged against checked events: all together, by kind of problem and by camera."""
    _show(console, f"摄像机 cameras: {len(checked.truths)}, {checked.film:.0f} s", "每路 of a camera", [reading])
    _show_kinds(console, reading, with_count=True)
    _show_groups(console, "按摄像机 by camera", reading.report.patrols, with_count=True)
    if unjudged := reading.report.total.unjudged_events:
        _note(console, f"{unjudged} events of categories that {checked.path.name} doesn't have count nowhere 未计入")
    if others := reading.about["cameras_not_judged"]:
        _note(console, f"not in {checked.path.name}, so not judged 未评: {', '.join(others)}")


def _note(console: Console, text: str) -> None:
    console.print(text, highlight=False, markup=False)


def _show(console: Console, title: str, each: str, readings: Sequence["Reading"]) -> None:
    table = _table(title, *(reading.name for reading in readings))
    columns = [_column(reading, each) for reading in readings]
    for name in columns[0]:
        table.add_row(name, *(column[name] for column in columns))
    console.print(table)


def _table(title: str, *headers: str) -> Table:
    table = Table("", *headers, title=title)
    table.columns[0].no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _column(reading: "Reading", each: str) -> dict[str, str]:
    """Return a reading's cells by the names of their rows."""
    report, total = reading.report, reading.report.total
    interval = report.interval("recall")
    around = f" ({100 * interval[0]:.0f}–{100 * interval[1]:.0f})" if interval else ""
    return {
        "问题 problems to find": str(total.problems),
        "召回率 recall (95 %)": _percent(total.recall) + around,
        "精确率 precision": _percent(total.precision),
        "真、误 true, false events": f"{total.true_events}, {total.false_events}",
        "重复 events per problem found": number(total.duplicates, 2),
        "计数误差 count error": _percent(total.count_error, "+"),
        f"  {each}, mean": _percent(report.mean_count_error),
        "类别一致 category agrees": _percent(total.agreement),
        "影片 seconds of film": number(reading.film, 0),
        "用时 seconds taken": number(reading.seconds, 1),
        "倍速 times as fast as filmed": number(reading.pace, 2),
        "查看 looks per second of film": number(reading.looks_per_second, 2),
    }


def _show_kinds(console: Console, reading: "Reading", with_count: bool) -> None:
    kinds = {
        "墙面 wall" if kind == "wall" else f"{category_of(kind).zh} {kind}": figures
        for kind, figures in reading.report.kinds.items()
    }
    _show_groups(console, f"{reading.name}: 按问题类型 by kind of problem", kinds, with_count)


def _show_groups(console: Console, title: str, groups: Mapping[str, "Figures"], with_count: bool) -> None:
    last = "计数误差\ncount" if with_count else "类别一致\nagrees"
    table = _table(title, "找到\nfound", "精确率\nprecision", "误报\nfalse", "重复\neach", last)
    for name, figures in groups.items():
        found, false = f"{figures.found} / {figures.problems}", str(figures.false_events)
        each = number(figures.duplicates, 2)
        ending = _percent(figures.count_error, "+") if with_count else _percent(figures.agreement)
        table.add_row(name, found, _percent(figures.precision), false, each, ending)
    console.print(table)


def _percent(value: float | None, sign: str = "") -> str:
    return "–" if value is None else f"{100 * value:{sign}.1f} %"
