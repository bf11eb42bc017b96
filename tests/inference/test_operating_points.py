"""Operating points from the model file to the detector and the results of a screening."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from cleanlane.cli import app
from tests.inference.tiny import write_model
from vision.errors import ModelError
from vision.inference.detector import Detector
from vision.inference.model import load_model
from vision.inference.published import default_model
from vision.inference.results import load_results

# finds a bin and, with the photo's brightness as score, litter
ANSWER = np.array([[32, 32, 20, 10, 0.6, 0.0], [8, 8, 4, 4, 0.0, 0.0]], np.float32).T
NAMES = ("bin", "litter")
BALANCED = {"bin": 0.5, "litter": 0.7}
GREY = np.full((64, 64, 3), 102, np.uint8)  # litter at 0.4


@pytest.fixture
def model(tmp_path: Path) -> Path:
    points = {"balanced": BALANCED, "cautious": {"litter": 0.3, "graffiti": 0.2}}
    metadata: dict[str, object] = {"thresholds": BALANCED, "operating_points": points}
    return write_model(tmp_path / "m.onnx", ANSWER, NAMES, metadata=metadata)


def found(detector: Detector) -> set[str]:
    return {name for _, _, name in detector.detect(GREY)}


def test_the_files_operating_points(model: Path) -> None:
    points = load_model(model).operating_points
    assert points == {"balanced": BALANCED, "cautious": {"bin": 0.5, "litter": 0.3}}  # bin is as everywhere


def test_a_file_without_operating_points_has_none(tmp_path: Path) -> None:
    assert load_model(write_model(tmp_path / "plain.onnx", ANSWER, NAMES)).operating_points == {}
    path = write_model(tmp_path / "older.onnx", ANSWER, NAMES, metadata={"thresholds": BALANCED})
    assert load_model(path).operating_points == {}


@pytest.mark.parametrize("points", [None, ["balanced"], {"balanced": 0.5}, {"balanced": {"bin": "high"}}])
def test_malformed_operating_points(tmp_path: Path, points: object) -> None:
    path = write_model(tmp_path / "m.onnx", ANSWER, NAMES, metadata={"operating_points": points})
    with pytest.raises(ModelError, match=r"m\.onnx: expected category names and thresholds"):
        load_model(path)


def test_the_detector_takes_the_operating_points_thresholds(model: Path) -> None:
    assert found(Detector(model)) == {"bin"}
    assert found(Detector(model, operating_point="balanced")) == {"bin"}
    cautious = Detector(model, operating_point="cautious")
    assert found(cautious) == {"bin", "litter"}
    assert cautious.thresholds == {"bin": 0.5, "litter": 0.3}


def test_thresholds_go_before_the_operating_point(model: Path) -> None:
    strict = Detector(model, operating_point="cautious", thresholds={"bin": 0.9})
    assert strict.thresholds == {"bin": 0.9, "litter": 0.3}
    assert found(strict) == {"litter"}
    assert Detector(model, operating_point="cautious", thresholds=0.2).thresholds == {"bin": 0.2, "litter": 0.2}
    assert strict.model.operating_points["cautious"] == {"bin": 0.5, "litter": 0.3}


def test_an_unknown_operating_point_names_those_there_are(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model m: .* 'brave'; it has balanced, cautious"):
        Detector(model, operating_point="brave")
    plain = write_model(tmp_path / "plain.onnx", ANSWER, NAMES)
    with pytest.raises(ModelError, match=r"model plain: .* 'cautious'; it has none"):
        Detector(plain, operating_point="cautious")


@pytest.mark.parametrize(
    ("options", "verdict", "thresholds"),
    [
        ((), "clean", (0.5, 0.7)),
        (("--operating-point", "balanced"), "clean", (0.5, 0.7)),
        (("--operating-point", "cautious"), "needs_visit", (0.5, 0.3)),
        (("--operating-point", "cautious", "--threshold", "litter=0.45"), "clean", (0.5, 0.45)),
        (("--operating-point", "cautious", "--threshold", "bin=0.9"), "needs_visit", (0.9, 0.3)),
    ],
)
def test_results_state_the_thresholds_that_were_used(
    model: Path, tmp_path: Path, options: tuple[str, ...], verdict: str, thresholds: tuple[float, float]
) -> None:
    Image.fromarray(GREY).save(tmp_path / "grey.png")
    out = tmp_path / "out"
    given = ["screen", str(tmp_path / "grey.png"), "--out", str(out), "--model", str(model), *options]
    done = CliRunner().invoke(app, given, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    results = load_results(out / "results.json")
    assert [photo.verdict for photo in results.photos] == [verdict]
    assert tuple(category.threshold for category in results.model.categories) == thresholds


def test_a_screening_with_an_unknown_operating_point_writes_nothing(model: Path, tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "grey.png")
    given = ["screen", str(tmp_path / "grey.png"), "--out", str(tmp_path / "out"), "--operating-point", "brave"]
    with pytest.raises(ModelError, match="it has balanced, cautious"):
        CliRunner().invoke(app, [*given, "--model", str(model)], catch_exceptions=False)
    assert not (tmp_path / "out").exists()


def test_the_published_models_operating_points_start_at_its_thresholds() -> None:
    model = load_model(default_model())
    for thresholds in model.operating_points.values():
        assert set(thresholds) == set(model.names)
        assert all(thresholds[name] <= model.thresholds[name] for name in model.names)
    assert model.operating_points.get("balanced", model.thresholds) == model.thresholds
