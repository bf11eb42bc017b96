import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from cleanlane.dataset import formats
from tests.datasets.formats.plain import plain
from vision.datasets.formats import Format, read_labels
from vision.datasets.rename import rename_categories
from vision.errors import RecipeError

app = typer.Typer()
app.command("check")(formats.check)
app.command("convert")(formats.convert)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def spoil(folder: Path) -> None:
    """Let a box stick out, name an id that isn't declared, and add a field."""
    file = folder / "annotations.json"
    data = json.loads(file.read_text())
    data["annotations"][0]["bbox"] = [-9, 20, 30, 10]
    data["annotations"][1]["category_id"] = 77
    file.write_text(json.dumps(data, indent=1))


def test_check_lists_repairs_and_lists_the_rest(tmp_path: Path) -> None:
    folder = plain(tmp_path, Format.COCO)
    assert run("check", folder).exit_code == 0
    spoil(folder)
    result = run("check", folder)
    assert result.exit_code == 1
    assert "annotations.json:42: box_outside 框超出照片：a.png" in result.stdout
    assert "annotations.json:56: category_unknown 类别未声明：b.png: the category id 77" in result.stdout
    assert "2 findings" in result.stdout
    fixed = run("check", folder, "--fix")
    assert fixed.exit_code == 1
    assert fixed.stdout.count("box_outside") == 2  # in the list and the table, before the repair
    assert "1 label files replaced" in fixed.stdout
    again = run("check", folder, "--fix")
    assert again.exit_code == 1
    assert "box_outside" not in again.stdout
    assert "0 label files replaced" in again.stdout
    assert "1 more" in run("check", plain_with_two(tmp_path / "two"), "--limit", 1).stdout


def plain_with_two(folder: Path) -> Path:
    spoil(plain(folder, Format.COCO))
    return folder / "out"


def test_convert_renames_merges_and_drops(tmp_path: Path) -> None:
    folder, out = plain(tmp_path, Format.VOC), tmp_path / "new" / "out"
    result = run("convert", folder, out, "--to", "yolo", "--rename", "litter=垃圾", "--drop", "bin")
    assert result.exit_code == 0, result.output
    source = read_labels(out).source
    assert [[name for _, _, name in photo.labels] for photo in source.photos] == [[], ["垃圾"]]
    assert source.annotated == {"垃圾"}
    assert [path.name for path in out.parent.iterdir()] == ["out"]
    merged = run("convert", folder, tmp_path / "merged", "--to", "coco", "--rename", "litter=bin", "--images", "none")
    assert "bin 2" in merged.stdout
    assert [path.name for path in (tmp_path / "merged").iterdir()] == ["annotations.json"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--rename", "bin"], "OLD=NEW"),
        (["--rename", "tree=bush"], "tree"),
        (["--rename", "bin=x", "--drop", "bin"], "both"),
        (["--from", "voc"], "found none"),
    ],
)
def test_wrong_wishes_write_nothing(arguments: list[str], told: str, tmp_path: Path) -> None:
    folder, out = plain(tmp_path, Format.COCO), tmp_path / "converted"
    result = run("convert", folder, out, "--to", "voc", *arguments)
    assert told in result.output or told in str(result.exception)
    assert result.exit_code
    assert not out.exists()


def test_labels_with_errors_and_full_folders_are_refused(tmp_path: Path) -> None:
    folder = plain(tmp_path, Format.COCO)
    full = run("convert", folder, folder, "--to", "voc")
    assert isinstance(full.exception, RecipeError)
    assert "something is there" in str(full.exception)
    spoil(folder)
    broken = run("convert", folder, tmp_path / "out2", "--to", "voc")
    assert isinstance(broken.exception, RecipeError)
    assert "id 77" in str(broken.exception)
    assert not (tmp_path / "out2").exists()


def test_nothing_stays_of_a_conversion_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = plain(tmp_path, Format.COCO)

    def interrupt(_self: object, done: int, _total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    source = read_labels(folder)
    monkeypatch.setattr(formats, "read_labels", lambda *_arguments, **_options: source)
    monkeypatch.setattr(formats._Advance, "__call__", interrupt)
    assert run("convert", folder, tmp_path / "new" / "out", "--to", "voc").exit_code
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize(
    ("mapping", "names", "annotated", "boxes"),
    [
        ({"bin": "b", "litter": "b"}, ("a", "b"), {"b"}, ["b", "b"]),
        ({"bin": None}, ("litter",), {"litter"}, ["litter"]),
        ({"bin": "litter", "litter": "bin"}, ("bin", "litter"), {"bin", "litter"}, ["litter", "bin"]),
    ],
    ids=["merge", "drop", "swap"],
)
def test_renamed_categories(
    mapping: dict[str, str | None], names: tuple[str, ...], annotated: set[str], boxes: list[str], tmp_path: Path
) -> None:
    source = rename_categories(read_labels(plain(tmp_path, Format.COCO)).source, mapping, names)
    assert source.annotated == annotated
    assert [name for photo in source.photos for _, _, name in photo.labels] == boxes
    assert all(photo.labels.names == names and photo.annotated == annotated for photo in source.photos)


@pytest.mark.parametrize(("mapping", "told"), [({}, "unknown categories bin"), ({"bin": "x"}, "among .* got x")])
def test_categories_that_lead_nowhere(mapping: dict[str, Any], told: str, tmp_path: Path) -> None:
    source = read_labels(plain(tmp_path, Format.COCO)).source
    with pytest.raises(RecipeError, match=f"source out: .*{told}"):
        rename_categories(source, mapping, ("litter",))
