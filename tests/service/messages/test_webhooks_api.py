"""Webhooks as an administrator keeps them."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from service.api.app import create_app
from service.messages.sender import send_due
from service.state import Service
from service.store.messages import Delivery, Webhook
from tests.service.messages.conftest import add_events, add_hook
from tests.service.messages.receiver import SECRET, Answer, Receiver
from tests.service.town import Town

Client = Callable[[str], TestClient]
URL = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-hidden"


def test_life_of_a_webhook(any_service: Service, any_client_of: Client, any_town: Town) -> None:
    admin = any_client_of("admin")
    made = admin.post("/api/v1/webhooks", json={"name": "东门群", "kind": "wecom", "url": URL, "events": ["slip.*"]})
    assert made.status_code == 201
    hook = made.json()
    assert (hook["secret"], hook["has_secret"]) == ("", False)
    assert hook["url"] == "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=***"
    twice = admin.post("/api/v1/webhooks", json={"name": "东门群", "url": "https://a.example"})
    assert (twice.status_code, twice.json()["code"]) == (409, "name_taken")
    generic = admin.post("/api/v1/webhooks", json={"name": "平台", "url": "https://a.example/x"}).json()
    assert len(generic["secret"]) >= 40
    listed = admin.get("/api/v1/webhooks")
    assert (listed.json()["total"], [row["name"] for row in listed.json()["webhooks"]]) == (2, ["东门群", "平台"])
    assert "hidden" not in listed.text + made.text
    assert generic["secret"] not in listed.text
    path = f"/api/v1/webhooks/{hook['id']}"
    assert admin.patch(path, json={"name": "平台"}).json()["code"] == "name_taken"
    changed = admin.patch(path, json={"is_active": False, "url": None}).json()
    assert (changed["is_active"], changed["url"]) == (False, hook["url"])
    with any_service.database.read() as session:
        assert session.get_one(Webhook, hook["id"]).url == URL
    assert admin.delete(path).json() == {"deleted": hook["id"]}
    assert admin.delete(path).status_code == 404


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"url": "file:///etc/passwd"}, "webhook_url"),
        ({"url": "http://user:pass@a.example"}, "webhook_url"),
        ({"events": ["slip"]}, "wrong_request"),
        ({"events": ["'; drop"]}, "wrong_request"),
        ({"kind": "fax"}, "wrong_request"),
        ({"name": ""}, "wrong_request"),
        ({"name": "a\x00"}, "wrong_request"),
        ({"unit_id": 999}, "unit_unknown"),
        ({"unit_id": 2**63}, "wrong_request"),
        ({"surprise": 1}, "wrong_request"),
    ],
)
def test_wrong_ones(client_of: Client, change: dict[str, Any], code: str) -> None:
    answer = client_of("admin").post("/api/v1/webhooks", json={"name": "群", "url": "https://a.example"} | change)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert "pass" not in answer.text


def test_private_addresses_need_the_setting(service: Service, town: Town) -> None:
    service.settings = service.settings.model_copy(update={"private_webhooks": False})
    admin = TestClient(create_app(service), headers={"Authorization": f"Bearer {town.tokens['admin']}"})
    body = {"name": "内网", "url": "http://169.254.169.254/latest"}
    assert admin.post("/api/v1/webhooks", json=body).json()["code"] == "webhook_private"
    with service.database.write() as session:
        hook_id = add_hook(session, "http://2130706433:9/").id
    answer = admin.post(f"/api/v1/webhooks/{hook_id}/test").json()
    assert (answer["is_sent"], "本机或内网地址" in answer["error"]) == (False, True)


def test_test_message(service: Service, client_of: Client) -> None:
    with Receiver() as receiver:
        with service.database.write() as session:
            hook_id = add_hook(session, receiver.url).id
        answer = client_of("admin").post(f"/api/v1/webhooks/{hook_id}/test").json()
        assert answer == {"is_sent": True, "status": 200, "error": ""}
        receiver.answer = lambda _came: Answer(404)
        answer = client_of("admin").post(f"/api/v1/webhooks/{hook_id}/test").json()
        assert (answer["is_sent"], answer["status"]) == (False, 404)
    first, second = receiver.came
    assert (first.is_genuine, first.body["event"]) == (True, "test")
    assert first.delivery != second.delivery


def test_deliveries_and_retry(service: Service, town: Town, client_of: Client) -> None:
    admin = client_of("admin")
    with Receiver(lambda _came: Answer(500)) as receiver:
        with service.database.write() as session:
            hook_id, other_id = add_hook(session, receiver.url).id, add_hook(session, receiver.url, events=["a.b"]).id
        add_events(service, town, 2)
        send_due(service)
        with service.database.write() as session:
            session.execute(update(Delivery).where(Delivery.id == 1).values(state="given_up", attempts=20))
            session.execute(update(Delivery).where(Delivery.id == 2).values(state="working"))
        rows = admin.get(f"/api/v1/webhooks/{hook_id}/deliveries").json()
        assert [(row["id"], row["state"], row["status"], row["event"]) for row in rows] == [
            (2, "working", 500, "issue.dispatch"),
            (1, "given_up", 500, "issue.dispatch"),
        ]
        path = f"/api/v1/webhooks/{hook_id}/deliveries"
        assert admin.post(f"{path}/2/retry").json()["code"] == "delivery_working"
        assert admin.post(f"/api/v1/webhooks/{other_id}/deliveries/1/retry").status_code == 404
        again = admin.post(f"{path}/1/retry").json()
        assert (again["state"], again["attempts"]) == ("queued", 0)
        receiver.answer = lambda _came: Answer()
        send_due(service)
    with service.database.read() as session:
        assert session.scalar(select(Delivery.state).where(Delivery.id == 1)) == "sent"
    assert receiver.counts()["1"] == 2


def test_only_administrators(service: Service, client_of: Client) -> None:
    with service.database.write() as session:
        hook_id = add_hook(session, URL, kind="wecom", secret=SECRET).id
    for who, status in (("supervisor", 403), ("east_handler", 403), ("", 401)):
        client = client_of(who)
        assert client.get("/api/v1/webhooks").status_code == status
        assert client.post("/api/v1/webhooks", json={"name": "a", "url": URL}).status_code == status
        assert client.post(f"/api/v1/webhooks/{hook_id}/test").status_code == status
        assert client.get("/admin/webhooks").status_code == status


def test_page_shows_no_secrets(service: Service, client_of: Client) -> None:
    with service.database.write() as session:
        hook_id = add_hook(session, URL, kind="wecom", secret=SECRET).id
    page = client_of("admin").get(f"/admin/webhooks?of={hook_id}")
    assert page.status_code == 200
    assert "key=***" in page.text
    assert "hidden" not in page.text.replace("hidden ", "").replace("hidden>", "")
    assert SECRET not in page.text
