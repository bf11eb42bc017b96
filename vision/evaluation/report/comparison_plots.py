"""Plots of evaluations over each other: differences, accuracy and speed, curves, and kinds of errors."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from markupsafe import Markup

from vision.categories import BY_NAME
from vision.evaluation.comparison.compare import Comparison, letter
from vision.evaluation.record import ERRORS, EvaluationRecord
from vision.evaluation.report.axes import RECALLS, titled_axes, unit_square
from vision.evaluation.report.report_words import CONDITIONS, ERROR_WORDS, both, category_words, number
from vision.evaluation.report.svg import ACCENT, INK, MUTED, new_figure, svg_of

__all__ = [
    "colour_of_run",
    "curves_plot",
    "error_bars_plot",
    "robustness_plot",
    "screening_plot",
    "speed_plot",
]

SIDE, WIDE = 340, 420  # CSS pixels
COLOURS = (ACCENT, *(BY_NAME[name].colour for name in ("overflowing_bin", "graffiti", "illegal_posting", "bin")))
STYLES, MARKERS = ("-", "--", "-.", ":"), "osD^v"  # colours alone wouldn't do
FAR_APART = 5  # from there on, times need a logarithmic axis


def colour_of_run(index: int) -> str:
    """Return the colour of a run in all plots."""
    return COLOURS[index % len(COLOURS)]


def speed_plot(comparison: Comparison, records: Sequence[EvaluationRecord]) -> Markup | None:
    """Draw mean AP50-95 over milliseconds per photo, a larger point for a larger model; None if no run has both."""
    points = [
        (i, record.cost.total.p50, run.mean.ap50_95, record.model.bytes)
        for i, (run, record) in enumerate(zip(comparison.runs, records, strict=True))
        if record.cost and run.mean.ap50_95 is not None
    ]
    if not points:
        return None
    from matplotlib.ticker import LogLocator, NullLocator

    figure, axes = titled_axes("每张照片毫秒数 ms per photo (p50)", "平均 mean AP50-95", WIDE, 360)
    largest = max(size for *_, size in points)
    for i, time, value, size in points:
        interval = comparison.runs[i].mean.intervals.get("ap50_95")
        if interval:
            axes.vlines(time, *interval, color=colour_of_run(i), linewidth=1.5)
        axes.scatter([time], [value], 30 + 330 * size / largest, color=colour_of_run(i), alpha=0.75, linewidths=0)
        axes.annotate(letter(i), (time, value), (14, 8), textcoords="offset points")
    times = [time for _, time, *_ in points]
    tops = [comparison.runs[i].mean.intervals.get("ap50_95", (value, value))[1] for i, _, value, _ in points]
    axes.set_ylim(0, min(1, 1.25 * max(tops)) or 1)
    if max(times) > FAR_APART * min(times) > 0:
        axes.set_xscale("log")
        axes.set_xlim(min(times) / 1.6, max(times) * 1.6)
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        axes.set_xlim(0, 1.2 * max(times) or 1)
    told = ", ".join(f"{comparison.runs[i].name} {time:.1f} ms, {value:.3f}" for i, time, value, _ in points)
    return svg_of(figure, f"精度与速度 accuracy and speed: {told}")


def curves_plot(category: str, records: Sequence[EvaluationRecord]) -> Markup | None:
    """Draw the runs' precision over recall at IoU 0.5 of one category; None without a curve."""
    figure, axes = titled_axes("召回率 recall", "精确率 precision", SIDE, SIDE)
    drawn = []
    for i, record in enumerate(records):
        found = next(c for c in record.categories if c.category == category)
        if found.precision_at_recall:
            axes.plot(RECALLS, found.precision_at_recall, **_line(i))
            drawn.append(f"{record.model.name} AP50 {found.figures.ap50 or 0:.3f}")
    if not drawn:
        return None
    unit_square(axes)
    return svg_of(figure, f"{both(category_words(category))}, 精确率-召回率 precision-recall: {', '.join(drawn)}")


def screening_plot(records: Sequence[EvaluationRecord]) -> Markup | None:
    """Draw the runs' recall over false-alarm rate and their operating points; None without a curve."""
    figure, axes = titled_axes("误报率 false-alarm rate", "召回率 recall", WIDE, 400)
    axes.plot([0, 1], [0, 1], linestyle=":", color=MUTED)
    drawn = []
    for i, record in enumerate(records):
        group = record.screening.everything
        if group.roc is None:
            continue
        axes.plot(group.roc.x, group.roc.y, **_line(i))
        recall, alarms = group.visited.recall.rate, group.visited.alarms.rate
        axes.plot([alarms], [recall], MARKERS[i % 5], color=colour_of_run(i), markersize=11, clip_on=False)
        drawn.append(f"{record.model.name} 面积 area {group.roc.area:.3f}")
    if not drawn:
        return None
    unit_square(axes)
    return svg_of(figure, f"ROC: {', '.join(drawn)}")


def robustness_plot(kind: str, comparison: Comparison, records: Sequence[EvaluationRecord]) -> Markup | None:
    """Draw the runs' mean AP50 over the levels of one kind of poor photos, clean ones first; None if none has them."""
    conditions = [[c for c in record.robustness if c.kind == kind] for record in records]
    levels = list(dict.fromkeys(c.level for found in conditions for c in found))
    if not levels:
        return None
    unit = next(c.unit for found in conditions for c in found)
    every = [c.by_category for record in records for c in record.robustness]
    shared = [name for name in comparison.categories if all(name in by_category for by_category in every)]
    figure, axes = titled_axes(f"{both(CONDITIONS[kind])} {unit}".strip(), "AP50", 300, 240)
    for i, (record, found) in enumerate(zip(records, conditions, strict=True)):
        clean = [(0, _mean(c.by_category, shared)) for c in record.robustness if c.kind == "clean"]
        points = clean + [(1 + levels.index(c.level), _mean(c.by_category, shared)) for c in found]
        known = [(place, value) for place, value in points if value is not None]
        if found and known:
            axes.plot(*zip(*known, strict=True), **_line(i), marker=MARKERS[i % 5], markersize=5)
    axes.set_xticks(range(len(levels) + 1), ["原图\nclean", *(f"{level:g}" for level in levels)])
    axes.set_ylim(0, 1)
    return svg_of(figure, f"AP50, {both(CONDITIONS[kind])}: {', '.join(f'{level:g} {unit}' for level in levels)}")


def error_bars_plot(comparison: Comparison, records: Sequence[EvaluationRecord]) -> Markup | None:
    """Draw the mean AP50 lost by each kind of error, a bar for each run; None without shared categories."""
    if not comparison.categories:
        return None
    height = 0.8 / len(records)
    figure = new_figure(WIDE, 80 + len(ERRORS) * (20 + 20 * len(records)))
    axes = figure.subplots()
    for i, record in enumerate(records):
        errors = record.failures.errors
        lost = [_mean(errors[kind].by_category, comparison.categories) if kind in errors else None for kind in ERRORS]
        places = [place + (i + 0.5) * height - 0.4 for place in range(len(ERRORS))]
        bars = axes.barh(places, [value or 0 for value in lost], 0.9 * height, color=colour_of_run(i))
        axes.bar_label(bars, [f"{letter(i)} {number(value)}" for value in lost], padding=3, fontsize=8)
    axes.set_yticks(range(len(ERRORS)), ["\n".join(ERROR_WORDS[kind][0]) for kind in ERRORS])
    axes.invert_yaxis()
    axes.margins(x=0.16)
    axes.set_xlabel("损失的 AP50 lost")
    axes.tick_params(axis="y", length=0, pad=9)
    axes.grid(axis="x", color=INK, alpha=0.12)
    axes.set_axisbelow(True)
    return svg_of(figure, "各种错误损失的 AP50 lost by kind of error")


def _mean(by_category: Mapping[str, float], names: Sequence[str]) -> float | None:
    """Return the mean over the categories that all runs share, as runs' own means are over others; None if unknown."""
    values = [by_category[name] for name in names if name in by_category]
    return fmean(values) if values and len(values) == len(names) else None


def _line(index: int) -> dict[str, Any]:
    return {"color": colour_of_run(index), "linestyle": STYLES[index % 4], "linewidth": 2}
