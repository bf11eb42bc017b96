"""Curves of a training, from the table that it writes after every epoch."""

import csv
import math
from pathlib import Path

from vision.files import replacing

__all__ = ["draw_curves"]

PANELS = {
    "train/": "loss · 损失",
    "val/AP50(": "AP50, val",
    "val/AP50-95(": "AP50-95, val",
    "lr/": "learning rate · 学习率",
}


def draw_curves(table: Path, picture: Path) -> None:
    """Draw losses, average precision by category and learning rate over the epochs of results.csv as a PNG.

    What is missing or no number in the table leaves a gap; a table without rows draws nothing.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from pylopdf_fonts_zh_cn import sans_path

    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, skipinitialspace=True))
    if not rows:
        return
    figure = Figure(figsize=(13, 7.5), layout="constrained")
    epochs = [_number(row["epoch"]) for row in rows]
    font = FontProperties(fname=str(sans_path()))
    for axes, (prefix, title) in zip(figure.subplots(2, 2).flat, PANELS.items(), strict=True):
        names = [key for key in rows[0] if key and key.startswith(prefix)]
        for name in names:
            label = name.removeprefix(prefix).removesuffix(")")
            axes.plot(epochs, [_number(row[name]) for row in rows], marker=".", label=label)
        axes.set_title(title, fontproperties=font)
        axes.set_xlabel("epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        if names:
            axes.legend(fontsize=7)
    with replacing(picture) as unfinished:
        FigureCanvasAgg(figure).print_png(str(unfinished))


def _number(cell: str | None) -> float:
    try:
        return float(cell or "nan")
    except ValueError:
        return math.nan
