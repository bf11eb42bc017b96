"""The same request sent again, or twice at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from fastapi.testclient import TestClient
from sqlalchemy import func, select

from service.intake.answers import forget_old_answers
from service.state import Service
from service.store.base import now
from service.store.photos import AnsweredRequest, Photo
from tests.service.intake.sending import jpeg, send
from tests.service.town import Town

Client = Callable[[str], TestClient]


def count(service: Service, table: type[Photo] | type[AnsweredRequest]) -> int:
    with service.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_same_key_gives_the_same_answer(any_service: Service, any_town: Town, any_client_of: Client) -> None:
    client = any_client_of("east_reporter")
    first = send(client, jpeg(1), b"nothing", key="one", note="x")
    again = send(client, jpeg(1), b"nothing", key="one", note="x")
    assert first.json()["files"][0]["outcome"] == "accepted"
    assert (again.status_code, again.json()) == (202, first.json())
    for other in (send(client, jpeg(2), key="one"), send(client, jpeg(1), b"nothing", key="one", note="y")):
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_used")
    assert count(any_service, Photo) == 1
    theirs = send(any_client_of("west_reporter"), jpeg(3), key="one")  # a key is its user's
    assert theirs.json()["files"][0]["outcome"] == "accepted"


def test_refused_request_may_be_repeated(service: Service, client_of: Client) -> None:
    assert send(client_of("east_reporter"), b"nothing", key="one").status_code == 415
    assert send(client_of("east_reporter"), jpeg(1), key="one").status_code == 202


def test_two_at_once_with_one_key(any_service: Service, any_town: Town, any_client_of: Client) -> None:
    client = any_client_of("east_reporter")
    for round_number in range(5):
        files = [jpeg(100 * round_number + i) for i in range(3)]
        with ThreadPoolExecutor(6) as pool:
            sent = [pool.submit(send, client, *files, key=f"round {round_number}".replace(" ", "-")) for _ in range(6)]
        answers = [answer.result() for answer in sent]
        assert {answer.status_code for answer in answers} == {202}
        assert all(answer.json() == answers[0].json() for answer in answers)
        assert {file["outcome"] for file in answers[0].json()["files"]} == {"accepted"}
    assert (count(any_service, Photo), count(any_service, AnsweredRequest)) == (15, 5)


def test_same_photos_at_once_without_a_key(any_service: Service, any_town: Town, any_client_of: Client) -> None:
    """In opposite orders, so that two transactions would wait for each other if each wrote in its own."""
    files = [jpeg(i) for i in range(8)]
    people = ["east_reporter", "west_reporter", "admin", "verifier"]
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(send, any_client_of(who), *order) for who in people for order in (files, files[::-1])]
    outcomes = [file["outcome"] for answer in sent for file in answer.result().json()["files"]]
    assert (outcomes.count("accepted"), outcomes.count("duplicate")) == (8, 56)
    assert count(any_service, Photo) == 8


def test_wrong_keys(client_of: Client) -> None:
    for key in ("x" * 101, "two words"):
        assert send(client_of("east_reporter"), jpeg(1), key=key).status_code == 422


def test_old_answers_are_forgotten(any_service: Service, any_town: Town, any_client_of: Client) -> None:
    for key in ("old", "new"):
        send(any_client_of("east_reporter"), jpeg(1), key=key)
    with any_service.database.write() as session:
        session.scalars(select(AnsweredRequest).where(AnsweredRequest.key == "old")).one().at = now().replace(year=2020)
    with any_service.database.write() as session:
        forget_old_answers(session)
    with any_service.database.read() as session:
        assert list(session.scalars(select(AnsweredRequest.key))) == ["new"]
