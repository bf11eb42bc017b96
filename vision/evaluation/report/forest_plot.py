"""A run's differences from the first one, each with its interval and verdict."""

from typing import Any

import numpy as np
from markupsafe import Markup

from vision.evaluation.comparison.compare import ComparedRun
from vision.evaluation.comparison.paired import Paired
from vision.evaluation.comparison.paired_difference import PairedFigure, Verdict
from vision.evaluation.report.comparison_table import VERDICTS
from vision.evaluation.report.report_words import category_words
from vision.evaluation.report.svg import ACCENT, INK, MUTED, WARNING, new_figure, svg_of

__all__ = ["forest_plot"]

WIDTH, ROW, MARGIN = 420, 44, 62  # CSS pixels

# Groups of one unit each: the axis's name, how many of the unit a difference of 1 is, and the figures.
FOREST: tuple[tuple[str, float, tuple[PairedFigure, ...]], ...] = (
    ("AP 之差 difference (→ 更好 better)", 1, ("ap50_95", "ap50")),
    ("召回率之差，百分点 points (→ 更好 better)", 100, ("recall",)),
    ("误报之差，每 100 张 per 100 (← 更好 better)", 100, ("alarms",)),
    ("费用之差，每 100 张 per 100 (← 更好 better)", 1, ("cost",)),
)
FOREST_WORDS: dict[PairedFigure, str] = {
    "ap50_95": "平均 AP50-95\nmean",
    "ap50": "平均 AP50\nmean",
    "recall": "召回率\nrecall",
    "alarms": "误报\nfalse alarms",
    "cost": "费用\ncost",
}
VERDICT_LOOKS: dict[Verdict, tuple[str, str]] = {
    "better": (ACCENT, "^"),
    "worse": (WARNING, "v"),
    "cannot_tell": (MUTED, "o"),
}


def forest_plot(run: ComparedRun) -> Markup | None:
    """Draw a run's differences with their intervals, a row for each figure and category; None without any."""
    groups = [(x, scale, [d for d in run.differences or () if d.figure in of]) for x, scale, of in FOREST]
    groups = [group for group in groups if group[2]]
    if not groups:
        return None
    rows = [len(found) for _, _, found in groups]
    figure = new_figure(WIDTH, ROW * sum(rows) + MARGIN * len(rows))
    for axes, (x, scale, found) in zip(
        np.ravel(figure.subplots(len(rows), 1, height_ratios=[n + 0.4 for n in rows])), groups, strict=True
    ):
        for place, difference in enumerate(found):
            _difference(axes, place, difference, scale)
        axes.axvline(0, color=INK, linewidth=1)
        axes.set_yticks(range(len(found)), [_forest_name(difference) for difference in found])
        axes.set_ylim(len(found) - 0.4, -0.6)
        axes.set_xlabel(x)
        axes.tick_params(axis="y", length=0, pad=9)
        axes.grid(axis="x", color=INK, alpha=0.12)
        reach = max(abs(end) for d in found for end in (*d.interval, d.difference)) * scale
        axes.set_xlim(-1.08 * reach or -1, 1.08 * reach or 1)
    told = ", ".join(
        f"{_forest_name(d)} {d.difference:+.3f} {' '.join(VERDICTS[d.verdict][1:])}".replace("\n", " ")
        for d in run.differences or ()
    )
    return svg_of(figure, f"{run.name}: 差异和 95% 区间 differences and 95 % intervals: {told}")


def _forest_name(difference: Paired) -> str:
    if difference.category is None:
        return FOREST_WORDS[difference.figure]
    return "\n".join(category_words(difference.category))


def _difference(axes: Any, place: int, difference: Paired, scale: float) -> None:
    colour, marker = VERDICT_LOOKS[difference.verdict]
    low, high = (scale * end for end in difference.interval)
    face = "none" if difference.verdict == "cannot_tell" else colour
    axes.hlines(place, low, high, color=colour, linewidth=2)
    axes.plot([scale * difference.difference], [place], marker, color=colour, markerfacecolor=face, markersize=8)
