"""`cleanlane evaluate-footage`: how good events are, and of simulated patrols how fast."""

import json
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from cleanlane.patrol_tables import show_checked, show_patrols
from vision.errors import UserError
from vision.files import replacing
from vision.inference.choice import AUTO

if TYPE_CHECKING:
    from vision.benchmark.footage import Checked, Patrols, Reading

__all__ = ["evaluate_footage"]

console = Console()


def evaluate_footage(
    patrols: Annotated[
        Path | None, typer.Argument(metavar="PATROLS", help="Folder that `cleanlane dataset patrol` has written.")
    ] = None,
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
    truth: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="核对过的事件: in place of PATROLS, an events.json in which a person has corrected the events.",
        ),
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write all figures there.")] = None,
) -> None:
    """Measure events 评测巡查事件 on simulated patrols: found, false, reported twice, counted, and how fast.

    Runs `cleanlane footage` as a user does, pictures, clips and page included, and puts its events beside the truth.
    Seconds are from the start of a program to its end; the rival (needs the extra: train) runs afterwards.

    With --truth, the events of any footage, written by any program, are judged against those that a person has checked:
    copy an events.json, delete what is false, add what is missing, correct categories and boxes.

    [bold]Examples[/bold]

      cleanlane evaluate-footage patrols

      cleanlane evaluate-footage patrols --rival models/cleanlane-n/cleanlane-n.pt --json patrols.json

      cleanlane evaluate-footage patrols --events events/events.json

      cleanlane evaluate-footage --truth checked.json --events events/events.json --json figures.json
    """
    options = _options(model, device, precision, config)
    if events and options:
        raise typer.BadParameter(f"--events judges what has run already: leave out {options[0]}")
    if json_file and not json_file.parent.is_dir():
        raise UserError(f"{json_file.parent}: expected a folder to write {json_file.name} to, there is none")
    footage: Patrols | Checked
    if truth:
        footage, readings = _judge_checked(truth, patrols, events, rival)
        show_checked(console, footage, readings[0])
    elif patrols:
        footage, readings = _judge_patrols(patrols, events, options, rival)
        show_patrols(console, footage, readings)
    else:
        raise typer.BadParameter("expected PATROLS, a folder of simulated patrols, or --truth and --events; got none")
    if json_file:
        _write(json_file, footage, readings)


def _judge_checked(
    truth: Path, patrols: Path | None, events: Path | None, rival: Path | None
) -> "tuple[Checked, list[Reading]]":
    from vision.benchmark.footage import judge_checked, load_checked

    if patrols:
        raise typer.BadParameter("PATROLS and --truth exclude each other: both say what is true")
    if rival:
        raise typer.BadParameter("--rival needs PATROLS, as it has to see their videos: leave it out beside --truth")
    if not events:
        raise typer.BadParameter("--truth needs --events, the event file that is to be judged")
    checked = load_checked(truth)
    return checked, [judge_checked(checked, events)]


def _judge_patrols(
    patrols: Path, events: Path | None, options: Sequence[str], rival: Path | None
) -> "tuple[Patrols, list[Reading]]":
    from vision.benchmark.footage import find_patrols
    from vision.benchmark.rival import require_rival, run_rival

    found = find_patrols(patrols)
    if rival:
        require_rival(rival)
    with tempfile.TemporaryDirectory() as scratch:
        readings = [_ours(found, events, options, Path(scratch) / "events")]
        if rival:
            _announce(f"plain tracker 逐帧跟踪: {rival.name}")
            readings += run_rival(found, rival, Path(scratch))
    return found, readings


def _write(path: Path, footage: "Patrols | Checked", readings: Sequence["Reading"]) -> None:
    from vision.benchmark.footage_record import record_of

    record = record_of(footage, readings, shlex.join(["cleanlane", *sys.argv[1:]]))
    with replacing(path) as unfinished:
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
