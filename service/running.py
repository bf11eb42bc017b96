"""Starts the service: settings, database, the first administrator, background work, and the server."""

import gc
import ipaddress
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import uvicorn
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.api.app import create_app
from service.domain.roles import Role
from service.intake import reading, worker
from service.messages import sender
from service.operations.logs import logger, set_up_logs
from service.settings import read_settings
from service.state import Service
from service.store import slips
from service.store.people import LoginLink, User
from service.store.preparing import prepare
from service.store.sign_in import make_link
from vision.errors import UserError

__all__ = ["background", "first_link", "run"]

SHUTDOWN_SECONDS = 10  # that open requests get to end

Loop = Callable[[Service, threading.Event], None]


def run(host: str, port: int, given: Mapping[str, Any]) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Raises:
        UserError: The settings are wrong, the database or the photo store can't be used, or the port is taken.
    """
    settings = read_settings(given)
    if not settings.secret and not _is_loopback(host):
        raise UserError(f"CLEANLANE_SECRET is not set; it has to be where others can reach the service ({host})")
    set_up_logs(settings)
    service = Service.open(settings)
    prepare(service.database)
    with service.database.write() as session:
        token = first_link(session)
    address = settings.public_url or f"http://{host}:{port}"
    print(f"净巷 CleanLane: {address}", flush=True)  # noqa: T201 - what the command is asked for
    if token:
        print(f"管理员一次性登录链接 One-time link of the administrator: {address}/login/{token}", flush=True)  # noqa: T201
    loops: list[Loop] = [*[worker.work] * settings.workers, sender.send, slips.watch]
    if settings.read_postings:
        reading.Reader()  # says at once what is missing
        loops.append(reading.watch)
    config = uvicorn.Config(
        create_app(service),
        host=host,
        port=port,
        access_log=False,  # ours tells more, as one JSON object a request
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    gc.collect()
    gc.freeze()  # what is loaded stays: a full collection of it would stop every request
    with background(service, loops):
        for number in (signal.SIGINT, signal.SIGTERM):  # the server raises them anew once it has ended
            signal.signal(number, lambda _number, _frame: None)
        try:
            uvicorn.Server(config).run()
        except SystemExit as error:
            raise UserError(f"{host}:{port}: the address can't be had; is the service running already?") from error


def first_link(session: Session) -> str | None:
    """Return the token of a link for the administrator, who is made at the first start; None once one has signed in."""
    admin = session.scalar(select(User).where(User.role == Role.ADMIN, User.is_active).order_by(User.id))
    if admin is None:
        admin = User(username="admin", name="管理员", role=Role.ADMIN)
        session.add(admin)
        session.flush()
    used = session.scalar(select(LoginLink.used).where(LoginLink.user_id == admin.id, LoginLink.used.is_not(None)))
    return None if admin.password_hash or used else make_link(session, admin)


@contextmanager
def background(service: Service, loops: list[Loop]) -> Iterator[threading.Event]:
    """Run loops in threads of their own; they are told to stop at the end, and waited for."""
    stopping = threading.Event()
    threads = [
        threading.Thread(target=_kept_up, args=(loop, service, stopping), name=f"{loop.__module__}-{i}")
        for i, loop in enumerate(loops)
    ]
    for thread in threads:
        thread.start()
    try:
        yield stopping
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


def _kept_up(loop: Loop, service: Service, stopping: threading.Event) -> None:
    """Run a loop until it is told to stop: whatever goes wrong in it is logged, and it begins again."""
    while not stopping.is_set():
        try:
            loop(service, stopping)
        except Exception:  # noqa: BLE001 - a fault mustn't end the work for good
            logger().exception("background work failed", loop=loop.__module__)
            stopping.wait(5)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
