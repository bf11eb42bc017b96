"""What is asked for is what runs, or an error says what to install."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.inference.tiny import write_model
from vision.errors import ModelError
from vision.images import NDArrayImage
from vision.inference.choice import choose
from vision.inference.detector import Detector
from vision.inference.devices import Device, parse_device
from vision.inference.machine import _quota
from vision.inference.openvino_session import has_bf16
from vision.inference.published import default_model, files_of

ANSWER = np.array([[32, 32, 20, 10, 0.9, 0.0], [8, 8, 4, 4, 0.0, 0.8]], np.float32).T
NAMES = ("bin", "litter")


@pytest.mark.parametrize(
    ("text", "device"),
    [("cpu", Device("cpu")), ("cuda", Device("cuda")), ("cuda:1", Device("cuda", 1)), ("openvino", Device("openvino"))],
)
def test_names_of_devices(text: str, device: Device) -> None:
    assert parse_device(text) == device
    assert parse_device(str(device)) == device


@pytest.mark.parametrize("text", ["gpu", "cuda:", "cuda:x", "cuda:-1", "CPU", ""])
def test_unknown_devices(text: str) -> None:
    with pytest.raises(ModelError, match="is unknown; expected auto, cpu, openvino"):
        parse_device(text)


@pytest.mark.parametrize(
    ("device", "needs"),
    [
        ("cuda", "CUDAExecutionProvider, which is missing: pip install 'onnxruntime-gpu"),
        ("tensorrt:1", "device tensorrt:1 needs TensorrtExecutionProvider"),
        ("directml", "pip install onnxruntime-directml"),
        ("coreml", "on a Mac"),
    ],
)
def test_a_device_that_is_not_there_is_an_error(device: str, needs: str) -> None:
    with pytest.raises(ModelError, match=needs):
        Detector(device=device)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A published model in two precisions; the losses are what its manifest says."""
    entries = []
    for precision, loss in (("fp32", 0.0), ("int8", 0.004)):
        path = write_model(tmp_path / f"m-{precision}.onnx", ANSWER, NAMES, metadata={"precision": precision})
        runs = [{"backend": "onnxruntime", "precision": precision, "loss": loss}]
        entries.append({"file": path.name, "precision": precision, "head": "plain", "runs": runs})
    (tmp_path / "manifest.json").write_text(json.dumps({"files": entries}))
    return tmp_path


def test_auto_takes_the_faster_and_says_why(folder: Path) -> None:
    choice = choose(folder)
    assert choice.device == Device("cpu")  # nobody has measured what OpenVINO loses
    assert "fastest here" in choice.why
    assert "cpu fp32" in choice.why
    assert "cpu int8" in choice.why
    assert choice.runner.model.path.name == f"m-{choice.precision}.onnx"


def test_auto_takes_nothing_that_loses_too_much(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][1]["runs"][0]["loss"] = 0.006
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert choose(folder).precision == "fp32"
    assert choose(folder, precision="int8").precision == "int8"  # unless it is asked for


def test_a_precision_that_there_is_none_of(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"precision fp16: expected one that .* comes in \(fp32, int8\)"):
        choose(folder, "cpu", "fp16")
    with pytest.raises(ModelError, match="bf16 needs OpenVINO"):
        choose(folder, "cpu", "bf16")


@pytest.mark.parametrize("content", ["", "{}", '{"files": [{"file": "a.onnx"}]}', '{"files": 3}'])
def test_a_folder_that_is_no_model(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(ModelError, match=r"manifest\.json: expected the manifest of a published model"):
        choose(tmp_path)


def test_every_backend_and_precision_finds_the_same(detector: Detector, street: NDArrayImage) -> None:
    expected = detector.detect(street)
    assert len(expected) > 0
    runs = [("cpu", f.precision) for f in files_of(None)] + [("openvino", "fp32"), ("openvino", "int8")]
    for device, precision in [*runs, *([("openvino", "bf16")] if has_bf16() else [])]:
        other = Detector(device=device, precision=precision)
        assert (str(other.choice.device), other.choice.precision) == (device, precision)
        found = other.detect(street)
        exact = precision == "fp32"
        assert [n for _, s, n in found if s > 0.5] == [n for _, s, n in expected if s > 0.5], (device, precision)
        if exact:
            np.testing.assert_allclose(found.boxes, expected.boxes, atol=0.5)
            np.testing.assert_allclose(found.scores, expected.scores, atol=1e-3)


def test_the_published_files_explain_themselves() -> None:
    for file in files_of(default_model().parent):
        model = choose(file.path, "cpu").runner.model
        assert (model.precision, model.takes_pixels, model.has_free_size) == (file.precision, True, True)
        assert file.losses[("onnxruntime", file.precision)] <= 0.005


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, float("inf")),
        ({"cpu.max": "max 100000\n"}, float("inf")),
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, float("inf")),
        ({"cpu/cpu.cfs_quota_us": "400000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 4),
    ],
)
def test_a_containers_quota(tmp_path: Path, files: dict[str, str], cores: float) -> None:
    (tmp_path / "cpu").mkdir()
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    assert _quota(tmp_path) == cores
