"""Sends one message over HTTP and says how it went."""

import asyncio
import json
import logging
import ssl
import time
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

import httpx

from service.errors import ServiceError
from service.messages.addresses import check_url, resolve, without_secrets
from service.messages.content import Content
from service.messages.robots import dingtalk, dingtalk_query, problem_of, wecom
from service.messages.signature import DELIVERY, SIGNATURE, TIMESTAMP, sign

__all__ = ["Outcome", "Target", "post"]

TIMEOUT = httpx.Timeout(10, connect=5)
TOTAL_SECONDS = 20.0  # whatever the receiver does meanwhile
LARGEST_ANSWER = 65536
LIMIT_SECONDS = 65.0  # that a receiver is left alone which says that too many came


@dataclass(frozen=True)
class Target:
    """A receiver: its kind, address and secret."""

    kind: str
    url: str
    secret: str


@dataclass(frozen=True)
class Outcome:
    """How it went.

    Attributes:
        is_sent: Whether the receiver took the message.
        status: HTTP; 429 also where a robot says so in its own way; None: no answer came.
        error: What went wrong, Chinese (English), without secrets.
        wait: Seconds that the receiver asks for; None: it doesn't.
    """

    is_sent: bool
    status: int | None = None
    error: str = ""
    wait: float | None = None


async def post(target: Target, content: Content, *, allow_private: bool) -> Outcome:
    """Send a message once; problems are told, not raised."""
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            return await _post(target, content, allow_private)
    except (TimeoutError, httpx.TimeoutException):
        return Outcome(False, error="收件方未及时应答 (no answer in time)")
    except ServiceError as error:
        return Outcome(False, error=f"{error.zh} ({error.en})")
    except httpx.HTTPError as error:  # its text may hold the URL
        return Outcome(False, error=f"无法连接收件方 (no connection: {type(error).__name__})")


async def _post(target: Target, content: Content, allow_private: bool) -> Outcome:
    url = check_url(target.url, allow_private=allow_private)
    if target.kind == "dingtalk" and target.secret:
        url = url.copy_merge_params(dingtalk_query(target.secret, int(time.time() * 1000)))
    body = json.dumps(_body(target, content), ensure_ascii=False).encode()
    headers = {
        "Host": url.netloc.decode(),
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": f"CleanLane/{version('cleanlane')}",
        "Accept-Encoding": "identity",
    }
    if target.kind == "generic":
        timestamp = str(int(time.time()))
        headers |= {DELIVERY: content.id, TIMESTAMP: timestamp, SIGNATURE: sign(target.secret, timestamp, body)}
    addresses = await resolve(url, allow_private=allow_private)
    async with _client() as client:
        for address in addresses[:-1]:
            try:
                return await _send(client, url, address, headers, body, target)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await _send(client, url, addresses[-1], headers, body, target)


async def _send(
    client: httpx.AsyncClient, url: httpx.URL, address: str, headers: dict[str, str], body: bytes, target: Target
) -> Outcome:
    # To the very address that was checked; the certificate still has to be the host's.
    direct = url.copy_with(host=address)
    extensions = {"sni_hostname": url.raw_host.decode()}
    async with client.stream("POST", direct, headers=headers, content=body, extensions=extensions) as response:
        answer = b""
        async for chunk in response.aiter_raw():
            answer = (answer + chunk)[:LARGEST_ANSWER]
            if len(answer) == LARGEST_ANSWER:
                break
    return _outcome(response, answer, target)


def _outcome(response: httpx.Response, answer: bytes, target: Target) -> Outcome:
    status = response.status_code
    if status == 429:
        asked = response.headers.get("retry-after", "")
        wait = min(float(asked), 3600.0) if asked.isascii() and asked.isdigit() else LIMIT_SECONDS
        return Outcome(False, status, "收件方要求稍后再发 (too many messages)", wait)
    if not response.is_success:
        return Outcome(False, status, f"收件方返回 HTTP {status} (the receiver answered HTTP {status})")
    if target.kind == "generic":
        return Outcome(True, status)
    problem, is_limited = problem_of(answer)
    error = without_secrets(problem, target.url, target.secret)[:300]
    return Outcome(not problem, 429 if is_limited else status, error, LIMIT_SECONDS if is_limited else None)


def _body(target: Target, content: Content) -> dict[str, Any]:
    if target.kind == "wecom":
        return wecom(content)
    if target.kind == "dingtalk":
        return dingtalk(content)
    return {
        "id": content.id,
        "event": content.event,
        "at": content.at.isoformat(),
        "title": content.title,
        "issue": content.issue,
        "detail": content.detail,
    }


def _client() -> httpx.AsyncClient:
    for name in ("httpx", "httpcore"):  # they would write URLs, which hold robots' keys, into the log
        logging.getLogger(name).setLevel(logging.WARNING)
    # No connection is kept: two hosts at one address mustn't share one that was checked for the other.
    return httpx.AsyncClient(
        timeout=TIMEOUT,
        verify=_certificates(),
        trust_env=False,
        follow_redirects=False,
        limits=httpx.Limits(max_keepalive_connections=0),
    )


@cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context()
