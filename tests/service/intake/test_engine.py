"""The model is exchanged while others work with it."""

import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from service.intake.engine import Engine, engine_of
from service.intake.model_setting import model_state, wish
from service.settings import Settings
from service.state import Service
from tests.inference.tiny import write_model
from vision.errors import ModelError
from vision.images import Photo
from vision.inference.published import default_model

Client = Callable[[str], TestClient]
GREY = Photo(np.full((64, 64, 3), 128, np.uint8), 64, 64)


@pytest.fixture
def models(service: Service) -> Path:
    """The folder of models, with two that find one thing each."""
    folder = service.settings.data / "models"
    folder.mkdir()
    for name, category in (("one", "litter"), ("two", "graffiti")):
        answer = np.array([[32], [32], [20], [20], [0.9], [0]], np.float32)
        write_model(
            folder / f"{name}.onnx", answer, (category, "bin"), metadata={"name": name, "thresholds": {"bin": 0.9}}
        )
    return folder


def want(service: Service, path: str) -> None:
    with service.database.write() as session:
        wish(session, path)


def state(service: Service) -> dict[str, str]:
    with service.database.read() as session:
        return model_state(session)


def seen(engine: Engine) -> tuple[str, set[str]]:
    """Return which model looked, and what it found."""
    running = engine.current
    return running.label.split()[0], {name for _, _, name in running.detect([GREY])[0]}


def test_the_published_model_unless_another_is_wanted(service: Service, models: Path) -> None:
    engine = engine_of(service)
    assert engine is engine_of(service)
    name, sha256 = engine.current.label.split()
    assert (name, len(sha256)) == ("cleanlane-n", 12)
    assert state(service)["sha256"].startswith(sha256)
    assert state(service)["error"] == ""
    want(service, "two.onnx")
    assert seen(Engine(service)) == ("two", {"graffiti"})  # as one that starts later


def test_exchanged_under_load(service: Service, models: Path) -> None:
    want(service, "one.onnx")
    engine = Engine(service)
    ended, looked = threading.Event(), threading.Semaphore(0)

    def work(_thread: int) -> list[tuple[str, frozenset[str]]]:
        results = []
        while not ended.is_set():
            engine.refresh()
            name, found = seen(engine)
            results.append((name, frozenset(found)))
            looked.release()
        return results

    def await_some() -> None:
        for _ in range(40):
            assert looked.acquire(timeout=20)

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(work, thread) for thread in range(4)]
        for name in ("two.onnx", "one.onnx", "two.onnx"):
            await_some()
            want(service, name)
        await_some()
        while engine.current.label.split()[0] != "two":
            await_some()
        ended.set()
        results = [result for one in running for result in one.result()]
    # None was lost or failed, and each is of the model that it says.
    assert set(results) == {("one", frozenset({"litter"})), ("two", frozenset({"graffiti"}))}


def test_the_old_one_stays_if_the_new_one_is_useless(service: Service, models: Path) -> None:
    want(service, "one.onnx")
    engine = Engine(service)
    (models / "broken.onnx").write_bytes(b"no model")
    for path, why in (("broken.onnx", "expected an ONNX model"), ("gone.onnx", "there is no gone.onnx")):
        want(service, path)
        engine.refresh()
        assert seen(engine) == ("one", {"litter"})
        assert state(service)["model"] == engine.current.label
        assert why in state(service)["error"]
    assert seen(Engine(service))[0] == "cleanlane-n"  # one that starts now has nothing older
    shutil.copy(models / "two.onnx", models / "gone.onnx")
    want(service, "gone.onnx")
    engine.refresh()
    assert seen(engine) == ("two", {"graffiti"})
    assert state(service)["error"] == ""


def test_a_service_without_any_model(service: Service, tmp_path: Path) -> None:
    settings = service.settings.model_copy(update={"model": str(tmp_path / "none.onnx")})
    with pytest.raises(ModelError, match=r"none\.onnx"):
        Engine(Service.open(Settings.model_validate(settings)))


def test_the_administrator_chooses(service: Service, models: Path, client_of: Client) -> None:
    admin = client_of("admin")
    empty = admin.get("/api/v1/model").json()
    assert empty["available"] == ["one.onnx", "two.onnx"]
    assert (empty["wanted"], empty["current"]["model"]) == ("", "")
    engine = Engine(service)
    shutil.copytree(default_model().parent, models / "published")
    for path in ("two.onnx", "published", "two.onnx"):
        answer = admin.put("/api/v1/model", json={"path": path})
        assert (answer.status_code, answer.json()["wanted"]) == (200, path)
        engine.refresh()
        assert admin.get("/api/v1/model").json()["current"]["model"] == engine.current.label
    assert seen(engine) == ("two", {"graffiti"})
    assert admin.put("/api/v1/model", json={"path": ""}).json()["wanted"] == ""


@pytest.mark.parametrize(
    ("path", "code"),
    [
        pytest.param("../secret.key", "model_unknown", id="outside"),
        pytest.param("/etc/passwd", "model_unknown", id="absolute"),
        pytest.param(".", "model_unknown", id="the folder itself"),
        pytest.param("link.onnx", "model_unknown", id="a link that leads out"),
        pytest.param("none.onnx", "model_unknown", id="missing"),
        pytest.param("broken.onnx", "model_useless", id="no model"),
        pytest.param("empty", "model_useless", id="a manifest without files"),
        pytest.param("a\x00b", "wrong_request", id="NUL"),
        pytest.param("x" * 101, "wrong_request", id="long"),
    ],
)
def test_what_can_not_be_chosen(service: Service, models: Path, client_of: Client, path: str, code: str) -> None:
    (service.settings.data / "secret.key").write_text("s" * 40)
    (models / "broken.onnx").write_bytes(b"no model")
    (models / "link.onnx").symlink_to(default_model())
    (models / "empty").mkdir()
    (models / "empty" / "manifest.json").write_text('{"files": []}')
    answer = client_of("admin").put("/api/v1/model", json={"path": path})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert client_of("admin").get("/api/v1/model").json()["wanted"] == ""


def test_only_the_administrator(client_of: Client) -> None:
    assert client_of("supervisor").get("/api/v1/model").status_code == 403
    assert client_of("supervisor").put("/api/v1/model", json={"path": ""}).status_code == 403
