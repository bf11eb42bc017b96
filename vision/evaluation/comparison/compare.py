"""Evaluations side by side: what the others do better or worse than the first, and what can't be told."""

import string
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from pydantic import AwareDatetime

from vision.categories import NAMES
from vision.evaluation.comparison.paired import Paired, paired_tests
from vision.evaluation.comparison.paired_difference import PairedFigure, Verdict
from vision.evaluation.figures.coco_values import average_known
from vision.evaluation.record import EvaluationRecord, Figures, Note
from vision.evaluation.report.report_words import category_words
from vision.inference.results import Document, Sha256, Strict

__all__ = ["ComparedRun", "Comparison", "compare_records", "letter"]

Track = Callable[[Sequence[EvaluationRecord]], Iterable[EvaluationRecord]]


class ComparedRun(Strict):
    """One evaluation among others."""

    name: str
    created: AwareDatetime
    command: str
    machine: str
    model_sha256: Sha256
    photos_sha256: Sha256
    labels_sha256: Sha256
    mean: Figures  # AP50 and AP50-95 over the comparison's categories
    differences: tuple[Paired, ...] | None  # None: the first run, or one on other photos or labels

    def verdict(self, figure: PairedFigure, category: str | None = None) -> Verdict | None:
        """Return what is said of a figure; None where nothing is."""
        found = (d.verdict for d in self.differences or () if (d.figure, d.category) == (figure, category))
        return next(found, None)


class Comparison(Document):
    """The whole file: the first run is what the others are compared with."""

    indent = 1

    format: Literal["cleanlane-comparison"] = "cleanlane-comparison"
    version: Literal[1] = 1
    categories: tuple[str, ...]  # that all runs report and have boxes of; means are over these
    notes: tuple[Note, ...]
    runs: tuple[ComparedRun, ...]


def compare_records(records: Sequence[EvaluationRecord], track: Track = iter, resamples: int = 2000) -> Comparison:
    """Compare evaluations with the first of them, by the paired test where photos and labels are the same.

    Means, their verdicts and those by category are about the categories that all runs report and have boxes of.

    Args:
        records: At least two; the same one may come twice.
        track: Yields the records after the first as they are looked at, for a progress bar.
        resamples: How many samples the paired test draws.

    Raises:
        ResultError: Runs of the same photos and labels have other scene groups.
    """
    first, others = records[0], records[1:]
    shared = _shared(records)
    differences = [None, *(_differences(first, other, shared, resamples) for other in track(others))]
    names = _names(records)
    runs = tuple(
        ComparedRun(
            name=name,
            created=record.created,
            command=record.command,
            machine=record.machine,
            model_sha256=record.model.sha256,
            photos_sha256=record.data.photos_sha256,
            labels_sha256=record.data.labels_sha256,
            mean=_mean(record, shared),
            differences=found,
        )
        for name, record, found in zip(names, records, differences, strict=True)
    )
    return Comparison(categories=shared, notes=tuple(_notes(names, records, shared)), runs=runs)


def letter(index: int) -> str:
    """Return the short name of a run in plots: A, B … Z, A1 …"""
    round_, place = divmod(index, 26)
    return string.ascii_uppercase[place] + (str(round_) if round_ else "")


def _judged(record: EvaluationRecord) -> list[str]:
    return [c.category for c in record.categories if c.reported and c.figures.ap50 is not None]


def _shared(records: Sequence[EvaluationRecord]) -> tuple[str, ...]:
    common = set.intersection(*(set(_judged(record)) for record in records))
    return tuple(name for name in NAMES if name in common)


def _differences(
    first: EvaluationRecord, other: EvaluationRecord, shared: Sequence[str], resamples: int
) -> tuple[Paired, ...] | None:
    if _material(first) != _material(other):
        return None
    return paired_tests(_only(first, shared), _only(other, shared), resamples)


def _material(record: EvaluationRecord) -> tuple[str, str]:
    return record.data.photos_sha256, record.data.labels_sha256


def _only(record: EvaluationRecord, categories: Sequence[str]) -> EvaluationRecord:
    kept = {name: found for name, found in record.evidence.categories.items() if name in categories}
    return record.model_copy(update={"evidence": record.evidence.model_copy(update={"categories": kept})})


def _mean(record: EvaluationRecord, shared: Sequence[str]) -> Figures:
    """Return the means over `shared`; their intervals are known only where nothing is left out."""
    if list(shared) == _judged(record):
        return Figures(ap50_95=record.mean.ap50_95, ap50=record.mean.ap50, intervals=record.mean.intervals)
    figures = [c.figures for c in record.categories if c.category in shared]
    return Figures(ap50_95=average_known(f.ap50_95 for f in figures), ap50=average_known(f.ap50 for f in figures))


def _names(records: Sequence[EvaluationRecord]) -> list[str]:
    """Tell runs of one name apart by the model's hash, or by number where that is the same, too."""
    names = [record.model.name for record in records]
    hashed = [f"{record.model.name} ({record.model.sha256[:8]})" for record in records]
    times, hashed_times = Counter(names), Counter(hashed)
    numbers: Counter[str] = Counter()
    told = []
    for name, long in zip(names, hashed, strict=True):
        numbers[long] += 1
        told.append(name if times[name] == 1 else long if hashed_times[long] == 1 else f"{long} #{numbers[long]}")
    return told


def _notes(names: Sequence[str], records: Sequence[EvaluationRecord], shared: Sequence[str]) -> Iterable[Note]:
    first = records[0]
    for name, record in zip(names[1:], records[1:], strict=True):
        if record.data.photos_sha256 != first.data.photos_sha256:
            yield Note(
                zh=f"{name} 评测的不是 {names[0]} 的那批照片：只并排列出，不下结论。",
                en=f"{name} was judged on other photos than {names[0]}: side by side only, no verdicts.",
            )
        elif _material(record) != _material(first):
            yield Note(
                zh=f"{name} 的照片与 {names[0]} 相同，但标注不同：只并排列出，不下结论。",
                en=f"{name} was judged by other labels than {names[0]}: side by side only, no verdicts.",
            )
        elif record.screening.missed_cost != first.screening.missed_cost:
            yield Note(
                zh=f"{name} 与 {names[0]} 对漏报的计价不同：费用不下结论。",
                en=f"{name} and {names[0]} price a missed problem differently: no verdict on cost.",
            )
    left_out = [name for name in NAMES if name not in shared and any(name in _judged(record) for record in records)]
    if left_out:
        yield Note(
            zh=f"平均值不含 {'、'.join(category_words(n)[0] for n in left_out)}：不是每个模型都报告，或没有标注。",
            en=f"Means leave out {', '.join(category_words(n)[1] for n in left_out)}: not every run has figures of it.",
        )
    if len({record.machine for record in records if record.cost}) > 1:
        yield Note(
            zh="各次评测用的机器不同：每张照片的用时不能互相比较。",
            en="The runs were on different machines: their times per photo can't be compared.",
        )
