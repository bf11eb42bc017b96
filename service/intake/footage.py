"""Takes the result of footage in: `events.json` and its frames, each event as a photo that needs no detector."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from service.domain.roles import Actor
from service.errors import ServiceError, invalid
from service.intake.answers import Outcome, RequestKey, refused
from service.intake.archives import Archive
from service.intake.contents import examine, is_zip
from service.intake.receiving import Candidate, moment, take_over
from service.intake.sent import DATUMS, Sent
from service.intake.uploads import Upload
from service.state import Service
from service.store.photos import Purpose
from vision.errors import ResultError
from vision.footage.result import Event, load_events
from vision.images import Gps

__all__ = ["MAX_ARCHIVE_BYTES", "MAX_FRAMES", "receive_footage"]

EVENTS = "events.json"
MAX_ARCHIVE_BYTES = 500_000_000
MAX_EVENTS_BYTES = 50_000_000
MAX_FRAMES = 1000

Fetch = Callable[[str], Upload | None]  # a frame by `picture.file`; None: there is none


def receive_footage(
    service: Service, actor: Actor, uploads: Sequence[Upload], sent: Sent, request: RequestKey | None = None
) -> list[Outcome]:
    """Store the events of a result, and return what became of each, in the file's order.

    Args:
        service: Where to.
        actor: Who sends them.
        uploads: One zip archive with `events.json` and frames, or the same as single files.
        sent: Site, grid cell, point and note of events that know no place of their own.
        request: To answer a repeated request as the first.

    Raises:
        ServiceError: It is no result of footage, or not one that can be taken.
    """
    if sent.purpose != Purpose.INSPECTION:
        raise invalid(
            "wrong_request", "视频事件不能作为整改后照片", "events of footage are no photos of a rectification"
        )
    refusal = next((upload.refusal for upload in uploads if upload.refusal), None)
    if refusal:
        raise refusal
    if len(uploads) == 1 and is_zip(uploads[0].path):
        with Archive(uploads[0].path, service.photos.incoming()) as archive:
            return _from_archive(service, actor, archive, sent, request)
    files = {upload.sent_name: upload for upload in uploads} | {upload.name: upload for upload in uploads}
    if EVENTS not in files:
        raise _no_events()
    return _take(service, actor, files[EVENTS], lambda name: files.get(name, files.get(_last(name))), sent, request)


def _from_archive(
    service: Service, actor: Actor, archive: Archive, sent: Sent, request: RequestKey | None
) -> list[Outcome]:
    names = {name for name in archive.names if _last(name) == EVENTS}
    if len(names) != 1:
        raise _no_events()
    listed = names.pop()
    folder, members = PurePosixPath(listed).parent, set(archive.names)

    def fetch(name: str) -> Upload | None:
        member = str(folder / name)
        return archive.take(member, service.settings.max_photo_bytes) if member in members else None

    return _take(service, actor, archive.take(listed, MAX_EVENTS_BYTES), fetch, sent, request)


def _take(
    service: Service, actor: Actor, listed: Upload, fetch: Fetch, sent: Sent, request: RequestKey | None
) -> list[Outcome]:
    events = _events(listed)
    frames: dict[str, Upload] = {}
    missing: dict[str, ServiceError] = {}
    for name in dict.fromkeys(event.picture.file for event in events):
        frame = fetch(name)
        if frame is None:
            missing[name] = invalid("frame_missing", f"缺少图片 {name[:100]}", f"the picture {name[:100]} is missing")
        else:
            frames[name] = frame
    # The same picture may be the best one of several events: it is one photo then, with the boxes of all.
    grouped: dict[str, list[Event]] = {}
    for event in events:
        if event.picture.file in frames:
            grouped.setdefault(frames[event.picture.file].sha256, []).append(event)
    candidates = [_candidate(service, frames[group[0].picture.file], group) for group in grouped.values()]
    outcomes = take_over(service, actor, candidates, sent, request) if candidates else []
    told = {
        event.id: replace(outcome, name=event.id)
        for group, outcome in zip(grouped.values(), outcomes, strict=True)
        for event in group
    }
    return [told.get(event.id) or refused(event.id, missing[event.picture.file]) for event in events]


def _events(listed: Upload) -> tuple[Event, ...]:
    if listed.byte_count > MAX_EVENTS_BYTES:
        raise ServiceError(413, "too_large", f"{EVENTS} 过大，未接收", f"{EVENTS} is too large and wasn't taken")
    try:
        events = load_events(listed.path).events
    except ResultError as error:
        why = str(error).removeprefix(f"{listed.path}: ")[:500]
        raise invalid("events_wrong", f"{EVENTS} 格式有误：{why}", f"{EVENTS} is wrong: {why}") from error
    if len(events) > MAX_FRAMES:
        raise ServiceError(
            413,
            "too_many_events",
            f"一次最多 {MAX_FRAMES} 个事件，请分批上传",
            f"at most {MAX_FRAMES} events at a time",
        )
    return events


def _candidate(service: Service, frame: Upload, events: Sequence[Event]) -> Candidate:
    first = events[0]
    try:
        if frame.byte_count > service.settings.max_photo_bytes:
            raise ServiceError(413, "too_large", "图片过大，未接收", "the picture is too large and wasn't taken")
        facts = examine(frame, service.settings.max_photo_pixels)
        if any((facts.width, facts.height) != (event.picture.width, event.picture.height) for event in events):
            raise invalid(
                "frame_size", "图片尺寸与 events.json 不符", "the picture's size isn't the one that events.json states"
            )
        given = _given(events)
    except ServiceError as refusal:
        return Candidate(frame, None, refusal=refusal)
    place = first.place
    point = Gps(place.latitude, place.longitude, place.datum) if place and place.datum in DATUMS else facts.gps
    captured = moment(first.start or facts.captured, service.settings.zone)
    return Candidate(frame, facts, given, point if point and point.datum in DATUMS else None, captured)


def _given(events: Sequence[Event]) -> dict[str, Any]:
    """Return the event as JSON, with the boxes of all that share its picture."""
    given: Mapping[str, Any] = events[0].model_dump(mode="json")
    boxes = [box for event in events for box in event.model_dump(mode="json")["picture"]["boxes"]]
    merged = {**given, "picture": {**given["picture"], "boxes": boxes}}
    try:
        json.dumps(merged, allow_nan=False).encode()
    except ValueError as error:
        raise invalid("events_wrong", f"{EVENTS} 含无效数值", f"{EVENTS} has numbers that are none") from error
    return merged


def _last(name: str) -> str:
    return PurePosixPath(name).name


def _no_events() -> ServiceError:
    return invalid(
        "events_missing",
        f"请上传含一个 {EVENTS} 及图片的压缩包，或 {EVENTS} 与图片文件",
        f"send a zip archive with one {EVENTS} and the frames, or {EVENTS} and the frames as files",
    )
