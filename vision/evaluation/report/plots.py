"""The report's curves: screening, precision by category, and whether scores mean what they say."""

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from vision.categories import category_of
from vision.evaluation.record import Calibration, CategoryFigures, Curve, ScreeningGroup, Visited
from vision.evaluation.report.axes import RECALLS, titled_axes, unit_square
from vision.evaluation.report.report_words import both, category_words
from vision.evaluation.report.svg import ACCENT, INK, MUTED, WARNING, new_figure, svg_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["category_plot", "precision_recall_plot", "reliability_plot", "roc_plot"]

WIDTH = 380


def roc_plot(group: ScreeningGroup) -> Markup | None:
    """Draw recall over false-alarm rate with the operating point; None without a curve."""
    if group.roc is None:
        return None
    figure, axes = _square("误报率 false-alarm rate", "召回率 recall")
    axes.plot([0, 1], [0, 1], linestyle=":", color=MUTED, label="瞎猜 guessing")
    recall, alarms = group.visited.recall.rate, group.visited.alarms.rate
    _curve(axes, group.roc, alarms, recall)
    axes.legend(loc="lower right")
    return svg_of(figure, f"ROC, 面积 area {group.roc.area:.3f}{_point(alarms, recall)}")


def precision_recall_plot(group: ScreeningGroup) -> Markup | None:
    """Draw precision over recall with the operating point; None without a curve."""
    if group.pr is None:
        return None
    figure, axes = _square("召回率 recall", "精确率 precision")
    recall, precision = group.visited.recall.rate, _precision(group.visited)
    _curve(axes, group.pr, recall, precision)
    axes.legend(loc="lower left")
    return svg_of(figure, f"精确率-召回率 precision-recall, 面积 area {group.pr.area:.3f}{_point(recall, precision)}")


def category_plot(categories: tuple[CategoryFigures, ...]) -> Markup | None:
    """Draw precision over recall at IoU 0.5 of every category that has a curve; None if none has."""
    drawn = [category for category in categories if category.precision_at_recall]
    if not drawn:
        return None
    figure, axes = _square("召回率 recall", "精确率 precision (IoU 0.5)", WIDTH + 20 + 20 * len(drawn))
    styles = ("-", "--", "-.")  # colours alone wouldn't do
    for i, category in enumerate(drawn):
        label = both(category_words(category.category)) + (" *" if category.too_few else "")
        colour = category_of(category.category).colour
        axes.plot(
            RECALLS, category.precision_at_recall, color=colour, linestyle=styles[i % 3], linewidth=1.8, label=label
        )
    figure.legend(loc="outside lower center", frameon=False)
    return svg_of(figure, "各类别精确率-召回率 precision-recall by category")


def reliability_plot(calibration: Calibration) -> Markup | None:
    """Draw the share of right finds over their score, and how many there are; None without finds."""
    if not calibration.bins:
        return None
    figure = new_figure(WIDTH, 420)
    axes, counts = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    unit_square(axes)
    axes.grid(color=INK, alpha=0.12)
    axes.set_ylabel("正确的比例 share that is right")
    axes.plot([0, 1], [0, 1], linestyle=":", color=MUTED, label="理想 ideal")
    left = [part.low for part in calibration.bins]
    widths = [part.high - part.low for part in calibration.bins]
    axes.bar(left, [part.precision for part in calibration.bins], widths, align="edge", color=ACCENT, alpha=0.25)
    scores = [part.mean_score for part in calibration.bins]
    precisions = [part.precision for part in calibration.bins]
    axes.plot(scores, precisions, color=ACCENT, marker="o", markersize=5, label="模型 model")
    axes.legend(loc="upper left")
    counts.bar(left, [part.count for part in calibration.bins], widths, align="edge", color=MUTED)
    counts.set_xlabel("得分 score")
    counts.set_ylabel("框数 boxes")
    counts.locator_params(axis="y", nbins=2, integer=True)
    ece = "" if calibration.ece is None else f", ECE {calibration.ece:.3f}"
    return svg_of(figure, f"可靠性图 reliability diagram{ece}")


def _square(x: str, y: str, height: float = WIDTH) -> tuple["Figure", Any]:
    figure, axes = titled_axes(x, y, WIDTH, height)
    unit_square(axes)
    return figure, axes


def _curve(axes: Any, curve: Curve, x: float | None, y: float | None) -> None:
    axes.plot(curve.x, curve.y, color=ACCENT, linewidth=2, label=f"模型 model ({curve.area:.2f})")
    if x is not None and y is not None:
        axes.plot([x], [y], "o", color=WARNING, markersize=9, label="实际使用点 operating point", clip_on=False)


def _precision(visited: Visited) -> float | None:
    flagged = visited.recall.count + visited.alarms.count
    return visited.recall.count / flagged if flagged else None


def _point(x: float | None, y: float | None) -> str:
    return "" if x is None or y is None else f", 实际使用点 operating point ({x:.2f}, {y:.2f})"
