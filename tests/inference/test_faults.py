"""What goes wrong while a town's photos are screened: nothing is lost, nothing is done twice, one sentence says why."""

import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.inference.tiny import write_model
from vision.errors import PhotoError, UserError
from vision.files import replacing
from vision.inference.detector import Detector
from vision.inference.output_folder import claim_folder, prepare_folder, remove_copies
from vision.inference.report import write_report
from vision.inference.results import PhotoResult, ResultFile, load_results
from vision.inference.screen import screen
from vision.inference.sources import PhotoFile, find_photos

CLEANLANE = [sys.executable, "-m", "cleanlane.cli"]
ANSWER = np.array([[8, 8, 4, 4, 0.0, 0.0], [32, 32, 20, 10, 0.0, 0.0]], np.float32).T  # litter, if it is bright


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "tiny.onnx"
    return write_model(path, ANSWER, ("bin", "litter"), metadata={"thresholds": {"litter": 0.45}})


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """60 photos, each another: grey of another brightness with noise, every second one a problem."""
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(60):
        level = (60, 160)[i % 2] + i
        noise = rng.integers(0, 20, (300, 400, 3), np.uint8)
        Image.fromarray((level + noise).astype(np.uint8)).save(folder / f"{i:02}.jpg", quality=90)
    return folder


def command(photos: Path, out: Path, model: Path, *more: str) -> list[str]:
    given = ["screen", str(photos), "--out", str(out), "--model", str(model), "--device", "cpu", *more]
    return [*CLEANLANE, *given]


def run(arguments: Sequence[str], **options: object) -> subprocess.CompletedProcess[str]:
    done: subprocess.CompletedProcess[str] = subprocess.run(  # type: ignore[call-overload]
        arguments, capture_output=True, text=True, check=False, **options
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


@pytest.fixture
def expected(photos: Path, model: Path, tmp_path: Path) -> ResultFile:
    """What an undisturbed run finds."""
    assert run(command(photos, tmp_path / "whole", model)).returncode == 0
    return load_results(tmp_path / "whole" / "results.json")


def screened(photos: Path, out: Path, model: Path, disturb: Callable[[int], None]) -> dict[str, PhotoResult]:
    """Screen in this process, and disturb after each result."""
    done = 0

    def step(_result: PhotoResult) -> None:
        nonlocal done
        done += 1
        disturb(done)

    prepare_folder(out, "refuse")
    detector = Detector(model, device="cpu", streams=2)
    write_report(find_photos([str(photos)]), detector, out, "none", step)
    return {Path(photo.path).name: photo for photo in load_results(out / "results.json").photos}


def reason(result: PhotoResult) -> str | None:
    return result.failure.reason if result.failure else None


def test_files_that_change_while_the_run_goes_on(photos: Path, model: Path, tmp_path: Path) -> None:
    """One is cut off, one deleted, one replaced by another photo, one by a text."""
    out = tmp_path / "out"
    out.mkdir()

    def disturb(done: int) -> None:
        if done == 1:
            os.truncate(photos / "50.jpg", 5000)
            (photos / "51.jpg").unlink()
            shutil.copyfile(photos / "01.jpg", photos / "52.jpg")
            (photos / "53.jpg").write_text("巡查记录")

    results = screened(photos, out, model, disturb)
    assert len(results) == 60
    assert reason(results["50.jpg"]) == "truncated"
    assert reason(results["51.jpg"]) == "missing"
    assert results["52.jpg"].sha256 == results["01.jpg"].sha256
    assert results["52.jpg"].boxes == results["01.jpg"].boxes
    assert reason(results["53.jpg"]) == "not_an_image"
    others = {name for name in results if name not in ("50.jpg", "51.jpg", "53.jpg")}
    assert all(reason(results[name]) is None for name in others)


def limited() -> None:
    """Let no file grow beyond 40 kB: the system's answer to the writer is that of a full disk, but for its number."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def test_a_disk_that_refuses_to_take_more(photos: Path, model: Path, tmp_path: Path, expected: ResultFile) -> None:
    out = tmp_path / "out"
    done = run(command(photos, out, model), preexec_fn=limited)
    assert done.returncode == 2
    assert "results can't be written" in done.stderr
    assert "--resume" in done.stderr
    assert (out / "unfinished.jsonl").stat().st_size > 30_000
    assert run(command(photos, out, model, "--resume")).returncode == 0
    assert load_results(out / "results.json").photos == expected.photos


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mount a file system in memory with the given options."""
    disk = tmp_path / "disk"
    disk.mkdir()

    def mounted(options: str) -> Path:
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], capture_output=True, check=False)
        if made.returncode:
            pytest.skip("needs to mount a file system, which only root may, and not in every container")
        return disk

    yield mounted
    subprocess.run(["umount", "-l", disk], capture_output=True, check=False)


def test_a_full_disk(photos: Path, model: Path, mount: Callable[[str], Path], expected: ResultFile) -> None:
    disk = mount("size=300k")
    out = disk / "out"
    done = run(command(photos, out, model))
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    subprocess.run(["mount", "-o", "remount,size=20m", disk], check=True)
    assert run(command(photos, out, model, "--resume")).returncode == 0
    assert load_results(out / "results.json").photos == expected.photos


def test_a_folder_that_is_read_only(photos: Path, model: Path, tmp_path: Path, mount: Callable[[str], Path]) -> None:
    out = tmp_path / "out"
    if os.geteuid() == 0:  # whom permissions don't stop
        out = mount("ro")
    else:
        out.mkdir(mode=0o555)
    done = run(command(photos, out, model))
    assert done.returncode == 2
    assert "results can't be written there (" in done.stderr
    assert "give another folder with --out" in done.stderr
    assert list(out.iterdir()) == []


def test_two_runs_into_one_folder(photos: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with claim_folder(out):  # the first one, at work
        done = run(command(photos, out, model, "--overwrite"))
    assert done.returncode == 2
    assert "another run is writing there" in done.stderr
    assert run(command(photos, out, model)).returncode == 0
    assert {path.name for path in out.iterdir()} == {"results.json", "results.csv", "index.html", "annotated"}


def test_twenty_kills_at_random_moments(photos: Path, model: Path, tmp_path: Path, expected: ResultFile) -> None:
    out, rng = tmp_path / "out", random.Random(0)  # noqa: S311
    resume = ["--resume"]
    for _ in range(20):
        process = subprocess.Popen(
            command(photos, out, model, *resume), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        time.sleep(rng.uniform(0.3, 1.3))
        process.send_signal(signal.SIGKILL)
        assert b"Traceback" not in process.communicate()[1]
        if (out / "results.json").exists():  # it was through before
            shutil.rmtree(out)
    done = run(command(photos, out, model, *resume))
    assert done.returncode == 0, done.stderr
    assert load_results(out / "results.json").photos == expected.photos
    copies = {path.name for path in (out / "annotated").iterdir()}
    assert copies == {path.name for path in (tmp_path / "whole" / "annotated").iterdir()}


def test_an_image_of_300_megapixels(photos: Path, model: Path, tmp_path: Path) -> None:
    Image.new("1", (20_000, 15_000)).save(photos / "huge.png")
    Image.new("L", (20_000, 15_000)).save(photos / "huge.jpg", quality=20)
    done = run(command(photos, tmp_path / "out", model))
    assert done.returncode == 3
    results = {Path(p.path).name: p for p in load_results(tmp_path / "out" / "results.json").photos}
    assert len(results) == 62
    assert reason(results["huge.png"]) == reason(results["huge.jpg"]) == "too_large"
    assert sum(1 for result in results.values() if reason(result) is None) == 60


def test_fifty_thousand_files_in_one_folder(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for i in range(49_998):
        (folder / f"{i:05}.jpg").touch()
    for name, level in (("a.png", 250), ("z.png", 5)):
        Image.new("RGB", (64, 64), (level,) * 3).save(folder / name)
    done = run(command(folder, tmp_path / "out", model))
    assert done.returncode == 3
    results = load_results(tmp_path / "out" / "results.json").photos
    assert len(results) == 50_000
    assert sum(1 for result in results if reason(result) == "empty") == 49_998
    assert {Path(r.path).name: r.verdict for r in results if r.verdict != "unreadable"} == {
        "a.png": "needs_visit",
        "z.png": "clean",
    }


@pytest.fixture
def silent_server() -> Iterator[tuple[str, int]]:
    """A server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        accepted: list[socket.socket] = []
        stop = threading.Event()

        def accept() -> None:
            server.settimeout(0.05)
            while not stop.is_set():
                try:
                    accepted.append(server.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=accept)
        thread.start()
        yield server.getsockname()[:2]
        stop.set()
        thread.join()
        for connection in accepted:  # lets the abandoned readers go
            connection.close()


def stalling(address: tuple[str, int]) -> Callable[[], bytes]:
    """Return a read that waits for a server's answer, as that of a file on a share does."""

    def read() -> bytes:
        with socket.create_connection(address) as connection:
            connection.recv(1)
        raise PhotoError("missing", "the share is gone")

    return read


def test_a_file_on_a_share_that_stalls(silent_server: tuple[str, int], photos: Path, model: Path) -> None:
    files = find_photos([str(photos)])
    files[7] = PhotoFile("stalls.jpg", stalling(silent_server))
    detector = Detector(model, device="cpu")
    started = time.monotonic()
    results = list(screen(files, detector, lambda one: one.result, patience=0.5))
    assert time.monotonic() - started < 10
    assert [reason(result) for result in results] == [None] * 7 + ["stalled"] + [None] * 52


def test_a_share_that_is_gone(silent_server: tuple[str, int], photos: Path, model: Path) -> None:
    files = find_photos([str(photos)])[:20]
    files += [PhotoFile(f"{i}.jpg", stalling(silent_server)) for i in range(1000)]
    done: list[PhotoResult] = []
    with pytest.raises(UserError, match=r"this file and the 7 before it couldn't be read within .* --resume"):
        done.extend(screen(files, Detector(model, device="cpu"), lambda one: one.result, patience=0.5))
    assert threading.active_count() < 40  # and not a thread for each file


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"\x08\x07" + os.urandom(5000), "but ONNX Runtime can't load it", id="corrupt"),
        pytest.param(b"PK\x03\x04", "expected an ONNX model", id="a zip"),
    ],
)
def test_a_file_that_is_no_model(photos: Path, tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    done = run(command(photos, tmp_path / "out", path))
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_model_without_metadata(photos: Path, tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.onnx", ANSWER, None)
    done = run(command(photos, tmp_path / "out", path))
    assert done.returncode == 2
    assert "expected category names in the file's metadata, there are none; export the model with" in done.stderr


def test_copies_that_a_killed_run_left_half_written(tmp_path: Path) -> None:
    copies = tmp_path / "annotated"
    copies.mkdir()
    unknown = "12-000000000000.jpg"
    for name in ("7-0123456789ab.jpg", unknown, "holiday.jpg", ".somebody's.tmp"):
        (copies / name).touch()
    with suppress(FileNotFoundError), replacing(copies / unknown) as unfinished:
        unfinished.touch()
        unfinished.rename(tmp_path / unfinished.name)  # a killed run tidies nothing
    (tmp_path / unfinished.name).rename(copies / unfinished.name)
    remove_copies(tmp_path, {"annotated/7-0123456789ab.jpg"})
    assert {path.name for path in copies.iterdir()} == {"7-0123456789ab.jpg", "holiday.jpg", ".somebody's.tmp"}
