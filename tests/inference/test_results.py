import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from vision.errors import ResultError
from vision.inference.results import (
    Box,
    Failure,
    GpsPoint,
    ModelInfo,
    PhotoResult,
    ResultFile,
    ScreenedCategory,
    load_results,
)
from vision.inference.table import write_table

HASH = "0" * 64


@pytest.fixture
def results() -> ResultFile:
    categories = (
        ScreenedCategory(name="bin", zh="垃圾桶", is_problem=False, threshold=0.3),
        ScreenedCategory(name="litter", zh="零星垃圾", is_problem=True, threshold=0.4),
    )
    dirty = PhotoResult(
        path="=1+1.jpg",
        sha256=HASH,
        verdict="needs_visit",
        width=640,
        height=480,
        captured=datetime(2026, 5, 18, 8, 12, 3),  # cameras seldom know their zone
        gps=GpsPoint(latitude=31.5, longitude=120.25),
        boxes=(
            Box(category="litter", score=0.9, box=(1, 2, 30.5, 40)),
            Box(category="bin", score=0.5, box=(0, 0, 9, 9)),
        ),
    )
    broken = PhotoResult(
        path="b.jpg",
        sha256=None,
        verdict="unreadable",
        failure=Failure(reason="empty", message="b.jpg: the file is empty"),
    )
    clean = PhotoResult(path="红旗路.jpg", sha256=HASH, verdict="clean", width=10, height=10)
    model = ModelInfo(name="m", sha256=HASH, input_size=(640, 640), categories=categories)
    now = datetime(2026, 11, 22, tzinfo=UTC)
    return ResultFile(
        created=now,
        software="cleanlane 0",
        provider="CPUExecutionProvider",
        iou=0.6,
        model=model,
        photos=(dirty, broken, clean),
    )


def test_written_and_read_again(results: ResultFile, tmp_path: Path) -> None:
    results.write(tmp_path / "results.json")
    assert load_results(tmp_path / "results.json") == results
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_the_schema_is_json_schema_that_other_validators_apply(results: ResultFile) -> None:
    schema = ResultFile.model_json_schema()
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    validator = jsonschema.Draft202012Validator(schema, format_checker=checker)
    validator.check_schema(schema)
    document = json.loads(results.model_dump_json())
    validator.validate(document)
    for path, value in (("photos.0.boxes.0.score", 2), ("photos.0.captured", "yesterday"), ("photos.0.verdict", "ok")):
        broken = json.loads(results.model_dump_json())
        set_in(broken, path, value)
        assert not validator.is_valid(broken), path


def set_in(document: dict[str, Any], path: str, value: object) -> None:
    *parents, last = (int(part) if part.isdigit() else part for part in path.split("."))
    target: Any = document
    for part in parents:
        target = target[part]
    target[last] = value


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("version", 2, "version"),
        ("photos.0.boxes.0.score", 1.2, r"photos\.0\.boxes\.0\.score"),
        ("photos.0.boxes.0.box", [1, 2, 700, 40], "lie within the photo"),
        ("photos.0.boxes.0.box", [30, 2, 1, 40], "lie within the photo"),
        ("photos.0.boxes.0.category", "unicorn", "unicorn"),
        ("photos.0.verdict", "clean", "doesn't follow"),
        ("photos.2.verdict", "needs_visit", "doesn't follow"),
        ("photos.1.failure", None, "failure"),
        ("photos.2.width", None, "width"),
        ("photos.0.gps.latitude", 91, "latitude"),
        ("model.sha256", "abc", "sha256"),
        ("extra", 1, "extra"),
    ],
)
def test_what_is_wrong_is_named(results: ResultFile, tmp_path: Path, path: str, value: object, message: str) -> None:
    document = json.loads(results.model_dump_json())
    set_in(document, path, value)
    file = tmp_path / "results.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ResultError, match=message) as caught:
        load_results(file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("write", [lambda f: f.write_text("{"), lambda f: f.write_bytes(b"\xff\xfe"), lambda f: None])
def test_files_that_are_no_json(tmp_path: Path, write: Callable[[Path], object]) -> None:
    file = tmp_path / "results.json"
    write(file)
    with pytest.raises(ResultError, match=r"results\.json"):
        load_results(file)


def test_the_table_opens_in_a_spreadsheet(results: ResultFile, tmp_path: Path) -> None:
    write_table(tmp_path / "results.csv", results.model, results.photos)
    raw = (tmp_path / "results.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    header, dirty, broken, clean = raw.decode("utf-8-sig").splitlines()
    assert header == "照片,结论,垃圾桶,零星垃圾,最高分,拍摄时间,纬度,经度,坐标系,宽,高,原因"
    assert dirty == "'=1+1.jpg,需到场,1,1,0.9,2026-05-18 08:12:03,31.5,120.25,WGS-84,640,480,"
    assert broken == "b.jpg,无法读取,0,0,,,,,,,,b.jpg: the file is empty"
    assert clean == "红旗路.jpg,干净,0,0,,,,,,10,10,"
