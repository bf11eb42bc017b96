"""What an attacker tries first: foreign pages, planted sessions, other people's numbers, guesses, headers, floods.

Elsewhere: files that aren't what they say (SVG, HTML, polyglots), names that lead out of the folder, bombs,
bodies that are cut off: intake/test_hostile_files.py; workbooks: ledger/test_hostile_xlsx.py and
town_import/test_import_errors.py; addresses of webhooks that lead inside: messages/test_ssrf.py; roles: test_roles.py;
odd values everywhere: test_openapi.py.

A Host header that lies is let through: what is made of it (the link that an administrator has just asked for, Open311's
addresses) is told to who sent it, and to nobody else, as answers aren't stored; with CLEANLANE_PUBLIC_URL nobody looks
at it. Messages are made without a request. Tested below.
"""

import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from select import select as readable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from service.api import signing
from service.api.app import create_app
from service.settings import Settings
from service.state import Service
from service.store.people import User
from service.store.sign_in import SESSION_COOKIE, hash_password, start_session
from service.store.tables import Base
from tests.service.conftest import clients, opened
from tests.service.load.serving import serving
from tests.service.test_roles import BOUND, ENDLESS, ROUTES, add_issues, url_of
from tests.service.town import Town, build_town

Client = Callable[[str], TestClient]


class Flooded:
    """A server process, and somebody who sends it far too much."""

    def __init__(self, url: str, process_id: int, token: str) -> None:
        self.port, self.process_id, self.token = int(url.rpartition(":")[2]), process_id, token

    def flood(self, method: str, path: str, kind: str, is_told: bool) -> tuple[int, int]:
        """Send up to a gigabyte; returns the answer's status, and how many bytes went out before it came."""
        length = "Content-Length: 1000000000" if is_told else "Transfer-Encoding: chunked"
        head = f"{method} {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {self.token}\r\n{length}\r\n"
        piece = b"--x\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\n".ljust(65536, b"a")
        sent = 0
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(f"{head}Content-Type: {kind}\r\n\r\n".encode())
            while sent < 1_000_000_000 and not readable([connection], [], [], 0)[0]:
                try:
                    connection.sendall(piece if is_told else b"10000\r\n" + piece + b"\r\n")
                except OSError:  # the server has closed the connection
                    break
                sent += len(piece)
                piece = b"a" * 65536
            return int(connection.recv(65536).split()[1]), sent

    def memory(self) -> int:
        """Return the most bytes that the server ever had."""
        lines = Path(f"/proc/{self.process_id}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024


@pytest.fixture(scope="module")
def flooded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flooded]:
    settings = Settings(data=tmp_path_factory.mktemp("flooded"), workers=0)
    service = opened(settings)
    with service.database.write() as session:
        town = build_town(session)
    service.close()
    with serving(settings) as (url, process):
        yield Flooded(url, process.pid, town.tokens["admin"])


RIGHT = "correct horse"
SAFE = ("GET", "HEAD", "OPTIONS")
UNSAFE = [(method, path) for method, path in ROUTES if method not in SAFE and not path.startswith("/login")]


@pytest.fixture(autouse=True)
def _fresh_limits() -> Iterator[None]:
    """Failed logins of one test don't count in the next."""
    signing._failed.storage.reset()
    yield
    signing._failed.storage.reset()


def _sign_in(service: Service, town: Town, client: TestClient, username: str) -> str:
    """Give a client a session's cookie, as browsers have it; returns the session's token."""
    with service.database.write() as session:
        cookie, started = start_session(session, session.get_one(User, town.users[username]))
        session.flush()
        client.cookies.set(SESSION_COOKIE, cookie, domain="testserver.local")
        return started.csrf_token


def _contents(service: Service) -> dict[str, Any]:
    """Return all rows of all tables."""
    with service.database.read() as session:
        return {t.name: sorted(map(repr, session.execute(select(t)))) for t in Base.metadata.sorted_tables}


@pytest.mark.parametrize("sent", [{}, {b"X-CSRF-Token": b"wrong"}, {b"X-CSRF-Token": "错".encode()}])
def test_foreign_pages_change_nothing(
    service: Service, town: Town, client_of: Client, sent: dict[bytes, bytes]
) -> None:
    """A cookie alone, which browsers send along with requests of any page, isn't enough anywhere."""
    ids = add_issues(service, town)["east"]
    browser = client_of("")
    _sign_in(service, town, browser, "admin")
    before, wrong = _contents(service), []
    for method, path in UNSAFE:
        answer = browser.request(method, url_of(path, ids), headers=sent, data={"a": "b"})
        if path.startswith("/open311/"):  # takes keys only; a cookie is nobody there
            is_right = answer.status_code in (401, 403)
        else:
            is_right = (answer.status_code, answer.json().get("code")) == (403, "csrf")
        if not is_right:
            wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:80]}")
    assert wrong == []
    assert _contents(service) == before


def test_right_token(service: Service, town: Town, client_of: Client) -> None:
    browser = client_of("")
    token = _sign_in(service, town, browser, "admin")
    answer = browser.post("/api/v1/units", json={"name": "新"}, headers={"X-CSRF-Token": token})
    assert answer.status_code == 201
    other = _sign_in(service, town, client_of(""), "supervisor")  # another session's token is none
    assert browser.post("/api/v1/units", json={"name": "又"}, headers={"X-CSRF-Token": other}).status_code == 403


def test_planted_session_is_replaced(service: Service, town: Town, client_of: Client) -> None:
    _set_password(service, town, "admin")
    browser = client_of("")
    planted = "p" * 43
    browser.cookies.set(SESSION_COOKIE, planted, domain="testserver.local")
    browser.post("/login", data={"username": "admin", "password": RIGHT})
    assert browser.cookies[SESSION_COOKIE] != planted
    thief = client_of("")
    thief.cookies.set(SESSION_COOKIE, planted, domain="testserver.local")
    assert thief.get("/account").status_code == 401


def test_signing_in_again_makes_another_session(service: Service, town: Town, client_of: Client) -> None:
    _set_password(service, town, "admin")
    browser, found = client_of(""), set()
    for _ in range(2):
        browser.cookies.clear()
        browser.post("/login", data={"username": "admin", "password": RIGHT})
        found.add(browser.cookies[SESSION_COOKIE])
    assert len(found) == 2


@pytest.mark.parametrize(("method", "path"), [one for one in BOUND if one[0] == "GET"])
def test_numbers_of_other_units(service: Service, town: Town, client_of: Client, method: str, path: str) -> None:
    """Other units' issues, photos and evidence look like numbers that don't exist."""
    ids = add_issues(service, town)["west"]
    client, accept = client_of("east_handler"), {"Accept": "application/json"}
    theirs = client.request(method, url_of(path, ids), headers=accept)
    absent = client.request(method, url_of(path, dict.fromkeys(ids, 99_999)), headers=accept)
    assert (theirs.status_code, absent.status_code) == (404, 404)
    assert theirs.json() == absent.json()


@pytest.mark.parametrize(
    "target",
    ["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
     "http:evil.example", "/\t/evil.example", "/\n/evil.example", "", "evil"],
)  # fmt: skip
def test_open_redirect(service: Service, town: Town, client_of: Client, target: str) -> None:
    _set_password(service, town, "admin")
    sent = {"username": "admin", "password": RIGHT, "next": target}
    answer = client_of("").post("/login", data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    answer = client_of("").get("/language/en", headers={"Referer": "https://evil.example//evil.example/x"})
    assert answer.headers["location"] in ("/", "/x")


def test_header_injection(service: Service, town: Town, client_of: Client) -> None:
    """A photo's name with line breaks and quotes doesn't become a header."""
    from service.store.photos import Photo

    ids = add_issues(service, town)["east"]
    with service.database.write() as session:
        session.get_one(Photo, ids["photo"]).name = 'x"\r\nSet-Cookie: a=b\r\n\r\n<script>.jpg'
    for path in ("file", "picture", "thumbnail"):
        answer = client_of("east_reporter").get(f"/api/v1/photos/{ids['photo']}/{path}")
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers


def test_guessing_passwords(service: Service, town: Town, client_of: Client) -> None:
    _set_password(service, town, "admin")
    browser = client_of("")
    sent = {"username": "admin", "password": "wrong"}
    assert [browser.post("/login", data=sent).status_code for _ in range(11)] == [401] * 10 + [429]
    right = browser.post("/login", data=sent | {"password": RIGHT})
    assert (right.status_code, right.json()["code"]) == (429, "too_many_logins")
    assert browser.post("/login", data={"username": "verifier", "password": "wrong"}).status_code == 401


def test_guessing_from_everywhere(sqlite_settings: Settings) -> None:
    """One name from many addresses, and one address with many names, are stopped, too."""
    service = opened(sqlite_settings.model_copy(update={"login_rate": "1/minute"}))
    app = create_app(service)

    def guess(username: str, address: str) -> int:
        client = TestClient(app, client=(address, 1), follow_redirects=False)
        return client.post("/login", data={"username": username, "password": "wrong"}).status_code

    assert {guess("admin", f"10.0.0.{number}") for number in range(5)} == {401}
    assert guess("admin", "10.0.1.1") == 429
    assert {guess(f"name{number}", "10.0.2.1") for number in range(5)} == {401}
    assert guess("verifier", "10.0.2.1") == 429
    assert guess("verifier", "10.0.2.2") == 401
    service.close()


def test_forwarded_addresses_are_not_believed(service: Service, town: Town, client_of: Client) -> None:
    """Only uvicorn takes them, from a proxy on this machine; the application itself looks at none."""
    _set_password(service, town, "admin")
    browser, sent = client_of(""), {"username": "admin", "password": "wrong"}
    forged = ({"X-Forwarded-For": f"10.1.1.{number}", "X-Real-IP": f"10.1.1.{number}"} for number in range(11))
    assert [browser.post("/login", data=sent, headers=one).status_code for one in forged] == [401] * 10 + [429]


@pytest.mark.parametrize("public_url", ["", "https://town.example"])
def test_lying_host(tmp_path: Path, public_url: str) -> None:
    service = opened(Settings(data=tmp_path / "h", workers=0, public_url=public_url))
    with service.database.write() as session:
        town = build_town(session)
    admin = clients(service, town)("admin")
    lie = {"Host": "evil.example"}
    answer = admin.post(f"/api/v1/users/{town.users['verifier']}/link", headers=lie)
    assert answer.json()["link"].startswith(public_url or "http://evil.example")  # told to who sent the lie only
    assert answer.headers["cache-control"] == "no-store"
    found = clients(service, town)("").get("/open311/v2/discovery.json", headers=lie)
    assert ("evil.example" in found.text) == (not public_url)
    assert found.headers["cache-control"] == "no-store"
    for path in ("/", "/login", "/account"):  # pages, and where they lead to, are without it
        answer = admin.get(path, headers=lie | {"Accept": "text/html"})
        assert "evil.example" not in answer.text + answer.headers.get("location", "")
    service.close()


@pytest.mark.parametrize(
    ("method", "path", "kind", "most"),
    [
        ("POST", "/api/v1/issues", "application/json", 2_000_000),
        ("PUT", "/api/v1/deadline-rules", "application/json", 2_000_000),
        ("POST", "/login", "application/x-www-form-urlencoded", 2_000_000),
        ("POST", "/login", "multipart/form-data; boundary=x", 2_000_000),
        ("POST", "/open311/v2/requests.json", "application/x-www-form-urlencoded", 2_000_000),
        ("POST", "/api/v1/ledger/import", "multipart/form-data; boundary=x", 52_000_000),
        ("POST", "/api/v1/town/import", "multipart/form-data; boundary=x", 42_000_000),
    ],
)
@pytest.mark.parametrize("is_told", [True, False])
def test_endless_bodies(flooded: Flooded, method: str, path: str, kind: str, most: int, is_told: bool) -> None:
    """A gigabyte is refused: at once where its length is told, else soon after what the route takes."""
    status, sent = flooded.flood(method, path, kind, is_told)
    assert status in (400, 411, 413)  # 400: forms have fields of a megabyte at most; 411: the import wants to be told
    assert sent <= (10_000_000 if is_told else most + 20_000_000)  # what lies in the sockets' buffers
    assert flooded.memory() < 250_000_000


def test_unknown_names_take_as_long(service: Service, town: Town, client_of: Client) -> None:
    """Without a hash to compare with, an answer would come in a hundredth of the time."""
    _set_password(service, town, "admin")
    browser = client_of("")

    def best(username: str) -> float:
        times = []
        for _ in range(3):
            started = time.perf_counter()
            assert browser.post("/login", data={"username": username, "password": "wrong"}).status_code == 401
            times.append(time.perf_counter() - started)
        return min(times)

    assert best("nobody-here") > best("admin") / 4


def test_cookies(service: Service, town: Town, client_of: Client, tmp_path: Path) -> None:
    _set_password(service, town, "admin")
    sent = {"username": "admin", "password": RIGHT}
    cookie = client_of("").post("/login", data=sent).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    settings = Settings(data=tmp_path / "p", workers=0, environment="production", secret="s" * 40)
    production = opened(settings)
    with production.database.write() as session:
        session.add(User(username="admin", name="A", role="admin", password_hash=hash_password(RIGHT)))
    client = TestClient(create_app(production), follow_redirects=False)
    assert "Secure" in client.post("/login", data=sent).headers["set-cookie"]
    production.close()


def test_headers_on_every_answer(service: Service, town: Town, client_of: Client) -> None:
    ids = add_issues(service, town)["east"]
    admin, missing = client_of("admin"), []
    for method, path in [*ROUTES, ("GET", "/static/app.js"), ("GET", "/nowhere"), ("PUT", "/healthz")]:
        if path in ENDLESS:
            continue
        headers = admin.request(method, url_of(path, ids)).headers
        is_right = (
            re.match(r"default-src '(self|none)'", headers.get("content-security-policy", ""))
            and headers.get("x-content-type-options") == "nosniff"
            and headers.get("referrer-policy") == "same-origin"
            and "unsafe-" not in headers["content-security-policy"]
        )
        if not is_right:
            missing.append(f"{method} {path}")
    assert missing == []


def test_key_of_a_deactivated_person(service: Service, town: Town, client_of: Client) -> None:
    client = client_of("east_handler")
    assert client.get("/api/v1/units").status_code == 200
    with service.database.write() as session:
        session.get_one(User, town.users["east_handler"]).is_active = False
    answer = client.get("/api/v1/units")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_unknown")
    with service.database.read() as session:
        assert session.scalar(select(func.count()).select_from(User)) == len(town.users)


def _set_password(service: Service, town: Town, username: str) -> None:
    with service.database.write() as session:
        session.get_one(User, town.users[username]).password_hash = hash_password(RIGHT)
