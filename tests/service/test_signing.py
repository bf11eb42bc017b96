"""Signing in by password and by link."""

from collections.abc import Callable

from fastapi.testclient import TestClient

from service.state import Service
from service.store.people import User
from service.store.sign_in import SESSION_COOKIE, hash_password, make_link
from tests.service.town import Town

Client = Callable[[str], TestClient]


def test_password(service: Service, town: Town, client_of: Client) -> None:
    with service.database.write() as session:
        session.get_one(User, town.users["admin"]).password_hash = hash_password("correct horse")
    browser = client_of("")
    browser.cookies.set(SESSION_COOKIE, "planted", domain="testserver.local")
    wrong = browser.post("/login", data={"username": "admin", "password": "wrong"})
    assert wrong.status_code == 401
    assert "用户名或密码不正确" in wrong.text
    right = browser.post("/login", data={"username": "admin", "password": "correct horse", "next": "//evil.example"})
    assert (right.status_code, right.headers["location"]) == (303, "/")
    assert browser.cookies[SESSION_COOKIE] != "planted"
    assert "admin · 管理员" in browser.get("/account").text
    assert browser.post("/logout").status_code == 403  # without the session's token


def test_link_works_once(service: Service, town: Town, client_of: Client) -> None:
    with service.database.write() as session:
        token = make_link(session, session.get_one(User, town.users["admin"]))
    browser = client_of("")
    assert browser.get(f"/login/{token}").status_code == 200  # looking doesn't use it
    assert browser.post(f"/login/{token}").headers["location"] == "/account"
    again = client_of("").post(f"/login/{token}")
    assert (again.status_code, again.json()["code"]) == (403, "link_useless")


def test_foreign_page(client_of: Client, town: Town) -> None:
    answer = client_of("").post(
        "/login", data={"username": "admin", "password": "x"}, headers={"Origin": "https://evil.example"}
    )
    assert answer.json()["code"] == "csrf"


def test_pages_need_signing_in(client_of: Client, town: Town) -> None:
    answer = client_of("").get("/account", headers={"Accept": "text/html"})
    assert answer.headers["location"] == "/login?next=/account"
    assert "账号" in client_of("east_handler").get("/account", headers={"Accept": "text/html"}).text
