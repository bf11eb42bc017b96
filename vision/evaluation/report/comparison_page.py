"""The page of a comparison: one HTML file, offline, on a phone or a desktop."""

from collections.abc import Sequence
from pathlib import Path

from vision.categories import CATEGORIES, NAMES
from vision.evaluation.comparison.compare import Comparison, letter
from vision.evaluation.record import EvaluationRecord
from vision.evaluation.report.comparison_plots import (
    STYLES,
    colour_of_run,
    curves_plot,
    error_bars_plot,
    robustness_plot,
    screening_plot,
    speed_plot,
)
from vision.evaluation.report.comparison_table import VERDICTS, rows_of
from vision.evaluation.report.forest_plot import forest_plot
from vision.evaluation.report.report_words import CONDITIONS, KINDS, category_words
from vision.evaluation.report.svg import ACCENT, dark_colour
from vision.pages import write_template

__all__ = ["write_comparison_page"]

DASHES = dict(zip(STYLES, ("none", "7 3", "8 3 2 3", "2 3"), strict=True))


def write_comparison_page(path: Path, comparison: Comparison, records: Sequence[EvaluationRecord]) -> None:
    """Write the page; an existing one is replaced only by a complete one.

    Args:
        path: The HTML file to write. It needs nothing beside it.
        comparison: What it shows.
        records: Of the comparison's runs, in their order.

    Raises:
        MissingExtraError: matplotlib isn't installed.
        OSError: The file can't be written.
    """
    kinds = [kind for kind in CONDITIONS if kind != "clean"]
    worsened = [record for record in records if record.robustness]
    curves = [(category_words(name), curves_plot(name, records)) for name in NAMES]
    robust = (
        [(CONDITIONS[kind], robustness_plot(kind, comparison, records)) for kind in kinds] if len(worsened) > 1 else []
    )
    write_template(
        Path(__file__).with_name("comparison.html.jinja"),
        path,
        comparison=comparison,
        runs=list(zip(comparison.runs, records, strict=True)),
        letter=letter,
        keys=[_key(i) for i in range(len(records))],
        colours={c.name: (c.colour, dark_colour(c.colour)) for c in CATEGORIES},
        rows=rows_of(comparison, records),
        verdicts=VERDICTS,
        kinds=KINDS,
        words=category_words,
        forests=[(i, run.name, forest_plot(run)) for i, run in enumerate(comparison.runs) if run.differences],
        speed=speed_plot(comparison, records),
        untimed=[run.name for run, record in zip(comparison.runs, records, strict=True) if record.cost is None],
        curves=[(name, plot) for name, plot in curves if plot],
        robust=[(name, plot) for name, plot in robust if plot],
        screening=screening_plot(records),
        errors=error_bars_plot(comparison, records),
    )


def _key(index: int) -> tuple[str, str]:
    """Return the colour, as CSS, and the dashes of a run's line."""
    colour = colour_of_run(index)
    names = {c.colour: f"var(--{c.name})" for c in CATEGORIES}
    return "var(--accent)" if colour == ACCENT else names[colour], DASHES[STYLES[index % len(STYLES)]]
