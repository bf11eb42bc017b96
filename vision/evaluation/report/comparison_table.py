"""The rows of a comparison, as the terminal, the page and the Markdown file show them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vision.categories import NAMES
from vision.evaluation.comparison.compare import ComparedRun, Comparison
from vision.evaluation.comparison.paired_difference import PairedFigure, Verdict
from vision.evaluation.record import CategoryFigures, EvaluationRecord, Figures, Rate
from vision.evaluation.report.report_words import Words, both, category_words, number

__all__ = ["VERDICTS", "Cell", "Row", "rows_of"]

# Sign, Chinese, English: the sign says it without colour.
VERDICTS: dict[Verdict, tuple[str, str, str]] = {
    "better": ("▲", "更好", "better"),
    "worse": ("▼", "更差", "worse"),
    "cannot_tell": ("○", "说不准", "can't tell"),
}
MEAN: Words = ("平均", "mean")


@dataclass(frozen=True)
class Cell:
    """A run's figure, with its interval, and what the paired test says of it."""

    value: str
    interval: str
    verdict: Verdict | None


@dataclass(frozen=True)
class Row:
    """A figure of all runs; `lead` comes before its name in both languages."""

    words: Words
    cells: tuple[Cell, ...]
    lead: str = ""

    @property
    def label(self) -> str:
        """Return its name in both languages on one line."""
        return f"{self.lead} {both(self.words)}".lstrip()


def rows_of(comparison: Comparison, records: Sequence[EvaluationRecord]) -> list[Row]:
    """Return the table's rows: a cell for each of the comparison's runs, whose `records` come in the same order."""
    runs = list(zip(comparison.runs, records, strict=True))

    def row(words: Words, cell: Callable[[ComparedRun, EvaluationRecord], Cell], lead: str = "") -> Row:
        return Row(words, tuple(cell(run, record) for run, record in runs), lead)

    shown = [name for name in NAMES if any(_category(record, name).figures.ap50 is not None for record in records)]
    return [
        row(MEAN, lambda run, _: _precision(run, run.mean, "ap50_95"), "AP50-95"),
        row(MEAN, lambda run, _: _precision(run, run.mean, "ap50"), "AP50"),
        *(_category_row(runs, name) for name in shown),
        row(("召回率，需到场的照片", "recall, photos needing a visit"), _recall),
        row(("误报，每 100 张干净照片", "false alarms per 100 clean photos"), _alarms),
        row(("费用，每 100 张", "cost per 100 photos"), _cost),
        row(("每张照片毫秒数，p50", "ms per photo, p50"), lambda _, record: _plain(_milliseconds(record))),
        row(("模型大小", "model size"), lambda _, record: _plain(f"{record.model.bytes / 1e6:.1f} MB")),
    ]


def _category(record: EvaluationRecord, name: str) -> CategoryFigures:
    return next(c for c in record.categories if c.category == name)


def _category_row(runs: Sequence[tuple[ComparedRun, EvaluationRecord]], name: str) -> Row:
    cells = [_precision(run, _category(record, name).figures, "ap50", name) for run, record in runs]
    return Row(category_words(name), tuple(cells), lead="AP50")


def _precision(run: ComparedRun, figures: Figures, figure: PairedFigure, category: str | None = None) -> Cell:
    value = figures.ap50_95 if figure == "ap50_95" else figures.ap50
    found = figures.intervals.get("ap50_95" if figure == "ap50_95" else "ap50")
    return Cell(number(value), f"{found[0]:.3f}–{found[1]:.3f}" if found else "", run.verdict(figure, category))


def _recall(run: ComparedRun, record: EvaluationRecord) -> Cell:
    return _rate(run, record.screening.everything.visited.recall, "recall", " %")


def _alarms(run: ComparedRun, record: EvaluationRecord) -> Cell:
    return _rate(run, record.screening.everything.visited.alarms, "alarms", "")


def _rate(run: ComparedRun, rate: Rate, figure: PairedFigure, unit: str) -> Cell:
    if rate.rate is None:
        return Cell("–", "", None)
    found = rate.interval
    interval = f"{100 * found[0]:.1f}–{100 * found[1]:.1f}" if found else ""
    return Cell(f"{100 * rate.rate:.1f}{unit}", interval, run.verdict(figure))


def _cost(run: ComparedRun, record: EvaluationRecord) -> Cell:
    return Cell(number(record.screening.everything.visited.cost_per_100, 1), "", run.verdict("cost"))


def _milliseconds(record: EvaluationRecord) -> str:
    return number(record.cost.total.p50 if record.cost else None, 1)


def _plain(text: str) -> Cell:
    return Cell(text, "", None)
