"""An evaluation or a comparison as Markdown, for model cards and pull requests."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from vision.evaluation.comparison.compare import Comparison
from vision.evaluation.record import CategoryFigures, EvaluationRecord, Interval, Rate, ScreeningGroup
from vision.evaluation.report.comparison_table import VERDICTS, Cell, rows_of
from vision.evaluation.report.report_words import ERROR_WORDS, LIGHT, both, category_words, number
from vision.files import replacing

__all__ = ["write_comparison_markdown", "write_markdown"]

MOST_ERRORS = 3


def write_markdown(path: Path, record: EvaluationRecord) -> None:
    """Write what a model card needs of an evaluation; an existing file is replaced only by a complete one.

    Raises:
        OSError: The file can't be written.
    """
    data = record.data
    parts = [
        f"# 评估 Evaluation: {_text(record.model.name)}",
        f"{_text(data.name)}, {data.split}: {data.photos} 张照片 photos, {data.boxes} 个标注框 labelled boxes, "
        f"{data.scenes} 个场景 scenes · {record.created:%Y-%m-%d} · {_text(record.machine)}",
        "## 检测 Detection",
        _detection(record),
        "## 筛查 Screening",
        _screening(record),
        "## 错在哪里 Why it fails",
        _errors(record),
        *_notes([(note.zh, note.en) for note in record.notes]),
        "## 复现 How to repeat it",
        _repeat(record),
    ]
    _write(path, parts)


def write_comparison_markdown(path: Path, comparison: Comparison, records: Sequence[EvaluationRecord]) -> None:
    """Write a comparison's table; an existing file is replaced only by a complete one.

    Args:
        path: The file.
        comparison: What it shows.
        records: Of the comparison's runs, in their order.

    Raises:
        OSError: The file can't be written.
    """
    names = [run.name for run in comparison.runs]
    rows = [[row.label, *map(_cell, row.cells)] for row in rows_of(comparison, records)]
    parts = [
        "# 评估对比 Comparison",
        f"与第一个相比 held against the first: {_text(names[0])}. 括号里是 95% 区间 95 % intervals in brackets. "
        "“说不准”不是“一样好”：这点差别也可能只是碰巧。“Can't tell” doesn't mean “equally good”.",
        _table(["", *names], rows),
        *_notes([(note.zh, note.en) for note in comparison.notes]),
        "## 复现 How to repeat it",
    ]
    for name, record in zip(names, records, strict=True):
        parts += [f"### {_text(name)}", _repeat(record)]
    _write(path, parts)


def _detection(record: EvaluationRecord) -> str:
    thresholds = record.screening.thresholds
    rows = [_category(c, thresholds.get(c.category)) for c in record.categories]
    mean = record.mean
    ap50 = _within(mean.ap50, mean.intervals.get("ap50"))
    rows.append(["平均 mean", "", "", "", number(mean.ap50_95), ap50, number(mean.ap75), number(mean.ar_100)])
    headers = ["类别 category", "阈值 threshold", "框 boxes", "场景 scenes", "AP50-95", "AP50 [95 %]", "AP75", "AR100"]
    return _table(headers, rows)


def _category(category: CategoryFigures, threshold: float | None) -> list[str]:
    figures = category.figures
    shown = "–" if threshold is None else "不报告 never" if threshold > 1 else f"{threshold:.3f}"
    name = both(category_words(category.category))
    if not category.reported:
        name += " (模型不报告 not reported)"
    elif category.too_few:
        name += " (太少，不下结论 too few to tell)"
    ap50 = _within(figures.ap50, figures.intervals.get("ap50"))
    counts = [str(category.boxes), str(category.scenes)]
    return [name, shown, *counts, number(figures.ap50_95), ap50, number(figures.ap75), number(figures.ar_100)]


def _within(value: float | None, interval: Interval | None) -> str:
    return number(value) + (f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")


def _screening(record: EvaluationRecord) -> str:
    screening = record.screening
    groups = [("全部 all", screening.everything)]
    groups += [(both(LIGHT[light]), group) for light, group in screening.light.items()]
    groups += list(screening.sets.items())
    chosen = (
        f"在 {screening.chosen_on} 上选定 chosen on {screening.chosen_on}"
        if screening.chosen_on
        else "模型自带，没有的用 0.5 its own, 0.5 where it has none"
    )
    missed = f"{screening.missed_cost:g}"
    price = f"漏掉一处问题相当于白跑 {missed} 趟 a missed problem costs as much as {missed} wasted visits"
    lead = f"阈值 thresholds: {chosen}. {price}."
    headers = ["照片 photos", "张数 number", "召回率 recall", "误报率 false alarms", "费用 cost per 100"]
    return f"{lead}\n\n{_table(headers, [_group(name, group) for name, group in groups])}"


def _group(name: str, group: ScreeningGroup) -> list[str]:
    visited = group.visited
    cost = number(visited.cost_per_100, 1)
    return [name, str(group.photos), _rate(visited.recall), _rate(visited.alarms), cost]


def _rate(rate: Rate) -> str:
    if rate.rate is None:
        return "–"
    interval = f" [{100 * rate.interval[0]:.1f}, {100 * rate.interval[1]:.1f}]" if rate.interval else ""
    return f"{100 * rate.rate:.1f} %{interval} ({rate.count}/{rate.total})"


def _errors(record: EvaluationRecord) -> str:
    worst = sorted(record.failures.errors.items(), key=lambda item: -item[1].ap50_lost)[:MOST_ERRORS]
    rows = [[both(ERROR_WORDS[kind][0]), str(loss.count), number(loss.ap50_lost)] for kind, loss in worst]
    return _table(["错误 kind of error", "个数 number", "损失的 AP50 lost"], rows)


def _notes(notes: Sequence[tuple[str, str]]) -> list[str]:
    if not notes:
        return []
    return ["## 说明 Notes", "\n".join(f"- {_text(zh)} {_text(en)}" for zh, en in notes)]


def _repeat(record: EvaluationRecord) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", record.command)), default=0))
    hashes = {"照片 photos": record.data.photos_sha256, "标注 labels": record.data.labels_sha256}
    hashes["模型 model"] = record.model.sha256
    device = f" · {_text(record.model.device)}" if record.model.device else ""
    lines = [f"- {name} SHA-256: `{value}`" for name, value in hashes.items()]
    versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    lines.append(f"- {_text(record.machine)}{device} · {record.created:%Y-%m-%d}")
    lines.append(f"- {_text(record.software)}, Python {record.python}{_text(', ' + versions if versions else '')}")
    return f"{fence}sh\n{record.command}\n{fence}\n\n" + "\n".join(lines)


def _cell(cell: Cell) -> str:
    interval = f" ({cell.interval})" if cell.interval else ""
    return cell.value + interval + (f" {' '.join(VERDICTS[cell.verdict])}" if cell.verdict else "")


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headers, ["---", *["---:"] * (len(headers) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line if i == 1 else map(_text, line))} |" for i, line in enumerate(lines))


def _text(text: str) -> str:
    """Return a text whose signs mean nothing in Markdown, on one line."""
    return re.sub(r"[\\`*_|<>#]|\](?=[(\[:])", r"\\\g<0>", " ".join(text.split()))


def _write(path: Path, parts: Sequence[str]) -> None:
    with replacing(path) as unfinished:
        unfinished.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
