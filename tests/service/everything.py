"""A small town in which something of every kind is there: issues in several states, photos, slips, webhooks."""

from datetime import timedelta

import numpy as np
from sqlalchemy.orm import Session

from service.domain.lifecycle import State
from service.state import Service
from service.store.base import now
from service.store.issues import Evidence, HistoryEntry, Issue
from service.store.messages import Delivery, OutboxEvent, Webhook
from service.store.photos import PhotoState
from service.store.postings import AdvertisedNumber, PostingReading
from service.store.rules import DeadlineRule, Slip, SlipRule
from tests.service.records import PILE, box, store_photo
from tests.service.town import Town

__all__ = ["add_everything"]


def add_everything(service: Service, town: Town) -> None:
    """Fill a town; ids of each kind begin at 1."""
    image = np.random.default_rng(1).integers(0, 255, (60, 80, 3), np.uint8)
    boxes = [box("garbage_pile", 5, 5, 40, 30)]
    photos = [
        store_photo(service, np.roll(image, shift, 0), town.users["east_reporter"], boxes=boxes, site_id=town.east_site)
        for shift in range(1, 6)
    ]
    parked = np.roll(image, 9, 0)
    store_photo(service, parked, town.users["east_reporter"], state=PhotoState.PARKED, error="?", error_code="broken")
    with service.database.write() as session:
        for number, state in enumerate(State):
            _issue(session, town, state, photos[number % len(photos)])
        _slips(session, town)
        _messages(session)
        session.add(PostingReading(evidence_id=1, text="办证 13812345678"))
        session.flush()
        session.add(AdvertisedNumber(reading_id=1, number="+8613812345678", as_written="13812345678"))


def _issue(session: Session, town: Town, state: State, photo_id: int) -> None:
    issue = Issue(
        state=state,
        unit_id=town.east,
        grid_id=town.east_cell,
        site_id=town.east_site,
        reporter_id=town.users["east_reporter"],
        **PILE,
    )
    session.add(issue)
    session.flush()
    if state not in (State.SUSPECTED, State.CANCELLED):
        issue.handler_id, issue.dispatched = town.users["east_handler"], now()
        issue.deadline = now() - timedelta(hours=3)
    session.add(Evidence(issue_id=issue.id, photo_id=photo_id, kind="first", boxes=[box("garbage_pile", 5, 5, 40, 30)]))
    session.add(HistoryEntry(issue_id=issue.id, action="confirm", to_state=state, user_id=town.users["verifier"]))


def _slips(session: Session, town: Town) -> None:
    session.add(DeadlineRule(amount=1, clock="working_days"))
    session.add(SlipRule(colour="white", reason="overdue", threshold=1))
    session.flush()
    for number, state in enumerate(("proposed", "issued", "dropped", "answered"), start=2):
        session.add(Slip(issue_id=number, unit_id=town.east, colour="white", reason="超时", state=state, rule_id=1))


def _messages(session: Session) -> None:
    session.add(Webhook(name="本机", url="http://127.0.0.1:9/refused", secret="s" * 32))
    for number, state in enumerate(("queued", "sent", "given_up"), start=1):
        session.add(OutboxEvent(event="issue.confirm", issue_id=2, is_spread=True))
        session.flush()
        session.add(Delivery(webhook_id=1, outbox_id=number, state=state))
