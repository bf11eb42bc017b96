"""An evaluation's figures on a terminal."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from vision.categories import category_of
from vision.evaluation.report.report_words import number

if TYPE_CHECKING:
    from vision.evaluation.record import EvaluationRecord, Figures, Rate, ScreeningGroup

__all__ = ["show"]

console = Console()


def show(record: "EvaluationRecord") -> None:
    """Print the tables of detection and screening, and the notes."""
    model, data = record.model, record.data
    console.print(_detection(record, f"{model.name} · {data.name} {data.split} · {data.photos} 张 photos"))
    screening = record.screening
    groups = {
        "全部 all": screening.everything,
        "白天 day": screening.light["day"],
        "昏暗 dark": screening.light["dark"],
        **{f"{category_of(name).zh} {name}": group for name, group in screening.categories.items()},
        **screening.sets,
    }
    where = f"阈值选自 chosen on {screening.chosen_on}" if screening.chosen_on else "阈值未选 thresholds weren't chosen"
    console.print(_screening(groups, f"需到场 needs a visit · 1 : {screening.missed_cost:g} · {where}"))
    for note in record.notes:
        console.print(f"{note.zh} {note.en}", highlight=False, markup=False)
    if record.cost:
        times = f"{record.cost.total.p50:.0f} ms a photo (p95 {record.cost.total.p95:.0f})"
        memory = f"{record.cost.peak_memory_mb:.0f} MB, {model.bytes / 1e6:.1f} MB model, {model.device}"
        console.print(f"{times}, {memory}", highlight=False)


def _detection(record: "EvaluationRecord", title: str) -> Table:
    table = Table("", "threshold\n阈值", "boxes\n处", "AP50-95", "AP50 (95 %)", "AP75", "AR100", title=title)
    table.columns[0].no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"
    for row in record.categories:
        threshold = record.screening.thresholds.get(row.category)
        shown = f"{category_of(row.category).zh} {row.category}{' *' if row.too_few and row.boxes else ''}"
        cells = _figures(row.figures) if row.reported else ["不报告 not reported", "", "", ""]
        table.add_row(shown, "–" if threshold is None else f"{threshold:.2f}", str(row.boxes), *cells)
    table.add_row("平均 mean", "", "", *_figures(record.mean), style="bold")
    if any(row.too_few and row.boxes for row in record.categories):
        table.caption = "* 样本太少，说明不了什么 too few to say anything"
    return table


def _figures(figures: "Figures") -> list[str]:
    ends = figures.intervals.get("ap50")
    around = f" [{ends[0]:.3f}, {ends[1]:.3f}]" if ends and figures.ap50 is not None else ""
    return [
        number(figures.ap50_95),
        number(figures.ap50) + around,
        number(figures.ap75),
        number(figures.ar_100),
    ]


def _screening(groups: "Mapping[str, ScreeningGroup]", title: str) -> Table:
    headers = ("found\n找到", "of\n应到场", "recall (95 %)\n召回率", "false alarms per 100 clean\n每百张干净照片误报")
    table = Table("", *headers, title=title)
    table.columns[0].no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"
    for name, group in groups.items():
        recall, alarms = group.visited.recall, group.visited.alarms
        table.add_row(name, str(recall.count), str(recall.total), _percent(recall), _percent(alarms))
    return table


def _percent(rate: "Rate") -> str:
    if rate.rate is None:
        return "–"
    ends = rate.interval
    around = f" [{100 * ends[0]:.1f}, {100 * ends[1]:.1f}]" if ends else ""
    return f"{100 * rate.rate:.1f}{around}"
