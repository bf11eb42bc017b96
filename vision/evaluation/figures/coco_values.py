"""Read COCO's figures from a matching of one category, and average those of several."""

from collections.abc import Iterable, Sequence
from typing import Any

from vision.evaluation.figures.average_precision import Matching, silence
from vision.evaluation.record import SIZES, Figures, SizeFigures

__all__ = ["average_known", "figures_of", "mean_figures"]


def figures_of(matching: Matching) -> tuple[Figures, tuple[float, ...]]:
    """Return the figures of a category, without intervals, and its precision at IoU 0.5 and 101 recalls.

    Args:
        matching: Of all and of each size; its evaluation is accumulated.
    """
    evaluation = matching.evaluation
    with silence():
        evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, 0]  # (10 IoUs, 101 recalls, all areas and 3 sizes, 3 caps on finds)
    recall = evaluation.eval["recall"][:, 0]  # (10 IoUs, all areas and 3 sizes, 3 caps on finds)
    sizes = [
        SizeFigures(
            boxes=_boxes_of_size(matching, i),
            ap50_95=_average(precision[:, :, i, -1]),
            ar_100=_average(recall[:, i, -1]),
        )
        for i in range(1, 4)
    ]
    figures = Figures(
        ap50_95=_average(precision[:, :, 0, -1]),
        ap50=_average(precision[0, :, 0, -1]),
        ap75=_average(precision[5, :, 0, -1]),
        ar_1=_average(recall[:, 0, 0]),
        ar_10=_average(recall[:, 0, 1]),
        ar_100=_average(recall[:, 0, 2]),
        by_size=dict(zip(SIZES, sizes, strict=True)),
    )
    return figures, tuple(precision[0, :, 0, -1].tolist()) if matching.boxes.any() else ()


def _boxes_of_size(matching: Matching, size: int) -> int:
    photos = len(matching.photos)
    matches = matching.evaluation.evalImgs[size * photos : (size + 1) * photos]
    return sum(int((m["gtIgnore"] == 0).sum()) for m in matches if m is not None)


def _average(values: Any) -> float | None:
    """Return the mean of pycocotools' values, which are -1 without boxes."""
    known = values[values > -1]
    return float(known.mean()) if len(known) else None


def mean_figures(categories: Sequence[Figures]) -> Figures:
    """Return the means over the categories that have boxes; of a size, over those that have boxes of that size."""
    by_size = {}
    for size in SIZES:
        rows = [figures.by_size[size] for figures in categories]
        by_size[size] = SizeFigures(
            boxes=sum(row.boxes for row in rows),
            ap50_95=average_known(row.ap50_95 for row in rows),
            ar_100=average_known(row.ar_100 for row in rows),
        )
    return Figures(
        ap50_95=average_known(f.ap50_95 for f in categories),
        ap50=average_known(f.ap50 for f in categories),
        ap75=average_known(f.ap75 for f in categories),
        ar_1=average_known(f.ar_1 for f in categories),
        ar_10=average_known(f.ar_10 for f in categories),
        ar_100=average_known(f.ar_100 for f in categories),
        by_size=by_size,
    )


def average_known(values: Iterable[float | None]) -> float | None:
    """Return the mean of the values that are known; None if none is."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
