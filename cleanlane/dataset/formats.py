"""`cleanlane dataset check` and `convert`."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from vision.datasets.formats import Format, Images, LabelFile, fix_labels, losses, read_labels, write_labels
from vision.datasets.formats.files import usable_source
from vision.datasets.formats.layout import category_names
from vision.datasets.labels import Source
from vision.datasets.rename import rename_categories
from vision.images import path_text

__all__ = ["check", "convert"]

EXIT_FINDINGS = 1

console = Console()


def check(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Folder of labelled photos, or a label file in it.")],
    format: Annotated[  # noqa: A002
        Format | None, typer.Option("--format", "-f", help="By default it is recognized by the files.")
    ] = None,
    decode: Annotated[
        bool, typer.Option("--decode", help="Decode every photo: finds those that are cut off, and takes longer.")
    ] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Repair what is safe in the label files; originals are kept as *.orig.")
    ] = False,
    limit: Annotated[int, typer.Option(min=0, help="Findings to list; 0 lists all. All are counted.")] = 200,
) -> None:
    """Check labels 检查标注 against their photos: every fault with its file and line.

    Reads COCO, YOLO, Pascal VOC, LabelMe, CVAT for images 1.1 and Label Studio. --fix clips boxes that stick out, drops
    boxes without area and exact duplicates, corrects stated sizes, and turns boxes that don't follow the photo's EXIF
    turn. It keeps fields and comments that it doesn't know; of JSON and XML the white space may change, and a DOCTYPE
    is lost.

    Exit code: 0 nothing found (or left, after --fix); 1 findings; 2 wrong usage.

    [bold]Examples[/bold]

      cleanlane dataset check labelled/street-a

      cleanlane dataset check export/annotations.xml --format cvat --decode

      cleanlane dataset check labelled/street-a --fix
    """
    started = time.monotonic()
    label_file = _read(path, format, decode)
    _print_findings(label_file, path, limit)
    if fix:
        replaced = fix_labels(label_file)
        _say(f"修复 repaired: {len(replaced)} label files replaced, originals kept beside them as *.orig")
        if replaced:
            label_file = _read(path, format, decode)
            _say("余下 what remains:")
            _print_findings(label_file, path, limit)
    count = len(label_file.source.photos)
    seconds = time.monotonic() - started
    _say(f"{label_file.format.value}: {count} photos, {len(label_file.findings)} findings, {seconds:.1f} s")
    if label_file.findings:
        raise typer.Exit(EXIT_FINDINGS)


def convert(
    path: Annotated[Path, typer.Argument(metavar="IN", help="Folder of labelled photos, or a label file in it.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder to write; must be empty, or not exist.")],
    to: Annotated[Format, typer.Option("--to", help="Format to write.")],
    from_: Annotated[Format | None, typer.Option("--from", help="Format of IN; by default recognized.")] = None,
    rename: Annotated[
        list[str] | None, typer.Option(metavar="OLD=NEW", help="Rename a category; several may get one name.")
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Leave out a category's boxes, not its photos.")
    ] = None,
    images: Annotated[Images, typer.Option(help="Copy photos, link to them, or write labels alone.")] = "copy",
) -> None:
    """Convert labels 转换标注 to another format, with categories renamed, merged or dropped.

    Labels are written in upright pixels. A photo with an EXIF turn is saved upright without it (with link, too), so
    that every program sees the same; all others are copied byte by byte. Labels with errors are refused: check them.

    [bold]Examples[/bold]

      cleanlane dataset convert labelled/street-a yolo/street-a --to yolo

      cleanlane dataset convert export/ merged/ --to coco --rename rubbish=litter --rename can=litter --drop person
    """
    label_file = _read(path, from_, decode=False)
    source = _renamed(usable_source(label_file, path), rename or [], drop or [])
    with _progress("转换", len(source.photos)) as advance:
        write_labels(source, out, to, images, advance)
    left_out = Counter(f.code for f in label_file.findings)
    for code, count in left_out.items():
        _say(f"{code.zh} {code.value}: {count} ({code.fix or 'left out'})")
    for sentence in losses(source, to):
        _say(f"{to.value} 无法保存 can't hold: {sentence}")
    boxes = Counter(name for photo in source.photos for _, _, name in photo.labels)
    shown = ", ".join(f"{name} {boxes[name]}" for name in category_names(source))
    _say(f"{label_file.format.value} → {to.value}: {len(source.photos)} photos, {shown or 'no boxes'}: {out}")


def _read(path: Path, format: Format | None, decode: bool) -> LabelFile:  # noqa: A002
    with _progress("检查", None) as advance:
        return read_labels(path, format, decode, advance)


@contextmanager
def _progress(title: str, total: int | None) -> Iterator[_Advance]:
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TextColumn("剩余"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield _Advance(progress, total)


class _Advance:
    """Moves a progress bar to `done` of `total`."""

    def __init__(self, progress: Progress, total: int | None) -> None:
        self._progress, self._task = progress, progress.add_task("", total=total)

    def __call__(self, done: int, total: int) -> None:
        self._progress.update(self._task, completed=done, total=total)


def _renamed(source: Source, rename: list[str], drop: list[str]) -> Source:
    """Apply `--rename` and `--drop`."""
    known = category_names(source)
    mapping: dict[str, str | None] = {}
    for text in rename:
        old, equals, new = text.partition("=")
        if not (old and equals and new):
            raise typer.BadParameter(f"expected --rename OLD=NEW, got {text!r}")
        mapping[old] = new
    both = sorted(set(drop) & set(mapping))
    if both:
        raise typer.BadParameter(f"--rename and --drop both name {', '.join(both)}")
    mapping.update(dict.fromkeys(drop))
    unknown = sorted(set(mapping) - set(known))
    if unknown:
        raise typer.BadParameter(f"no category {', '.join(unknown)}; the labels have {', '.join(known)}")
    kept = (mapping.get(name, name) for name in known)
    names = tuple(dict.fromkeys(name for name in kept if name is not None))
    return rename_categories(source, mapping, names)


def _print_findings(label_file: LabelFile, path: Path, limit: int) -> None:
    findings = label_file.findings
    if not findings:
        return
    base = (path if path.is_dir() else path.parent).resolve()
    for finding in findings[: limit or None]:
        file = finding.file.relative_to(base) if finding.file.is_relative_to(base) else finding.file
        line = Text(f"{path_text(file)}:{finding.line}: ")
        line.append(finding.code.value, style="bold red" if finding.code.is_error else "yellow")
        console.print(line.append(f" {finding.message}"), soft_wrap=True)
    if limit and len(findings) > limit:
        _say(f"… and {len(findings) - limit} more; --limit 0 lists all")
    table = Table("", "code", "count 处", "--fix")
    table.columns[2].justify = "right"
    for code, count in Counter(finding.code for finding in findings).most_common():
        table.add_row(code.zh, code.value, str(count), code.fix or "—")
    console.print(table)


def _say(text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)
