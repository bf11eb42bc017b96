"""Messages don't reach into this machine or its network, and nothing shows their keys."""

import asyncio
import logging
import socket
from typing import Any

import httpx
import pytest

from service.errors import ServiceError
from service.messages.addresses import check_url, masked, resolve, without_secrets
from service.messages.content import sample
from service.messages.posting import Outcome, Target, post
from tests.service.messages.receiver import SECRET, Answer, Receiver

PRIVATE = [
    "127.0.0.1",
    "127.9.9.9",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - nothing is bound to it
    "255.255.255.255",
    "224.0.0.1",
    "[::1]",
    "[::]",
    "[fe80::1]",
    "[fc00::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:10.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[ff02::1]",
    "localhost",
    "a.localhost",
]


def send(url: str, allow_private: bool = False, kind: str = "generic") -> Outcome:
    return asyncio.run(post(Target(kind, url, SECRET), sample("1", ""), allow_private=allow_private))


@pytest.mark.parametrize("host", PRIVATE)
def test_private_addresses(host: str) -> None:
    with pytest.raises(ServiceError) as caught:
        check_url(f"http://{host}/x", allow_private=False)
    assert caught.value.code == "webhook_private"
    assert "CLEANLANE_PRIVATE_WEBHOOKS" in caught.value.zh
    check_url(f"http://{host}/x", allow_private=True)


@pytest.mark.parametrize("host", ["93.184.216.34", "[2606:4700::1111]", "[64:ff9b::5db8:d822]", "qyapi.weixin.qq.com"])
def test_public_addresses(host: str) -> None:
    assert check_url(f"https://{host}/x", allow_private=False).scheme == "https"


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://a.example",
        "ftp://a.example",
        "//a.example",
        "a",
        "http://",
        "http://u:p@a.example",
        "http://[::1",
        "http://0177.0.0.1/",
    ],
)
def test_other_urls(url: str) -> None:
    with pytest.raises(ServiceError) as caught:
        check_url(url, allow_private=True)
    assert caught.value.code == "webhook_url"


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1"])
def test_other_spellings_are_resolved_first(host: str) -> None:
    with Receiver() as receiver:
        outcome = send(receiver.url.replace("127.0.0.1", host))
    assert (outcome.is_sent, receiver.came) == (False, [])
    assert "本机或内网地址" in outcome.error


def names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let the resolver answer these addresses, one list after the other; returns the names that were asked for."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolver(host: str, port: int, *arguments: Any, **options: Any) -> list[Any]:
        if not host.endswith(".example"):
            return real(host, port, *arguments, **options)
        found = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    return asked


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"]])
def test_names_of_private_addresses(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> None:
    names(monkeypatch, addresses)
    with Receiver() as receiver:
        outcome = send(receiver.url.replace("127.0.0.1", "inside.example"))
    assert (outcome.is_sent, receiver.came) == (False, [])
    assert "inside.example 是本机或内网地址" in outcome.error


def test_a_name_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second answer could be another address (DNS rebinding); what was checked is what is connected to."""
    asked = names(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
    with Receiver() as receiver:
        outcome = send(receiver.url.replace("127.0.0.1", "hook.example"), allow_private=True)
    assert (outcome.is_sent, asked) == (True, ["hook.example"])
    assert receiver.came[0].headers["Host"].startswith("hook.example:")


def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, ["127.0.0.9", "127.0.0.1"])  # nobody listens on the first
    with Receiver() as receiver:
        assert send(receiver.url.replace("127.0.0.1", "hook.example"), allow_private=True).is_sent


def test_unknown_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ServiceError) as caught:
        asyncio.run(resolve(httpx.URL("http://no-such-host.invalid/"), allow_private=True))
    assert caught.value.code == "webhook_url"


def test_redirects_are_not_followed() -> None:
    with Receiver() as inside, Receiver(lambda _came: Answer(302, headers={"Location": inside.url})) as outside:
        outcome = send(outside.url, allow_private=True)
    assert (outcome.is_sent, outcome.status, inside.came) == (False, 302, [])


def test_proxies_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as proxy, Receiver() as receiver:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert send(receiver.url, allow_private=True).is_sent
    assert proxy.came == []


def test_endless_answers() -> None:
    with Receiver(lambda _came: Answer(body=b"x" * 10_000_000)) as receiver:
        assert send(receiver.url, allow_private=True).is_sent


def test_https_needs_the_hosts_certificate() -> None:
    with Receiver() as receiver:  # it speaks no TLS
        outcome = send(receiver.url.replace("http:", "https:"), allow_private=True)
    assert outcome.error == "无法连接收件方 (no connection: ConnectError)"


def test_masked() -> None:
    url = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx&debug=1"
    assert masked(url) == "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=***&debug=***"
    assert masked("https://hooks.example/services/T0/Babcdefghijklmnopq") == "https://hooks.example/services/T0/***"
    text = without_secrets("key 693a91f6-7xxx\x00 pass", url, "pass")
    assert text == "key ***  ***"


def test_nothing_in_the_log(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    caplog.set_level(logging.DEBUG)
    with Receiver(lambda _came: Answer(body=b'{"errcode": 0}')) as robot:
        assert send(f"{robot.url}?key=veryhidden", allow_private=True, kind="wecom").is_sent
    send("http://127.0.0.1:9/?key=veryhidden", allow_private=True, kind="wecom")
    assert "veryhidden" not in caplog.text + "".join(capfd.readouterr())
