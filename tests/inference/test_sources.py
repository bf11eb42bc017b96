import os
import sys
import zipfile
from pathlib import Path

import pytest

from vision.errors import PhotoError, UserError
from vision.inference.sources import find_photos


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a.jpg", "b.PNG", "notes.txt", ".hidden.jpg", "红旗路/c.heic", ".git/d.jpg", "out/annotated/e.jpg"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path / "photos"


def names(paths: list[str], tree: Path, exclude: Path | None = None) -> list[str]:
    return [photo.name.removeprefix(f"{tree}/") for photo in find_photos(paths, exclude)]


def test_a_folder_is_searched_at_any_depth(tree: Path) -> None:
    assert names([str(tree)], tree) == ["a.jpg", "b.PNG", "out/annotated/e.jpg", "红旗路/c.heic"]


@pytest.mark.parametrize("given", ["{}", "{}/**", "{}/**/*.jpg", "{}/out/annotated/e.jpg {}/a.jpg"])
def test_earlier_results_are_left_out(tree: Path, given: str) -> None:
    found = names(given.format(tree, tree).split(), tree, exclude=tree / "out" / "annotated")
    assert "a.jpg" in found
    assert not [name for name in found if "annotated" in name]


def test_a_glob_and_a_named_file_of_any_suffix(tree: Path) -> None:
    assert names([f"{tree}/**/*.heic", f"{tree}/notes.txt"], tree) == ["红旗路/c.heic", "notes.txt"]


def test_a_photo_named_twice_is_screened_once(tree: Path) -> None:
    assert names([f"{tree}/a.jpg", str(tree), f"{tree}/a.*"], tree).count("a.jpg") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux allows such names")
def test_names_that_are_no_text_stay_apart(tree: Path) -> None:
    for byte in (b"\xec", b"\xed"):
        (tree / os.fsdecode(b"gbk-\xba" + byte + b".jpg")).write_bytes(byte)
    photos = [p for p in find_photos([str(tree)]) if "gbk-" in p.name]
    assert [photo.name.removeprefix(f"{tree}/") for photo in photos] == ["gbk-\\xba\\xec.jpg", "gbk-\\xba\\xed.jpg"]
    assert [photo.read() for photo in photos] == [b"\xec", b"\xed"]


@pytest.mark.skipif(sys.platform != "linux", reason="needs named pipes")
def test_what_is_no_regular_file_is_a_failure_and_never_waited_for(tree: Path) -> None:
    (tree / "dangling.jpg").symlink_to("nowhere")
    os.mkfifo(tree / "pipe.jpg")
    for given in (str(tree), f"{tree}/*.jpg", f"{tree}/dangling.jpg", f"{tree}/pipe.jpg"):
        odd = [p for p in find_photos([given]) if "dangling" in p.name or "pipe" in p.name]
        assert odd
        for photo in odd:
            with pytest.raises(PhotoError) as caught:
                photo.read()
            assert caught.value.reason == "missing"


def test_a_zip(tree: Path) -> None:
    archive = tree / "june.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for member in ("x/1.jpg", "__MACOSX/x/._1.jpg", "readme.txt", "红旗路.jpg"):
            file.writestr(member, member)
    photos = find_photos([str(archive)])
    assert [photo.name for photo in photos] == [f"{archive}!/x/1.jpg", f"{archive}!/红旗路.jpg"]
    assert photos[0].read() == b"x/1.jpg"


def test_a_zip_from_chinese_windows(tree: Path) -> None:
    archive = tree / "w.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("hqlu.jpg", b"x")
    archive.write_bytes(archive.read_bytes().replace(b"hqlu", "红路".encode("gbk")))  # no UTF-8 flag
    assert [photo.name for photo in find_photos([str(archive)])] == [f"{archive}!/红路.jpg"]


def test_a_zip_with_unflagged_utf8_names(tree: Path) -> None:
    archive = tree / "m.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("abcdef.jpg", b"x")
    archive.write_bytes(archive.read_bytes().replace(b"abcdef", "照片".encode()))
    assert [photo.name for photo in find_photos([str(archive)])] == [f"{archive}!/照片.jpg"]


def test_a_zip_whose_names_are_damaged(tree: Path) -> None:
    archive = tree / "n.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("照片.jpg", b"x")  # this sets the UTF-8 flag
    archive.write_bytes(archive.read_bytes().replace("照片".encode(), b"\xff" * 6))
    with pytest.raises(UserError, match="names are damaged"):
        find_photos([str(archive)])


def test_members_of_one_name_are_all_screened_and_protected_ones_are_failures(tree: Path) -> None:
    archive = tree / "e.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("1.jpg", b"one")
        with pytest.warns(UserWarning, match="Duplicate name"):
            file.writestr("1.jpg", b"two")
    assert sorted(photo.read() for photo in find_photos([str(archive)])) == [b"one", b"two"]
    content = bytearray(archive.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1  # says of the first member that it is encrypted
    archive.write_bytes(content)
    with pytest.raises(PhotoError, match="password") as caught:
        find_photos([str(archive)])[0].read()
    assert caught.value.reason == "encrypted"


def test_a_damaged_member_is_that_photos_failure(tree: Path) -> None:
    archive = tree / "d.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("1.jpg", b"content-to-damage")
    archive.write_bytes(archive.read_bytes().replace(b"content", b"CONTENT"))
    with pytest.raises(PhotoError, match=r"d\.zip!/1\.jpg") as caught:
        find_photos([str(archive)])[0].read()
    assert caught.value.reason == "truncated"


def test_a_file_that_vanishes_is_that_photos_failure(tree: Path) -> None:
    photo = find_photos([f"{tree}/a.jpg"])[0]
    (tree / "a.jpg").unlink()
    with pytest.raises(PhotoError) as caught:
        photo.read()
    assert caught.value.reason == "missing"


@pytest.mark.parametrize(
    ("content", "message"), [({"x.zip": b"no zip"}, "expected a zip"), ({"x.txt": b""}, "no photos"), ({}, "no photos")]
)
def test_what_gives_no_photos(tmp_path: Path, content: dict[str, bytes], message: str) -> None:
    for name, data in content.items():
        (tmp_path / name).write_bytes(data)
    given = str(tmp_path / "x.zip") if "x.zip" in content else str(tmp_path)
    with pytest.raises(UserError, match=message):
        find_photos([given])


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        find_photos([str(tmp_path / "nowhere")])
