"""Takes received files over: looks at what they are, stores them, and writes their rows before anybody is answered."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.domain.roles import Actor
from service.errors import ServiceError, conflict, invalid
from service.intake.answers import Outcome, RequestKey, find_answer, keep_answer, refused
from service.intake.contents import examine
from service.intake.queue import wake
from service.intake.sent import DATUMS, Sent
from service.intake.situation import Situation, situation_of
from service.intake.uploads import Upload
from service.state import Service
from service.store.photos import Photo, PhotoState, Purpose
from service.store.visible import visible_photos
from vision.images import Gps, PhotoFacts

__all__ = ["Candidate", "fingerprint", "moment", "receive", "take_over"]

ATTEMPTS = 5


@dataclass(frozen=True)
class Candidate:
    """A file, and what is known of it before it is stored.

    Attributes:
        upload: The file.
        facts: From its header; None if it is refused.
        given: An event of footage that it shows.
        point: Where it was taken, by itself.
        captured: When it was taken, by itself; with a zone.
        refusal: Why it isn't taken.
    """

    upload: Upload
    facts: PhotoFacts | None
    given: dict[str, Any] | None = None
    point: Gps | None = None
    captured: datetime | None = None
    refusal: ServiceError | None = None


def receive(
    service: Service, actor: Actor, uploads: Sequence[Upload], sent: Sent, request: RequestKey | None = None
) -> list[Outcome]:
    """Store files, and return what became of each; those accepted are on the disk and in the queue by then.

    Args:
        service: Where to.
        actor: Who sends them.
        uploads: The files; those that are taken are moved away from their place.
        sent: What the sender says of all of them.
        request: To answer a repeated request as the first.

    Raises:
        ServiceError: The request as a whole can't be met: there is no such issue, site or grid cell, or its key was
            used with something else.
    """
    candidates = [_candidate(upload, service) for upload in uploads]
    return take_over(service, actor, candidates, sent, request)


def take_over(
    service: Service, actor: Actor, candidates: Sequence[Candidate], sent: Sent, request: RequestKey | None = None
) -> list[Outcome]:
    """Do what `receive` does with files that were looked at already."""
    with service.database.read() as session:
        answer = find_answer(session, request) if request else None
        if answer is not None:
            return answer
        situation = situation_of(session, actor, sent)
        known = set(_known(session, candidates))
        candidates = [_judged(candidate, situation, sent, known) for candidate in candidates]
        places = [situation.place(session, candidate.point) for candidate in candidates]
    for candidate in candidates:
        if candidate.refusal is None and candidate.upload.sha256 not in known:
            service.photos.take(candidate.upload.sha256, candidate.upload.path)
    rows = [
        _row(candidate, actor, sent, place)
        for candidate, place in zip(candidates, places, strict=True)
        if candidate.refusal is None
    ]
    for _ in range(ATTEMPTS):
        try:
            with service.database.write() as session:
                answered = _write(session, actor, candidates, rows, request)
            wake()
            return answered
        except IntegrityError:  # somebody else has just written the same photo, or answered the same request
            continue
    raise conflict("busy", "相同内容正在上传，请稍后重试", "the same is being uploaded elsewhere; try again")


def fingerprint(uploads: Sequence[Upload], fields: dict[str, str]) -> str:
    """Return a hash of all that was sent: files in their order, and fields."""
    sent = [[upload.sent_name, upload.sha256, upload.byte_count] for upload in uploads]
    return hashlib.sha256(json.dumps([sent, fields], sort_keys=True).encode()).hexdigest()


def _candidate(upload: Upload, service: Service) -> Candidate:
    try:
        facts = examine(upload, service.settings.max_photo_pixels)
    except ServiceError as refusal:
        return Candidate(upload, None, refusal=refusal)
    point = facts.gps if facts.gps and facts.gps.datum in DATUMS else None  # nobody could place it in another datum
    return Candidate(upload, facts, point=point, captured=moment(facts.captured, service.settings.zone))


def moment(captured: datetime | None, zone: tzinfo) -> datetime | None:
    """Return a camera's time in the town's zone if it knows none; cameras that were never set count years from 0."""
    if captured is None or not 1990 <= captured.year <= 2100:
        return None
    return captured if captured.tzinfo else captured.replace(tzinfo=zone)


def _judged(candidate: Candidate, situation: Situation, sent: Sent, known: set[str]) -> Candidate:
    """Refuse photos that can't show a place after it was put in order."""
    if candidate.refusal or sent.purpose != Purpose.AFTER:
        return candidate
    if candidate.upload.sha256 in known:
        why = conflict(
            "after_photo_known",
            "该照片此前已上传，整改须提供新拍摄的照片",
            "this photo was uploaded before; a rectification needs a new one",
        )
        return replace(candidate, refusal=why)
    if candidate.captured and situation.found and candidate.captured < situation.found:
        why = invalid(
            "after_photo_old",
            "照片拍摄时间早于问题发现时间，整改须提供整改后拍摄的照片",
            "the photo was taken before the problem was found; a rectification needs one taken afterwards",
        )
        return replace(candidate, refusal=why)
    return candidate


def _row(candidate: Candidate, actor: Actor, sent: Sent, place: dict[str, Any]) -> dict[str, Any]:
    upload, facts = candidate.upload, candidate.facts
    assert facts is not None  # noqa: S101 - it would be refused
    return {
        "sha256": upload.sha256,
        "name": upload.name,
        "content_type": f"image/{_subtype(facts.format)}",
        "byte_count": upload.byte_count,
        "width": facts.width,
        "height": facts.height,
        "purpose": Purpose.EVENT if candidate.given else sent.purpose,
        "issue_id": sent.issue_id,
        "reporter_id": actor.id,
        "captured": candidate.captured.astimezone(UTC) if candidate.captured else None,
        "note": sent.note,
        "given": candidate.given,
        **place,
    }


def _subtype(photo_format: str) -> str:
    return {"MPO": "jpeg", "HEIF": "heic"}.get(photo_format, photo_format.lower())


def _write(
    session: Session,
    actor: Actor,
    candidates: Sequence[Candidate],
    rows: Sequence[dict[str, Any]],
    request: RequestKey | None,
) -> list[Outcome]:
    answer = find_answer(session, request) if request else None
    if answer is not None:
        return answer
    photos = _known(session, candidates)
    before = set(photos)
    for row in sorted(rows, key=lambda row: str(row["sha256"])):  # in one order: two requests never wait for each other
        if row["sha256"] not in photos:
            photos[row["sha256"]] = Photo(**row)
            session.add(photos[row["sha256"]])
            session.flush()
    outcomes = _outcomes(session, actor, candidates, photos, before)
    if request and any(outcome.photo_id for outcome in outcomes):
        keep_answer(session, request, outcomes)
    return outcomes


def _known(session: Session, candidates: Sequence[Candidate]) -> dict[str, Photo]:
    hashes = {candidate.upload.sha256 for candidate in candidates if candidate.refusal is None}
    return {photo.sha256: photo for photo in session.scalars(select(Photo).where(Photo.sha256.in_(hashes)))}


def _outcomes(
    session: Session, actor: Actor, candidates: Sequence[Candidate], photos: dict[str, Photo], told: set[str]
) -> list[Outcome]:
    ids = [photo.id for photo in photos.values()]
    seen = set(session.scalars(visible_photos(select(Photo.id).where(Photo.id.in_(ids)), actor)))
    outcomes = []
    for candidate in candidates:
        name, sha256 = candidate.upload.name, candidate.upload.sha256
        if candidate.refusal:
            outcomes.append(refused(name, candidate.refusal))
            continue
        photo = photos[sha256]
        if sha256 in told:
            outcomes.append(Outcome(name, "duplicate", photo.id, photo.state if photo.id in seen else ""))
        else:
            outcomes.append(Outcome(name, "accepted", photo.id, PhotoState.QUEUED))
            told.add(sha256)
    return outcomes
