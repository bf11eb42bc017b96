"""Where messages may go, never to this machine or its network unless allowed; and URLs without their secrets."""

import asyncio
import ipaddress
import re
import socket

import httpx

from service.errors import ServiceError, invalid

__all__ = ["check_url", "masked", "resolve", "without_secrets"]

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
LONGEST_SEGMENT = 16  # longer parts of a path are likely keys
HIDDEN = "***"


def check_url(url: str, *, allow_private: bool) -> httpx.URL:
    """Return a webhook's URL; names are looked up only when a message is sent.

    Raises:
        ServiceError: It isn't http(s) with a host, carries a password, or says a private address outright.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise _wrong("无法解析", "it can't be read") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise _wrong("须以 http:// 或 https:// 开头并包含主机名", "expected http:// or https:// and a host")
    if parsed.userinfo:
        raise _wrong("不能包含用户名或密码", "expected no user name or password in it")
    address = _address(parsed.host)
    is_local = parsed.host == "localhost" or parsed.host.endswith(".localhost")
    if not allow_private and (is_local or (address is not None and not _is_public(address))):
        raise _refused(parsed.host)
    return parsed


async def resolve(url: httpx.URL, *, allow_private: bool) -> list[str]:
    """Return the addresses of a URL's host; whoever connects has to use one of these, not the name again.

    Raises:
        ServiceError: There is none, or one of them is private.
    """
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(url.raw_host.decode(), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _wrong(f"找不到主机 {url.host}", f"the host {url.host} isn't known") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for text in addresses:
        address = _address(text)
        if not allow_private and (address is None or not _is_public(address)):
            raise _refused(url.host)
    return addresses


def masked(url: str) -> str:
    """Return a URL as it may be shown: robots' keys are in the query, others' in the path."""
    parsed = httpx.URL(url)
    path = "/".join(HIDDEN if len(part) > LONGEST_SEGMENT else part for part in parsed.path.split("/"))
    query = "&".join(f"{name}={HIDDEN}" for name in dict.fromkeys(name for name, _ in parsed.params.multi_items()))
    return f"{parsed.scheme}://{parsed.netloc.decode()}{path}{'?' if query else ''}{query}"


def without_secrets(text: str, url: str, secret: str) -> str:
    """Return text that came from outside without what mustn't be shown."""
    parsed = httpx.URL(url)
    secrets = [secret, *(value for _, value in parsed.params.multi_items())]
    secrets += [part for part in parsed.path.split("/") if len(part) > LONGEST_SEGMENT]
    for hidden in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(hidden, HIDDEN)
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text).encode(errors="replace").decode()


def _address(host: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None


def _is_public(address: IPAddress) -> bool:
    """Whether an address is one of the internet; those that carry an IPv4 address within are judged by that."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _wrong(zh: str, en: str) -> ServiceError:
    return invalid("webhook_url", f"网址有误：{zh}", f"the URL is wrong: {en}")


def _refused(host: str) -> ServiceError:
    return invalid(
        "webhook_private",
        f"{host} 是本机或内网地址，不允许发送；如确需发送，请设置 CLEANLANE_PRIVATE_WEBHOOKS=true",
        f"{host} is an address of this machine or a private network; to allow it, set CLEANLANE_PRIVATE_WEBHOOKS=true",
    )
