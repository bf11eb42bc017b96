"""`cleanlane evaluate-footage`: how good and how fast events of simulated patrols are."""

import json
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from vision.categories import category_of
from vision.errors import UserError
from vision.files import replacing
from vision.inference.choice import AUTO

if TYPE_CHECKING:
    from vision.benchmark.footage import Patrols, Reading

__all__ = ["evaluate_footage"]

console = Console()


def evaluate_footage(
    patrols: Annotated[
        Path, typer.Argument(metavar="PATROLS", help="Folder that `cleanlane dataset patrol` has written.")
    ],
    model: Annotated[Path | None, typer.Option(metavar="ONNX", help="As for `cleanlane footage`.")] = None,
    device: Annotated[str, typer.Option(help="As for `cleanlane footage`.")] = AUTO,
    precision: Annotated[str, typer.Option(help="As for `cleanlane footage`.")] = AUTO,
    config: Annotated[
        Path | None, typer.Option(metavar="YAML", help="As for `cleanlane footage`, without cameras.")
    ] = None,
    rival: Annotated[
        Path | None,
        typer.Option(
            metavar="WEIGHTS", help="对照: also run Ultralytics' tracker on every frame, with this checkpoint (.pt)."
        ),
    ] = None,
    events: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Judge this events.json of an earlier run; without speed.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write all figures there.")] = None,
) -> None:
    """Measure events 评测巡查事件 on simulated patrols: found, false, reported twice, counted, and how fast.

    Runs `cleanlane footage` as a user does, pictures, clips and page included, and puts its events beside the truth.
    Seconds are from the start of a program to its end; the rival (needs the extra: train) runs afterwards.

    [bold]Examples[/bold]

      cleanlane evaluate-footage patrols

      cleanlane evaluate-footage patrols --rival models/cleanlane-n/cleanlane-n.pt --json patrols.json

      cleanlane evaluate-footage patrols --events events/events.json
    """
    from vision.benchmark.footage import find_patrols
    from vision.benchmark.footage_record import record_of
    from vision.benchmark.rival import require_rival, run_rival

    options = _options(model, device, precision, config)
    if events and options:
        raise typer.BadParameter(f"--events judges what has run already: leave out {options[0]}")
    if json_file and not json_file.parent.is_dir():
        raise UserError(f"{json_file.parent}: expected a folder to write {json_file.name} to, there is none")
    found = find_patrols(patrols)
    if rival:
        require_rival(rival)
    with tempfile.TemporaryDirectory() as scratch:
        readings = [_ours(found, events, options, Path(scratch) / "events")]
        if rival:
            _announce(f"plain tracker 逐帧跟踪: {rival.name}")
            readings += run_rival(found, rival, Path(scratch))
    _show(found, readings)
    _show_kinds(readings[0])
    if json_file:
        record = record_of(found, readings, shlex.join(["cleanlane", *sys.argv[1:]]))
        with replacing(json_file) as unfinished:
            unfinished.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _options(model: Path | None, device: str, precision: str, config: Path | None) -> list[str]:
    """Return what is passed on to `cleanlane footage`.

    Raises:
        UserError: The configuration can't be read, or names cameras.
    """
    from vision.footage.configuration import load_config

    if config and load_config(config).cameras:
        raise UserError(f"{config}: expected settings without cameras, as the patrols are the cameras; remove them")
    asked = {"--model": model, "--config": config}
    given = {name: str(path) for name, path in asked.items() if path}
    given |= {name: value for name, value in (("--device", device), ("--precision", precision)) if value != AUTO}
    return [part for pair in given.items() for part in pair]


def _ours(patrols: "Patrols", events: Path | None, options: Sequence[str], out: Path) -> "Reading":
    from vision.benchmark.footage import judge, run_footage
    from vision.footage.result import load_events

    if events:
        return judge(patrols, load_events(events))
    _announce(f"cleanlane footage: {len(patrols.videos)} patrols, into a folder that is removed afterwards")
    return judge(patrols, *run_footage(patrols, options, out))


def _announce(text: str) -> None:
    console.print(text, style="bold", highlight=False, markup=False)


def _show(patrols: "Patrols", readings: Sequence["Reading"]) -> None:
    from vision.benchmark.footage_record import speed_ratio

    title = f"{len(patrols.truths)} patrols 段巡查, {patrols.film:.0f} s"
    table = Table("", *(reading.name for reading in readings), title=title)
    table.columns[0].no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"
    columns = [_column(reading) for reading in readings]
    for name in columns[0]:
        table.add_row(name, *(column[name] for column in columns))
    console.print(table)
    if ratio := speed_ratio(readings):
        line = f"CleanLane 的速度是逐帧跟踪的 {ratio:.1f} 倍: {ratio:.1f} times as fast as the plain tracker"
        console.print(line, highlight=False)


def _column(reading: "Reading") -> dict[str, str]:
    """Return a reading's cells by the names of their rows."""
    report, total = reading.report, reading.report.total
    interval = report.interval("recall")
    around = f" ({100 * interval[0]:.0f}–{100 * interval[1]:.0f})" if interval else ""
    return {
        "问题 problems to find": str(total.problems),
        "召回率 recall (95 %)": _percent(total.recall) + around,
        "精确率 precision": _percent(total.precision),
        "真、误 true, false events": f"{total.true_events}, {total.false_events}",
        "重复 events per problem found": _number(total.duplicates, 2),
        "计数误差 count error": _percent(total.count_error, "+"),
        "  每段 of a patrol, mean": _percent(report.mean_count_error),
        "类别一致 category agrees": _percent(total.agreement),
        "影片 seconds of film": _number(reading.film, 0),
        "用时 seconds taken": _number(reading.seconds, 1),
        "倍速 times as fast as filmed": _number(reading.pace, 2),
        "查看 looks per second of film": _number(reading.looks_per_second, 2),
    }


def _show_kinds(reading: "Reading") -> None:
    headers = ("找到\nfound", "精确率\nprecision", "误报\nfalse", "重复\neach", "类别一致\nagrees")
    table = Table("", *headers, title=f"{reading.name}: 按问题类型 by kind of problem")
    table.columns[0].no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"
    for kind, figures in reading.report.kinds.items():
        shown = "墙面 wall" if kind == "wall" else f"{category_of(kind).zh} {kind}"
        found, false = f"{figures.found} / {figures.problems}", str(figures.false_events)
        each, agrees = _number(figures.duplicates, 2), _percent(figures.agreement)
        table.add_row(shown, found, _percent(figures.precision), false, each, agrees)
    console.print(table)


def _percent(value: float | None, sign: str = "") -> str:
    return "–" if value is None else f"{100 * value:{sign}.1f} %"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
