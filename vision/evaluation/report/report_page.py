"""The page of an evaluation: one HTML file for the town that pays and the engineer who doubts it."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from vision.categories import CATEGORIES, category_of
from vision.datasets.labels import LabelledPhoto
from vision.evaluation.record import Condition, Confusion, EvaluationRecord, Mistake, ScreeningGroup, Visited
from vision.evaluation.report.gallery_pictures import Shot, shots
from vision.evaluation.report.plots import category_plot, precision_recall_plot, reliability_plot, roc_plot
from vision.evaluation.report.plots_bars import condition_plot, error_plot, stage_plot
from vision.evaluation.report.report_words import (
    CONDITIONS,
    ERROR_WORDS,
    GLOSSARY,
    KINDS,
    LIGHT,
    PARTS,
    Words,
    category_words,
    level_words,
    slice_words,
)
from vision.evaluation.report.svg import dark_colour
from vision.pages import write_template

__all__ = ["write_report"]

KEPT = 0.9  # of the clean AP50; below that, a sentence says so


class Screened(NamedTuple):
    """A row of the screening's table."""

    part: Words
    name: Words
    photos: int
    visited: Visited
    areas: tuple[float | None, float | None]  # under ROC and precision-recall
    threshold: float | None = None


class Cell(NamedTuple):
    """A cell of the confusion matrix; `share` of its row, `right` on the diagonal."""

    finds: int
    share: float
    right: bool


class Worsened(NamedTuple):
    """One kind of poor photos; `from_level` is where less than 90 % of the clean AP50 is left, None if nowhere."""

    name: Words
    plot: Markup
    from_level: Words | None
    judged: bool


class Shown(NamedTuple):
    """A mistake with its place on the page and its pictures."""

    mistake: Mistake
    shot: Shot | None


def write_report(path: Path, record: EvaluationRecord, photos: Mapping[str, LabelledPhoto]) -> None:
    """Write the page; an existing one is replaced only by a complete one.

    Args:
        path: The HTML file to write. It needs nothing beside it.
        record: What it shows.
        photos: By "source/file name", for the pictures of mistakes; one that is missing leaves its card without.

    Raises:
        MissingExtraError: matplotlib isn't installed.
        OSError: The file can't be written.
    """
    failures = record.failures
    pictures, wholes = shots(failures.mistakes, photos)
    shown = [Shown(mistake, shot) for mistake, shot in zip(failures.mistakes, pictures, strict=True)]
    write_template(
        Path(__file__).with_name("report.html.jinja"),
        path,
        record=record,
        created=record.created.astimezone(),
        colours={c.name: (c.colour, dark_colour(c.colour)) for c in CATEGORIES},
        colour_of=lambda name: category_of(name).colour,
        words=category_words,
        kinds=KINDS,
        too_few=[c.category for c in record.categories if c.too_few],
        unreported=[c.category for c in record.categories if not c.reported],
        screened=_screened(record),
        roc=roc_plot(record.screening.everything),
        pr=precision_recall_plot(record.screening.everything),
        categories_pr=category_plot(record.categories),
        error_words=ERROR_WORDS,
        errors_bars=error_plot(failures.errors) if failures.errors else None,
        reliability=reliability_plot(failures.calibration),
        confusion=_confusion(failures.confusion),
        slices=[(PARTS[by], list(parts)) for by, parts in groupby(failures.slices, lambda part: part.by)],
        slice_words=slice_words,
        mistakes={kind: list(group) for kind, group in groupby(_by_kind(shown), lambda card: card.mistake.kind)},
        wholes=wholes,
        worsened=_worsened(record.robustness),
        swept_words=_listed(record.robustness[0].by_category if record.robustness else ()),
        stages=None if record.cost is None else stage_plot(record.cost),
        glossary=GLOSSARY,
    )


def _screened(record: EvaluationRecord) -> list[Screened]:
    screening = record.screening

    def row(part: Words, name: Words, group: ScreeningGroup, threshold: float | None = None) -> Screened:
        areas = (group.roc.area if group.roc else None, group.pr.area if group.pr else None)
        return Screened(part, name, group.photos, group.visited, areas, threshold)

    split = record.data.split
    rows = []
    if screening.chosen_visited is not None:
        name = (f"{screening.chosen_on}（选阈值）", f"{screening.chosen_on} (chosen on)")
        chosen = screening.chosen_visited
        rows.append(Screened(("全部", "All"), name, screening.chosen_photos, chosen, (None, None)))
    rows.append(row(("全部", "All"), (f"{split}（本次）", f"{split} (judged)"), screening.everything))
    rows += [row(("光线", "Light"), LIGHT[light], group) for light, group in screening.light.items()]
    rows += [
        row(("按类别", "By category"), category_words(name), group, screening.thresholds.get(name))
        for name, group in screening.categories.items()
    ]
    rows += [row(("其他照片集", "Other sets"), (name, name), group) for name, group in screening.sets.items()]
    return rows


def _confusion(confusion: Confusion) -> list[tuple[str | None, list[Cell]]]:
    """Return rows of cells; the last one's name is None, as it is background."""
    names = [*confusion.names, None]
    return [
        (name, [Cell(n, n / max(1, sum(counts)), i == j and name is not None) for j, n in enumerate(counts)])
        for i, (name, counts) in enumerate(zip(names, confusion.counts, strict=True))
    ]


def _by_kind(shown: Sequence[Shown]) -> list[Shown]:
    order = list(ERROR_WORDS)
    return sorted(shown, key=lambda card: order.index(card.mistake.kind))


def _listed(categories: Iterable[str]) -> Words:
    words = [category_words(name) for name in categories]
    return "、".join(zh for zh, _ in words) or "无", ", ".join(en for _, en in words) or "none"


def _worsened(conditions: Sequence[Condition]) -> list[Worsened]:
    clean = next((c.ap50 for c in conditions if c.kind == "clean"), None)
    worsened = []
    for kind, name in CONDITIONS.items():
        levels = [c for c in conditions if c.kind == kind]
        if kind == "clean" or not levels:
            continue
        judged = clean is not None and any(c.ap50 is not None for c in levels)
        worsened.append(Worsened(name, condition_plot(kind, levels, clean), _from_level(levels, clean), judged))
    return worsened


def _from_level(levels: Sequence[Condition], clean: float | None) -> Words | None:
    """Return the mildest level at which too little is left; the levels go from mild to harsh, or to either side."""
    two_sided = any(c.level < 0 for c in levels)
    for condition in sorted(levels, key=lambda c: abs(c.level)) if two_sided else levels:
        if clean is not None and condition.ap50 is not None and condition.ap50 < KEPT * clean:
            level = f"±{abs(condition.level):g}" if two_sided else f"{condition.level:g}"
            return level_words(level, condition.unit)
    return None
