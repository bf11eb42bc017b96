"""The office of the day: the real programs, the real browser, and people who sign in."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize
from rich.console import Console

from tests.service.load.serving import free_port

__all__ = ["DESK", "PHONE", "Office", "Person", "program", "served", "until"]

DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 375, "height": 760}
PASSWORD = "a long password of the day"  # noqa: S105 - of people who live for a day


@dataclass
class Person:
    """Somebody of the office, at a browser of their own; `api` acts for them by a key, once they made one."""

    name: str
    username: str
    context: BrowserContext
    page: Page
    api: httpx.Client


@dataclass
class Office:
    """What the steps of the day share.

    Attributes:
        url: Of the running service.
        out: Folder of everything that the day leaves.
        people: By user name.
        community: The unit whose day it is.
        facts: What steps tell later ones.
        problems: Errors of the pages' scripts; there should be none.
    """

    url: str
    out: Path
    browser: Browser
    console: Console
    people: dict[str, Person] = field(default_factory=dict)
    community: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def sign_in(self, username: str, name: str, link: str) -> Person:
        """Open a one-time link as a person does, set a password, and make a key for programs."""
        context = self.browser.new_context(base_url=self.url, viewport=DESK, locale="zh-CN", accept_downloads=True)
        page = context.new_page()
        page.on("pageerror", lambda error: self.problems.append(f"{username}: {error}"))
        page.goto(link)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url("**/account")
        page.get_by_label("新密码").fill(PASSWORD)
        page.get_by_role("button", name="设置密码").click()
        page.locator("#notice", has_text="密码已更改").wait_for()
        page.get_by_label("用途").fill("当日脚本")
        page.get_by_role("button", name="生成密钥").click()
        page.locator("#once").wait_for()
        key = page.locator("#once output").inner_text()
        api = httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=60)
        assert api.get("/api/v1/account/tokens").status_code == 200, f"{username}: the new key doesn't open the API"
        person = Person(name, username, context, page, api)
        self.people[username] = person
        return person

    @contextmanager
    def step(self, what: str) -> Iterator[list[str]]:
        """Do a step and print one line of it; what is put into the list is told with it."""
        begun, told = time.monotonic(), list[str]()
        try:
            yield told
        except BaseException:
            self.console.print(f"[red]✗[/] {what}")
            raise
        self.console.print(f"[green]✓[/] {what} [dim]{time.monotonic() - begun:.1f} s[/] {'；'.join(told)}")

    def get(self, username: str, path: str, **query: Any) -> Any:
        """Read something of the API as a person."""
        return self._answer(self.people[username].api.get(path, params=query))

    def send(self, username: str, path: str, body: Any, method: str = "POST") -> Any:
        """Change something by the API as a person."""
        return self._answer(self.people[username].api.request(method, path, json=body))

    @staticmethod
    def _answer(response: httpx.Response) -> Any:
        assert response.is_success, f"{response.request.method} {response.request.url.path}: {response.text[:300]}"
        return response.json()


def until(read: Callable[[], Any], what: str, seconds: float = 180) -> Any:
    """Return what `read` returns, once it is true."""
    end = time.monotonic() + seconds
    while not (found := read()):
        assert time.monotonic() < end, f"waited {seconds:g} s in vain: {what}"
        time.sleep(0.3)
    return found


def program(*arguments: object) -> str:
    """Run `cleanlane …`; returns what it printed."""
    command = [sys.executable, "-m", "cleanlane.cli", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"cleanlane {arguments[0]}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


@contextmanager
def served(data: Path, log: Path) -> Iterator[tuple[str, str]]:
    """Run `cleanlane serve`; yields its address and the administrator's one-time link; it has to end by itself."""
    port = free_port()
    command = [sys.executable, "-m", "cleanlane.cli", "serve", "--port", str(port), "--data", str(data)]
    with log.open("w") as printed:
        process = subprocess.Popen(
            [*command, "--workers", "1"],
            stdout=printed,
            stderr=subprocess.STDOUT,
            env={**os.environ, "CLEANLANE_PRIVATE_WEBHOOKS": "1"},
        )
    try:
        until(lambda: process.poll() is not None or _is_ready(port), "the service answers", 60)
        assert process.poll() is None, log.read_text()
        link = re.search(r"http\S+/login/\S+", log.read_text())
        assert link, f"{log}: the first start prints no one-time link"
        yield f"http://127.0.0.1:{port}", link[0]
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        assert "Traceback" not in log.read_text(), f"{log}: the service met an error that it didn't expect"
    finally:
        process.kill()
        process.wait()


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
    except httpx.TransportError:
        return False
