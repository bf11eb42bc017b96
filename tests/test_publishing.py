from pathlib import Path

import pytest
from typer.testing import CliRunner

from cleanlane.cli import app
from vision.errors import UserError


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--precision", "int4"), "--precision int4: expected one of fp32, fp16, int8"),
        (("--head", "nms"), "--head nms: expected one of plain, end-to-end"),
        (("--image-size", "650"), "--image-size 650: expected a multiple of 32, such as 672"),
        ((), "none.pt: expected a trained checkpoint"),
    ],
)
def test_what_cannot_be_exported_is_said_before_anything_is_read(
    tmp_path: Path, option: tuple[str, ...], message: str
) -> None:
    arguments = ["export", "no.yaml", "--data", "none", "--weights", "none.pt", "--out", str(tmp_path / "out"), *option]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, UserError)
    assert message in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_an_export_replaces_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    result = CliRunner().invoke(
        app, ["export", "no.yaml", "--data", "none", "--weights", "none.pt", "--out", str(tmp_path)]
    )
    assert isinstance(result.exception, UserError)
    assert "expected a new or empty folder" in str(result.exception)
    assert (tmp_path / "mine.txt").read_text() == "keep"
