"""Sending on both databases: receivers that fail, are slow or down, senders that die, and several at once."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from service.messages import posting
from service.messages.claiming import MAX_ATTEMPTS, claim, delay, record
from service.messages.posting import Outcome
from service.messages.sender import send, send_due
from service.messages.spreading import spread, wants
from service.state import Service
from service.store.base import now
from service.store.messages import Delivery, OutboxEvent, Webhook
from tests.service.messages.conftest import add_events, add_hook, add_issue, states
from tests.service.messages.receiver import Answer, Came, Receiver
from tests.service.town import Town


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


def make_due(service: Service) -> None:
    """Let the time pass until what waits is tried again."""
    with service.database.write() as session:
        session.execute(update(Delivery).where(Delivery.state == "queued").values(due=now()))


def test_body_and_signature(any_service: Service, any_town: Town, receiver: Receiver) -> None:
    with any_service.database.write() as session:
        add_hook(session, receiver.url)
        issue = add_issue(session, any_town, deadline=now() + timedelta(hours=4))
        detail = {"slip": 7, "colour": "white", "state": "issued", "reason": "超期"}
        session.add(OutboxEvent(event="slip.issued", issue_id=issue.id, detail=detail))
    assert send_due(any_service) == 1
    (came,) = receiver.came
    assert came.is_genuine
    body = came.body
    assert (body["id"], body["event"], body["detail"]) == (came.delivery, "slip.issued", detail)
    assert body["title"] == f"净巷 · 督办单签发：№ {issue.id} 暴露垃圾"
    assert body["issue"].pop("photo_url").startswith("https://jx.example/photo/")
    assert issue.deadline is not None
    assert body["issue"] == {
        "number": issue.id,
        "state": "in_progress",
        "category": "garbage_pile",
        "standard": "GB/T 47678.5-2026",
        "code": "06010",
        "place": "东门社区一网格 市场北门",
        "unit": "东门社区",
        "deadline": issue.deadline.isoformat(),
        "url": f"https://jx.example/issues/{issue.id}",
    }
    assert (states(any_service), send_due(any_service)) == (["sent"], 0)


def test_again_after_errors(any_service: Service, any_town: Town, receiver: Receiver) -> None:
    receiver.answer = lambda _came: Answer(500 if len(receiver.came) < 3 else 204)
    with any_service.database.write() as session:
        add_hook(session, receiver.url)
    add_events(any_service, any_town)
    for attempt in (1, 2):
        assert send_due(any_service) == 1
        with any_service.database.read() as session:
            delivery = session.scalars(select(Delivery)).one()
            assert (delivery.state, delivery.status, delivery.attempts) == ("queued", 500, attempt)
            assert "HTTP 500" in delivery.error
            assert 12 * attempt < (delivery.due - now()).total_seconds() < 17 * attempt
        assert send_due(any_service) == 0  # not before it is due
        make_due(any_service)
    assert send_due(any_service) == 1
    assert (states(any_service), list(receiver.counts().values())) == (["sent"], [3])
    with any_service.database.read() as session:
        assert session.scalar(select(Delivery.error)) == ""


def test_slow_receiver(service: Service, town: Town, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "TOTAL_SECONDS", 0.3)
    receiver.answer = lambda _came: Answer(wait=1)
    with service.database.write() as session:
        add_hook(session, receiver.url)
    add_events(service, town)
    started = time.monotonic()
    send_due(service)
    assert time.monotonic() - started < 0.9
    with service.database.read() as session:
        delivery = session.scalars(select(Delivery)).one()
    assert (delivery.state, delivery.status) == ("queued", None)
    assert delivery.error.startswith("收件方未及时应答")


def test_down_then_up(any_service: Service, any_town: Town) -> None:
    with Receiver() as gone:
        port = int(gone.url.split(":")[2].split("/")[0])
    with any_service.database.write() as session:
        add_hook(session, gone.url)
    add_events(any_service, any_town, 3)
    assert send_due(any_service) == 3
    assert states(any_service) == ["queued"] * 3
    make_due(any_service)
    with Receiver(port=port) as back:
        assert send_due(any_service) == 3
    assert (states(any_service), list(back.counts().values())) == (["sent"] * 3, [1, 1, 1])


def test_given_up_with_the_error(service: Service, town: Town, receiver: Receiver) -> None:
    receiver.answer = lambda _came: Answer(503)
    with service.database.write() as session:
        add_hook(session, receiver.url)
    add_events(service, town)
    for _ in range(MAX_ATTEMPTS):
        assert send_due(service) == 1
        make_due(service)
    assert (states(service), send_due(service)) == (["given_up"], 0)
    with service.database.read() as session:
        assert session.scalar(select(Delivery.error)) == "收件方返回 HTTP 503 (the receiver answered HTTP 503)"
    hours = sum(delay(attempt) for attempt in range(1, MAX_ATTEMPTS)) / 3600
    assert 10 < hours < 14


def test_killed_sender(any_service: Service, any_town: Town, receiver: Receiver) -> None:
    with any_service.database.write() as session:
        add_hook(session, receiver.url)
    add_events(any_service, any_town)
    with any_service.database.write() as session:  # claims, and is never heard of again
        spread(session)
        (dead,) = claim(session, now())
    assert (states(any_service), send_due(any_service)) == (["working"], 0)
    with any_service.database.write() as session:
        session.execute(update(Delivery).values(due=now()))  # its time is up
    assert send_due(any_service) == 1
    assert states(any_service) == ["sent"]
    with any_service.database.write() as session:  # if it wasn't dead after all, what it says no longer counts
        record(session, [(dead, Outcome(False, 500, "late"))], now())
    assert (states(any_service), receiver.counts()) == (["sent"], {str(dead.id): 1})


def test_two_senders(any_service: Service, any_town: Town, receiver: Receiver) -> None:
    failed: set[str] = set()

    def sometimes(came: Came) -> Answer:
        fails = int(came.delivery) % 7 == 0 and came.delivery not in failed
        failed.add(came.delivery)
        return Answer(500 if fails else 200)

    receiver.answer = sometimes
    with any_service.database.write() as session:
        add_hook(session, receiver.url)
        add_hook(session, receiver.url)
    add_events(any_service, any_town, 15)
    stopping = threading.Event()
    senders = [threading.Thread(target=send, args=(any_service, stopping)) for _ in range(3)]
    for sender in senders:
        sender.start()
    until = time.monotonic() + 20
    while states(any_service).count("sent") < 30 and time.monotonic() < until:
        make_due(any_service)
        time.sleep(0.02)
    stopping.set()
    for sender in senders:
        sender.join()
    assert states(any_service) == ["sent"] * 30
    assert all(came.is_genuine for came in receiver.came)
    expected = {str(number): 2 if number % 7 == 0 else 1 for number in range(1, 31)}
    assert receiver.counts() == expected


def test_slow_one_holds_up_nobody(service: Service, town: Town, receiver: Receiver) -> None:
    with Receiver(lambda _came: Answer(wait=0.5)) as slow:
        with service.database.write() as session:
            add_hook(session, slow.url)
            add_hook(session, receiver.url)
        add_events(service, town, 12)
        send_due(service)
        send_due(service)
    assert (len(slow.came), len(receiver.came)) == (8, 8)


def test_who_is_told(any_service: Service, any_town: Town) -> None:
    with any_service.database.write() as session:
        hooks = {
            "all": add_hook(session, "http://a.example"),
            "slips": add_hook(session, "http://a.example", events=["slip.*"]),
            "one": add_hook(session, "http://a.example", events=["issue.close", "issue.dispatch"]),
            "office": add_hook(session, "http://a.example", unit_id=any_town.office),
            "west": add_hook(session, "http://a.example", unit_id=any_town.west),
            "off": add_hook(session, "http://a.example", is_active=False),
        }
        names = {hook.id: name for name, hook in hooks.items()}
        issue = add_issue(session, any_town)
        session.add_all(OutboxEvent(event=event, issue_id=issue.id) for event in ("issue.dispatch", "slip.issued"))
        session.add(OutboxEvent(event="photo.parked"))
    with any_service.database.write() as session:
        assert (spread(session), spread(session)) == (3, 0)
    with any_service.database.read() as session:
        rows = session.execute(
            select(OutboxEvent.event, Delivery.webhook_id).join(Delivery).order_by(OutboxEvent.id, Delivery.webhook_id)
        ).all()
    assert [(event, names[hook]) for event, hook in rows] == [
        ("issue.dispatch", "all"),
        ("issue.dispatch", "one"),
        ("issue.dispatch", "office"),
        ("slip.issued", "all"),
        ("slip.issued", "slips"),
        ("slip.issued", "office"),
        ("photo.parked", "all"),
    ]
    assert wants(["slip.*"], "slip.issued")
    assert not wants(["slip.*"], "slippery.issued")


def test_switched_off_and_deleted(service: Service, town: Town, receiver: Receiver) -> None:
    with service.database.write() as session:
        hook = add_hook(session, receiver.url)
    add_events(service, town)
    with service.database.write() as session:
        spread(session)
        session.get_one(Webhook, hook.id).is_active = False
    assert send_due(service) == 0
    with service.database.write() as session:
        session.delete(session.get_one(Webhook, hook.id))
    assert (states(service), receiver.came) == ([], [])
