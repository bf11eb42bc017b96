"""The report's bars: what errors cost, what poor photos cost, and where the time goes."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from vision.evaluation.record import Condition, Cost, ErrorKind, ErrorLoss
from vision.evaluation.report.report_words import CONDITIONS, ERROR_WORDS, STAGES, both, unit_words
from vision.evaluation.report.svg import ACCENT, INK, MUTED, WARNING, new_figure, svg_of

__all__ = ["condition_plot", "error_plot", "stage_plot"]

ROW = 46  # CSS pixels


def error_plot(errors: Mapping[ErrorKind, ErrorLoss]) -> Markup:
    """Draw a bar for each kind of error: the AP50 that is lost by it."""
    figure = new_figure(380, 70 + ROW * len(errors))
    axes = figure.subplots()
    bars = axes.barh(range(len(errors)), [loss.ap50_lost for loss in errors.values()], 0.6, color=WARNING)
    axes.set_yticks([])
    for row, kind in enumerate(errors):
        for name, above in zip(ERROR_WORDS[kind][0], (6, -6), strict=True):
            axes.annotate(
                name,
                (0, row),
                (-7, above),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                ha="right",
                va="center",
            )
    axes.bar_label(bars, fmt="%.3f", padding=4)
    axes.set_xlabel("损失的 AP50 lost")
    _rows(axes)
    told = ", ".join(f"{both(ERROR_WORDS[kind][0])} {loss.ap50_lost:.3f}" for kind, loss in errors.items())
    return svg_of(figure, f"各种错误损失的 AP50 lost by kind of error: {told}")


def condition_plot(kind: str, conditions: Sequence[Condition], clean: float | None) -> Markup:
    """Draw AP50 over the levels of one kind of poor photos, in their order, with the clean value as a line.

    Args:
        kind: Of all `conditions`.
        conditions: A level whose AP50 is unknown leaves a gap.
        clean: AP50 of the photos as they are, if known.
    """
    figure = new_figure(300, 210)
    axes = figure.subplots()
    places = range(len(conditions))
    values = [float("nan") if c.ap50 is None else c.ap50 for c in conditions]
    if clean is not None:
        axes.axhline(clean, color=MUTED, linestyle="--", linewidth=1.2)
        axes.axhline(0.9 * clean, color=WARNING, linestyle=":", linewidth=1.2)
    axes.plot(places, values, color=ACCENT, marker="o", linewidth=2)
    axes.set_xticks(places, [f"{c.level:g}" for c in conditions])
    axes.set_xlabel(next((unit_words(c.unit)[0] for c in conditions), ""))
    axes.set_ylabel("AP50")
    axes.set_xlim(-0.4, len(conditions) - 0.6)
    axes.set_ylim(0, 1)
    axes.grid(axis="y", color=INK, alpha=0.12)
    told = ", ".join(f"{c.level:g} {c.unit}: {'?' if c.ap50 is None else f'{c.ap50:.3f}'}" for c in conditions)
    return svg_of(figure, f"AP50, {both(CONDITIONS[kind])}: {told}")


def stage_plot(cost: Cost) -> Markup:
    """Draw how long each stage of a photo takes, p50 as a bar and p95 as a mark."""
    rows = {"total": cost.total, **cost.stages}
    words = {"total": ("合计", "total"), **STAGES}
    figure = new_figure(380, 80 + 38 * len(rows))
    axes = figure.subplots()
    names = [both(words.get(name, (name, name))) for name in rows]
    axes.barh(names, [time.p50 for time in rows.values()], 0.55, color=ACCENT, label="p50")
    axes.plot([time.p95 for time in rows.values()], names, "|", color=WARNING, markersize=14, mew=2, label="p95")
    axes.set_xlabel("毫秒 ms")
    figure.legend(loc="outside upper right", ncols=2, frameon=False)
    _rows(axes)
    told = ", ".join(f"{name} {time.p50:.1f} / {time.p95:.1f}" for name, time in zip(names, rows.values(), strict=True))
    return svg_of(figure, f"每张照片毫秒数 milliseconds per photo, p50 / p95: {told}")


def _rows(axes: Any) -> None:
    axes.invert_yaxis()
    axes.margins(x=0.16)
    axes.set_xlim(left=min(0, axes.get_xlim()[0]))
    axes.tick_params(axis="y", length=0, pad=7)
    axes.locator_params(axis="x", nbins=4)
    axes.grid(axis="x", color=INK, alpha=0.12)
    axes.set_axisbelow(True)
