"""People: what an administrator changes holds at once, and nobody locks the town's door from inside."""

import threading
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from service.state import Service
from service.store.people import User
from service.store.sign_in import SESSION_COOKIE, hash_password
from tests.service.town import Town

Client = Callable[[str], TestClient]
PASSWORD = "correct horse"  # noqa: S105 - of an invented person


def _browser(client_of: Client, service: Service, town: Town, username: str) -> TestClient:
    """Sign somebody in with a password; returns a browser whose requests carry the session's token."""
    with service.database.write() as session:
        session.get_one(User, town.users[username]).password_hash = hash_password(PASSWORD)
    browser = client_of("")
    assert browser.post("/login", data={"username": username, "password": PASSWORD}).status_code == 303
    page = browser.get("/account").text
    browser.headers["X-CSRF-Token"] = page.split('name="csrf-token" content="')[1].split('"')[0]
    return browser


def test_add_and_sign_in(any_client_of: Client, any_town: Town) -> None:
    admin = any_client_of("admin")
    sent = {"username": "new", "name": "新人", "role": "handler", "unit_id": any_town.east, "phone": "13800000000"}
    made = admin.post("/api/v1/users", json=sent)
    assert made.status_code == 201
    assert (made.json()["unit"], made.json()["has_password"]) == ("东门社区", False)
    link = made.json()["link"].removeprefix("http://testserver")
    browser = any_client_of("")
    assert browser.post(link).status_code == 303
    assert "新人 · 经办人" in browser.get("/account").text
    again = admin.post("/api/v1/users", json=sent)
    assert (again.status_code, again.json()["code"]) == (409, "name_taken")
    found = admin.get("/api/v1/users", params={"search": "新", "role": "handler", "unit_id": any_town.east}).json()
    assert [person["username"] for person in found["items"]] == ["new"]


def test_changes_hold_at_once(client_of: Client, service: Service, town: Town) -> None:
    admin, browser = client_of("admin"), _browser(client_of, service, town, "east_handler")
    path = f"/api/v1/users/{town.users['east_handler']}"
    assert browser.get("/api/v1/users").status_code == 403
    assert admin.patch(path, json={"role": "admin", "unit_id": None}).json()["unit"] is None
    assert browser.get("/api/v1/users").status_code == 200
    assert admin.patch(path, json={"role": "reporter", "unit_id": town.west}).json()["unit"] == "西村"
    assert browser.get("/api/v1/users").status_code == 403
    assert admin.patch(path, json={"is_active": False}).status_code == 200
    assert browser.get("/account").status_code == 401
    assert client_of("east_handler").get("/account").status_code == 401  # the key, too
    assert admin.post(f"{path}/link").json()["code"] == "inactive"
    admin.patch(path, json={"is_active": True})
    assert browser.get("/account").status_code == 401  # the old session doesn't come back


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "supervisor"}], ids=["deactivate", "demote"])
def test_the_last_administrator_stays(any_client_of: Client, any_town: Town, change: dict[str, object]) -> None:
    admin, path = any_client_of("admin"), f"/api/v1/users/{any_town.users['admin']}"
    refused = admin.patch(path, json=change)
    assert (refused.status_code, refused.json()["code"]) == (409, "last_admin")
    admin.patch(f"/api/v1/users/{any_town.users['supervisor']}", json={"role": "admin"})
    assert admin.patch(path, json=change).status_code == 200


def test_two_administrators_cannot_demote_each_other(any_client_of: Client, any_town: Town) -> None:
    any_client_of("admin").patch(f"/api/v1/users/{any_town.users['supervisor']}", json={"role": "admin"})
    clients = {name: any_client_of(name) for name in ("admin", "supervisor")}
    answers = []

    def demote(who: str, whom: str) -> None:
        path = f"/api/v1/users/{any_town.users[whom]}"
        answers.append(clients[who].patch(path, json={"role": "reporter"}).status_code)

    pairs = [("admin", "supervisor"), ("supervisor", "admin")]
    threads = [threading.Thread(target=demote, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left = [name for name in clients if clients[name].get("/api/v1/users").status_code == 200]
    assert left, answers


def test_sessions_and_forgotten_password(client_of: Client, service: Service, town: Town) -> None:
    admin, browser = client_of("admin"), _browser(client_of, service, town, "verifier")
    path = f"/api/v1/users/{town.users['verifier']}"
    assert admin.delete(f"{path}/sessions").status_code == 204
    assert browser.get("/account").status_code == 401
    assert admin.delete(f"{path}/password").status_code == 204
    wrong = client_of("").post("/login", data={"username": "verifier", "password": PASSWORD})
    assert wrong.status_code == 401
    link = admin.post(f"{path}/link").json()["link"].removeprefix("http://testserver")
    newer = admin.post(f"{path}/link").json()["link"].removeprefix("http://testserver")
    assert client_of("").post(link).status_code == 403
    assert client_of("").post(newer).status_code == 303


def test_keys(any_client_of: Client, any_town: Town) -> None:
    admin, path = any_client_of("admin"), f"/api/v1/users/{any_town.users['east_reporter']}/tokens"
    made = admin.post(path, json={"name": "大屏", "days": 30}).json()
    program = any_client_of("")
    program.headers["Authorization"] = f"Bearer {made['token']}"
    assert "east_reporter" in program.get("/account").text
    listed = admin.get(path).json()
    assert [token["name"] for token in listed] == ["tests", "大屏"]
    assert made["token"] not in str(listed)
    assert admin.delete(f"{path}/{made['id']}").status_code == 204
    assert program.get("/account").status_code == 401
    assert admin.delete(f"{path}/{made['id']}").status_code == 404


def test_own_keys_only(client_of: Client, town: Town) -> None:
    reporter, handler = client_of("east_reporter"), client_of("east_handler")
    made = reporter.post("/api/v1/account/tokens", json={"name": "mine"}).json()
    assert handler.delete(f"/api/v1/account/tokens/{made['id']}").status_code == 404
    assert len(reporter.get("/api/v1/account/tokens").json()) == 2
    assert reporter.delete(f"/api/v1/account/tokens/{made['id']}").status_code == 204


def test_own_password(client_of: Client, service: Service, town: Town) -> None:
    browser, other = (_browser(client_of, service, town, "supervisor") for _ in range(2))
    url = "/api/v1/account/password"
    short = browser.put(url, json={"password": "short", "current": PASSWORD})
    assert (short.status_code, short.json()["code"]) == (422, "password_short")
    wrong = browser.put(url, json={"password": "another horse", "current": "wrong"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "password_wrong")
    assert browser.put(url, json={"password": "another horse"}).json()["code"] == "password_wrong"
    assert other.get("/account").status_code == 200
    assert browser.put(url, json={"password": "another horse", "current": PASSWORD}).status_code == 200
    assert (browser.get("/account").status_code, other.get("/account").status_code) == (200, 401)
    signed_in = client_of("").post("/login", data={"username": "supervisor", "password": "another horse"})
    assert signed_in.cookies[SESSION_COOKIE]


def test_guessing_the_current_password_is_slowed_down(client_of: Client, service: Service, town: Town) -> None:
    browser = _browser(client_of, service, town, "west_handler")
    sent = {"password": "another horse", "current": "wrong"}
    answers = [browser.put("/api/v1/account/password", json=sent).status_code for _ in range(11)]
    assert answers == [403] * 10 + [429]


def test_language(client_of: Client, service: Service, town: Town) -> None:
    browser = _browser(client_of, service, town, "east_verifier")
    assert browser.put("/api/v1/account/language", json={"language": "en"}).status_code == 200
    assert "My account" in browser.get("/account").text
    assert browser.put("/api/v1/account/language", json={"language": "fr"}).status_code == 422
