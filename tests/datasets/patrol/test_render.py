"""The files of a patrol: the truth is what is seen in the video."""

import itertools
import json
import re
from pathlib import Path

import av
import gpxpy
import numpy as np
import numpy.typing as npt
import pytest
import typer
from typer.testing import CliRunner

from cleanlane.dataset.patrol import patrol
from tests.datasets.patrol.drawn import write_data
from vision.datasets.patrol.truth import load_truth, load_truths
from vision.errors import RecipeError, ResultError

app = typer.Typer()
app.command()(patrol)


def run(recipe: Path, out: Path, *options: str) -> str:
    arguments = [str(recipe), "--data", str(recipe.parent), "--out", str(out), "--size", "320x180", *options]
    result = CliRunner(env={"COLUMNS": "160"}).invoke(app, arguments, catch_exceptions=False)
    return re.sub(r"\s+", " ", f"{result.exit_code} {result.output}")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def rendered(recipe: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "patrols"
    printed = run(recipe, out, "--count", "2", "--seconds", "4", "--clean", "0.2", "--gpx")
    assert printed.startswith("0 ")
    assert "2 videos" in printed
    return out


def decoded(video: Path) -> list[npt.NDArray[np.uint8]]:
    with av.open(video) as container:
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in container.decode(video=0)]


def marked(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    red, green, blue = np.moveaxis(pixels.astype(int), 2, 0)
    return np.asarray(np.minimum(red, blue) - green > 70, np.bool_)


def overlap(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    a, b = np.asarray(first), np.asarray(second)
    shared = np.prod(np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None))
    return float(shared / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared))


def test_the_files_of_a_patrol(rendered: Path) -> None:
    names = [f"patrol-test-0{number}.{ending}" for number in (0, 1) for ending in ("gpx", "mp4", "truth.json")]
    assert sorted(path.name for path in rendered.iterdir()) == names
    assert list(load_truths(rendered)) == ["patrol-test-00", "patrol-test-01"]
    for number in (0, 1):
        truth = load_truth(rendered / f"patrol-test-0{number}.truth.json")
        with av.open(rendered / f"patrol-test-0{number}.mp4") as container:
            stream = container.streams.video[0]
            assert (stream.codec_context.name, float(stream.average_rate or 0), stream.frames) == ("h264", 30, 120)
            assert (stream.width, stream.height) == (truth.width, truth.height) == (320, 180)
            assert container.metadata["creation_time"][:19] == truth.started.isoformat()[:19]
            keys = [index for index, packet in enumerate(container.demux(stream)) if packet.is_keyframe]
            assert keys == [0, 30, 60, 90]


def test_the_same_seed_gives_the_same_files(recipe: Path, rendered: Path, tmp_path: Path) -> None:
    run(recipe, tmp_path / "again", "--count", "1", "--seconds", "4", "--clean", "0.2", "--gpx")
    for path in (tmp_path / "again").iterdir():
        assert path.read_bytes() == (rendered / path.name).read_bytes(), path.name
    videos = [(rendered / f"patrol-test-0{number}.mp4").read_bytes() for number in (0, 1)]
    assert videos[0] != videos[1]


@pytest.mark.parametrize("name", ["patrol-test-00", "patrol-test-01"])
def test_the_boxes_are_where_the_patches_are(rendered: Path, name: str) -> None:
    truth = load_truth(rendered / f"{name}.truth.json")
    overlaps = []
    for index, pixels in enumerate(decoded(rendered / f"{name}.mp4")):
        seen = [p.view.boxes[p.view.frames.index(index)] for p in truth.problems if index in p.view.frames]
        outside = marked(pixels)
        for x1, y1, x2, y2 in seen:
            outside[max(0, int(y1) - 6) : int(y2) + 7, max(0, int(x1) - 6) : int(x2) + 7] = False
        assert not outside.any(), f"frame {index} shows a patch that no box is about"
        for problem in truth.problems:
            place = problem.view.frames.index(index) if index in problem.view.frames else None
            if place is not None and problem.view.visible[place] == 1:
                x1, y1, x2, y2 = problem.view.boxes[place]
                part = marked(pixels)[int(y1) - 5 if y1 > 5 else 0 : int(y2) + 5, max(0, int(x1) - 5) : int(x2) + 5]
                rows, columns = np.nonzero(part)
                offset = np.array([max(0, int(x1) - 5), max(0, int(y1) - 5)] * 2)
                patch = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) + offset
                overlaps.append(overlap(patch, (x1, y1, x2, y2)))
    assert len(overlaps) > 30
    assert np.median(overlaps) > 0.85
    assert np.quantile(overlaps, 0.05) > 0.7


def test_the_edges_are_never_black(rendered: Path) -> None:
    for pixels in decoded(rendered / "patrol-test-00.mp4")[::10]:
        edges = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
        assert np.percentile(edges.max(axis=1), 2) > 5


def test_the_way_is_a_street_at_walking_pace(rendered: Path) -> None:
    truth = load_truth(rendered / "patrol-test-00.truth.json")
    with (rendered / "patrol-test-00.gpx").open(encoding="utf-8") as file:
        points = gpxpy.parse(file).tracks[0].segments[0].points
    assert len(points) == 4
    assert points[0].time == truth.started
    for before, after in itertools.pairwise(points):
        assert after.time is not None
        assert before.time is not None
        assert (after.time - before.time).total_seconds() == 1
        assert (after.distance_2d(before) or 0) < 3


def test_a_folder_with_something_in_it_is_kept(recipe: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(RecipeError, match="--overwrite"):
        run(recipe, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert run(recipe, tmp_path, "--count", "1", "--seconds", "1", "--overwrite").startswith("0 ")
    assert (tmp_path / "mine.txt").is_file()
    with pytest.raises(RecipeError, match="this is a file"):
        run(recipe, tmp_path / "mine.txt")


@pytest.mark.parametrize("size", ["1920", "0x0", "321x180", "180x320", "16x10", "１６0x100"])
def test_wrong_sizes_are_refused(recipe: Path, tmp_path: Path, size: str) -> None:
    assert "even numbers" in run(recipe, tmp_path / "out", "--size", size)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version"),
        ({"unknown": 1}, "unknown"),
        ({"width": 8}, "doesn't lie within the frame"),
        ({"panels": []}, "panels"),
    ],
)
def test_a_wrong_truth_file_is_one_sentence(
    rendered: Path, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    content = json.loads((rendered / "patrol-test-00.truth.json").read_text())
    path = tmp_path / "x.truth.json"
    path.write_text(json.dumps({**content, **change}))
    with pytest.raises(ResultError, match=message) as error:
        load_truth(path)
    assert "\n" not in str(error.value)


def test_missing_truth_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match=r"x\.truth\.json"):
        load_truth(tmp_path / "x.truth.json")
    with pytest.raises(ResultError, match="found none"):
        load_truths(tmp_path)
