"""The application behind a real port, and pages in a browser in which a person of the town is signed in."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Page, Response

from service.api.app import create_app
from service.state import Service
from service.store.people import User
from service.store.sign_in import SESSION_COOKIE, start_session
from service.web.language import COOKIE
from tests.service.town import Town

__all__ = ["OpenPage", "at_a_port", "page_opener"]


class OpenPage(Protocol):
    """Opens a page of the service as a person of the town; `more` is what Playwright's `new_context` takes."""

    def __call__(
        self, path: str, username: str, width: int = 1280, height: int = 900, language: str = "zh", **more: Any
    ) -> Page: ...


@contextmanager
def at_a_port(service: Service) -> Iterator[str]:
    """Serve the application in a thread meanwhile, starting and ending as a whole server does; yields its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(service), ws="none", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
    assert not thread.is_alive()


@contextmanager
def page_opener(service: Service, town: Town, address: str, browser: Browser) -> Iterator[OpenPage]:
    """Yield what opens pages, each in a browser context of its own.

    What scripts throw, what the content security policy refuses, and what the service can't answer fails the test.
    """
    problems: list[str] = []

    def refused(line: ConsoleMessage) -> None:
        if "Content Security Policy" in line.text:
            problems.append(line.text)

    def answered(response: Response) -> None:
        if response.url.startswith(address) and response.status >= 500:
            problems.append(f"{response.status} {response.url}")

    with ExitStack() as stack:

        def opened(
            path: str, username: str, width: int = 1280, height: int = 900, language: str = "zh", **more: Any
        ) -> Page:
            with service.database.write() as session:
                token, _ = start_session(session, session.get_one(User, town.users[username]))
            size = {"width": width, "height": height}
            context = stack.enter_context(browser.new_context(base_url=address, viewport=size, **more))  # type: ignore[arg-type]
            cookies = {SESSION_COOKIE: token, COOKIE: language}
            context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
            page = context.new_page()
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.on("console", refused)
            page.on("response", answered)
            page.goto(path)
            return page

        yield opened
    assert problems == []
