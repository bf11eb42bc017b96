"""The page of webhooks in Chromium, with a real receiver."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from service.messages.sender import send_due
from service.state import Service
from service.store.messages import Delivery, OutboxEvent, Webhook
from tests.service.messages.receiver import Answer, Receiver
from tests.service.pages import OpenPage
from tests.service.slips.conftest import add_issue
from tests.service.slips.test_slips_page import RATIO
from tests.service.town import Town


@pytest.fixture
def private(ruled: Service) -> Service:
    """The service, which may send to this machine."""
    ruled.settings = ruled.settings.model_copy(update={"private_webhooks": True})
    return ruled


def in_thread(service: Service) -> None:
    """Send what is due; Playwright has an event loop of its own in this thread."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(send_due, service).result()


def test_add_try_and_look(open_page: OpenPage, private: Service, town: Town) -> None:
    page = open_page("/admin/webhooks", "admin")
    with Receiver() as receiver:
        page.locator("#new [name=name]").fill("区平台")
        page.locator("#new [name=kind]").select_option("generic")
        page.locator("#new [name=url]").fill(f"{receiver.url}?key=hidden")
        page.locator("#new [name=unit_id]").select_option(label="东门社区")
        page.get_by_role("button", name="添加").click()
        expect(page.locator("#secret")).to_have_text(re.compile(r"^[\w-]{43}$"))
        page.get_by_role("button", name="已复制").click()
        hook = page.locator(".hook")
        expect(hook).to_contain_text("key=***")
        expect(hook).to_contain_text("东门社区")
        hook.get_by_role("button", name="发送测试").click()
        expect(hook.locator(".result")).to_have_text("测试消息已送达")
        receiver.answer = lambda _came: Answer(503)
        hook.get_by_role("button", name="发送测试").click()
        expect(hook.locator(".result")).to_contain_text("发送失败：收件方返回 HTTP 503")
        with private.database.write() as session:
            session.add(OutboxEvent(event="slip.issued", issue_id=add_issue(session, town).id))
        in_thread(private)
        hook.get_by_role("link", name="推送记录").click()
        row = page.locator("#deliveries tbody tr")
        expect(row).to_contain_text("收件方返回 HTTP 503")
        row.get_by_role("button", name="重试").click()
        expect(row).not_to_contain_text("下次")
        receiver.answer = lambda _came: Answer()
        in_thread(private)
    page.reload()
    expect(row).to_contain_text("已送达")
    hook.get_by_role("button", name="停用").click()
    expect(hook.get_by_role("button", name="启用")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    hook.get_by_role("button", name="删除").click()
    expect(hook).to_have_count(0)
    with private.database.read() as session:
        assert session.scalars(select(Delivery)).all() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_narrow_wide_and_readable(open_page: OpenPage, private: Service, town: Town, width: int, scheme: str) -> None:
    with private.database.write() as session:
        hook = Webhook(name="群", kind="wecom", url=f"https://a.example/{'long/' * 20}?key=k", events=["slip.*"])
        session.add(hook)
        issue_id = add_issue(session, town).id
        for state in ("queued", "working", "sent", "given_up"):
            event = OutboxEvent(event="slip.issued", issue_id=issue_id, is_spread=True)
            session.add(Delivery(webhook=hook, outbox=event, state=state, attempts=1, error="errcode 93000 " * 9))
    page = open_page(f"/admin/webhooks?of={hook.id}", "admin", width)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(RATIO) >= 4.5
