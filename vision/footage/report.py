"""What a run leaves behind: events.json, events.csv, pictures, clips and the page."""

import csv
import datetime as dt
import importlib.metadata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from vision.categories import category_of
from vision.files import replacing
from vision.footage.page import write_page
from vision.footage.pictures import Pictures, thumbnail_of
from vision.footage.result import STATES, CameraInfo, Event, EventFile, Picture, Visit
from vision.footage.things import Best, Thing
from vision.inference.detector import Detector
from vision.inference.report import model_info
from vision.inference.table import text_cell
from vision.pages import data_uri

__all__ = ["RESULT_FILES", "event_of", "write_report"]

RESULT_FILES = ("events.json", "events.csv", "index.html")
HEADER = (
    "编号", "类别", "category", "摄像机", "区域", "状态", "首次看到", "最后看到", "开始秒", "结束秒", "观察次数",
    "中位分", "纬度", "经度", "坐标系", "图片", "片段",
)  # fmt: skip


def event_of(thing: Thing, time_at: Callable[[float], dt.datetime | None], pictures: Pictures) -> Event:
    """Return a thing as it stands in the event file; its best picture is stored."""
    votes, best = thing.votes, thing.best
    assert best is not None  # noqa: S101 - an event has been seen
    category = max(votes, key=lambda name: votes[name])
    return Event(
        id=thing.id,
        camera=thing.camera,
        category=category,
        category_share=round(votes[category] / sum(votes.values()), 4),
        zone=thing.zone,
        score=round(thing.median_score, 4),
        observation_count=thing.count,
        start_seconds=round(thing.start, 3),
        end_seconds=round(thing.end, 3),
        start=time_at(thing.start),
        end=time_at(thing.end),
        state=thing.state,
        visits=tuple(Visit(start_seconds=round(a, 3), end_seconds=round(b, 3)) for a, b in thing.visits),
        place=best.place,
        picture=_picture(best, pictures.name_of(best)),
        clip=thing.clip,
        history=tuple(sight.observation() for sight in thing.sights),
    )


def _picture(best: Best, name: str) -> Picture:
    width, height = best.size
    return Picture(
        file=name,
        seconds=round(best.seconds, 3),
        width=width,
        height=height,
        boxes=tuple(sight.observation() for sight in best.sights),
    )


def write_report(
    out: Path, detector: Detector, cameras: Sequence[CameraInfo], events: Iterable[Event], blurred: Sequence[str] = ()
) -> EventFile:
    """Write everything but the pictures and clips, which are there; events in order of camera and time."""
    order = [camera.name for camera in cameras]
    file = EventFile(
        created=dt.datetime.now(dt.UTC).replace(microsecond=0),
        software=f"cleanlane {importlib.metadata.version('cleanlane')}",
        provider=f"{detector.choice.device} {detector.choice.precision}",
        blurred=tuple(blurred),
        model=model_info(detector),
        cameras=tuple(cameras),
        events=tuple(sorted(events, key=lambda event: (order.index(event.camera), event.start_seconds, event.id))),
    )
    file.write(out / "events.json")
    _write_table(out / "events.csv", file)
    write_page(out / "index.html", file, lambda event: data_uri(thumbnail_of(out, event.picture.file)))
    return file


def _write_table(path: Path, file: EventFile) -> None:
    """Write a row for each event, with a byte-order mark, without which Excel garbles Chinese."""
    with replacing(path) as unfinished, unfinished.open("w", encoding="utf-8-sig", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(HEADER)
        writer.writerows(map(_row, file.events))


def _row(event: Event) -> list[object]:
    place = event.place
    return [
        event.id,
        category_of(event.category).zh,
        event.category,
        text_cell(event.camera),
        text_cell(event.zone or ""),
        STATES[event.state][0],
        event.start.isoformat(sep=" ", timespec="seconds") if event.start else "",
        event.end.isoformat(sep=" ", timespec="seconds") if event.end else "",
        event.start_seconds,
        event.end_seconds,
        event.observation_count,
        event.score,
        *((place.latitude, place.longitude, place.datum) if place else ("", "", "")),
        text_cell(event.picture.file),
        text_cell(event.clip or ""),
    ]
