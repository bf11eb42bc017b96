"""Group robots: their forms, the signature, what they answer, and how many messages they take."""

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jsonschema import validate
from sqlalchemy import select, update

from service.messages.claiming import claim
from service.messages.content import Content
from service.messages.robots import PER_MINUTE, dingtalk, dingtalk_query, problem_of, wecom
from service.messages.sender import send_due
from service.messages.spreading import spread
from service.state import Service
from service.store.base import now
from service.store.messages import Delivery
from tests.service.messages.conftest import add_events, add_hook, states
from tests.service.messages.receiver import Answer, Receiver
from tests.service.town import Town

OK = Answer(body=b'{"errcode": 0, "errmsg": "ok"}')
TEXT = {"type": "string", "minLength": 1}
LINK = {"type": "string", "pattern": "^https://"}


def only(kind: str, properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the shape of a message of a kind, as the robots' manuals give it."""

    def shape(fields: dict[str, Any]) -> dict[str, Any]:
        required = [name for name in fields if name not in optional]
        return {"type": "object", "properties": fields, "required": required, "additionalProperties": False}

    return shape({"msgtype": {"const": kind}, kind: shape(properties)})


WECOM_NEWS = only(
    "news",
    {
        "articles": {
            "type": "array",
            "minItems": 1,
            "maxItems": 8,
            "items": {
                "type": "object",
                "properties": {"title": TEXT, "description": TEXT, "url": LINK, "picurl": LINK},
                "required": ["title", "url"],
                "additionalProperties": False,
            },
        }
    },
)
WECOM_MARKDOWN = only("markdown", {"content": TEXT})
DINGTALK_CARD = only("actionCard", {"title": TEXT, "text": TEXT, "singleTitle": TEXT, "singleURL": LINK})
DINGTALK_MARKDOWN = only("markdown", {"title": TEXT, "text": TEXT})


def content(place: str = "东门社区一网格", url: str = "https://jx.example/issues/1", photo: bool = True) -> Content:
    issue = {"url": url, "photo_url": "https://jx.example/photo/abc" if photo else None}
    lines = [("地点", place), ("期限", "2026-03-02 17:30")]
    return Content("1", "issue.dispatch", datetime.now(UTC), "净巷 · 派单：№ 1 暴露垃圾", lines, issue)


def test_wecom() -> None:
    card = wecom(content())
    validate(card, WECOM_NEWS)
    (article,) = card["news"]["articles"]
    assert article["picurl"] == "https://jx.example/photo/abc"
    assert article["description"] == "地点：东门社区一网格\n期限：2026-03-02 17:30"
    validate(wecom(content(photo=False)), WECOM_NEWS)
    text = wecom(content(url=""))
    validate(text, WECOM_MARKDOWN)
    assert "期限：2026-03-02 17:30" in text["markdown"]["content"]


def test_dingtalk() -> None:
    card = dingtalk(content())
    validate(card, DINGTALK_CARD)
    assert "![照片](https://jx.example/photo/abc)" in card["actionCard"]["text"]
    assert "- 地点：东门社区一网格" in card["actionCard"]["text"]
    assert card["actionCard"]["singleURL"] == "https://jx.example/issues/1"
    validate(dingtalk(content(url="", photo=False)), DINGTALK_MARKDOWN)


def test_lengths_are_bytes() -> None:
    (article,) = wecom(content(place="长" * 500))["news"]["articles"]
    assert 500 <= len(article["description"].encode()) <= 512
    assert article["description"].endswith("长…")
    assert len(wecom(content(place="长" * 5000, url=""))["markdown"]["content"].encode()) <= 4096


@pytest.mark.parametrize("place", ["[领奖](http://evil.example)", "<@all>", "![x](http://evil.example)", "a\n# 标题"])
def test_what_people_wrote_is_plain(place: str) -> None:
    for text in (
        wecom(content(place=place, url=""))["markdown"]["content"],
        dingtalk(content(place=place, photo=False))["actionCard"]["text"],
    ):
        assert "](" not in text
        assert "<@" not in text
        assert "\n#" not in text.removeprefix("#")


def test_dingtalk_signature() -> None:
    mac = hmac.new(b"SECabc", b"1700000000123\nSECabc", hashlib.sha256).digest()
    expected = {"timestamp": "1700000000123", "sign": base64.b64encode(mac).decode()}
    assert dingtalk_query("SECabc", 1_700_000_000_123) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"errcode": 0, "errmsg": "ok"}, ("", False)),
        ({"errcode": 93000, "errmsg": "invalid webhook url"}, ("errcode 93000: invalid webhook url", False)),
        ({"errcode": 310000, "errmsg": "sign not match"}, ("errcode 310000: sign not match", False)),
        ({"errcode": 45009, "errmsg": "freq out of limit"}, ("errcode 45009: freq out of limit", True)),
        ({"errcode": 130101, "errmsg": "send too fast"}, ("errcode 130101: send too fast", True)),
        ("<html>", ("无法识别的应答 (the answer isn't a robot's)", False)),
        ([], ("无法识别的应答 (the answer isn't a robot's)", False)),
    ],
)
def test_answers(answer: Any, expected: tuple[str, bool]) -> None:
    assert problem_of(json.dumps(answer).encode()) == expected


def test_to_a_dingtalk_robot(service: Service, town: Town) -> None:
    with Receiver(lambda _came: OK) as robot:
        with service.database.write() as session:
            add_hook(session, f"{robot.url}?access_token=t+/1", kind="dingtalk", secret="SECabc")  # noqa: S106
        add_events(service, town)
        send_due(service)
    (came,) = robot.came
    validate(came.body, DINGTALK_CARD)
    assert came.query["access_token"] == ["t /1"]  # as it was given
    milliseconds = int(came.query["timestamp"][0])
    assert abs(milliseconds / 1000 - time.time()) < 60
    assert came.query["sign"] == [dingtalk_query("SECabc", milliseconds)["sign"]]  # + and / came through
    assert states(service) == ["sent"]


def test_refused_with_200(service: Service, town: Town) -> None:
    body = '{"errcode": 93000, "errmsg": "invalid webhook url, key 693a91f6-7xxx of 钥匙"}'.encode()
    with Receiver(lambda _came: Answer(body=body)) as robot:
        with service.database.write() as session:
            add_hook(session, f"{robot.url}?key=693a91f6-7xxx", kind="wecom", secret="钥匙")  # noqa: S106
        add_events(service, town)
        send_due(service)
    with service.database.read() as session:
        delivery = session.scalars(select(Delivery)).one()
    assert (delivery.state, delivery.status) == ("queued", 200)
    assert delivery.error == "errcode 93000: invalid webhook url, key *** of ***"


def test_no_more_than_a_robot_takes(any_service: Service, any_town: Town) -> None:
    with Receiver(lambda _came: OK) as robot:
        with any_service.database.write() as session:
            add_hook(session, f"{robot.url}?key=k", kind="wecom", secret="")
        add_events(any_service, any_town, 30)
        rounds = [send_due(any_service) for _ in range(8)]
        assert (sum(rounds), rounds[-1]) == (PER_MINUTE, 0)
        with any_service.database.write() as session:  # a minute later
            sent = update(Delivery).where(Delivery.state == "sent")
            session.execute(sent.values(due=now() - timedelta(seconds=61)))
        while send_due(any_service):
            pass
    assert (states(any_service), len(robot.came)) == (["sent"] * 30, 30)


def test_left_alone_when_too_many_came(any_service: Service, any_town: Town) -> None:
    limited = Answer(body=b'{"errcode": 45009, "errmsg": "api freq out of limit"}')
    with Receiver(lambda _came: limited) as robot:
        with any_service.database.write() as session:
            add_hook(session, f"{robot.url}?key=k", kind="wecom", secret="")
        add_events(any_service, any_town, 10)
        assert [send_due(any_service), send_due(any_service)] == [4, 0]
    with any_service.database.read() as session:
        tried = session.scalars(select(Delivery).where(Delivery.attempts == 1)).all()
    assert {(delivery.state, delivery.status) for delivery in tried} == {("queued", 429)}
    assert all(60 < (delivery.due - now()).total_seconds() < 66 for delivery in tried)


def test_working_ones_count(any_service: Service, any_town: Town) -> None:
    with any_service.database.write() as session:
        add_hook(session, "http://robot.example?key=k", kind="wecom", secret="")
    add_events(any_service, any_town, 40)
    with any_service.database.write() as session:
        spread(session)
        taken = [len(claim(session, now())) for _ in range(7)]
    assert taken == [4, 4, 4, 4, 2, 0, 0]


def test_429_of_a_generic_receiver(service: Service, town: Town) -> None:
    with Receiver(lambda _came: Answer(429, headers={"Retry-After": "120"})) as receiver:
        with service.database.write() as session:
            add_hook(session, receiver.url)
        add_events(service, town)
        send_due(service)
    with service.database.read() as session:
        due = session.scalar(select(Delivery.due))
    assert due is not None
    assert 115 < (due - now()).total_seconds() < 121
